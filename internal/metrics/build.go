package metrics

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// buildLabels are version, revision and Go version of the program, "unknown" where the
// build does not tell.
func buildLabels() []string {
	version, revision := "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return []string{cmp.Or(version, "unknown"), cmp.Or(revision, "unknown"), runtime.Version()}
}
