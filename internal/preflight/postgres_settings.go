package preflight

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// shortTimeout is below what a batch may take on a busy server.
	shortTimeout = 10 * time.Second
	// hopelessTimeout is below what a batch takes in any case, now and then.
	hopelessTimeout = time.Second
)

// lasting are the settings that decide whether what is committed is kept, with the values
// that are well.
var lasting = []struct {
	name string
	good []string
}{
	{"fsync", []string{"on"}},
	{"full_page_writes", []string{"on"}},
	{"synchronous_commit", []string{"on", "remote_apply", "remote_write", "local"}},
}

func postgresDurability(f *Facts) Finding {
	if f.Postgres.SettingsErr != nil || f.Postgres.Settings == nil {
		return unseen("the settings of PostgreSQL", firstError(f.Postgres.SettingsErr, errNotSaid))
	}
	var all, bad, statements []string
	for _, s := range lasting {
		setting := f.Postgres.Settings[s.name]
		all = append(all, s.name+"="+setting.Value)
		if slices.Contains(s.good, setting.Value) {
			continue
		}
		bad = append(bad, s.name+"="+setting.Value)
		switch setting.Source {
		case "database", "user", "database user":
			statements = append(statements, f.reset(s.name)...)
		default:
			statements = append(statements, "ALTER SYSTEM SET "+s.name+" = on", "SELECT pg_reload_conf()")
		}
	}
	if len(bad) == 0 {
		return seen(strings.Join(all, ", "))
	}
	return Finding{Level: LevelFail, Observed: strings.Join(bad, ", "), Action: f.psql(statements...)}
}

func postgresIsolation(f *Facts) Finding {
	s, ok := f.Postgres.Settings["default_transaction_isolation"]
	if !ok {
		return unseen("the settings of PostgreSQL", firstError(f.Postgres.SettingsErr, errNotSaid))
	}
	found := seen("default_transaction_isolation=" + s.Value)
	if s.Value != "read committed" {
		found.Level, found.Action = LevelWarn, f.psql(f.reset("default_transaction_isolation")...)
	}
	return found
}

// timeouts are the settings that cut a statement or a transaction, in milliseconds.
var timeouts = []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"}

func postgresTimeouts(f *Facts) Finding {
	if f.Postgres.Settings == nil {
		return unseen("the settings of PostgreSQL", firstError(f.Postgres.SettingsErr, errNotSaid))
	}
	var short []string
	var observed []string
	level := LevelOK
	for _, name := range timeouts {
		ms, err := strconv.ParseInt(f.Postgres.Settings[name].Value, 10, 64)
		took := time.Duration(ms) * time.Millisecond
		if err != nil || ms == 0 || took >= shortTimeout {
			continue
		}
		short = append(short, name)
		observed = append(observed, name+"="+took.String())
		if level == LevelOK {
			level = LevelWarn
		}
		if took < hopelessTimeout {
			level = LevelFail
		}
	}
	if level == LevelOK {
		return seen("no short timeout")
	}
	return Finding{Level: level, Observed: strings.Join(observed, ", "), Action: f.psql(f.reset(short...)...)}
}

// wantedConnections is how many connections the replicas may make.
func (f *Facts) wantedConnections() int {
	sum := 0
	for _, r := range f.live() {
		sum += r.MaxConns
	}
	return max(sum, f.Settings.MaxConns)
}

func postgresConnections(f *Facts) Finding {
	p, wanted := &f.Postgres, f.wantedConnections()
	if p.Pooled {
		return seen("a pooler stands between, which bounds them")
	}
	if p.SettingsErr != nil || p.ActivityErr != nil || p.Settings == nil {
		return unseen("the connections to PostgreSQL", firstError(p.SettingsErr, p.ActivityErr, errNotSaid))
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(p.Settings[name].Value)
		return n
	}
	most := number("max_connections")
	left := most - number("superuser_reserved_connections") - number("reserved_connections") - p.Activity.Others
	found := seen(fmt.Sprintf("%d for the replicas, which may make %d", left, wanted))
	switch {
	case p.Activity.ByBase >= 0 && p.Activity.ByBase < wanted:
		found.Level, found.Observed = LevelFail, fmt.Sprintf("the database may have %d connections, the replicas may make %d", p.Activity.ByBase, wanted)
		found.Action = f.psql("ALTER DATABASE " + identifier(p.Database) + " CONNECTION LIMIT -1")
	case p.Activity.ByRole >= 0 && p.Activity.ByRole < wanted:
		found.Level, found.Observed = LevelFail, fmt.Sprintf("the role may have %d connections, the replicas may make %d", p.Activity.ByRole, wanted)
		found.Action = f.psql("ALTER ROLE " + identifier(p.Role) + " CONNECTION LIMIT -1")
	case left < wanted:
		found.Level = LevelFail
		found.Action = f.psql(fmt.Sprintf("ALTER SYSTEM SET max_connections = %d", most+wanted-left))
		found.Message = fmt.Sprintf("Of %d connections %d are left for the replicas, which may make %d. "+
			"max_connections takes effect when PostgreSQL is started again.", most, left, wanted)
	}
	return found
}

func postgresLog(f *Facts) Finding {
	mb, ok := f.Postgres.Settings["max_wal_size"]
	n, err := strconv.Atoi(mb.Value)
	if !ok || err != nil {
		return unseen("the settings of PostgreSQL", firstError(f.Postgres.SettingsErr, errNotSaid))
	}
	units := int64(0)
	for _, sale := range f.Sales {
		units += sale.Stock
	}
	found, wanted := seen(fmt.Sprintf("max_wal_size=%dMB", n)), logOf(units)
	if int64(n) >= max(leastLog, wanted) {
		return found
	}
	gigabytes := max(4, (wanted+1023)/1024)
	found.Level, found.Action = LevelWarn, f.psql(fmt.Sprintf("ALTER SYSTEM SET max_wal_size = '%dGB'", gigabytes), "SELECT pg_reload_conf()")
	if wanted > leastLog {
		found.Observed += fmt.Sprintf(" for %d units", units)
	}
	return found
}

// logOf is the max_wal_size, in MiB, with which so many units are sold without a checkpoint
// that their log alone brings about: PostgreSQL begins one at half of it.
func logOf(units int64) int64 { return 2 * units * logPerUnit / mebibyte }
