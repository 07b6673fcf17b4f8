// Package listener is where the HTTP API is reached, and how it ends without a request
// that is lost (deploy.md, "Stopping"):
//
//	signal     /readyz is 503, and each answer is the last of its connection, so that
//	           whoever sends requests goes elsewhere; all are still served
//	+ Drain    nobody can connect any more; what comes over open connections is served
//	+ WrapUp   Stop: connections without a request are closed, answers that are being
//	           made are waited for; everything else in the process stops as well
//
// A second signal goes to the last step at once, a third kills the process.
//
// go-zero's own server would close the listener and everything else at once, and drop
// requests that it has just read: net/http's Shutdown does.
package listener

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/proc"
	"github.com/zeromicro/go-zero/core/threading"
	"github.com/zeromicro/go-zero/rest"

	"seckill/internal/config"
	"seckill/internal/health"
	"seckill/internal/role"
)

const (
	// maxHeaderBytes is the most that the head of a request may have; net/http allows a
	// little more.
	maxHeaderBytes = 16 << 10
	// headTimeout is how long the head of a request may take to arrive.
	headTimeout = 10 * time.Second
	// stopGrace is how long a stop waits for the answers that are being made.
	stopGrace = 10 * time.Second
)

// Server serves a REST server. It is a service of go-zero's group.
type Server struct {
	rest     *rest.Server
	config   config.Config
	shutdown *health.Shutdown
	listener net.Listener
	http     *http.Server
	closed   chan struct{} // the listener is closed on purpose
	close    func()

	hurry   context.Context //nolint:containedctx // ends with the second signal, or Stop
	hurried context.CancelFunc
}

// New listens where c says, to serve server from Start on. shutdown is told when the
// process is to end.
func New(c config.Config, server *rest.Server, shutdown *health.Shutdown) (*Server, error) {
	l, err := Listen("", c.Host, c.Port)
	if err != nil {
		return nil, err
	}
	s := &Server{
		rest: server, config: c, shutdown: shutdown, listener: l, closed: make(chan struct{}),
		http: &http.Server{IdleTimeout: c.IdleTimeout, MaxHeaderBytes: maxHeaderBytes, ReadHeaderTimeout: headTimeout},
	}
	s.close = sync.OnceFunc(func() {
		close(s.closed)
		if last := takeLast(l); len(last) > 0 {
			threading.GoSafe(func() { _ = s.serveOn(handOn(l.Addr(), last)) }) // until Stop
		}
		_ = l.Close()
	})
	s.hurry, s.hurried = context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	threading.GoSafe(func() { s.awaitSecond(signals) })
	proc.AddWrapUpListener(s.drain)
	return s, nil
}

// Start serves until Stop. The server of go-zero has given its routes, its time limits
// and its probe (at DevServer.HealthPath), and waits for the end of the process; it
// listens nowhere.
func (s *Server) Start() {
	s.rest.StartWithOpts(func(theirs *http.Server) {
		s.http.Handler, s.http.TLSConfig = theirs.Handler, theirs.TLSConfig
		s.http.ReadTimeout, s.http.WriteTimeout = theirs.ReadTimeout, theirs.WriteTimeout
		if theirs.ReadTimeout > 0 {
			s.http.ReadHeaderTimeout = min(headTimeout, theirs.ReadTimeout)
		}
		_ = theirs.Close()
		threading.GoSafe(s.serve)
	})
}

func (s *Server) serve() {
	err := s.serveOn(s.listener)
	select {
	case <-s.closed:
	default:
		logx.Errorf("the HTTP listener has failed, the process ends: %v", err)
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}
}

func (s *Server) serveOn(l net.Listener) error {
	if s.config.CertFile == "" && s.config.KeyFile == "" {
		return s.http.Serve(l)
	}
	return s.http.ServeTLS(l, s.config.CertFile, s.config.KeyFile)
}

// drain is called with the first signal.
func (s *Server) drain() {
	s.shutdown.Begin()
	logx.Infof("/readyz is 503; requests are accepted for %v", s.config.Shutdown.Drain)
	patient := role.Sleep(s.hurry, s.config.Shutdown.Drain)
	s.close()
	logx.Info("connections are accepted no longer")
	if !patient {
		proc.Shutdown() // go-zero's own wait cannot be cut short otherwise
	}
}

// awaitSecond ends the drain with the second signal.
func (s *Server) awaitSecond(signals chan os.Signal) {
	defer signal.Stop(signals) // the next kills
	for range 2 {
		select {
		case <-signals:
		case <-s.hurry.Done():
			return
		}
	}
	s.hurried()
}

// Stop ends the serving. It may be called twice.
func (s *Server) Stop() {
	s.hurried()
	s.close()
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		logx.Errorf("answers are given up after %v: %v", stopGrace, err)
		_ = s.http.Close()
	}
}
