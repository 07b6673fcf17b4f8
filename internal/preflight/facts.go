package preflight

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

// Settings is what the configuration of this replica says that matters to the checks, and
// to the commands that they print.
type Settings struct {
	Run               string        // of this process, as its heartbeat has it
	Group             string        // Consumer.Group
	Retention         time.Duration // Consumer.Retention, 0 = never
	MaxConns          int           // Postgres.MaxConns
	Port              int           // of the HTTP API
	RedisUser         string        // for redis-cli; "" = the default user
	RedisTLS          bool
	DevelopmentSecret bool // Auth.AccessSecret was made by the service itself, for development
}

// Facts is everything that the checks decide over.
type Facts struct {
	RanAt    time.Time // by our clock
	Settings Settings

	Redis    []stream.ServerFacts // one, or of a cluster each master
	Holds    []stream.ForeignHold // foreign groups that hold up trimming
	HoldsErr error

	Postgres      model.ServerFacts
	Standby       model.StandbyFacts
	Migrations    []string // that are not applied
	MigrationsErr error
	Sales         []model.Sale // on sale, or within a day
	SalesErr      error

	Replicas    []model.Replica
	ReplicasErr error

	Product *ProductFacts // nil = no product was asked for
}

// ProductFacts is how the product stands that is asked for.
type ProductFacts struct {
	ProductID int64
	Sale      model.SaleFacts
	SaleErr   error

	Gate       admission.State
	GateErr    error                // admission.ErrNotLoaded = it is not open
	Account    *seckill.GateAccount // nil = the gate is not open, or is being opened
	AccountErr error
	Stream     stream.ProductFacts
	StreamErr  error
}

// reasonOf says in words that may be shown why a server has refused.
func reasonOf(err error) string {
	if fault, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fault.Message + ", SQLSTATE " + fault.Code
	}
	if known, ok := errors.AsType[*seckill.Error](err); ok {
		return known.Message
	}
	if errors.Is(err, errNotSaid) {
		return errNotSaid.Error()
	}
	return stream.Explain(err)
}
