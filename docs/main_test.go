// Package docs tests the documents: that links lead somewhere, that both languages say the
// same, that what they name exists, and that the commands of tutorials and how-to pages
// answer what the pages show.
package docs

import (
	"os"
	"path/filepath"
	"testing"

	"seckill/internal/servertest"
)

func TestMain(m *testing.M) {
	code := servertest.Run(m)
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(code)
}
