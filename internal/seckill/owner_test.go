package seckill_test

import (
	"fmt"
	"slices"
	"testing"

	"seckill/internal/seckill"
)

func runsUpTo(n int) []string {
	runs := make([]string, n)
	for i := range runs {
		runs[i] = fmt.Sprintf("run %d", i)
	}
	return runs
}

// ownersOf tells who owns each of n products.
func ownersOf(runs []string, n int64) map[int64]string {
	all, owners := map[int64]string{}, seckill.NewOwners(runs)
	for id := int64(1); id <= n; id++ {
		all[id] = owners.Of(id)
	}
	return all
}

func TestNobodyOwnsAProductWhereNobodyLives(t *testing.T) {
	if owner := seckill.NewOwners(nil).Of(1); owner != "" {
		t.Errorf("%q owns it", owner)
	}
}

// TestEveryReplicaDividesAlike: the order in which runs are listed does not matter, and the
// division of one version is that of the next, which runs beside it for a while.
func TestEveryReplicaDividesAlike(t *testing.T) {
	runs := runsUpTo(5)
	want := ownersOf(runs, 1000)
	slices.Reverse(runs)
	for id, owner := range ownersOf(runs, 1000) {
		if owner != want[id] {
			t.Fatalf("product %d is owned by %q, and by %q from the other end", id, want[id], owner)
		}
	}
	var told []string
	for id := int64(1001); id <= 1008; id++ {
		told = append(told, seckill.NewOwners([]string{"A", "B", "C"}).Of(id))
	}
	if got := fmt.Sprint(told); got != "[C C B B B B A B]" {
		t.Errorf("products 1001 to 1008 are owned by %s", got)
	}
}

// TestProductsAreDividedEvenly: the shares of replicas lie within a fifth of each other's mean.
func TestProductsAreDividedEvenly(t *testing.T) {
	const products = 10_000
	for replicas := 2; replicas <= 8; replicas++ {
		shares := map[string]int{}
		for _, owner := range ownersOf(runsUpTo(replicas), products) {
			shares[owner]++
		}
		mean := products / replicas
		for run, share := range shares {
			if share < mean*4/5 || share > mean*6/5 {
				t.Errorf("of %d replicas %q owns %d of %d products", replicas, run, share, products)
			}
		}
		if len(shares) != replicas {
			t.Errorf("of %d replicas %d own something", replicas, len(shares))
		}
	}
}

// TestOnlyWhatAReplicaHadMoves as it goes, and only to it as it comes.
func TestOnlyWhatAReplicaHadMoves(t *testing.T) {
	before, after := ownersOf(runsUpTo(4), 10_000), ownersOf(runsUpTo(3), 10_000)
	for id, owner := range before {
		if owner != "run 3" && after[id] != owner {
			t.Errorf("product %d moves from %q to %q as \"run 3\" goes", id, owner, after[id])
		}
	}
}
