package handler_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// written is a request that changes something, and the tables into which it writes.
type written struct {
	method, path, body string
	tables             []string
}

// faultyShop is a shop of both kinds of products whose database fails as it is told, and
// the changes that can be asked for: each would succeed if the database did not fail.
func faultyShop(t *testing.T) (*shop, []written) {
	t.Helper()
	s := newShop(t)
	s.create(1, "")
	s.create(2, `,"stockTotal":9,"paymentWindowSeconds":600`)
	s.log(1, 5, "1-0", "PROCESSING")
	s.settle(2, "5 10-0", "6 11-0")
	s.exec("UPDATE seckill_orders SET expires_at = now() - interval '1 hour' WHERE stream_id = '11-0'")
	for id, status := range map[int]string{3: "PAUSED", 4: "PAUSED", 5: "ENDED", 6: "ENDED"} {
		stock := ""
		if id%2 == 0 {
			stock = `,"stockTotal":9`
		}
		s.create(int64(id), stock)
		s.exec("UPDATE seckill_products SET status = $2, ended_at = CASE WHEN $2 = 'ENDED' THEN now() END WHERE product_id = $1", id, status)
	}
	servertest.Faulty(t, s.pool)
	// Statements that may not scan look dear, and compiling them would take most of the time.
	s.exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = off', current_database()); END $$")
	s.pool.Reset()
	row, moved := []string{"seckill_products", "seckill_audit"}, []string{"seckill_products", "seckill_moves", "seckill_audit"}
	changes := []written{
		{"PUT", "/admin/v1/logs/status", `{"items":[{"productId":1,"streamId":"1-0","status":"SUCCESS"}]}`, []string{"seckill_logs", "seckill_audit"}},
		{"POST", s.orderPath("10-0") + "/pay", `{"paymentRef":"r"}`, []string{"seckill_orders"}},
		{"POST", s.orderPath("11-0") + "/pay", `{"paymentRef":"late"}`, []string{"seckill_audit"}},
		{"POST", s.orderPath("10-0") + "/cancel", "", []string{"seckill_orders", "seckill_products", "seckill_moves", "seckill_audit"}},
		{"POST", "/admin/v1/products/2/stock", `{"delta":1,"note":"n"}`, moved},
		{"POST", "/admin/v1/products", `{"productId":7,"name":"x"}`, row},
		{"POST", "/admin/v1/products", `{"productId":8,"name":"x","stockTotal":1}`, row},
		{"PUT", "/admin/v1/products/1", `{"stockTotal":1}`, moved},
	}
	for kind := range 2 {
		of := func(id int, rest string) string { return fmt.Sprintf("/admin/v1/products/%d%s", id+kind, rest) }
		changes = append(changes,
			written{"PUT", of(1, ""), `{"name":"another"}`, moved}, written{"POST", of(1, "/pause"), "", moved},
			written{"POST", of(3, "/resume"), "", moved}, written{"POST", of(1, "/end"), "", moved},
			written{"DELETE", of(5, ""), "", row})
	}
	return s, changes
}

// turn reports whether the n-th request is tried with the i-th SQLSTATE. All are tried with
// those that tell of values, keys and other transactions, about which code may decide; of
// the rest each is tried with a fifth.
func turn(i, n int, state string) bool {
	return strings.HasPrefix(state, "22") || strings.HasPrefix(state, "23") || strings.HasPrefix(state, "40") || (i+n)%5 == 0
}

// ask sends a request and reports how it was answered where that is not 503 UNAVAILABLE
// with a time to come back after.
func (s *shop) ask(method, path, body string) string {
	s.t.Helper()
	a := s.send(method, path, bodyOf(method, body))
	after, err := strconv.Atoi(a.header.Get("Retry-After"))
	if a.status == http.StatusServiceUnavailable && strings.Contains(a.body, `"UNAVAILABLE"`) && err == nil && after >= 1 && after <= 30 {
		return ""
	}
	return fmt.Sprintf("%d %s Retry-After %q", a.status, a.body, a.header.Get("Retry-After"))
}

