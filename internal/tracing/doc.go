// Package tracing follows sampled attempts from their request to the commit, by
// OpenTelemetry. It is go-zero's Telemetry section that says where spans go and how many
// requests are sampled; without an endpoint nothing is.
//
//	POST …/attempts            the request, by go-zero
//	├── send seckill:2001      one call to the gate; the sampled attempts of it are linked
//	├── process seckill:2001   one batch; its sampled entries are linked
//	└── await seckill:2001     from the arrival of the entry to the commit
//
// Between the gate and the consumer the trace travels in the field tp of the entry, a W3C
// traceparent, which only a sampled attempt has. A span of many attempts, send or process,
// is a child of the first sampled one, since a span of its own trace would be sampled by
// chance, and links them all, 128 at most.
//
// Attributes follow OpenTelemetry's conventions for messaging. None names a user.
package tracing
