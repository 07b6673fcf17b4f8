package e2e

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// The rights that the documents list, which these tests sell with.
var (
	rightsLine  = regexp.MustCompile(`(?m)^ACL SETUSER seckill reset on >PASSWORD (.+)$`)
	clusterLine = regexp.MustCompile(`(?m)^ACL SETUSER seckill (\+.+)$`)
)

// documented returns what the documents of both languages have in a place.
func documented(t *testing.T, place *regexp.Regexp) string {
	t.Helper()
	var found []string
	for _, language := range []string{"en", "zh"} {
		page := fmt.Sprintf("../docs/%s/reference/roles.md", language)
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		match := place.FindSubmatch(text)
		if match == nil {
			t.Fatalf("%s has nothing like %s", page, place)
		}
		found = append(found, string(match[1]))
	}
	if found[0] != found[1] {
		t.Errorf("the documents list in English\n%s\nand in Chinese\n%s", found[0], found[1])
	}
	return found[0]
}

// leastACL is all that the user of the service needs in Redis.
func leastACL(t *testing.T) string {
	t.Helper()
	return documented(t, rightsLine)
}

// clusterACL is what he needs besides on a Redis Cluster.
func clusterACL(t *testing.T) string {
	t.Helper()
	return documented(t, clusterLine)
}

// onNodes calls do with a client of each node of the cluster.
func (s *clusterSite) onNodes(do func(node *redis.Client) error) {
	s.t.Helper()
	for _, addr := range s.cluster.Addrs() {
		node := redis.NewClient(&redis.Options{Addr: addr})
		err := do(node)
		_ = node.Close()
		if err != nil {
			s.t.Fatalf("%s: %v", addr, err)
		}
	}
}

// user makes a user of the ACL on each node, and returns his way to the cluster.
func (s *clusterSite) user(name, rights string) (way string) {
	s.t.Helper()
	words := append([]any{"ACL", "SETUSER", name, "reset", "on", ">p"}, fields(rights)...)
	s.onNodes(func(node *redis.Client) error { return node.Do(s.t.Context(), words...).Err() })
	return fmt.Sprintf("{Addr: %q, Username: %s, Password: p}", strings.Join(s.cluster.Addrs(), ","), name)
}

// denied returns what the nodes have denied a user.
func (s *clusterSite) denied(name string) []string {
	s.t.Helper()
	var all []string
	s.onNodes(func(node *redis.Client) error {
		entries, err := node.ACLLog(s.t.Context(), 128).Result()
		for _, e := range entries {
			if e.Username == name && !slices.Contains(all, e.Object) {
				all = append(all, e.Object)
			}
		}
		return err
	})
	slices.Sort(all)
	return all
}

// TestAClusterAndAnACLUserOfLeastRights sells with no more rights than the documents list,
// also while a slot is on its way from one master to another, and is denied nothing that is
// not optional. Without any one of the rights that a cluster wants it would be.
func TestAClusterAndAnACLUserOfLeastRights(t *testing.T) {
	s := onCluster(t)
	least, more := leastACL(t), clusterACL(t)
	s.way = s.user("seckill", least+" "+more)
	replicas := []*process{s.start("a", "Admission: {PerUserPerSecond: 100}"), s.start("b", "")}
	for _, p := range replicas {
		p.ready()
	}
	products := s.onEachMaster("any")
	for _, product := range products[1:] {
		s.wholeSaleOf(int(product), replicas...)
	}
	moving := products[0]
	if err := s.cluster.BeginMove(t.Context(), seckill.StreamKey(moving)); err != nil {
		t.Fatal(err)
	}
	replicas[0].create(fmt.Sprintf(`{"productId": %d, "name": "phone", "stockTotal": 10}`, moving))
	for right := range strings.FieldsSeq(more) {
		s.isNeeded(right, least+" "+strings.Replace(more, right, "", 1))
	}
	if err := s.cluster.MoveSlot(t.Context(), seckill.StreamKey(moving)); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the product that has moved is sold", func() bool { return replicas[0].try(int(moving), 1, "").admitted() })
	s.quiet(int(moving), replicas...)
	if denied := s.denied("seckill"); !slices.Equal(denied, []string{"info"}) {
		t.Errorf("denied: %v, want info, which is optional, alone", denied)
	}
}

// isNeeded starts the service without a right, and waits until it is denied for that, and
// says so unless it can do without.
func (s *clusterSite) isNeeded(right, others string) {
	s.t.Helper()
	command := strings.TrimPrefix(right, "+")
	name := "without-" + strings.ReplaceAll(command, "|", "-")
	p := s.startAt(s.user(name, others), name, "")
	servertest.Eventually(s.t, right+" is needed", func() bool { return slices.Contains(s.denied(name), command) })
	if named := "run the '" + command + "' command"; command != "command" {
		servertest.Eventually(s.t, right+" is named", func() bool {
			return strings.Contains(p.readiness(), named) && strings.Contains(p.output.String(), named)
		})
	}
	p.kill()
}