// TestOfAllSQLStatesNoneIsAnInternalErrorOfAChange: whatever PostgreSQL answers while a
// change is written, in whichever of its tables, the answer is 503 and nothing has changed.
// The caller can cause one thing alone: the ID of a product that is there already.
func TestOfAllSQLStatesNoneIsAnInternalErrorOfAChange(t *testing.T) {
	t.Parallel()
	s, changes := faultyShop(t)
	before, tried := s.facts(), 0
	for i, state := range servertest.SQLStates() {
		for n, c := range changes {
			if !turn(i, n, state) {
				continue
			}
			tried++
			table := c.tables[(i+n)%len(c.tables)]
			fault := servertest.Fault{Table: table, State: state}
			if strings.HasPrefix(state, "23") { // with the name of a key, or of somebody's rule
				fault.Of, fault.Constraint = table, []string{"rule_of_somebody", "seckill_orders_within_limit", "seckill_logs_pkey"}[i%3]
			}
			servertest.RaiseFault(t, s.pool, fault)
			if answer := s.ask(c.method, c.path, c.body); answer != "" {
				t.Errorf("%s %s with %+v: %s", c.method, c.path, fault, answer)
			}
		}
	}
	if n := servertest.FaultsRaised(t, s.pool); n < tried {
		t.Errorf("%d faults of %d", n, tried)
	}
	if after := s.facts(); after != before {
		t.Errorf("changed from\n%s\nto\n%s", before, after)
	}
	taken := servertest.Fault{Table: "seckill_products", State: "23505", Constraint: "seckill_products_pkey", Of: "seckill_products"}
	servertest.RaiseFault(t, s.pool, taken)
	s.post("/admin/v1/products", `{"productId":9,"name":"x"}`).refused(t, http.StatusConflict, seckill.CodeProductExists, "")
}

// TestOfAllSQLStatesNoneIsAnInternalErrorOfALook: the same of what is read, by a view in
// place of each table that fails as it is told.
func TestOfAllSQLStatesNoneIsAnInternalErrorOfALook(t *testing.T) {
	t.Parallel()
	s, _ := faultyShop(t)
	order := s.orderPath("10-0")
	s.exec(`CREATE FUNCTION test_look() RETURNS boolean VOLATILE LANGUAGE plpgsql AS $$
DECLARE
    code text := (SELECT state FROM test_fault LIMIT 1);
BEGIN
    IF code IS NOT NULL THEN
        RAISE EXCEPTION 'test fault' USING ERRCODE = code;
    END IF;
    RETURN true;
END $$`)
	for _, table := range []string{"logs", "orders", "products", "moves"} {
		//nolint:unqueryvet // the view is as its table
		s.exec(fmt.Sprintf(`ALTER TABLE seckill_%[1]s RENAME TO real_%[1]s;
CREATE VIEW seckill_%[1]s AS SELECT r.* FROM real_%[1]s AS r WHERE (SELECT test_look())`, table))
	}
	looks := []string{
		"/api/v1/products/1/users/5/result", "/api/v1/products/2/users/5/result?wait=10ms", "/api/v1/products/2/users/6/result",
		"/api/v1/users/5/results", "/api/v1/products/2/results?status=SUCCESS", "/api/v1/products/1/summary", order,
		"/admin/v1/products", "/admin/v1/products/2", "/admin/v1/products/2/books", "/admin/v1/streams", "/admin/v1/streams/1",
		"/admin/v1/streams/1/pending", "/admin/v1/logs?userId=5",
	}
	for _, path := range looks {
		if a := s.get(path); a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
	}
	for i, state := range servertest.SQLStates() {
		servertest.RaiseFault(t, s.pool, servertest.Fault{Table: "seckill_logs", State: state})
		for n, path := range looks {
			if !turn(i, n, state) {
				continue
			}
			if answer := s.ask(http.MethodGet, path, ""); answer != "" {
				t.Errorf("GET %s with %s: %s", path, state, answer)
			}
		}
		if answer := s.ask(http.MethodPost, "/admin/v1/products/2/books/repair", ""); answer != "" {
			t.Errorf("repair with %s: %s", state, answer)
		}
	}
}

// facts is what the tables hold that a change would alter.
func (s *shop) facts() string {
	s.t.Helper()
	var text string
	err := s.pool.QueryRow(s.t.Context(), `SELECT concat_ws(E'\n',
		(SELECT string_agg(p::text, ' ' ORDER BY product_id) FROM seckill_products p),
		(SELECT string_agg(o::text, ' ' ORDER BY id) FROM seckill_orders o),
		(SELECT string_agg(l::text, ' ' ORDER BY id) FROM seckill_logs l),
		(SELECT count(*) FROM seckill_audit), (SELECT count(*) FROM seckill_moves))`).Scan(&text)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}
