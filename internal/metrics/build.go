package metrics

import (
	"cmp"

	"seckill/internal/health"
)

// buildLabels are version, revision and Go version of the program, "unknown" where the
// build does not tell.
func buildLabels() []string {
	build := health.ReadBuild()
	return []string{cmp.Or(build.Version, "unknown"), cmp.Or(build.Revision, "unknown"), build.GoVersion}
}
