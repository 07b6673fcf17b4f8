package model

import (
	"fmt"
	"strings"
	"time"
)

// newestFirst builds the selection of a page, newest first. Its WHERE holds the filters
// that are given and no others: one that is switched off by a parameter ("$1 IS NULL
// OR …") would keep PostgreSQL from planning for the rest.
type newestFirst struct {
	table      string // or its alias, which the columns of the conditions belong to
	conditions []string
	args       []any
}

// newestOf begins a selection: $1 is the greatest id, $2 the most rows.
func newestOf(table string, lastID int64, limit int) *newestFirst {
	return &newestFirst{table: table, conditions: []string{table + ".id <= $1"}, args: []any{lastID, limit}}
}

// equal adds a condition unless the value is the zero value, which does not filter.
func equal[T comparable](f *newestFirst, column string, value T) {
	var none T
	if value != none {
		f.add(column+" = $%d", value)
	}
}

// between adds conditions of created_at: from is inclusive, to exclusive; the zero time
// does not filter.
func (f *newestFirst) between(from, to time.Time) {
	if !from.IsZero() {
		f.add("created_at >= $%d", from)
	}
	if !to.IsZero() {
		f.add("created_at < $%d", to)
	}
}

// add adds a condition with one value, whose place is written %d.
func (f *newestFirst) add(condition string, value any) {
	f.args = append(f.args, value)
	f.conditions = append(f.conditions, f.table+"."+fmt.Sprintf(condition, len(f.args)))
}

// where returns the conditions, joined.
func (f *newestFirst) where() string { return strings.Join(f.conditions, " AND ") }

// page returns the selection of the given columns.
func (f *newestFirst) page(columns string) string {
	return page("SELECT " + columns + " FROM " + f.table + " WHERE " + f.where())
}
