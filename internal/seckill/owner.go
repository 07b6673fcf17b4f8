package seckill

import "hash/fnv"

// Owners divides the products among the replicas that live, each by the name of its run:
// by rendezvous hashing, so that whoever knows the same runs comes to the same division
// without a word, and of the products only those move that a replica which came or went has.
type Owners struct {
	runs   []string
	hashes []uint64
}

// NewOwners returns how products are divided among the given runs, whatever their order.
func NewOwners(runs []string) Owners {
	o := Owners{runs: runs, hashes: make([]uint64, len(runs))}
	for i, run := range runs {
		h := fnv.New64a()
		_, _ = h.Write([]byte(run)) // never fails
		o.hashes[i] = h.Sum64()
	}
	return o
}

// Of returns the run that owns a product, "" where there is none.
func (o Owners) Of(productID int64) string {
	var owner string
	var most uint64
	for i, run := range o.runs {
		weight := scatter(o.hashes[i] ^ scatter(uint64(productID))) //nolint:gosec // its bits are meant
		if owner == "" || weight > most || weight == most && run < owner {
			owner, most = run, weight
		}
	}
	return owner
}

// scatter has each bit of its argument change about half of those that it returns (the
// finalizer of SplitMix64, Steele, Lea and Flood 2014).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
