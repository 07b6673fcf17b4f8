package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// askTimeout bounds one question to a Sentinel, its connection included: one that is
// dead must not hold up those that live.
const askTimeout = time.Second

// sentinels follow who is the master, and make the connections to it. When another one
// takes over they close those to the one before: it may be alive and know nothing, or be
// dead without a word.
//
// go-redis's own FailoverClient does the same, but panics in a goroutine of its own when
// a Sentinel answers anything unexpected, and has no age of what it knows.
type sentinels struct {
	name    string
	clients []*redis.Client // one a Sentinel
	tls     *tls.Config
	stop    context.CancelFunc
	done    chan struct{}

	mu     sync.Mutex
	master string
	conns  map[*masterConn]struct{}
}

// masterConn is a connection to a master.
type masterConn struct {
	net.Conn

	addr string
	of   *sentinels
}

// Close implements net.Conn.
func (c *masterConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.conns, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// sentinelError is an error of a Sentinel, for which other settings count than for the
// servers.
type sentinelError struct {
	addr string
	err  error
}

// Error implements error.
func (e *sentinelError) Error() string { return fmt.Sprintf("sentinel %s: %v", e.addr, e.err) }

// Unwrap returns the cause.
func (e *sentinelError) Unwrap() error { return e.err }

// errNoMaster tells that the Sentinels answer, and know no master of the name.
var errNoMaster = errors.New("no master of that name")

func newSentinels(c ClientConfig) *sentinels {
	s := &sentinels{name: c.MasterName, tls: c.TLS, done: make(chan struct{}), conns: map[*masterConn]struct{}{}}
	for _, addr := range c.Addrs {
		client := redis.NewClient(&redis.Options{
			Addr: addr, Username: c.SentinelUsername, Password: c.SentinelPassword, TLSConfig: c.TLS,
			DialTimeout: askTimeout, DialerRetries: 1, ReadTimeout: askTimeout, WriteTimeout: askTimeout,
			MaxRetries: -1, PoolSize: 2, PipelinePoolSize: -1, ContextTimeoutEnabled: true, DisableIdentity: true,
		})
		client.AddHook(guard{health: &health{}})
		s.clients = append(s.clients, client)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go s.follow(ctx)
	return s
}

// follow asks for the master again and again.
func (s *sentinels) follow(ctx context.Context) {
	defer close(s.done)
	ticker := time.NewTicker(topologyAge)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_, _ = s.ask(ctx) // what is wrong is told to whoever needs a connection
		}
	}
}

func (s *sentinels) close() {
	s.stop()
	<-s.done
	for _, client := range s.clients {
		_ = client.Close()
	}
}

// dialMaster makes a connection to the master of now.
func (s *sentinels) dialMaster(ctx context.Context, _, _ string) (net.Conn, error) {
	addr, err := s.ask(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, addr, s.tls)
	if err != nil {
		return nil, fmt.Errorf("connect to master %s: %w", addr, err)
	}
	c := &masterConn{Conn: conn, addr: addr, of: s}
	s.mu.Lock()
	if s.master != addr { // another one has taken over meanwhile
		s.mu.Unlock()
		_ = conn.Close()
		return nil, fmt.Errorf("%s is the master no longer: %w", addr, net.ErrClosed)
	}
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	return c, nil
}

// dial makes a connection, with TLS if there is a configuration for it.
func dial(ctx context.Context, addr string, config *tls.Config) (net.Conn, error) {
	network := "tcp"
	if addr != "" && addr[0] == '/' {
		network = "unix"
	}
	dialer := &net.Dialer{Timeout: dialTimeout}
	if config == nil {
		return dialer.DialContext(ctx, network, addr)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, network, addr)
}

// told is the answer of one Sentinel.
type told struct {
	addr string
	err  error
}

// ask asks all Sentinels for the master, and goes by what more than half of them say as
// soon as they do, else by what most say: while they agree on another one, those that
// have not heard of it name the old one.
func (s *sentinels) ask(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answers := make(chan told, len(s.clients))
	for _, client := range s.clients {
		go func() { answers <- s.askOne(ctx, client) }()
	}
	votes, best := map[string]int{}, ""
	var problems []error
	for range s.clients {
		answer := <-answers
		if answer.err != nil {
			problems = append(problems, answer.err)
			continue
		}
		votes[answer.addr]++
		if votes[answer.addr] > votes[best] {
			best = answer.addr
		}
		if 2*votes[best] > len(s.clients) {
			break
		}
	}
	if best == "" {
		return "", fmt.Errorf("ask the Sentinels for the master: %w", errors.Join(problems...))
	}
	s.follows(best)
	return best, nil
}

// askOne asks one Sentinel.
func (s *sentinels) askOne(ctx context.Context, client *redis.Client) told {
	values, err := client.Do(ctx, "SENTINEL", "get-master-addr-by-name", s.name).Slice()
	if errors.Is(err, redis.Nil) {
		return told{err: &sentinelError{client.Options().Addr, errNoMaster}}
	}
	reading := NewReading(values, err, 2)
	host, port := reading.Text(), reading.Text()
	if err := reading.Err(); err != nil {
		return told{err: &sentinelError{client.Options().Addr, err}}
	}
	return told{addr: net.JoinHostPort(host, port)}
}

// follows notes who is the master, and closes the connections to others.
func (s *sentinels) follows(master string) {
	s.mu.Lock()
	s.master = master
	var old []*masterConn
	for c := range s.conns {
		if c.addr != master {
			old = append(old, c)
		}
	}
	s.mu.Unlock()
	for _, c := range old {
		_ = c.Close()
	}
}
