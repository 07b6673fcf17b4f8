package model

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// This file is the one place that says what of PostgreSQL's answers is held against an
// entry: only what the entry itself can cause. Everything else, known or not, is an
// outage: it says nothing of the entry, and passes.

// uniqueViolation is PostgreSQL's SQLSTATE for a second row under a unique key.
const uniqueViolation = "23505"

// checkViolation is PostgreSQL's SQLSTATE for a row that breaks a check.
const checkViolation = "23514"

// withinLimit is the constraint that the trigger on seckill_orders names when a user
// would hold more live orders than the limit (migrations/002). It is the one check on
// what an entry brings along; the others are on what we decide.
const withinLimit = "seckill_orders_within_limit"

// notRecordOnly is the SQLSTATE that seckill_require_record_only raises
// (migrations/003): an application's own class, as the SQL standard reserves
// those that begin with I–Z.
const notRecordOnly = "SK001"

// entryKeys are the unique keys that an entry meets with values of its own: its ID, and
// the slot of its user. Every other key of the tables is filled by us or by a sequence.
var entryKeys = []string{
	"seckill_logs_product_stream_key", "seckill_orders_product_stream_key",
	"seckill_orders_live_key", "seckill_dead_letters_entry_key",
}

// entryKeyColumns begin the detail of a violation of one of the entryKeys in parentheses,
// in whatever language: an index that was built anew, or one of a partition, has a name of
// its own.
var entryKeyColumns = []string{
	"(product_id, stream_id)=", "(product_id, user_id, slot)=", "(product_id, stream_id, fingerprint)=",
}

// productKey is the primary key of seckill_products, whose values a request names.
const productKey = "seckill_products_pkey"

// valueStates are the SQLSTATEs with which a database refuses a text that its encoding has
// no characters for: the fields of a dead letter may hold any. Of the types of our columns
// there is no value that Decode lets pass and a column does not take, so 22001, 22003 or
// 22008 tell that somebody has narrowed a column.
var valueStates = []string{"22021", "22P05"}

// procedural is in the context of every error that comes out of a function in a procedural
// language, in whatever language the context is written: PL/pgSQL, PL/Python.
const procedural = "PL/"

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
	return fault != nil && fault.Code == uniqueViolation && fault.ConstraintName == productKey
}

// IsNotRecordOnly reports that a product to be recorded has become settled.
func IsNotRecordOnly(err error) bool { return SQLState(err) == notRecordOnly }

// IsRejection reports whether the database refused a row for what its entry has brought
// along, so that the same entry would be refused again: its ID, the slot or the limit of
// its user, a text. Nothing else is held against an entry, above all no rule that somebody
// has added to our tables.
func IsRejection(err error) bool { return IsTaken(err) || isBadValue(err) }

// smallerHelps are the SQLSTATEs with which PostgreSQL says that a transaction asks for
// more than it may have: of time (57014, 25P03, 25P04), of memory or temporary files
// (53200, 53400), or of what one statement may be (54000, 54001, 54023). Some are said for
// other reasons, too, such as 54000 at the wraparound of transaction IDs. The others of
// their classes are the same for a batch of one: a full disk (53100), too many connections
// (53300), a lock that is not to be had (55P03).
var smallerHelps = []string{"57014", "25P03", "25P04", "53200", "53400", "54000", "54001", "54023"}

// SmallerHelps reports whether what failed may pass in smaller parts.
func SmallerHelps(err error) bool { return slices.Contains(smallerHelps, SQLState(err)) }

// passes are the SQLSTATEs of what transactions do to each other, serialization failure
// and deadlock: one that is begun again finds what the other has left.
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

// isEntryKey reports whether one of the entryKeys refused a row itself, and not a trigger
// that says so.
func isEntryKey(fault *pgconn.PgError) bool {
	if fault.Code != uniqueViolation || strings.Contains(fault.Where, procedural) {
		return false
	}
	return slices.Contains(entryKeys, fault.ConstraintName) ||
		slices.ContainsFunc(entryKeyColumns, func(columns string) bool { return strings.Contains(fault.Detail, columns) })
}

func isWithinLimit(fault *pgconn.PgError) bool {
	return fault.Code == checkViolation && fault.ConstraintName == withinLimit
}

// isBadValue reports whether the database refused a text itself, and not a trigger with it.
func isBadValue(err error) bool {
	fault := postgresFault(err)
	return fault != nil && slices.Contains(valueStates, fault.Code) && !strings.Contains(fault.Where, procedural)
}
