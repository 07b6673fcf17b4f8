package devstack

import (
	"path/filepath"
	"testing"
)

func TestRedisResumesFromACopy(t *testing.T) {
	r, ctx := startRedis(t, Options{}), testContext(t)
	c, dir := client(t, r), filepath.Join(t.TempDir(), "copy")
	must(t, c.Set(ctx, "k", "old", 0).Err())
	must(t, r.CopyTo(dir))
	must(t, c.Set(ctx, "k", "new", 0).Err())
	for range 2 { // a copy can be used again
		must(t, r.ResumeFrom(ctx, dir)) // runs: left alone
		if got := client(t, r).Get(ctx, "k").Val(); got != "new" {
			t.Errorf("read %q from a server that runs, want new", got)
		}
		must(t, r.Pause(ctx))
		must(t, r.ResumeFrom(ctx, dir))
		if got := client(t, r).Get(ctx, "k").Val(); got != "old" {
			t.Errorf("read %q, want old", got)
		}
		must(t, client(t, r).Set(ctx, "k", "new", 0).Err())
	}
	wantError(t, r.CopyTo(dir), "exists")
	must(t, r.Pause(ctx))
	wantError(t, r.ResumeFrom(ctx, filepath.Join(dir, "none")), "no such file")
}

func TestMiniRedisHasNoDataToCopy(t *testing.T) {
	t.Setenv(redisEnv, "miniredis")
	r := startRedis(t, Options{})
	wantError(t, r.CopyTo(t.TempDir()), "in memory")
	wantError(t, r.ResumeFrom(testContext(t), t.TempDir()), "in memory")
}
