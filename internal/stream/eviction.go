package stream

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
)

const (
	// evictionInterval is how often the policies are read again: they can be changed while
	// a server runs.
	evictionInterval = 10 * time.Second
	// evictionLogInterval is how often the log warns of a server that evicts.
	evictionLogInterval = 10 * time.Minute
	// evictionTimeout bounds one reading.
	evictionTimeout = 5 * time.Second
)

// Eviction knows whether a server may throw keys away that are needed: at its maxmemory,
// by a policy other than noeviction.
type Eviction struct {
	client redis.UniversalClient

	mu     sync.Mutex
	policy string    // of a server that evicts, "" when none is known to
	told   time.Time // when the log has warned last
}

// NewEviction makes an Eviction of the servers of client.
func NewEviction(client redis.UniversalClient) *Eviction { return &Eviction{client: client} }

// Policy returns the maxmemory-policy by which a server evicts keys, "" when none does, or
// none lets us know.
func (e *Eviction) Policy() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.policy
}

// Role makes the role that reads the policies, at once and then again and again.
func (e *Eviction) Role() *role.Role {
	return role.Every(evictionInterval, "read the eviction policy of redis", func(ctx context.Context) error {
		e.Read(ctx)
		return nil
	})
}

// Read reads the policies once. A server that does not answer, or does not allow INFO,
// leaves what is known as it was: what is away is told elsewhere.
func (e *Eviction) Read(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, evictionTimeout)
	defer cancel()
	policy, err := e.read(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil && policy == "" {
		return
	}
	e.policy = policy
	if policy == "" {
		e.told = time.Time{}
		return
	}
	if time.Since(e.told) < evictionLogInterval {
		return
	}
	e.told = time.Now()
	logx.Errorf("Redis evicts keys at its maxmemory (maxmemory-policy %s): what a requestId was answered with, a gate or a "+
		"stream can vanish, so attempts with a requestId are refused; CONFIG SET maxmemory-policy noeviction", policy)
}

// read returns the policy of a server that evicts, of several any.
func (e *Eviction) read(ctx context.Context) (string, error) {
	cluster, ok := e.client.(*redis.ClusterClient)
	if !ok {
		return policyOf(ctx, e.client)
	}
	var mu sync.Mutex
	found := ""
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
		policy, err := policyOf(ctx, master)
		if policy != "" {
			mu.Lock()
			found = policy
			mu.Unlock()
		}
		return err
	})
	return found, err
}

// policyOf returns the policy of one server, "" when it evicts nothing.
func policyOf(ctx context.Context, server redis.Cmdable) (string, error) {
	info, err := server.Info(ctx, "memory").Result()
	if err != nil {
		return "", fmt.Errorf("ask for the memory of redis: %w", err)
	}
	limit, policy := int64(-1), ""
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "maxmemory":
			if limit, err = strconv.ParseInt(value, 10, 64); err != nil {
				limit = -1
			}
		case "maxmemory_policy":
			policy = value
		}
	}
	if limit < 0 || policy == "" {
		return "", fmt.Errorf("ask for the memory of redis: %w", ErrReply)
	}
	if limit == 0 || policy == "noeviction" {
		return "", nil
	}
	return policy, nil
}
