package request_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/types"
)

func TestRequestIDsOfAttempts(t *testing.T) {
	for name, id := range map[string]string{
		"none":                      "",
		"one character":             "!",
		"the last character":        "~",
		"64 characters":             strings.Repeat("r", 64),
		"a UUID":                    "6f1c2c1e-8a0b-4c39-9a42-5d9f7b2a1f00",
		"what separates Redis keys": "a:b{c}",
	} {
		if err := request.CheckAttempt(&types.AttemptRequest{RequestId: id}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, id := range map[string]string{
		"65 characters": strings.Repeat("r", 65),
		"a space":       "a b",
		"blank":         " ",
		"a line break":  "a\n",
		"DEL":           "a\x7f",
		"NUL":           "\x00",
		"beyond ASCII":  "é",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			refused(t, request.CheckAttempt(&types.AttemptRequest{RequestId: id}), seckill.CodeInvalidArgument, "requestId must be 1 to 64")
		})
	}
}

func TestAttemptsAndUsersOfARequest(t *testing.T) {
	items := func(n int) *types.AttemptsRequest { return &types.AttemptsRequest{Items: make([]types.AttemptItem, n)} }
	wrong := items(3)
	wrong.Items[2].RequestId = "a b"
	for part, req := range map[string]*types.AttemptsRequest{
		"items must hold 1 to 512 attempts":        items(0),
		"items must hold 1 to 512 attempts ":       items(513),
		"items[2].requestId must be 1 to 64 chara": wrong,
	} {
		refused(t, request.CheckAttempts(req), seckill.CodeInvalidArgument, strings.TrimSpace(part))
	}
	for _, n := range []int{0, 513} {
		refused(t, request.CheckUsers(&types.ResultsRequest{UserIds: make([]int64, n)}), seckill.CodeInvalidArgument, "userIds must hold 1 to 512")
	}
	for _, n := range []int{1, 512} {
		if err := errors.Join(request.CheckAttempts(items(n)), request.CheckUsers(&types.ResultsRequest{UserIds: make([]int64, n)})); err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestWaits(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "0s": 0, "0": 0, "5s": 5 * time.Second, "500ms": 500 * time.Millisecond, "30s": 30 * time.Second, "0.5m": 30 * time.Second,
	} {
		if got, err := request.Wait(text); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"5", "-1s", "-1ns", "+5s", "30.001s", "1h", "abc", " 5s", "5s ", "NaN", "9999999999h"} {
		t.Run("refuses "+text, func(t *testing.T) {
			_, err := request.Wait(text)
			refused(t, err, seckill.CodeInvalidArgument, "wait must be a duration from 0s to 30s")
		})
	}
}
