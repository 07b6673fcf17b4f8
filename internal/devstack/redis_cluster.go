package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

const (
	// clusterMasters is how many masters a cluster has; each has one replica. Three
	// are the fewest of which a majority is left when one dies.
	clusterMasters = 3
	// clusterNodeTimeout is how long a node may be silent before the others hold it
	// for dead. A failover takes this and about a second more.
	clusterNodeTimeout = 1500 * time.Millisecond
)

// RedisCluster is a private Redis Cluster without a password: three masters, which
// share the hash slots, and one replica of each. It is for tests, and its data
// are thrown away. Its methods may be called from several goroutines.
type RedisCluster struct {
	nodes []*clusterNode // the masters of the beginning, then their replicas in the same order

	mu sync.Mutex // who moves slots or kills is alone
}

// clusterNode is one process of a cluster.
type clusterNode struct {
	*redisServer

	bus    int // port on which the nodes talk to each other
	id     string
	client *redis.Client
}

// StartRedisCluster starts six servers on free ports, makes a cluster of them, and
// returns when all of them say that it works and every replica has its master's
// data. ctx bounds the start alone (as does a limit of a minute); the servers run
// until Stop.
//
// Of the options, Log may be set, and gets the output of all servers. To set Dir
// or Port is an error: a cluster chooses its throw-away folders and its ports. It is
// an error, too, if there is no redis-server on the PATH; miniredis will not do.
func StartRedisCluster(ctx context.Context, o Options) (*RedisCluster, error) {
	c, err := startRedisCluster(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start Redis Cluster: %w", err)
	}
	return c, nil
}

func startRedisCluster(ctx context.Context, o Options) (*RedisCluster, error) {
	if o.Dir != "" || o.Port != 0 {
		return nil, errors.New("a cluster chooses its folders and ports itself")
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, err
	}
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c := &RedisCluster{}
	err = c.launch(starting, path, o.Log)
	if err == nil {
		err = c.form(starting)
	}
	if err == nil {
		return c, nil
	}
	if deadline, _ := starting.Deadline(); !time.Now().Before(deadline) {
		err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err) // a command that was under way says only "i/o timeout"
	}
	return nil, errors.Join(err, c.Stop(context.WithoutCancel(ctx)))
}

// Addrs are host:port of all nodes, masters and replicas, dead ones included. Any
// of them that lives can tell a client about the rest.
func (c *RedisCluster) Addrs() []string {
	addrs := make([]string, 0, len(c.nodes))
	for _, n := range c.nodes {
		addrs = append(addrs, n.addr())
	}
	return addrs
}

// Stop shuts all servers down and removes their data. Stopping twice is stopping
// once.
func (c *RedisCluster) Stop(ctx context.Context) error {
	var group errgroup.Group
	for _, n := range c.nodes {
		group.Go(func() error {
			_ = n.client.Close() // says only that it was closed before
			return n.stop(ctx)
		})
	}
	return group.Wait()
}

// launch starts the processes side by side. They do not know each other yet.
func (c *RedisCluster) launch(ctx context.Context, path string, log io.Writer) error {
	if log != nil {
		log = &sharedWriter{next: log}
	}
	var group errgroup.Group
	nodes := make([]*clusterNode, 2*clusterMasters)
	for i := range nodes {
		group.Go(func() (err error) {
			nodes[i], err = startClusterNode(ctx, path, log)
			return err
		})
	}
	err := group.Wait()
	for _, n := range nodes {
		if n != nil {
			c.nodes = append(c.nodes, n)
		}
	}
	return err
}

func startClusterNode(ctx context.Context, path string, log io.Writer) (*clusterNode, error) {
	f, err := openFolder("", "redis-cluster")
	if err != nil {
		return nil, err
	}
	out, err := openOutput(log, f.file("redis.log"))
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	n := &clusterNode{}
	n.redisServer = &redisServer{server: server{
		name: "Redis Cluster node", folder: f, out: out, ready: redisReady,
		signals: []syscall.Signal{syscall.SIGTERM},
		command: func(port int) command {
			n.bus = busPort(port)
			return command{
				path: path, args: clusterArgs(port, n.bus, f.data()),
				dir: f.path, out: out.writer, deathSignal: syscall.SIGTERM,
			}
		},
	}}
	if err := n.begin(ctx, 0); err != nil {
		return nil, errors.Join(err, out.close(), f.close())
	}
	n.client = redisClient(n.port)
	return n, nil
}

// busPort chooses the port of a node's bus. If somebody takes it before the server
// does, the server ends as it does for its other port, and both are chosen anew.
func busPort(port int) int {
	bus, err := FreePort()
	if err != nil {
		return port + 10000 // Redis's own choice
	}
	return bus
}

func clusterArgs(port, bus int, dir string) []string {
	return []string{
		"--port", strconv.Itoa(port), "--bind", loopback, "--dir", dir,
		"--appendonly", "yes", "--save", "", "--daemonize", "no",
		"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus),
		"--cluster-node-timeout", strconv.FormatInt(clusterNodeTimeout.Milliseconds(), 10),
		"--cluster-require-full-coverage", "no",
		// However old a replica's data are, it takes over.
		"--cluster-replica-validity-factor", "0",
		// A replica gets its master's data at once, not 5 s after it asked.
		"--repl-diskless-sync-delay", "0",
		// CLUSTER SLOTS leaves out replicas that have received nothing yet; without
		// writes the first thing is this ping, by default after 10 s.
		"--repl-ping-replica-period", "1",
		// All nodes stop together: a master does not wait for its replica.
		"--shutdown-timeout", "0",
	}
}

// sharedWriter lets several servers write to one log.
type sharedWriter struct {
	mu   sync.Mutex
	next io.Writer
}

// Write implements io.Writer.
func (w *sharedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next.Write(p)
}
