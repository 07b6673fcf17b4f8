package preflight

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// missingRight is how a right is named that our role lacks.
var missingRight = regexp.MustCompile(`^right (\w+) on (table|sequence|function) (.+)$`)

func postgresSchema(f *Facts) Finding {
	switch {
	case f.Postgres.MissingErr != nil:
		return unseen("the tables of the service", f.Postgres.MissingErr)
	case len(f.Postgres.Missing) == 0:
		return seen("nothing is missing")
	}
	var grants []string
	for _, what := range f.Postgres.Missing {
		right := missingRight.FindStringSubmatch(what)
		if right == nil { // more than rights: the files make it anew, and change nothing that is there
			command := f.psqlWay(f.Postgres.Database) + ` -v ON_ERROR_STOP=1 -f "$file"`
			return f.incomplete("for file in migrations/*.sql; do " + command + " || break; done")
		}
		grants = append(grants, fmt.Sprintf("GRANT %s ON %s %s TO %s", right[1], strings.ToUpper(right[2]), right[3], identifier(f.Postgres.Role)))
	}
	return f.incomplete(f.psql(grants...))
}

func (f *Facts) incomplete(action string) Finding {
	return Finding{Level: LevelFail, Observed: "missing: " + strings.Join(f.Postgres.Missing, "; "), Action: action}
}

func postgresTriggers(f *Facts) Finding {
	switch {
	case f.Postgres.TriggersErr != nil:
		return unseen("the triggers of the service", f.Postgres.TriggersErr)
	case len(f.Postgres.Triggers) == 0:
		return seen("all are enabled")
	}
	var statements []string
	for _, name := range f.Postgres.Triggers {
		table, trigger, _ := strings.Cut(name, ".")
		statements = append(statements, "ALTER TABLE "+table+" ENABLE TRIGGER "+trigger)
	}
	return Finding{Level: LevelFail, Observed: "off: " + strings.Join(f.Postgres.Triggers, ", "), Action: f.psql(statements...)}
}

func postgresTransactions(f *Facts) Finding {
	a := &f.Postgres.Activity
	switch {
	case f.Postgres.ActivityErr != nil:
		return unseen("the transactions of others", f.Postgres.ActivityErr)
	case len(a.Old) > 0:
		old := a.Old[0]
		found := Finding{Level: LevelWarn, Observed: fmt.Sprintf("%d, of %s for %s", len(a.Old), old.Name, old.Age.Round(time.Second))}
		if old.PID == 0 {
			found.Action = f.psql("ROLLBACK PREPARED " + literal(old.Name))
		} else {
			found.Action = f.psql("SELECT pg_terminate_backend(" + strconv.Itoa(old.PID) + ")")
		}
		return found
	case a.Hidden > 0:
		return Finding{
			Level: LevelWarn, Observed: fmt.Sprintf("%d connections whose transactions are not visible", a.Hidden),
			Action:  f.psql("GRANT pg_read_all_stats TO " + identifier(f.Postgres.Role)),
			Message: "The service may not look at the transactions of other roles: look yourself, or grant it pg_read_all_stats.",
		}
	default:
		return seen("none")
	}
}

func postgresSlots(f *Facts) Finding {
	if f.Postgres.SlotsErr != nil {
		return unseen("replication slots", f.Postgres.SlotsErr)
	}
	for _, slot := range f.Postgres.Slots { // most first
		if slot.Active {
			continue
		}
		found := Finding{
			Level: LevelWarn, Observed: fmt.Sprintf("nobody reads slot %s, which keeps %d MiB", slot.Name, slot.Held/mebibyte),
			Action: f.psql("SELECT pg_drop_replication_slot(" + literal(slot.Name) + ")"),
		}
		if slot.Held >= heldLog {
			found.Level = LevelFail
		}
		return found
	}
	return seen(fmt.Sprintf("%d slots, all with a reader", len(f.Postgres.Slots)))
}

func postgresCollation(f *Facts) Finding {
	c := &f.Postgres.Collation
	renewed := c.Recorded != c.Actual
	found := seen("keys are sorted by their bytes")
	switch {
	case f.Postgres.CollationErr != nil:
		return unseen("collations", f.Postgres.CollationErr)
	case len(c.Columns) > 0:
		found.Level, found.Observed = LevelWarn, "by the collation of the database: "+strings.Join(c.Columns, ", ")
		if renewed {
			found.Level = LevelFail
			found.Observed += ", whose version was " + c.Recorded + " and is " + c.Actual
		}
		found.Action = f.psqlFile("migrations/maintenance/collate_keys.sql")
	case renewed:
		found.Level, found.Observed = LevelWarn, "the collation of the database had version "+c.Recorded+" and has "+c.Actual
		found.Action = f.psql("REINDEX DATABASE "+identifier(f.Postgres.Database),
			"ALTER DATABASE "+identifier(f.Postgres.Database)+" REFRESH COLLATION VERSION")
		found.Message = "The operating system sorts texts otherwise than when the database was made. Our keys are sorted by their bytes and do not mind; indexes of your own may."
	}
	return found
}

func postgresSequences(f *Facts) Finding {
	switch {
	case f.Postgres.SequencesErr != nil:
		return unseen("sequences", f.Postgres.SequencesErr)
	case len(f.Postgres.Sequences) == 0:
		return seen("all are ahead")
	}
	var behind []string
	for _, s := range f.Postgres.Sequences {
		behind = append(behind, fmt.Sprintf("%s is %d behind", s.Name, s.Behind))
	}
	return Finding{Level: LevelFail, Observed: strings.Join(behind, ", "), Action: f.psqlFile("migrations/maintenance/set_sequences.sql")}
}
