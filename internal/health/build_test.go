package health_test

import (
	"testing"

	"seckill/internal/health"
)

func TestABuildIsShownByItsVersionAndRevision(t *testing.T) {
	const revision = "b66e00f9c1d24cbb0f6f0a1e7a9d6ea1f2c3d4e5"
	for _, tt := range []struct {
		build health.Build
		want  string
	}{
		{health.Build{}, "unknown"},
		{health.Build{Version: "v1.2.3"}, "v1.2.3"},
		{health.Build{Revision: "b66e00f"}, "b66e00f"},
		{health.Build{Version: "v1.2.3", Revision: revision}, "v1.2.3 b66e00f9c1d2"},
	} {
		if got := tt.build.String(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.build, got, tt.want)
		}
	}
}
