package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

var errRunning = errors.New("the server runs")

// CopyTo copies the data of a paused server to dir, which is not there yet: a cold backup.
func (p *Postgres) CopyTo(ctx context.Context, dir string) error {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if p.server.child != nil {
		return fmt.Errorf("copy data of PostgreSQL: %w", errRunning)
	}
	return copyFolder(ctx, p.server.folder.data(), dir)
}

// ResumeFrom starts a paused server again, on the same port and with the data of a copy
// that CopyTo made, like a server that was restored from a backup. A server that runs is
// left alone.
func (p *Postgres) ResumeFrom(ctx context.Context, dir string) error {
	return p.server.resume(ctx, func() error {
		if err := os.RemoveAll(p.server.folder.data()); err != nil {
			return fmt.Errorf("remove data: %w", err)
		}
		return copyFolder(ctx, dir, p.server.folder.data())
	})
}

// copyFolder copies a folder with owners and modes, on which PostgreSQL insists.
func copyFolder(ctx context.Context, from, to string) error {
	if out, err := exec.CommandContext(ctx, "cp", "-a", from, to).CombinedOutput(); err != nil { //nolint:gosec // folders of our own
		return fmt.Errorf("copy %s: %w: %s", from, err, out)
	}
	return nil
}
