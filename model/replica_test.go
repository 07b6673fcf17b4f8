package model_test

import (
	"slices"
	"testing"
	"time"

	"seckill/internal/servertest"
	"seckill/model"
)

// TestWhoConsumesIsKnownByWhatItSaid within a time, by the database's clock: neither a replica
// that has said nothing of late, nor one of another clock, nor one that takes no part.
func TestWhoConsumesIsKnownByWhatItSaid(t *testing.T) {
	pool := servertest.Pool(t)
	say := func(run string, consumes bool) []string {
		t.Helper()
		runs, err := pool.SayConsuming(t.Context(), run, consumes, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return runs
	}
	if got := say("a", true); len(got) != 0 {
		t.Errorf("a replica that has not said that it lives is among %v", got)
	}
	for _, run := range []string{"a", "b", "of the version before", "dead", "of another clock"} {
		if err := pool.SayAlive(t.Context(), model.Replica{Run: run, Since: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := pool.Exec(t.Context(), `UPDATE seckill_replicas SET consumes_at = now() + CASE run WHEN 'dead' THEN interval '-61 s' ELSE interval '61 s' END
		WHERE run IN ('dead', 'of another clock')`)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		run      string
		consumes bool
		want     []string
	}{
		{"b", true, []string{"b"}}, {"a", true, []string{"a", "b"}}, {"b", true, []string{"a", "b"}}, {"b", false, []string{"a"}},
		{"b", false, []string{"a"}}, {"dead", true, []string{"a", "dead"}}, {"a", false, []string{"dead"}},
	} {
		if got := say(step.run, step.consumes); !slices.Equal(got, step.want) {
			t.Errorf("after %q has said %v: %v, want %v", step.run, step.consumes, got, step.want)
		}
	}
	if err := pool.SayAlive(t.Context(), model.Replica{Run: "dead", Since: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if got := say("b", false); !slices.Equal(got, []string{"dead"}) {
		t.Errorf("after another heartbeat %v consume", got)
	}
}
