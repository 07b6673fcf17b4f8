package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// binaries is a folder with postgres and initdb.
type binaries struct{ dir string }

func (b binaries) file(name string) string { return filepath.Join(b.dir, name) }

// findPostgres returns the binaries to use: of the major version that made the
// data folder, if there is one; as near to hand as possible otherwise.
func findPostgres(ctx context.Context, data string, user *owner) (binaries, error) {
	major, err := dataVersion(data)
	if err != nil {
		return binaries{}, err
	}
	wanted := os.Getenv(postgresEnv)
	if filepath.IsAbs(wanted) {
		return named(ctx, wanted, major, user)
	}
	if wanted != "embedded" {
		for _, dir := range candidates(ctx) {
			if usable(ctx, dir, major, user) {
				return binaries{dir}, nil
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return binaries{}, err // cut short, not done looking
	}
	dir, err := fetchPostgres(major, user, defaultRepository)
	if err != nil {
		return binaries{}, fmt.Errorf("no PostgreSQL %son this machine (install it, or put its bin folder on the PATH), "+
			"and fetching one failed: %w", spaced(major), err)
	}
	return binaries{dir}, nil
}

// Named reports whether the environment names the folder of the programs to use: that of a
// version which a test is to run on.
func Named() bool { return filepath.IsAbs(os.Getenv(postgresEnv)) }

// named returns the folder that was asked for; none takes its place if it is of no use.
func named(ctx context.Context, dir, major string, user *owner) (binaries, error) {
	if err := user.reaches(dir); err != nil {
		return binaries{}, fmt.Errorf("%s: %w", postgresEnv, err)
	}
	if !usable(ctx, dir, major, user) {
		return binaries{}, fmt.Errorf("%s: there is no PostgreSQL %sin %s", postgresEnv, spaced(major), dir)
	}
	return binaries{dir}, nil
}

func spaced(major string) string {
	if major == "" {
		return ""
	}
	return major + " "
}

// dataVersion is the major version that made the data folder, "" if there is none.
func dataVersion(data string) (string, error) {
	version, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read version of data folder: %w", err)
	}
	return strings.TrimSpace(string(version)), nil
}

// candidates are the folders to look into, the likeliest first.
func candidates(ctx context.Context) []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
		"/usr/pgsql-*/bin",                  // PGDG on RHEL
		"/opt/homebrew/opt/postgresql*/bin", // Homebrew on ARM
		"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
	} {
		found, _ := filepath.Glob(pattern) // fails on a bad pattern only
		slices.SortFunc(found, func(a, b string) int { return numberIn(b) - numberIn(a) })
		dirs = append(dirs, found...)
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

// numberIn returns the first number in a path: the version, in those above.
func numberIn(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path)) // no number sorts as 0
	return n
}

// usable tells whether dir has both programs, in the wanted major version, for
// the user who is to run them.
func usable(ctx context.Context, dir, major string, user *owner) bool {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil || user.reaches(dir) != nil {
		return false
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // from candidates
	return err == nil && (major == "" || digits.FindString(string(out)) == major)
}
