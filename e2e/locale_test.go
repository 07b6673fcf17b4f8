package e2e

import (
	"testing"

	"seckill/internal/servertest"
)

// unsorted counts the columns of our indexes that are sorted as the language of the cluster
// has it. The three words of a status are sorted alike in every language.
const unsorted = `
SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid CROSS JOIN LATERAL unnest(i.indcollation::oid[], i.indkey::int2[]) AS k(sorting, attnum)
 WHERE c.relname LIKE 'seckill\_%' AND k.sorting <> 0 AND k.sorting <> 'pg_catalog."C"'::regcollation
   AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = k.attnum AND a.attname = 'status')`

// TestASaleOnAClusterThatSortsAsEnglishDoes sells where '-' counts for nothing, and case only
// at last, unless a column says otherwise.
func TestASaleOnAClusterThatSortsAsEnglishDoes(t *testing.T) {
	if servertest.Count(t, servertest.Pool(t), "SELECT current_setting('server_version_num')::int") < 150_000 {
		t.Skip("ICU is not to be had for a whole cluster before PostgreSQL 15")
	}
	s := &site{t: t, redis: servertest.Redis(t), url: servertest.PostgresWith(t, servertest.English).URL("")}
	s.client, s.pool = servertest.Client(t, s.redis), servertest.Open(t, s.url)
	if n := s.count("SELECT ('B' > 'a')::int"); n != 1 {
		t.Error("it sorts by bytes, and this test shows nothing")
	}
	if n := s.count(unsorted); n != 0 {
		t.Errorf("%d columns of indexes are sorted as English is", n)
	}
	a, b := s.start("a", ""), s.start("b", "")
	a.ready()
	b.ready()
	s.sellEverywhere(a, b)
}
