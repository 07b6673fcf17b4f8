package e2e

import (
	"fmt"
	"testing"
)

// TestAClusterBehindOneAddress: where each connection leads to another node, as that of a
// managed cluster does, the replicas among them.
func TestAClusterBehindOneAddress(t *testing.T) {
	s := onCluster(t)
	endpoint, _ := roundRobin(t, s.cluster.Addrs()...)
	s.way = fmt.Sprintf("{Addr: %q, Mode: cluster}", endpoint)
	replicas := []*process{s.start("a", "Admission: {PerUserPerSecond: 100}"), s.start("b", "")}
	for _, p := range replicas {
		p.ready()
	}
	for _, product := range s.onEachMaster("any") {
		s.wholeSaleOf(int(product), replicas...)
	}
	s.push(1, 1, 20)
	s.consumed(1)
	if n := s.count("SELECT count(*) FROM seckill_logs WHERE product_id = 1"); n != 20 {
		t.Errorf("%d logs of the record-only product, want 20", n)
	}
	s.namesMistakes(map[string]string{
		fmt.Sprintf("{Addr: %q}", endpoint):             "set Redis.Mode to cluster",
		fmt.Sprintf("{Addr: %q}", s.cluster.Addrs()[0]): "set Redis.Mode to cluster",
	})
}
