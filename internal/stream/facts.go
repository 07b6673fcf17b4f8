package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

const (
	// factTimeout bounds one question to a server, so that one that is silent, or holds back
	// writes, is told from one that is slow.
	factTimeout = time.Second
	// clockSamples is how often the clock is asked for: the quickest answer says most.
	clockSamples = 3
	// slotSearch is how many products are tried to find one on each master of a cluster.
	slotSearch = 1_000
	// explained is how much is shown of an answer that we have no words for, in bytes.
	explained = 120
)

// factSettings are the settings that are looked at.
var factSettings = []string{"maxmemory", "maxmemory-policy", "min-replicas-to-write", "min-replicas-max-lag", "appendonly", "save"}

// ServerFacts is what one server of Redis tells of itself. What it does not let us see
// stands there with the error.
type ServerFacts struct {
	Addr    string        // where it listens, host:port or the path of a socket
	Err     error         // it does not answer; nothing else is known then
	Latency time.Duration // of one round trip, the least of some
	Clock   time.Duration // by how much its clock is ahead of ours, at least
	Mode    string        // standalone, cluster or sentinel; "" = it does not say
	Role    string        // master or replica; "" = it does not say
	Version string        // such as 7.0.15; "" = it does not say

	Info       map[string]string // INFO, by name
	InfoErr    error
	Config     map[string]string // of the settings that matter
	ConfigErr  error
	Cluster    map[string]string // CLUSTER INFO; nil of a server that is of no cluster
	ClusterErr error

	WriteErr  error // it takes no writes
	ScriptErr error // it runs no scripts
}

// Facts asks each server that serves a product, on Redis Cluster every master, in six or
// seven round trips. It writes nothing.
func (c *Clients) Facts(ctx context.Context) []ServerFacts {
	cluster, ok := c.Commands.(*redis.ClusterClient)
	if !ok {
		client, _ := c.Commands.(*redis.Client)
		return []ServerFacts{serverFacts(ctx, client, c.address(), writeKey)}
	}
	var mu sync.Mutex
	var all []ServerFacts
	keys := masterKeys(ctx, cluster)
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
		addr := master.Options().Addr
		facts := serverFacts(ctx, master, addr, keys[addr])
		mu.Lock()
		defer mu.Unlock()
		all = append(all, facts)
		return nil
	})
	if err != nil || len(all) == 0 { // not even the picture of the cluster is known
		return []ServerFacts{{Addr: c.address(), Mode: ModeCluster, Err: errors.Join(err, errNoAnswer)}}
	}
	slices.SortFunc(all, func(a, b ServerFacts) int { return strings.Compare(a.Addr, b.Addr) })
	return all
}

// address is where the server is that Facts asks, as far as that is known.
func (c *Clients) address() string {
	if c.sentinels == nil {
		return c.config.Addrs[0]
	}
	c.sentinels.mu.Lock()
	defer c.sentinels.mu.Unlock()
	return c.sentinels.master
}

// masterKeys returns a key of each master, by its address: every one is asked for a key of
// its own, of those that the rights of least size allow.
func masterKeys(ctx context.Context, cluster *redis.ClusterClient) map[string]string {
	keys := map[string]string{}
	for id := range int64(slotSearch) {
		key := seckill.CompanionKey(id+1, "write")
		if master, err := cluster.MasterForKey(ctx, key); err == nil && keys[master.Options().Addr] == "" {
			keys[master.Options().Addr] = key
		}
	}
	return keys
}

func serverFacts(ctx context.Context, server *redis.Client, addr, key string) ServerFacts {
	f := ServerFacts{Addr: addr}
	if f.askKind(ctx, server); f.Err != nil {
		return f
	}
	f.askClock(ctx, server)
	f.askSettings(ctx, server)
	f.askRights(ctx, server, key)
	return f
}

func (f *ServerFacts) askKind(ctx context.Context, server *redis.Client) {
	ctx, cancel := context.WithTimeout(ctx, factTimeout)
	defer cancel()
	found, err := kindOf(ctx, server)
	f.Err, f.Mode, f.Role, f.Version = err, found.mode, found.role, found.version
}

func (f *ServerFacts) askClock(ctx context.Context, server *redis.Client) {
	ctx, cancel := context.WithTimeout(ctx, factTimeout)
	defer cancel()
	for sample := range clockSamples {
		before := time.Now()
		now, err := timeOf(server.Time(ctx).Result())
		took := time.Since(before)
		if err != nil {
			f.Err = fmt.Errorf("read the clock of redis: %w", err)
			return
		}
		if sample == 0 || took < f.Latency {
			f.Latency, f.Clock = took, seckill.ClockSkew(before, before.Add(took), now)
		}
	}
}

// askSettings asks for what a server may keep to itself, each command for itself.
func (f *ServerFacts) askSettings(ctx context.Context, server *redis.Client) {
	ctx, cancel := context.WithTimeout(ctx, factTimeout)
	defer cancel()
	pipe := server.Pipeline()
	info := pipe.Info(ctx)
	settings := make([]*redis.MapStringStringCmd, len(factSettings))
	for i, name := range factSettings {
		settings[i] = pipe.ConfigGet(ctx, name)
	}
	var cluster *redis.StringCmd
	if f.Mode == ModeCluster {
		cluster = pipe.ClusterInfo(ctx)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	f.Info, f.InfoErr = linesOf(info.Val()), info.Err()
	f.Config = map[string]string{}
	for _, setting := range settings {
		f.ConfigErr = errors.Join(f.ConfigErr, setting.Err())
		maps.Copy(f.Config, setting.Val())
	}
	if cluster != nil {
		f.Cluster, f.ClusterErr = linesOf(cluster.Val()), cluster.Err()
	}
}

// askRights tries a write and a script that change nothing. SET with XX of a key that is
// not there writes nothing, and Redis refuses it all the same wherever it refuses writes:
// on a replica, at maxmemory, without enough replicas, with a disk that is full.
func (f *ServerFacts) askRights(ctx context.Context, server *redis.Client, key string) {
	if key == "" {
		return // a master without a slot
	}
	f.WriteErr = inTime(ctx, func(ctx context.Context) error {
		return server.Do(ctx, "SET", key+":never", "", "XX").Err()
	})
	if f.WriteErr != nil && !Refused(f.WriteErr) {
		return // held back, as a script would be
	}
	f.ScriptErr = inTime(ctx, func(ctx context.Context) error {
		return server.Eval(ctx, "return redis.call('EXISTS', KEYS[1])", []string{key}).Err()
	})
}

// inTime asks within the time of one question; that something is not there is no failure.
func inTime(ctx context.Context, ask func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, factTimeout)
	defer cancel()
	if err := ask(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	return nil
}

// linesOf reads the lines name:value of INFO.
func linesOf(text string) map[string]string {
	facts := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			facts[name] = value
		}
	}
	return facts
}

// AwayCode returns the code with which Redis, or what stands before it, says that it does
// not serve now, such as BUSY or READONLY; "" when err has none.
func AwayCode(err error) string { return awayCode(err) }

// Explain says why Redis has answered with err: in words without secrets where we have some,
// else in Redis's own.
func Explain(err error) string {
	for _, explain := range []func(error) string{Reason, Diagnose} {
		if reason := explain(err); reason != "" {
			return reason
		}
	}
	if reply, ok := errors.AsType[redis.Error](err); ok {
		text, _, _ := strings.Cut(reply.Error(), "\n")
		text, _, _ = strings.Cut(text, " script: ")
		return text[:min(len(text), explained)]
	}
	return "no answer"
}
