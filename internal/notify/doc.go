// Package notify brings results to the requests that wait for them, whichever
// replica they hang on (architecture, "The way of an attempt").
//
// Whoever changes a result (settles an entry, admits an attempt, pays, cancels or
// expires an order) says so to the [Hub] of its replica, which tells the others
// through one Redis channel: PUBLISH, or SPUBLISH on Redis Cluster. A message names
// users and holds no result. Each replica has one subscription; what it hears costs
// a look into a map for users whom nobody watches, and for the others one query for
// up to 512 of them:
//
//	commit → Changed ─┬─ own shards ──┐
//	                  └─ publisher ─ Redis ─ subscription of each other replica
//	                                  │                     │
//	                                  └──────── shards ◄────┘
//	                                              │ changed and watched, or asked for
//	                                           finder: Waiting, then Stored, merged
//	                                              │
//	                          watchers, callers of Result, memory of final results
//
// Pub/Sub may lose messages, so nothing rests on it alone. The hub hears its own
// heartbeat each second; without one for 3 s it subscribes anew, forgets what it
// remembers and looks up all that is watched. What is watched is looked up every 5 s
// besides, for a commit whose process died before it could tell, and a result is
// remembered for a second at most.
//
// Who follows the orders of a whole product ([Hub.AwaitChange]) is woken by the same messages,
// whatever users they name, and by the same belt and braces.
//
// All that is known of one result lies in one shard, behind one lock: its watchers,
// its look-up, what is remembered of it. There is at most one look-up of a result at
// a time. One that is overtaken by a change is repeated before anybody gets its
// answer, so that no watcher and no memory ends with a result older than the change.
package notify
