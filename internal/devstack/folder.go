package devstack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// folder is where one server lives: its data, its log, and the lock that says
// who owns them.
type folder struct {
	path      string
	throwAway bool
	lock      *os.File
}

// openFolder makes the folder and locks it. An empty path makes a throw-away
// one, whose name begins with devstack- and the server's name.
func openFolder(path, server string) (*folder, error) {
	f := &folder{path: path, throwAway: path == ""}
	if err := f.create(server); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	lock, err := lockFile(filepath.Join(f.path, "lock"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock data folder %s: %w", f.path, err), f.remove())
	}
	f.lock = lock
	return f, nil
}

func (f *folder) create(server string) error {
	path, err := f.make(server)
	if err != nil {
		return err
	}
	// The server reports its folder with links resolved; so do we.
	f.path, err = filepath.EvalSymlinks(path)
	return err
}

func (f *folder) make(server string) (string, error) {
	if f.throwAway {
		return os.MkdirTemp("", "devstack-"+server+"-")
	}
	path, err := filepath.Abs(f.path)
	if err != nil {
		return "", err
	}
	return path, os.MkdirAll(path, 0o755) //nolint:gosec // another user than ours has to pass through it
}

// data is the folder that belongs to the server alone.
func (f *folder) data() string { return filepath.Join(f.path, "data") }

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

// close gives the folder up: unlocks it, and removes it if it is a throw-away.
func (f *folder) close() error {
	return errors.Join(f.remove(), f.lock.Close())
}

func (f *folder) remove() error {
	if !f.throwAway {
		return nil
	}
	if err := os.RemoveAll(f.path); err != nil {
		return fmt.Errorf("remove data folder: %w", err)
	}
	return nil
}
