package model_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"seckill/internal/servertest"
	"seckill/model"
)

// TestWhatIsMissingIsNamed takes something away at a time.
func TestWhatIsMissingIsNamed(t *testing.T) {
	for take, named := range map[string]string{
		"DROP INDEX seckill_orders_live_key":                                                                    "index seckill_orders_live_key, valid,",
		"DROP FUNCTION seckill_require_record_only(bigint, text[], text)":                                       "function seckill_require_record_only(bigint,text[],text)",
		"DROP TRIGGER seckill_order_immutable ON seckill_orders":                                                "trigger seckill_order_immutable, enabled,",
		"DROP TABLE seckill_moves":                                                                              "table seckill_moves",
		"ALTER TABLE seckill_logs RENAME TO elsewhere":                                                          "table seckill_logs",
		"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'seckill_logs_product_stream_key'::regclass": "index seckill_logs_product_stream_key, valid,",
		"ALTER ROLE postgres IN DATABASE %s SET session_replication_role = 'replica'":                           "session_replication_role = origin",
	} {
		url := servertest.Database(t)
		pool := servertest.Open(t, url)
		name := strings.TrimSuffix(url[strings.LastIndex(url, "/")+1:], "?sslmode=disable")
		if _, err := pool.Exec(t.Context(), strings.ReplaceAll(take, "%s", name)); err != nil {
			t.Fatalf("%s: %v", take, err)
		}
		pool.Reset() // what a role has by default counts for new connections
		if missing := strings.Join(missing(t, pool), "\n"); !strings.Contains(missing, named) {
			t.Errorf("%s: missing %q, want %q", take, missing, named)
		}
	}
}

func missing(t *testing.T, pool *model.Pool) []string {
	t.Helper()
	list, err := pool.Missing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestADatabaseThatCannotHoldEveryTextIsNamed: a product's name, or the fields of a dead
// letter, would be refused for ever.
func TestADatabaseThatCannotHoldEveryTextIsNamed(t *testing.T) {
	pool := servertest.Pool(t)
	if list := missing(t, pool); len(list) > 0 {
		t.Errorf("missing in a database of our own: %q", list)
	}
	if _, err := pool.Exec(t.Context(), "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"); err != nil {
		t.Fatal(err)
	}
	config := pool.Config().ConnConfig.Copy()
	url := strings.Replace(config.ConnString(), "/"+config.Database, "/latin", 1)
	if list := strings.Join(missing(t, servertest.Open(t, url)), "\n"); !strings.Contains(list, "encoding UTF8 of the database, which is LATIN1") {
		t.Errorf("missing: %q", list)
	}
}

// TestEveryWayOfExecution reads and writes by each default_query_exec_mode that a data
// source may name.
func TestEveryWayOfExecution(t *testing.T) {
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			pool := servertest.Open(t, servertest.Database(t)+"&default_query_exec_mode="+mode)
			if err := pool.AddRecordOnlyProducts(t.Context(), []int64{1, 2}); err != nil {
				t.Fatal(err)
			}
			if err := pool.InTx(t.Context(), func(tx pgx.Tx) error {
				_, err := model.InsertLogs(t.Context(), tx, 1, []model.NewLog{{UserID: 10, StreamID: "1-0", Status: "SUCCESS", EventAtMs: 1}})
				if err == nil {
					_, err = model.InsertDeadLetters(t.Context(), tx, 1, []model.NewDeadLetter{{StreamID: "2-0", Fields: []byte(`{"a": "手机"}`)}})
				}
				if err == nil {
					_, err = model.LockLogs(t.Context(), tx, []model.LogKey{{ProductID: 1, StreamID: "1-0"}})
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			results, err := pool.FindResults(t.Context(), 1, []int64{10, 11})
			if err != nil || len(results) != 1 || results[10].StreamId != "1-0" {
				t.Errorf("results: %v %v", results, err)
			}
			one, err := model.NewSeckillLogsModel(pool.Conn()).FindResult(t.Context(), 1, 10)
			if err != nil || one.Status != "SUCCESS" || !one.EventAt.Valid {
				t.Errorf("result: %v %v", one, err)
			}
			if _, _, err := pool.Moves(t.Context(), 1, 0, 10); err != nil {
				t.Error(err)
			}
			if n := servertest.Count(t, pool, "SELECT count(*) FROM pg_prepared_statements"); n != 0 && mode != "cache_statement" {
				t.Errorf("%d prepared statements stay on the connection", n)
			}
		})
	}
}
