package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// errNoFolder is what the substitute answers to whoever wants its data.
var errNoFolder = errors.New("miniredis keeps its data in memory")

// CopyTo copies the data of a server, which may run, into a folder that is empty or not
// there. All that the server has acknowledged is in it, and maybe half of a write that
// it has not, which a server that starts on the copy leaves out.
func (r *Redis) CopyTo(dir string) error {
	server, ok := r.engine.(*redisServer)
	if !ok {
		return fmt.Errorf("copy data of Redis: %w", errNoFolder)
	}
	if err := os.CopyFS(dir, os.DirFS(server.folder.data())); err != nil {
		return fmt.Errorf("copy data of Redis: %w", err)
	}
	return nil
}

// ResumeFrom starts a paused server again, on the same port and with the data of a copy
// that CopyTo made, like a server that was restored from a backup. A server that runs
// is left alone.
func (r *Redis) ResumeFrom(ctx context.Context, dir string) error {
	server, ok := r.engine.(*redisServer)
	if !ok {
		return fmt.Errorf("resume Redis from a copy: %w", errNoFolder)
	}
	return server.server.resume(ctx, func() error {
		data := server.folder.data()
		if err := os.RemoveAll(data); err != nil {
			return fmt.Errorf("remove data: %w", err)
		}
		if err := os.CopyFS(data, os.DirFS(dir)); err != nil {
			return fmt.Errorf("put back a copy of the data: %w", err)
		}
		return nil
	})
}
