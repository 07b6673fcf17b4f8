// Package config reads the configuration file of the service (contract section 4).
package config

import (
	"time"

	"github.com/zeromicro/go-zero/rest"
)

// Config is everything that the configuration file may say. The embedded
// rest.RestConf brings Name ('seckill'), Host (0.0.0.0), Port (8888), Log,
// DevServer and the other keys of every go-zero service; where our defaults differ
// from go-zero's, defaults.go says so and why.
type Config struct {
	rest.RestConf

	// IdleTimeout is for how long a connection is kept while no request comes over it,
	// 1s–1h. It must be longer than the balancer in front keeps its own, which else
	// sends a request into a connection that is being closed. Defaults to 120s.
	IdleTimeout time.Duration `json:",default=120s"`

	// Shutdown is how the process ends. It adds to go-zero's section of this name,
	// which is at RestConf.Shutdown.
	Shutdown Shutdown

	// Cors lets scripts of other origins call the API from a browser.
	Cors Cors

	// Redis is where the streams are.
	Redis Redis
	// Postgres is where the results are.
	Postgres Postgres
	// Auth is how callers prove who they are.
	Auth Auth
	// Products are registered at start as record-only products unless they are
	// known already. Each is positive and named once. Defaults to none.
	Products []int64 `json:",optional"`
	// Consumer is how entries are taken from the streams.
	Consumer Consumer
	// Admission is how our own gate admits attempts.
	Admission Admission
	// Orders is what is told of orders.
	Orders Orders
	// Console is the page for operators.
	Console Console
	// DevStack asks for private servers, for development and for trying out; nil
	// unless the file has the section.
	DevStack *DevStack `json:",optional"`
}

// Cors says whose scripts may call the API from a browser.
type Cors struct {
	// Origins are those of the pages, such as https://shop.example, or * for all. A bare
	// host stands for the hosts below it as well. Defaults to none: browsers refuse.
	Origins []string `json:",optional"`
}

// Shutdown says how the process ends after SIGTERM or SIGINT.
type Shutdown struct {
	// Drain is for how long requests are still accepted after the signal, while /readyz
	// is 503, so that whoever sends them can learn of it: 0–10m. Defaults to 5s.
	Drain time.Duration `json:",default=5s"`
}

// Postgres says how to reach PostgreSQL.
type Postgres struct {
	// DataSource is a URL or a key=value string as pgx reads it. Required, unless
	// there is a DevStack.
	DataSource string `json:",optional"`
	// MigrateSource is the data source of migrations, where theirs is not DataSource's:
	// a direct connection beside a pooler, or a role that may change the schema. Defaults
	// to DataSource.
	MigrateSource string `json:",optional"`
	// ReadSource is the data source of a standby, by which lists, exports and final results
	// are read while it shows everything that is committed; else they are read by DataSource,
	// as all others. Defaults to none.
	ReadSource string `json:",optional"`
	// MaxConns is the most connections of the pool, 2–1,000; as many again lead to ReadSource.
	// Defaults to 16.
	MaxConns int `json:",default=16"`
	// Migrate says whether pending migrations are applied at start. Defaults to true.
	Migrate bool `json:",default=true"`
}

// ForMigrations returns the data source of migrations.
func (p Postgres) ForMigrations() string {
	if p.MigrateSource != "" {
		return p.MigrateSource
	}
	return p.DataSource
}

// Auth says how tokens are signed.
type Auth struct {
	// AccessSecret signs and verifies tokens, with HS256: 32 bytes or more.
	// Required, unless there is a DevStack.
	AccessSecret string `json:",optional"`
	// PreviousSecret verifies tokens as well, so that AccessSecret can be changed without
	// refusing those that were signed before: 32 bytes or more. Defaults to none.
	PreviousSecret string `json:",optional"`
	// AccessExpire is the lifetime, in seconds, of the tokens that the service
	// itself issues in development and of those of seckillctl, 1–315,360,000 (ten
	// years). Defaults to 86400.
	AccessExpire int64 `json:",default=86400"`
}

// Lifetime returns AccessExpire as a duration.
func (a Auth) Lifetime() time.Duration { return time.Duration(a.AccessExpire) * time.Second }

// Consumer says how entries are taken from the streams.
type Consumer struct {
	// Group is the consumer group of every stream, not empty. Defaults to g1.
	Group string `json:",default=g1"`
	// Instance tells the consumers of several replicas apart, such as by the name
	// of the pod; it is appended to the consumer's name. Defaults to none.
	Instance string `json:",optional"`
	// Count is the most entries of one read, 1–10,000. Defaults to 256.
	Count int `json:",default=256"`
	// MaxBatch is the most entries of one transaction, 1–10,000: reads that have waited for
	// the transaction before go into the next together, as long as that is expected to take
	// no longer than a quarter of a second. With less than twice Count each read has its own.
	// Defaults to 8192.
	MaxBatch int `json:",default=8192"`
	// Block is how long a read waits on an empty stream: 10ms–1m. More than a second
	// is waited for in steps of a second, so that a stop and a pause take effect
	// soon. Defaults to 2s.
	Block time.Duration `json:",default=2s"`
	// ClaimIdle is for how long an entry must be pending before it is taken over
	// from its consumer, 1s–1h. Defaults to 10s.
	ClaimIdle time.Duration `json:",default=10s"`
	// MaxDeliveries is how often an entry that the database rejects is delivered
	// before it becomes a dead letter, 1–1,000; an outage never counts. Defaults
	// to 5.
	MaxDeliveries int `json:",default=5"`
	// Retention is the age beyond which consumed entries are trimmed from the
	// streams, 1m or more; 0s = never. Defaults to 168h.
	Retention time.Duration `json:",default=168h"`
}

// Admission says how our own gate admits attempts.
type Admission struct {
	// MaxDelay is the longest time that an attempt may have to wait for its settlement,
	// by the backlog and the present rate; when it would be longer new attempts are
	// answered 503 OVERLOADED. 100ms–10m. Defaults to 10s.
	MaxDelay time.Duration `json:",default=10s"`
	// PerUserPerSecond is how many attempts a user may make in a second, for all products
	// and on all replicas together, beyond which they are answered 429 RATE_LIMITED,
	// 0–1,000,000; repetitions count too; 0 = as many as they like. Defaults to 0.
	PerUserPerSecond int `json:",default=0"`
}

// Console says whether there is a page for operators.
type Console struct {
	// Enabled says whether the page is served at /console/. The page is open to all, as it
	// holds nothing; what it shows it asks for with the token of who uses it. Defaults to true.
	Enabled bool `json:",default=true"`
}

// Orders says what is told of orders.
type Orders struct {
	// EventRetention is the age beyond which order events are removed, 1m or more; 0s =
	// never. Who follows them must not fall behind by more. Defaults to 168h.
	EventRetention time.Duration `json:",default=168h"`
}

// DevStack asks for a private PostgreSQL and a private Redis, started and stopped
// by the service. Postgres.DataSource, Redis.Addr and Auth.AccessSecret may then be
// left out.
type DevStack struct {
	// Dir is where the private servers keep their data; a relative one is taken
	// from the folder of the configuration file. Defaults to ../.dev.
	Dir string `json:",default=../.dev"`
	// Demo plays a sale on the service once it is ready, for whoever looks at it for the
	// first time. Defaults to false.
	Demo bool `json:",default=false"`
}
