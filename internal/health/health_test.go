package health_test

import (
	"context"
	"errors"
	"testing"

	"seckill/internal/health"
	"seckill/internal/seckill"
)

func failing(t *testing.T, checks health.Checks, exclude ...string) string {
	t.Helper()
	found, err := checks.Failing(t.Context(), exclude...)
	if err != nil {
		return string(seckill.ErrorCode(err))
	}
	words := ""
	for _, f := range found {
		words += f.String() + " "
	}
	return words
}

func TestFailing(t *testing.T) {
	var shutdown health.Shutdown
	says := func(name string, err error) health.Check {
		return health.Check{Name: name, Run: func(context.Context) error { return err }}
	}
	checks := health.Checks{
		shutdown.Check(), says("redis", errors.New("inner detail")), says("postgres", nil),
		says("consumers", seckill.Errorf(seckill.CodeUnavailable, "none runs")),
	}
	for _, tt := range []struct {
		exclude []string
		want    string
	}{
		{nil, "redis consumers (none runs) "},
		{[]string{"redis"}, "consumers (none runs) "},
		{[]string{"consumers", "redis", "redis"}, ""},
		{[]string{"postgres", "shutdown"}, "redis consumers (none runs) "},
		{[]string{"redis", "Redis"}, "INVALID_ARGUMENT"},
	} {
		if got := failing(t, checks, tt.exclude...); got != tt.want {
			t.Errorf("without %v: %q, want %q", tt.exclude, got, tt.want)
		}
	}
	shutdown.Begin()
	for _, exclude := range [][]string{nil, {"shutdown"}, {"redis", "postgres", "consumers"}} {
		if got := failing(t, checks, exclude...); got != "shutdown (the process is ending) " {
			t.Errorf("while the process ends, without %v: %q", exclude, got)
		}
	}
}
