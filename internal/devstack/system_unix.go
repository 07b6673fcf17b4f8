//go:build unix

package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user that runs a server which refuses to run as root.
type owner struct {
	name     string
	uid, gid uint32
}

// unprivileged returns the user that is to run a server with this data folder:
// nil for ourselves unless we are root; else who owns the data already, else
// `postgres`, else `nobody`.
func unprivileged(data string) (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is an answer: nobody else
	}
	if o := ownerOf(data); o != nil && o.uid != 0 {
		return o, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &owner{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it")
}

func ownerOf(path string) *owner {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return &owner{name: "uid " + strconv.FormatUint(uint64(st.Uid), 10), uid: st.Uid, gid: st.Gid}
}

// take gives path itself to the owner, after making sure that it can be reached.
func (o *owner) take(path string) error {
	if o == nil {
		return nil
	}
	if err := o.reaches(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Chown(path, int(o.uid), int(o.gid)); err != nil {
		return fmt.Errorf("give data folder to %s: %w", o.name, err)
	}
	return nil
}

// reaches checks the search permission on path and on everything above it.
func (o *owner) reaches(path string) error {
	if o == nil {
		return nil
	}
	for {
		info, err := os.Stat(path) //nolint:gosec // a folder that the caller has chosen to work in
		if err != nil {
			return fmt.Errorf("look at parent folder: %w", err)
		}
		if !o.maySearch(info) {
			return fmt.Errorf("we are root, so PostgreSQL runs as %s, who may not pass through %s (mode %s): "+
				"choose a data folder elsewhere, or allow it with: chmod o+x %s", o.name, path, info.Mode().Perm(), path)
		}
		parent := filepath.Dir(path)
		if parent == path {
			return nil
		}
		path = parent
	}
}

func (o *owner) maySearch(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return true
	case st.Uid == o.uid:
		return info.Mode()&0o100 != 0
	case st.Gid == o.gid:
		return info.Mode()&0o010 != 0
	default:
		return info.Mode()&0o001 != 0
	}
}

func (o *owner) credential() *syscall.Credential {
	if o == nil {
		return nil
	}
	return &syscall.Credential{Uid: o.uid, Gid: o.gid}
}

// lockFile takes path for this process until the file is closed, which the
// kernel also does for a process that was killed.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("another process is using it")
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// alive tells whether there is a process pid, ours or not.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// interrupt sends SIGINT, which PostgreSQL takes as a fast shutdown. A process
// that is gone needs none.
func interrupt(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGINT); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
