package seckill_test

import (
	"strings"
	"testing"

	"seckill/internal/seckill"
)

func TestWhatMayBeDeleted(t *testing.T) {
	tests := []struct {
		name   string
		status seckill.ProductStatus
		rest   seckill.OnItsWay
		part   string // of the refusal; "" = it may
	}{
		{"ended, with nothing on its way", seckill.ProductEnded, seckill.OnItsWay{}, ""},
		{"active", seckill.ProductActive, seckill.OnItsWay{}, "is ACTIVE"},
		{"paused", seckill.ProductPaused, seckill.OnItsWay{}, "is PAUSED"},
		{"an entry in the stream", seckill.ProductEnded, seckill.OnItsWay{Undelivered: 3}, "3 in the stream"},
		{"an entry with a consumer", seckill.ProductEnded, seckill.OnItsWay{Pending: 2}, "2 pending"},
		{"an order to be paid", seckill.ProductEnded, seckill.OnItsWay{Orders: 1}, "1 orders"},
		{"a unit in flight", seckill.ProductEnded, seckill.OnItsWay{InFlight: 4}, "4 units in flight"},
		{"a move to come", seckill.ProductEnded, seckill.OnItsWay{Moves: 5}, "5 decisions"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := seckill.Product{ProductID: 1, Status: tt.status}.Deletable(tt.rest)
			if (err == nil) != (tt.part == "") {
				t.Fatalf("error = %v", err)
			}
			if err != nil && (seckill.ErrorCode(err) != seckill.CodeInvalidTransition || !strings.Contains(err.Error(), tt.part)) {
				t.Errorf("error = %v, want INVALID_TRANSITION with %q", err, tt.part)
			}
		})
	}
}
