package seckill

// LogState is what is stored of a log, as far as a change of its status is
// concerned.
type LogState struct {
	Status Status
	Reason Reason
	// Settled says that the product is settled by this service.
	Settled bool
}

// Change decides what a requested change does to a log (contract sections 2 and
// 6), and returns the log's state afterwards.
//
// A final status is final: asking for it again is UNCHANGED, with the same reason
// or none given, and everything else is INVALID_TRANSITION. What the service has
// settled itself nobody else resolves. A log that is still PROCESSING can always
// be resolved: one of a settled product was stored while that product was
// record-only, and nobody else would ever end it.
func (l LogState) Change(c LogChange) (ChangeOutcome, LogState) {
	switch {
	case l.Settled && l.Status.Terminal():
		return OutcomeSettledByService, l
	case l.Status == c.Status && (c.Reason == "" || c.Reason == l.Reason):
		return OutcomeUnchanged, l
	case l.Status.Terminal() || !c.Status.Terminal():
		return OutcomeInvalidTransition, l
	default:
		return OutcomeUpdated, LogState{Status: c.Status, Reason: c.Reason, Settled: l.Settled}
	}
}
