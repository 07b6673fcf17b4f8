package seckill

// LogChange asks for a new status of one log (contract section 6, "PUT
// /admin/v1/logs/status").
type LogChange struct {
	ProductID int64
	StreamID  string
	Status    Status
	Reason    Reason // only with StatusFailed; "" = none given
}

// ChangeOutcome says what became of a LogChange.
type ChangeOutcome string

// What can become of a change.
const (
	// OutcomeUpdated: the log has the new status now.
	OutcomeUpdated ChangeOutcome = "UPDATED"
	// OutcomeUnchanged: the log was as asked for already.
	OutcomeUnchanged ChangeOutcome = "UNCHANGED"
	// OutcomeNotFound: there is no such log.
	OutcomeNotFound ChangeOutcome = "NOT_FOUND"
	// OutcomeInvalidTransition: the log is final already, with something else.
	OutcomeInvalidTransition ChangeOutcome = "INVALID_TRANSITION"
	// OutcomeSettledByService: the product has stock, so settlement alone decides.
	OutcomeSettledByService ChangeOutcome = "SETTLED_BY_SERVICE"
)
