package stream_test

import (
	"testing"

	"seckill/internal/servertest"
	"seckill/internal/stream"
)

func TestAServerThatEvictsIsKnownAsSoonAsItDoes(t *testing.T) {
	client := servertest.SharedRedis(t)
	defer client.ConfigSet(t.Context(), "maxmemory", "0")
	defer client.ConfigSet(t.Context(), "maxmemory-policy", "noeviction")
	eviction := stream.NewEviction(client)
	for _, step := range []struct{ maxmemory, policy, want string }{
		{"0", "noeviction", ""},
		{"0", "volatile-lru", ""}, // without a limit nothing is evicted
		{"1gb", "volatile-lru", "volatile-lru"},
		{"1gb", "allkeys-lfu", "allkeys-lfu"},
		{"1gb", "volatile-ttl", "volatile-ttl"},
		{"1gb", "noeviction", ""},
	} {
		client.ConfigSet(t.Context(), "maxmemory", step.maxmemory)
		client.ConfigSet(t.Context(), "maxmemory-policy", step.policy)
		eviction.Read(t.Context())
		if got := eviction.Policy(); got != step.want {
			t.Errorf("%+v: %q", step, got)
		}
	}
}

func TestAServerThatForbidsINFOIsNotKnownToEvict(t *testing.T) {
	client := servertest.SharedRedis(t)
	if err := client.Do(t.Context(), "ACL", "SETUSER", "least", "on", ">pw", "~*", "+@all", "-info").Err(); err != nil {
		t.Fatal(err)
	}
	defer client.Do(t.Context(), "ACL", "DELUSER", "least")
	clients := stream.NewClients(stream.ClientConfig{Addrs: []string{client.Options().Addr}})
	defer func() { _ = clients.Close() }()
	if err := clients.Commands.Do(t.Context(), "AUTH", "least", "pw").Err(); err != nil {
		t.Fatal(err)
	}
	eviction := stream.NewEviction(clients.Commands)
	eviction.Read(t.Context())
	if got := eviction.Policy(); got != "" {
		t.Errorf("%q", got)
	}
}
