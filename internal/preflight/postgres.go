package preflight

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// leastPostgres is the first version that is supported, as server_version_num.
	leastPostgres = 130_000
	// oldTransaction is from when on a transaction is old: no statement of ours takes as long.
	oldTransaction = time.Minute
	// heldLog is how much of the log a slot without a reader may keep, in bytes: four files.
	heldLog = 64 * mebibyte
	// leastLog is the least max_wal_size, in MiB, as PostgreSQL's own default.
	leastLog = 1024
	// logPerUnit is how much of the log an attempt that wins takes, in bytes, as
	// BenchmarkSettings measures it; whole pages after a checkpoint come on top.
	logPerUnit = 1100
)

// postgresChecks are the checks of area postgres.
var postgresChecks = []Check{{
	Code: "POSTGRES_ANSWERS", Area: AreaPostgres, Level: LevelFail,
	Name: "PostgreSQL answers", Expected: "a connection and an answer",
	Impact: "attempts are admitted until the backlog is full, and none is settled",
	Action: "systemctl start postgresql",
	Run:    postgresAnswers,
}, {
	Code: "POSTGRES_WRITABLE", Area: AreaPostgres, Level: LevelFail, DependsOn: []string{"POSTGRES_ANSWERS"},
	Name: "PostgreSQL takes writes", Expected: "no standby, and transactions that may write",
	Impact: "nothing is settled", Action: `psql -c "ALTER SYSTEM RESET default_transaction_read_only" -c "SELECT pg_reload_conf()"`,
	Run: postgresWritable,
}, {
	Code: "POSTGRES_VERSION", Area: AreaPostgres, Level: LevelFail, DependsOn: grounded,
	Name: "PostgreSQL is new enough", Expected: "13 or newer",
	Impact: "the schema does not hold", Action: "apt-get install postgresql",
	Run: postgresVersion,
}, {
	Code: "POSTGRES_MIGRATIONS", Area: AreaPostgres, Level: LevelFail, DependsOn: grounded,
	Name: "Migrations are at head", Expected: "every file of migrations/ applied",
	Impact: "what this version of the service relies on may not be there",
	Action: "psql -v ON_ERROR_STOP=1 -f migrations/FILE",
	Run:    postgresMigrations,
}, {
	Code: "POSTGRES_SCHEMA", Area: AreaPostgres, Level: LevelFail, DependsOn: []string{"POSTGRES_MIGRATIONS"},
	Name: "Tables and rights are complete", Expected: "every table, column, index, function and right that the service needs",
	Impact: "nothing is consumed before all is there", Action: `psql -c "GRANT … TO ROLE"`,
	Run: postgresSchema,
}, {
	Code: "POSTGRES_TRIGGERS", Area: AreaPostgres, Level: LevelFail, DependsOn: []string{"POSTGRES_MIGRATIONS"},
	Name: "Our triggers are enabled", Expected: "every trigger of the service there and enabled",
	Impact: "the database no longer refuses more orders than stock or limit",
	Action: `psql -c "ALTER TABLE TABLE ENABLE TRIGGER TRIGGER"`,
	Run:    postgresTriggers,
}, {
	Code: "POSTGRES_DURABILITY", Area: AreaPostgres, Level: LevelFail, DependsOn: grounded,
	Name: "What is committed is kept", Expected: "fsync, full_page_writes and synchronous_commit on",
	Impact: "a crash loses orders that users were told of",
	Action: `psql -c "ALTER SYSTEM SET fsync = on" -c "SELECT pg_reload_conf()"`,
	Run:    postgresDurability,
}, {
	Code: "POSTGRES_ISOLATION", Area: AreaPostgres, Level: LevelWarn, DependsOn: grounded,
	Name: "Transactions are isolated as usual", Expected: "default_transaction_isolation read committed",
	Impact: "the service names its level itself, but commands of your own fail more often",
	Action: `psql -c "ALTER ROLE ROLE RESET default_transaction_isolation"`,
	Run:    postgresIsolation,
}, {
	Code: "POSTGRES_TIMEOUTS", Area: AreaPostgres, Level: LevelFail, DependsOn: grounded,
	Name: "No timeout of the role cuts the work", Expected: "timeouts of 0 or of 10 s and more",
	Impact: "batches are halved until they fit, or never pass", Action: `psql -c "ALTER ROLE ROLE RESET statement_timeout"`,
	Run: postgresTimeouts,
}, {
	Code: "POSTGRES_CONNECTIONS", Area: AreaPostgres, Level: LevelFail, DependsOn: grounded,
	Name: "There are connections for every replica", Expected: "replicas × Postgres.MaxConns, besides those of others",
	Impact: "replicas that cannot connect settle nothing and answer 503",
	Action: `psql -c "ALTER SYSTEM SET max_connections = 500"`,
	Run:    postgresConnections,
}, {
	Code: "POSTGRES_TRANSACTIONS", Area: AreaPostgres, Level: LevelWarn, DependsOn: grounded,
	Name: "No transaction is old", Expected: "none that is older than " + oldTransaction.String(),
	Impact: "dead rows pile up and make the sale slower by the minute, and locks are held",
	Action: `psql -c "SELECT pg_terminate_backend(PID)"`,
	Run:    postgresTransactions,
}, {
	Code: "POSTGRES_SLOTS", Area: AreaPostgres, Level: LevelFail, DependsOn: grounded,
	Name: "No replication slot holds back", Expected: "no slot without a reader that keeps 64 MiB of the log",
	Impact: "the disk fills with the log, and PostgreSQL stops",
	Action: `psql -c "SELECT pg_drop_replication_slot('SLOT')"`,
	Run:    postgresSlots,
}, {
	Code: "POSTGRES_COLLATION", Area: AreaPostgres, Level: LevelFail, DependsOn: grounded,
	Name: "Keys are sorted as they were", Expected: `key columns with the collation "C", and the collation of the database in the version of the system`,
	Impact: "an entry can be stored twice, since its index is out of order",
	Action: "psql -v ON_ERROR_STOP=1 -f migrations/maintenance/collate_keys.sql",
	Run:    postgresCollation,
}, {
	Code: "POSTGRES_LOG", Area: AreaPostgres, Level: LevelWarn, DependsOn: grounded,
	Name: "The log has room between checkpoints", Expected: "max_wal_size of 1 GB or more, and of 2.2 kB for each unit of the sales of a day",
	Impact: "checkpoints follow each other in the middle of the sale, and everything slows down",
	Action: `psql -c "ALTER SYSTEM SET max_wal_size = '4GB'" -c "SELECT pg_reload_conf()"`,
	Run:    postgresLog,
}, {
	Code: "POSTGRES_SEQUENCES", Area: AreaPostgres, Level: LevelFail, DependsOn: []string{"POSTGRES_SCHEMA"},
	Name: "Sequences are ahead of their tables", Expected: "no number that a row has already",
	Impact: "rows are refused for numbers that are taken, until the service has moved the sequence",
	Action: "psql -v ON_ERROR_STOP=1 -f migrations/maintenance/set_sequences.sql",
	Run:    postgresSequences,
}, {
	Code: "POSTGRES_STANDBY", Area: AreaPostgres, Level: LevelWarn, DependsOn: grounded,
	Name: "Lists can be read from the standby", Expected: "a standby at Postgres.ReadSource that follows, or no ReadSource",
	Impact: "lists, exports and final results are read from the primary, beside the settlement",
	Action: `psql -h STANDBY -c "SELECT pg_wal_replay_resume()"`,
	Run:    postgresStandby,
}}

