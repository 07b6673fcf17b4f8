package model_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"seckill/internal/servertest"
	"seckill/model"
)

// touched is how PostgreSQL says how many rows a step of a plan has read.
var touched = regexp.MustCompile(`(?:actual rows=|Rows Removed by (?:Join )?Filter: )(\d+)`)

// TestReadsStayOnIndexes looks at how PostgreSQL reads a table that has grown from
// one row to many since its statistics were made, as it does in a flash sale: no
// read may go through the table, nor throw away what it has read.
func TestReadsStayOnIndexes(t *testing.T) {
	const rows, most = 100_000, 200
	pool := servertest.Pool(t)
	for _, statement := range []string{
		`ALTER TABLE seckill_logs SET (autovacuum_enabled = off)`,
		`ALTER TABLE seckill_orders SET (autovacuum_enabled = off)`,
		`INSERT INTO seckill_products (product_id, stock_total, stock_left, per_user_limit)
			VALUES (1, 1000000, 1000000, 0), (2, NULL, NULL, 0)`,
		`INSERT INTO seckill_logs (product_id, user_id, stream_id) VALUES (1, 1, '0-1')`,
		`INSERT INTO seckill_orders (product_id, user_id, stream_id, slot) VALUES (1, 1, '0-1', 1)`,
		`ANALYZE`,
		fmt.Sprintf(`INSERT INTO seckill_logs (product_id, user_id, stream_id, status, request_id)
			SELECT 1 + (n %% 2), 1 + n %% 10000, n || '-0', CASE WHEN n %% 3 = 0 THEN 'SUCCESS' ELSE 'FAILED' END, 'r' || n
			  FROM generate_series(1, %d) n`, rows),
		fmt.Sprintf(`INSERT INTO seckill_orders (product_id, user_id, stream_id, slot)
			SELECT 1, n, n || '-0', 1 FROM generate_series(2, %d, 2) n`, rows/2),
	} {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}

	reads := map[string]model.LogFilter{
		"a user's logs":                 {UserID: 77},
		"a user's logs of a status":     {UserID: 77, Status: "FAILED"},
		"a user's logs of a product":    {UserID: 77, ProductID: 1},
		"a product's logs":              {ProductID: 1},
		"a product's logs of a status":  {ProductID: 1, Status: "FAILED"},
		"a product's rare logs":         {ProductID: 1, Status: "PROCESSING"},
		"all logs":                      {},
		"all logs of a status":          {Status: "SUCCESS"},
		"all logs of a rare status":     {Status: "PROCESSING"},
		"all logs since a time":         {From: time.Now().Add(-time.Hour)},
		"the log of an entry":           {ProductID: 1, StreamID: "900-0"},
		"the logs of an entry's ID":     {StreamID: "901-0"},
		"a user's log of an entry":      {UserID: 77, StreamID: "10076-0"},
		"a user's logs of a request":    {UserID: 77, RequestID: "r10076"},
		"a product's logs since a time": {ProductID: 1, From: time.Now().Add(-time.Hour)},
	}
	explain := func(name, query string, args ...any) {
		t.Run(name, func(t *testing.T) {
			lines, err := pool.Query(t.Context(), "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) "+query, args...)
			if err != nil {
				t.Fatal(err)
			}
			var plan strings.Builder
			for lines.Next() {
				var line string
				if err := lines.Scan(&line); err != nil {
					t.Fatal(err)
				}
				plan.WriteString(line + "\n")
			}
			if err := lines.Err(); err != nil {
				t.Fatal(err)
			}
			vain := regexp.MustCompile(`Seq Scan on seckill_(logs|orders)`).MatchString(plan.String()) // products are few
			for _, match := range touched.FindAllStringSubmatch(plan.String(), -1) {
				n, _ := strconv.Atoi(match[1])
				vain = vain || n > most
			}
			if vain || plan.Len() == 0 {
				t.Errorf("reads rows in vain:\n%s", plan.String())
			}
		})
	}
	for name, filter := range reads {
		filter.LastID, filter.Limit = math.MaxInt64, 21
		query, args := model.Statement(filter)
		explain(name, query, args...)
	}
	orders := map[string]model.OrderFilter{
		"an order":                      {OrderID: 900},
		"the order of an entry":         {ProductID: 1, StreamID: "900-0"},
		"the orders of an entry's ID":   {StreamID: "900-0"},
		"the order of a user's entry":   {UserID: 900, StreamID: "900-0"},
		"the order of an entry of none": {StreamID: "901-0"},
	}
	for name, filter := range orders {
		filter.LastID, filter.Limit = math.MaxInt64, 21
		query, args := model.OrderStatement(filter)
		explain(name, query, args...)
	}
	explain("the result of a user with an order", model.FindResult, int64(1), int64(2))
	explain("the result of a user without an order", model.FindResult, int64(1), int64(77))
	explain("the result of a user without an attempt", model.FindResult, int64(1), int64(20000))
}
