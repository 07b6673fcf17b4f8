package model

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// uniqueViolation is PostgreSQL's SQLSTATE for a second row under a unique key.
const uniqueViolation = "23505"

// withinLimit is the constraint that the trigger on seckill_orders names when a user
// would hold more live orders than the limit (migrations/002).
const withinLimit = "seckill_orders_within_limit"

// notRecordOnly is the SQLSTATE that seckill_require_record_only raises
// (migrations/003): an application's own class, as the SQL standard reserves
// those that begin with I–Z.
const notRecordOnly = "SK001"

// outageClasses are the SQLSTATE classes (their first two characters) that tell of
// the database's own state and not of the rows that it was given: connection,
// transaction state (25006, read-only), rollback (serialization, deadlock),
// authorization, unknown database, missing table or right, resources, operator
// intervention, system and configuration errors.
var outageClasses = map[string]bool{
	"08": true, "25": true, "28": true, "3D": true, "3F": true, "40": true, "42": true, "53": true,
	"55": true, "57": true, "58": true, "F0": true, "XX": true,
}

// IsUniqueViolation reports whether a unique key refused a row.
func IsUniqueViolation(err error) bool { return SQLState(err) == uniqueViolation }

// IsTaken reports whether something that a settlement took to be free is not: an
// entry is stored already, or a user holds the slot or all the orders that the limit
// allows.
func IsTaken(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (pgErr.Code == uniqueViolation || pgErr.ConstraintName == withinLimit)
}

// IsNotRecordOnly reports that a product to be recorded has become settled.
func IsNotRecordOnly(err error) bool { return SQLState(err) == notRecordOnly }

// IsRejection reports whether the database refused the rows themselves (a
// constraint, a value out of range, an exception raised by a trigger), so that the
// same rows would be refused again. Everything else is an outage: the connection,
// the server, its state or its schema. An outage says nothing of the rows and
// passes.
func IsRejection(err error) bool {
	state := SQLState(err)
	return len(state) == 5 && !outageClasses[state[:2]]
}

// IsForbidden reports that the role may not do what was asked: a right is missing, or
// it would have to be the owner.
func IsForbidden(err error) bool { return SQLState(err) == "42501" }

// IsStatementPooling reports that a pooler between us and the database takes no
// transactions. 08P01 is the code of every error of PgBouncer's own.
func IsStatementPooling(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == "08P01" && strings.Contains(pgErr.Message, "statement pooling")
}

// SQLState returns PostgreSQL's code of an error (its documentation, appendix A), ""
// of an error that is not PostgreSQL's.
func SQLState(err error) string {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return ""
	}
	return pgErr.Code
}
