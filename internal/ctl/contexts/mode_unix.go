//go:build unix

package contexts

import (
	"fmt"
	"io/fs"
)

// private returns an error when others may read the file, which can hold tokens.
func private(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return fmt.Errorf("contexts: others may read %s (mode %04o), which can hold tokens: chmod %o %s",
		path, info.Mode().Perm(), mode, path)
}
