package stream

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// kind is what a server says of itself in answer to HELLO, which every user may ask. All
// are "" of one that does not know HELLO, such as a proxy.
type kind struct {
	mode    string // standalone, cluster or sentinel
	role    string // master or replica
	version string // such as 7.0.15
}

// objection is what is wrong with a server of this kind, "" when nothing is.
func (k kind) objection(mode string) string {
	switch {
	case k.mode == "sentinel":
		return "what answers at Redis.Addr is a Sentinel: set Redis.Mode to sentinel, and Redis.MasterName"
	case k.mode == "cluster" && mode != ModeCluster:
		return "the server is a node of a Redis Cluster: set Redis.Mode to cluster"
	case k.mode == "standalone" && mode == ModeCluster:
		return "the server is no node of a Redis Cluster: set Redis.Mode to single"
	case k.role == "replica" && mode == ModeSingle:
		return "the server is a replica, which takes no writes: Redis.Addr must lead to the master"
	case k.role == "replica" && mode == ModeSentinel:
		return "the server that the Sentinels name is a replica, which takes no writes"
	default:
		return ""
	}
}

// kind asks a server whether it works, and what it is.
func (c *Clients) kind(ctx context.Context) (kind, error) { return kindOf(ctx, c.Commands) }

func kindOf(ctx context.Context, client redis.UniversalClient) (kind, error) {
	pipe := client.Pipeline()
	ping, hello := pipe.Ping(ctx), pipe.Do(ctx, "HELLO")
	_, _ = pipe.Exec(ctx) // each command has its own error
	if err := ping.Err(); err != nil {
		return kind{}, fmt.Errorf("ping redis: %w", err)
	}
	if answer := ping.Val(); answer != "PONG" {
		return kind{}, fmt.Errorf("ping redis: %q: %w", cut(answer), ErrReply)
	}
	facts := map[string]string{}
	switch reply := hello.Val().(type) {
	case map[any]any: // RESP3
		for key, value := range reply {
			facts[fmt.Sprint(key)] = fmt.Sprint(value)
		}
	case []any: // RESP2
		for i := 0; i+1 < len(reply); i += 2 {
			facts[fmt.Sprint(reply[i])] = fmt.Sprint(reply[i+1])
		}
	}
	return kind{
		mode: facts["mode"], role: strings.Replace(facts["role"], "slave", "replica", 1), version: facts["version"],
	}, nil
}

func cut(text string) string { return text[:min(len(text), 40)] }

const (
	// probeTimeout bounds a closer look at one address.
	probeTimeout = 2 * time.Second
	// probePause is the time between two of them.
	probePause = 3 * time.Second
)

// probe has a closer look at the addresses, in the background, and notes what it finds:
// some mistakes show only as an end of the connection.
func (c *Clients) probe() {
	c.health.mu.Lock()
	defer c.health.mu.Unlock()
	if c.health.probing {
		return
	}
	c.health.probing = true
	c.health.probes.Go(func() {
		for _, addr := range c.config.Addrs {
			if reason := c.config.probe(addr); reason != "" {
				c.health.note(topicProbe, reason)
				break
			}
		}
		timer := time.NewTimer(probePause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.closed:
		}
		c.health.mu.Lock()
		c.health.probing = false
		c.health.mu.Unlock()
	})
}

// probe looks at one address: whether it speaks TLS as the configuration says, and if it
// does, whether it is of the right kind.
func (c *ClientConfig) probe(addr string) string {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	if c.TLS == nil && speaksTLS(ctx, addr) {
		return "the server speaks TLS: set Redis.TLS.Enabled"
	}
	if c.TLS != nil && speaksPlain(ctx, addr) {
		return "the server speaks without TLS, which Redis.TLS.Enabled asks for"
	}
	username, password := c.Username, c.Password
	if c.mode() == ModeSentinel {
		username, password = c.SentinelUsername, c.SentinelPassword
	}
	client := redis.NewClient(&redis.Options{
		Addr: addr, Username: username, Password: password, TLSConfig: c.TLS, DialTimeout: probeTimeout, DialerRetries: 1,
		ReadTimeout: probeTimeout, MaxRetries: -1, PoolSize: 1, PipelinePoolSize: -1, ContextTimeoutEnabled: true, DisableIdentity: true,
	})
	client.AddHook(guard{health: &health{}})
	defer func() { _ = client.Close() }()
	found, err := kindOf(ctx, client)
	if err != nil {
		return ""
	}
	if c.mode() == ModeSentinel {
		if found.mode != "" && found.mode != "sentinel" {
			return "what answers at Redis.Addr is no Sentinel, as Redis.Mode says"
		}
		return ""
	}
	return found.objection(c.mode())
}

// speaksTLS reports whether somebody at an address begins to shake hands.
func speaksTLS(ctx context.Context, addr string) bool {
	conn, err := dial(ctx, addr, nil)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	// Nothing is sent in this connection but the handshake.
	err = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx) //nolint:gosec // see above
	return err == nil || strings.Contains(err.Error(), "remote error: tls")
}

// speaksPlain reports whether somebody at an address answers as Redis does, without TLS.
func speaksPlain(ctx context.Context, addr string) bool {
	conn, err := dial(ctx, addr, nil)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	return pings(conn)
}

func pings(conn net.Conn) bool {
	answer := make([]byte, 1)
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	_, err := io.ReadFull(conn, answer)
	return err == nil && (answer[0] == '+' || answer[0] == '-')
}
