package health

import (
	"runtime"
	"runtime/debug"
)

// Build is what the program was built from; "" is what the build does not tell.
type Build struct {
	Version   string // of the module
	Revision  string // of the repository, whole
	GoVersion string
}

// ReadBuild returns what this program was built from.
func ReadBuild() Build {
	build := Build{GoVersion: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build
	}
	build.Version = info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			build.Revision = setting.Value
		}
	}
	return build
}
