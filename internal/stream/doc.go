// Package stream holds the mechanics of Redis Streams: join a consumer group,
// read, take over, acknowledge, trim, and look at how far a group is. It knows
// neither PostgreSQL nor what an entry means.
//
// A [Reader] is one consumer of one group on one stream. Its calls are single
// commands (or one script), one round trip each; when to call them, and what to
// do when they fail, is the consumer's business (package consumer).
//
// Redis 7 or newer: XINFO STREAM tells how many entries were ever added, and XINFO GROUPS
// how many a group has read, only since then. What they tell of the lag is not believed
// blindly (lag.go).
package stream
