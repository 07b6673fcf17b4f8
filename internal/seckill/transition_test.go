package seckill_test

import (
	"testing"

	"seckill/internal/seckill"
)

func TestChangeOfALog(t *testing.T) {
	const (
		processing = seckill.StatusProcessing
		success    = seckill.StatusSuccess
		failed     = seckill.StatusFailed
	)
	state := func(status seckill.Status, reason seckill.Reason, settled bool) seckill.LogState {
		return seckill.LogState{Status: status, Reason: reason, Settled: settled}
	}
	tests := []struct {
		name   string
		log    seckill.LogState
		to     seckill.Status
		reason seckill.Reason
		want   seckill.ChangeOutcome
		after  seckill.LogState
	}{
		{"to success", state(processing, "", false), success, "", seckill.OutcomeUpdated, state(success, "", false)},
		{"to failed with words", state(processing, "", false), failed, "card declined", seckill.OutcomeUpdated, state(failed, "card declined", false)},
		{"still processing", state(processing, "", false), processing, "", seckill.OutcomeUnchanged, state(processing, "", false)},
		{"success again", state(success, "", false), success, "", seckill.OutcomeUnchanged, state(success, "", false)},
		{"failed again", state(failed, "x", false), failed, "x", seckill.OutcomeUnchanged, state(failed, "x", false)},
		{"failed again without words", state(failed, "x", false), failed, "", seckill.OutcomeUnchanged, state(failed, "x", false)},
		{"failed with other words", state(failed, "x", false), failed, "y", seckill.OutcomeInvalidTransition, state(failed, "x", false)},
		{"back to processing", state(failed, "x", false), processing, "", seckill.OutcomeInvalidTransition, state(failed, "x", false)},
		{"from success to failed", state(success, "", false), failed, "x", seckill.OutcomeInvalidTransition, state(success, "", false)},
		{"settled by the service", state(success, "", true), success, "", seckill.OutcomeSettledByService, state(success, "", true)},
		{"left over from before the product had stock", state(processing, "", true), success, "", seckill.OutcomeUpdated, state(success, "", true)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, after := tt.log.Change(seckill.LogChange{Status: tt.to, Reason: tt.reason})
			if got != tt.want || after != tt.after {
				t.Errorf("got %s, %+v; want %s, %+v", got, after, tt.want, tt.after)
			}
		})
	}
}
