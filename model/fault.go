package model

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// This file is the one place that says what of PostgreSQL's answers may be held against an
// entry, or a request: only what its own values can cause. Everything else, known or not,
// is an outage, which says nothing of the entry and passes.

// uniqueViolation is PostgreSQL's SQLSTATE for a second row under a unique key.
const uniqueViolation = "23505"

// checkViolation is PostgreSQL's SQLSTATE for a row that breaks a check.
const checkViolation = "23514"

// withinLimit is the constraint that the trigger on seckill_orders names when a user
// would hold more live orders than the limit (migrations/002).
const withinLimit = "seckill_orders_within_limit"

// notRecordOnly is the SQLSTATE that seckill_require_record_only raises
// (migrations/003): an application's own class, as the SQL standard reserves
// those that begin with I–Z.
const notRecordOnly = "SK001"

// entryKeys are the unique keys that an entry meets with values of its own: its ID, and
// the slot of its user. Every other key of these tables is ours to fill.
var entryKeys = []string{
	"seckill_logs_product_stream_key", "seckill_orders_product_stream_key",
	"seckill_orders_live_key", "seckill_dead_letters_entry_key",
}

// entryKeyColumns are the columns of the entryKeys, as PostgreSQL's detail of a violation
// names them in every language. A partition has its own name for the key.
var entryKeyColumns = []string{
	"(product_id, stream_id)=", "(product_id, user_id, slot)=", "(product_id, stream_id, fingerprint)=",
}

// entryTables are the tables of the entryKeys.
var entryTables = []string{"seckill_logs", "seckill_orders", "seckill_dead_letters"}

// productKeyColumns is the key of seckill_products.
const productKeyColumns = "(product_id)="

// valueStates are the SQLSTATEs with which a type refuses a value. Decode lets nothing
// pass that the types of our tables do not take; these remain for columns that somebody
// has narrowed (22001, 22003, 22008) and databases whose encoding has not every character
// (22021, 22P05).
var valueStates = []string{"22001", "22003", "22008", "22021", "22P05"}

// raised is the routine of PostgreSQL's source from which RAISE of PL/pgSQL reports. A
// value that a trigger of somebody else calls bad is no value that its type refuses.
const raised = "exec_stmt_raise"

// IsUniqueViolation reports whether a unique key refused a row, whichever key it was.
func IsUniqueViolation(err error) bool { return SQLState(err) == uniqueViolation }

// IsTaken reports whether something that a settlement took to be free is not: an
// entry is stored already, or a user holds the slot or all the orders that the limit
// allows.
func IsTaken(err error) bool {
	fault := postgresFault(err)
	return fault != nil && (isEntryKey(fault) || isWithinLimit(fault))
}

// IsProductKey reports whether there is a product of the ID already.
func IsProductKey(err error) bool {
	fault := postgresFault(err)
	return fault != nil && fault.Code == uniqueViolation && (fault.ConstraintName == "seckill_products_pkey" ||
		fault.TableName == "seckill_products" && strings.Contains(fault.Detail, productKeyColumns))
}

// IsNotRecordOnly reports that a product to be recorded has become settled.
func IsNotRecordOnly(err error) bool { return SQLState(err) == notRecordOnly }

// IsRejection reports whether the database refused a row for what the entry itself has
// brought along, so that the same entry would be refused again: a unique key of entry or
// slot, the limit of its user, a value that the type of a column does not take. Nothing
// else is held against an entry, above all no rule that somebody has added to our tables.
func IsRejection(err error) bool { return IsTaken(err) || IsBadValue(err) }

// IsBadValue reports whether the type of a column refused a value.
func IsBadValue(err error) bool {
	fault := postgresFault(err)
	return fault != nil && slices.Contains(valueStates, fault.Code) && fault.Routine != raised
}

// smallerHelps are the SQLSTATEs with which PostgreSQL says that a transaction asks for
// more than it may have: of time (57014, 25P03, 25P04), of memory or temporary files
// (53200, 53400), or of what one statement may be (54000, 54001, 54023). Some of them are
// said for other reasons as well, such as 54000 at the wraparound of transaction IDs. The
// others of these classes, such as a full disk (53100) or a lock that is not to be had
// (55P03), are the same for a batch of one.
var smallerHelps = []string{"57014", "25P03", "25P04", "53200", "53400", "54000", "54001", "54023"}

// SmallerHelps reports whether a batch that failed may pass in smaller parts.
func SmallerHelps(err error) bool { return slices.Contains(smallerHelps, SQLState(err)) }

// passes are the SQLSTATEs of what transactions do to each other: one that is begun again
// meets what the other has left.
var passes = []string{"40001", "40P01"}

// SQLState returns PostgreSQL's code of an error (its documentation, appendix A), ""
// of an error that is not PostgreSQL's.
func SQLState(err error) string {
	if fault := postgresFault(err); fault != nil {
		return fault.Code
	}
	return ""
}

// postgresFault returns what PostgreSQL has answered, nil when err is not that.
func postgresFault(err error) *pgconn.PgError {
	fault, _ := errors.AsType[*pgconn.PgError](err)
	return fault
}

func isEntryKey(fault *pgconn.PgError) bool {
	if fault.Code != uniqueViolation {
		return false
	}
	return slices.Contains(entryKeys, fault.ConstraintName) ||
		isOfEntries(fault.TableName) && slices.ContainsFunc(entryKeyColumns, func(columns string) bool {
			return strings.Contains(fault.Detail, columns)
		})
}

// isOfEntries reports whether a table is one of the entryTables, or may be its partition.
func isOfEntries(table string) bool {
	return slices.ContainsFunc(entryTables, func(name string) bool { return strings.HasPrefix(table, name) })
}

func isWithinLimit(fault *pgconn.PgError) bool {
	return fault.Code == checkViolation && fault.ConstraintName == withinLimit
}
