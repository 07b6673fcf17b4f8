package devstack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"
)

// portAttempts is how many free ports are tried: one can be taken by somebody
// else between our look at it and the server's bind.
const portAttempts = 10

// errStopped is what a stopped server answers to Pause and Resume.
var errStopped = errors.New("server is stopped")

// server is what the two have in common: one process on one port over one
// folder. Its methods may be called from several goroutines.
type server struct {
	name   string
	folder *folder
	out    *output
	// command runs the server in the foreground on a port.
	command func(port int) command
	// ready returns nil once the process pid itself, and nobody else who may
	// have the port, answers as it should.
	ready func(ctx context.Context, port, pid int) error
	// signals end it, from mild to harsh.
	signals []syscall.Signal

	mu      sync.Mutex
	port    int
	child   *child // nil = paused
	stopped bool
}

// start runs the server for the first time, on a free port if port is 0.
func (s *server) start(ctx context.Context, port int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if port != 0 {
		s.port = port
		return s.run(ctx)
	}
	var err error
	for range portAttempts {
		if s.port, err = FreePort(); err != nil {
			return err
		}
		if err = s.run(ctx); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return err
}

// run starts the process and waits until it answers.
func (s *server) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ch, err := startChild(ctx, s.command(s.port))
	if err != nil {
		return err
	}
	if err := s.awaitReady(ctx, ch); err != nil {
		_ = ch.stop(context.Background(), s.signals...) // err is what matters
		return err
	}
	s.child = ch
	return nil
}

func (s *server) awaitReady(ctx context.Context, ch *child) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	// Whoever else has the port may accept us and never answer: the end of our
	// own server ends the question.
	asking, cancel := ch.whileAlive(ctx)
	defer cancel()
	for {
		err := s.ready(asking, s.port, ch.pid())
		if err == nil {
			return nil
		}
		select {
		case <-ch.done:
			return s.earlyExit(ch)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer on port %d: %w (last: %w); its log ends with:\n%s",
				s.name, s.port, context.Cause(ctx), err, s.out.tail())
		case <-ticker.C:
		}
	}
}

// earlyExit tells a lost race for a port, which another port cures, from every
// other reason.
func (s *server) earlyExit(ch *child) error {
	tail := s.out.tail()
	cause := ch.err
	if strings.Contains(tail, "ddress already in use") {
		cause = errPortTaken
	}
	if cause == nil {
		cause = errors.New("it ended without an error")
	}
	return fmt.Errorf("%s did not start on port %d: %w; its log ends with:\n%s", s.name, s.port, cause, tail)
}

// pause ends the process and keeps port and data. Pausing twice is once.
func (s *server) pause(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return fmt.Errorf("pause %s: %w", s.name, errStopped)
	}
	return s.end(ctx)
}

func (s *server) end(ctx context.Context) error {
	if s.child == nil {
		return nil
	}
	if err := s.child.stop(ctx, s.signals...); err != nil {
		return fmt.Errorf("stop %s: %w", s.name, err)
	}
	s.child = nil
	return nil
}

// resume runs a paused server again, after prepare. A running one is left alone.
func (s *server) resume(ctx context.Context, prepare func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return fmt.Errorf("resume %s: %w", s.name, errStopped)
	}
	if s.child != nil {
		return nil
	}
	if err := prepare(); err != nil {
		return fmt.Errorf("resume %s: %w", s.name, err)
	}
	return s.run(ctx)
}

// stop ends the process and gives the folder up. Stopping twice is once.
func (s *server) stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	if err := s.end(ctx); err != nil {
		return err
	}
	s.stopped = true
	return errors.Join(s.out.close(), s.folder.close())
}

// poll calls try until it is done, in error, or ctx ends.
func poll(ctx context.Context, try func() (done bool, err error)) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if done, err := try(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
