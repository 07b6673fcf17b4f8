package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// command says how to run one program.
type command struct {
	path        string
	args        []string
	dir         string
	out         io.Writer
	owner       *owner         // nil = our own user
	deathSignal syscall.Signal // sent by the kernel, where it can, when we die
}

// exec builds the command. Cancelling ctx kills the program.
func (c command) exec(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.path, c.args...) //nolint:gosec // running a server is the purpose
	cmd.Dir = c.dir
	cmd.Env = serverEnv()
	cmd.Stdout, cmd.Stderr = c.out, c.out
	cmd.SysProcAttr = sysProcAttr(c)
	// What the program's own children do with a shared pipe must not hold up
	// the wait for it.
	cmd.WaitDelay = time.Second
	return cmd
}

// serverEnv is our environment without what would steer PostgreSQL (PGDATA,
// PGPORT, …), and with messages in English, which the launcher reads.
func serverEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			env = append(env, kv)
		}
	}
	return append(env, "LC_ALL=C")
}

// child is a running server process.
type child struct {
	process *os.Process
	done    chan struct{} // closed when the process has ended and was reaped
	err     error         // how it ended; read after done
}

// startChild starts c. The child lives on after ctx has ended.
//
// PR_SET_PDEATHSIG fires when the *thread* that forked dies (prctl(2)), and Go
// ends threads as it likes. So the goroutine that starts the child keeps its
// thread for itself until the child has ended.
func startChild(ctx context.Context, c command) (*child, error) {
	ch := &child{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ch.done)
		cmd := c.exec(context.WithoutCancel(ctx))
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		ch.process = cmd.Process
		started <- nil
		ch.err = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.path, err)
	}
	return ch, nil
}

// whileAlive is ctx, cancelled also when the process ends.
func (c *child) whileAlive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-c.done:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (c *child) pid() int { return c.process.Pid }

// stop sends one signal after the other, from mild to harsh, until the process
// has ended. The next signal is due after stopTimeout, or stopGrace after the
// end of ctx; a kill, the last one, is always waited for.
func (c *child) stop(ctx context.Context, signals ...syscall.Signal) error {
	for _, sig := range append(signals, syscall.SIGKILL) {
		if err := c.process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("signal process %d: %w", c.pid(), err)
		}
		if sig == syscall.SIGKILL {
			break
		}
		if c.wait(ctx, stopTimeout) {
			return nil
		}
	}
	<-c.done
	return nil
}

func (c *child) wait(ctx context.Context, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
	}
	// Callers may well stop with a context that has ended already, as that of a
	// test has in its cleanup. That is no reason to lose data.
	timer.Reset(stopGrace)
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return false
	}
}
