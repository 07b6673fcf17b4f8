package admission_test

import (
	"strings"
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// TestAtMaxmemoryTheGateAdmitsNobodyAndIsToldEverything fills a Redis that evicts nothing.
func TestAtMaxmemoryTheGateAdmitsNobodyAndIsToldEverything(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(10, 0))
	id := taken(t, gate, 1, "before")
	client.ConfigSet(bg, "maxmemory", "1mb")
	defer client.ConfigSet(bg, "maxmemory", "0")
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := client.Set(bg, "more", "memory", 0).Err(); err == nil || !stream.Away(err) {
		t.Fatalf("there is memory: %v", err)
	}
	_, err := gate.Admit(bg, admission.Attempt{ProductID: product, UserID: 2})
	if !stream.Away(err) || !strings.Contains(stream.Reason(err), "maxmemory") {
		t.Errorf("%v: %q", err, stream.Reason(err))
	}
	if o := admit(t, gate, admission.Attempt{UserID: 1, RequestID: "before"}); o.StreamID != id || !o.Repeated {
		t.Errorf("what was admitted before: %+v", o)
	}
	_, err = gate.Apply(bg, product, 1, 1, active(0, 0).Terms, []admission.Move{{Number: 1, Units: 5, Taken: []int64{9}}})
	must("moves", err)
	must("settled", gate.Settled(bg, product, []admission.Entry{{StreamID: id, UserID: 1}}))
	at, flying, err := gate.AllInFlight(bg, product)
	if must("all that is in flight", err); len(flying) != 0 || at.Left != 14 {
		t.Errorf("%+v, %v", at, flying)
	}
	done, err := gate.Correct(bg, product, at, 2)
	if must("a correction", err); !done {
		t.Error("a correction is not made")
	}
	mine, err := gate.LockLoading(bg, product)
	if must("a lock", err); !mine {
		t.Error("the lock is not mine")
	}
	if mine, err := admission.NewGate(client).LockLoading(bg, product); err != nil || mine {
		t.Errorf("the lock of another: %v, %v", mine, err)
	}
	if ttl := client.TTL(bg, seckill.CompanionKey(product, "loading")).Val(); ttl <= 0 || ttl > time.Minute {
		t.Errorf("the lock lives for %s", ttl)
	}
	gate.UnlockLoading(bg, product)
	must("the gate closed", gate.Close(bg, product, 1))
	o := full(2, 5)
	must("the gate opened", gate.Open(bg, product, o))
	if state, err := gate.State(bg, product); err != nil || state.Epoch != 2 || state.Left != o.Left {
		t.Errorf("%+v, %v, want %+v", state, err, o)
	}
}
