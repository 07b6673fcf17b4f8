// Package live tells those who look at sales from second to second how they stand.
//
//	attempts, logs ─ Tally ─ each second ─ Redis: a hash a product and minute   on each replica
//	                                          │
//	PostgreSQL, Redis ─ look, each second ─ Sample ─ ring of 15 minutes ─ Follow, for each watcher
//	                                          only while somebody watches
//
// What a product's stock, stream and books are like is the same for all replicas and is looked
// at when somebody wants to see it: one sampler a process, in few round trips for all products
// that are watched. What has become of attempts is known to the replica that has decided them
// alone; so each adds what it has counted in a second to keys that all replicas read, also
// while nobody watches: who opens a page sees the last 15 minutes.
//
// A sample comes each second whatever the servers do. What could not be looked at within it is
// left out, and the server is named.
package live
