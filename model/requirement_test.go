package model_test

import (
	"slices"
	"strings"
	"testing"

	"seckill/internal/servertest"
	"seckill/migrations"
	"seckill/model"
)

func TestWhatARoleLacksIsNamed(t *testing.T) {
	url := servertest.Database(t)
	owner := servertest.Open(t, url)
	for _, statement := range append([]string{
		"DROP ROLE IF EXISTS rights_seller", "CREATE ROLE rights_seller LOGIN", "REVOKE ALL ON SCHEMA public FROM PUBLIC",
		"REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC",
	}, servertest.LeastRights("rights_seller")...) {
		if _, err := owner.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	pool := servertest.Open(t, servertest.As(url, "rights_seller"))
	missing := func() []string {
		t.Helper()
		rights, err := pool.MissingRights(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return rights
	}
	if rights := missing(); len(rights) != 0 {
		t.Errorf("with what has to be granted: %v are missing", rights)
	}
	if objects, err := pool.MissingObjects(t.Context()); err != nil || len(objects) != 0 {
		t.Errorf("with what has to be granted: %v, %v are missing", objects, err)
	}
	for _, right := range []string{
		"INSERT on seckill_logs", "UPDATE on seckill_orders", "SELECT on seckill_products", "DELETE on seckill_moves",
		"USAGE on sequence seckill_logs_id_seq", "USAGE on sequence seckill_audit_id_seq",
		"EXECUTE on function seckill_require_record_only(bigint)", "USAGE on schema public",
	} {
		if _, err := owner.Exec(t.Context(), "REVOKE "+right+" FROM rights_seller"); err != nil {
			t.Fatal(err)
		}
		if rights := missing(); !slices.Equal(rights, []string{right}) {
			t.Errorf("without %s: %v are missing", right, rights)
		}
		if _, err := owner.Exec(t.Context(), "GRANT "+right+" TO rights_seller"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatTheSchemaLacksIsNamed(t *testing.T) {
	pool := servertest.Pool(t)
	for _, tt := range []struct{ statement, want string }{
		{"DROP TABLE seckill_carried_entries", "table seckill_carried_entries"},
		{"ALTER TABLE seckill_products DROP COLUMN moves, DROP COLUMN gate_epoch", "column gate_epoch, moves of seckill_products"},
		{"DROP FUNCTION seckill_require_record_only(bigint)", "function seckill_require_record_only(bigint)"},
		{"ALTER TABLE seckill_orders DISABLE TRIGGER seckill_order_slot", "trigger seckill_order_slot on seckill_orders"},
	} {
		if _, err := pool.Exec(t.Context(), tt.statement); err != nil {
			t.Fatal(err)
		}
		objects, err := pool.MissingObjects(t.Context())
		if err != nil || !slices.Contains(objects, tt.want) {
			t.Errorf("after %s: %v, %v, want %s", tt.statement, objects, err, tt.want)
		}
	}
}

// TestTheSchemaMayHaveAnotherName than public, which has the same tables here.
func TestTheSchemaMayHaveAnotherName(t *testing.T) {
	url := servertest.Database(t)
	if _, err := servertest.Open(t, url).Exec(t.Context(), "CREATE SCHEMA shop"); err != nil {
		t.Fatal(err)
	}
	pool := servertest.Open(t, url+"&search_path=shop")
	if err := migrations.Apply(t.Context(), pool.SQL()); err != nil {
		t.Fatal(err)
	}
	if err := pool.AddRecordOnlyProducts(t.Context(), []int64{7}); err != nil {
		t.Fatal(err)
	}
	if _, err := model.NewSeckillProductsModel(pool.Conn()).FindOne(t.Context(), 7); err != nil {
		t.Error(err)
	}
	objects, err := pool.MissingObjects(t.Context())
	if err != nil || len(objects) != 0 {
		t.Errorf("%v, %v are missing", objects, err)
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM public.seckill_products WHERE product_id = 7"); n != 0 {
		t.Error("the product is in the schema public")
	}
}

// TestStatementsLeaveNothingInASession, whatever the data source says of the way in which
// statements are sent, and no plan is kept.
func TestStatementsLeaveNothingInASession(t *testing.T) {
	for mode, want := range map[string]string{
		"": "cache describe", "&default_query_exec_mode=exec": "exec", "&default_query_exec_mode=simple_protocol": "simple protocol",
		"&default_query_exec_mode=cache_statement": "cache statement", "&description_cache_capacity=0": "exec",
	} {
		pool := servertest.Open(t, servertest.Database(t)+mode)
		if got := pool.Config().ConnConfig.DefaultQueryExecMode.String(); got != want {
			t.Errorf("%q: mode %q, want %q", mode, got, want)
		}
		for range 10 {
			if _, err := pool.FindResults(t.Context(), 1, []int64{1, 2}); err != nil {
				t.Errorf("%q: %v", mode, err)
			}
			if _, err := model.NewSeckillLogsModel(pool.Conn()).FindPage(t.Context(), model.LogFilter{LastID: 1, Limit: 1}); err != nil {
				t.Errorf("%q: %v", mode, err)
			}
		}
		sessions(t, pool, mode, strings.Contains(mode, "cache_statement"))
	}
}

// sessions looks at every session of a pool.
func sessions(t *testing.T, pool *model.Pool, mode string, named bool) {
	t.Helper()
	for _, conn := range pool.AcquireAllIdle(t.Context()) {
		var kept, generic int
		var plans string
		err := conn.QueryRow(t.Context(), `SELECT count(*), coalesce(sum(generic_plans) FILTER (WHERE cardinality(parameter_types) > 0), 0), current_setting('plan_cache_mode')
			FROM pg_prepared_statements WHERE name <> ''`).Scan(&kept, &generic, &plans)
		conn.Release()
		if err != nil || generic != 0 || (kept > 0 || plans != "auto") != named {
			t.Errorf("%q: %d statements are kept, %d generic plans, plan_cache_mode %s, %v", mode, kept, generic, plans, err)
		}
	}
}
