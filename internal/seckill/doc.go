// Package seckill holds the words of the domain and its pure rules: what an
// attempt is, how a stream entry is decoded into one, which statuses exist and
// how they follow each other, and how the keys of a product are named.
//
// It imports nothing of ours and knows neither Redis nor PostgreSQL nor the
// clock: everything here is decided from its arguments, so all of it is tested
// without servers.
package seckill
