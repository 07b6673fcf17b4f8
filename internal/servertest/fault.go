package servertest

import (
	"fmt"
	"strings"
	"testing"

	"seckill/model"
)

// Fault is an error that a trigger raises for each row that is written into a table.
type Fault struct {
	Table      string // where it is raised
	State      string // the SQLSTATE
	Constraint string // the name that the error gives; "" = none
	Of         string // the table that the error names; "" = none
}

// faultTables are the tables into which the service writes.
var faultTables = []string{
	"seckill_logs", "seckill_orders", "seckill_products", "seckill_dead_letters", "seckill_audit", "seckill_moves",
}

// Faulty makes a database able to fail as RaiseFault says.
func Faulty(tb testing.TB, pool *model.Pool) {
	tb.Helper()
	// By its key: some of our transactions have no plan with a sequential scan, and one that
	// has none else is dear enough for PostgreSQL to compile it.
	var statement strings.Builder
	statement.WriteString(`
CREATE TABLE test_fault (on_table text PRIMARY KEY, state text, constr text, of_table text);
CREATE SEQUENCE test_fault_raised;
CREATE FUNCTION test_fault() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    SELECT state, constr, of_table INTO f FROM test_fault WHERE on_table = TG_TABLE_NAME;
    IF FOUND THEN
        PERFORM nextval('test_fault_raised');
        RAISE EXCEPTION 'test fault' USING ERRCODE = f.state, CONSTRAINT = f.constr, TABLE = f.of_table;
    END IF;
    RETURN NEW;
END $$;`)
	for _, table := range faultTables {
		fmt.Fprintf(&statement, "\nCREATE TRIGGER test_fault BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION test_fault();", table)
	}
	execute(tb, pool, statement.String())
}

// RaiseFault has a database fail, in place of how it failed before.
func RaiseFault(tb testing.TB, pool *model.Pool, f Fault) {
	tb.Helper()
	EndFault(tb, pool)
	execute(tb, pool, "INSERT INTO test_fault VALUES ($1, $2, $3, $4)", f.Table, f.State, f.Constraint, f.Of)
}

// EndFault has a database fail no longer.
func EndFault(tb testing.TB, pool *model.Pool) {
	tb.Helper()
	execute(tb, pool, "DELETE FROM test_fault")
}

// FaultsRaised is how often a database has failed.
func FaultsRaised(tb testing.TB, pool *model.Pool) int {
	tb.Helper()
	return Count(tb, pool, "SELECT coalesce(pg_sequence_last_value('test_fault_raised'), 0)")
}

func execute(tb testing.TB, pool *model.Pool, statement string, args ...any) {
	tb.Helper()
	if _, err := pool.Exec(tb.Context(), statement, args...); err != nil {
		tb.Fatalf("%.60s: %v", statement, err)
	}
}