// grounded is what most of them depend on.
var grounded = []string{"POSTGRES_ANSWERS", "POSTGRES_WRITABLE"}

func postgresAnswers(f *Facts) Finding {
	p := &f.Postgres
	if p.Err == nil || p.NoWriter {
		return seen("an answer in " + p.Latency.Round(10*time.Microsecond).String())
	}
	found := Finding{Level: LevelFail, Observed: "no connection: " + reasonOf(p.Err)}
	fault, ok := errors.AsType[*pgconn.PgError](p.Err)
	if !ok {
		return found
	}
	switch fault.Code {
	case "55000": // the database takes no connections
		found.Action = f.psqlIn("postgres", "ALTER DATABASE "+identifier(p.Database)+" ALLOW_CONNECTIONS true")
	case "28000": // the role may not log in
		found.Action = f.psqlIn("postgres", "ALTER ROLE "+identifier(p.Role)+" LOGIN")
	case "3D000":
		found.Action = f.psqlIn("postgres", "CREATE DATABASE "+identifier(p.Database))
	case "53300": // too many connections
		found.Action = f.psqlIn("postgres",
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND state_change < now() - interval '5 minutes'")
	}
	return found
}

func postgresWritable(f *Facts) Finding {
	p := &f.Postgres
	switch {
	case p.NoWriter:
		return Finding{Level: LevelFail, Observed: "none of the servers of Postgres.DataSource takes writes", Action: f.psql("SELECT pg_promote()")}
	case p.Standby:
		return Finding{Level: LevelFail, Observed: "a standby", Action: f.psql("SELECT pg_promote()")}
	case p.ReadOnly:
		return Finding{
			Level: LevelFail, Observed: "default_transaction_read_only is on",
			Action: f.psql(append([]string{"SET default_transaction_read_only = off"}, f.reset("default_transaction_read_only")...)...),
		}
	default:
		return seen("writes are taken")
	}
}

func postgresVersion(f *Facts) Finding {
	observed := fmt.Sprintf("version %d.%d", f.Postgres.Version/10_000, f.Postgres.Version%10_000)
	if f.Postgres.Version < leastPostgres {
		return Finding{Level: LevelFail, Observed: observed}
	}
	return seen(observed)
}

func postgresMigrations(f *Facts) Finding {
	pending := f.Migrations
	switch {
	case f.MigrationsErr != nil:
		return unseen("the table of migrations", f.MigrationsErr)
	case len(pending) == 0:
		return seen("all are applied")
	case strings.HasPrefix(pending[0], "001_"):
		return Finding{
			Level: LevelWarn, Observed: "no record of any migration", Action: f.psqlFile("migrations/" + pending[len(pending)-1]),
			Message: "There is no record of migrations: they were run by psql, if they were. Whether all is there is what POSTGRES_SCHEMA says.",
		}
	}
	command := []string{f.psqlWay(f.Postgres.Database), "-v ON_ERROR_STOP=1"}
	for _, name := range pending {
		number, _, _ := strings.Cut(name, "_")
		command = append(command, "-f "+inShell("migrations/"+name), "-c "+
			inShell("INSERT INTO seckill_migrations (version_id, is_applied) VALUES ("+strings.TrimLeft(number, "0")+", true)"))
	}
	return Finding{Level: LevelFail, Observed: "not applied: " + strings.Join(pending, ", "), Action: strings.Join(command, " ")}
}

// reset are the statements that take a setting of ours back to what the server says
// otherwise, from where it has been set; connections that have it are closed.
func (f *Facts) reset(names ...string) []string {
	p := &f.Postgres
	var statements []string
	for _, name := range names {
		switch p.Settings[name].Source {
		case "database":
			statements = append(statements, "ALTER DATABASE "+identifier(p.Database)+" RESET "+name)
		case "user":
			statements = append(statements, "ALTER ROLE "+identifier(p.Role)+" RESET "+name)
		case "database user":
			statements = append(statements, "ALTER ROLE "+identifier(p.Role)+" IN DATABASE "+identifier(p.Database)+" RESET "+name)
		default:
			statements = append(statements, "ALTER SYSTEM RESET "+name, "SELECT pg_reload_conf()")
		}
	}
	return append(statements, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "+literal(p.Role)+
		" AND datname = "+literal(p.Database)+" AND pid <> pg_backend_pid()")
}
