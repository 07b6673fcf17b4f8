package health

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"strings"
)

// version and revision are set by the linker (see build in the Makefile), where the program
// is built without its repository, as an image is.
var version, revision string

// Build is what the program was built from; "" is what the build does not tell.
type Build struct {
	Version   string // of the module
	Revision  string // of the repository, whole
	GoVersion string
}

// ReadBuild returns what this program was built from.
func ReadBuild() Build {
	build := Build{Version: version, Revision: revision, GoVersion: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build
	}
	build.Version = cmp.Or(build.Version, info.Main.Version)
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			build.Revision = cmp.Or(build.Revision, setting.Value)
		}
	}
	return build
}

// shownRevision is how many characters of a revision are shown.
const shownRevision = 12

// String is the version with the beginning of the revision; "unknown" where the build tells
// neither.
func (b Build) String() string {
	short := b.Revision[:min(shownRevision, len(b.Revision))]
	return cmp.Or(strings.TrimSpace(b.Version+" "+short), "unknown")
}
