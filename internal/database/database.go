// Package database brings PostgreSQL into a state that the service can work with, and
// says what it lacks for that: migrations, tables, rights of the role.
package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/config"
	"seckill/internal/seckill"
	"seckill/migrations"
	"seckill/model"
)

const (
	// lookInterval is how often the database is asked what is missing, as long as nothing
	// is; lookAgain when something was, so that who has mended it sees the effect.
	lookInterval, lookAgain = time.Minute, 2 * time.Second
	// migrationConns is what migrations.Apply needs.
	migrationConns = 2
)

// Database is the database of the service.
type Database struct {
	pool     *model.Pool
	config   config.Postgres
	products []int64

	mu      sync.Mutex
	due     time.Time      // the next look
	lacking *seckill.Error // found by the last look
	refused *seckill.Error // why Prepare has failed last, when an operator has something to do
}

// New makes a Database of the service's pool. products are those of the configuration.
func New(pool *model.Pool, c config.Postgres, products []int64) *Database {
	return &Database{pool: pool, config: c, products: products}
}

// Prepare applies pending migrations, if the configuration says so, makes sure that
// everything is there and allowed, and writes the products of the configuration. It may
// be repeated. Of what an operator has to do its error is a *seckill.Error.
func (d *Database) Prepare(ctx context.Context) error {
	err := d.prepare(ctx)
	if model.IsStatementPooling(err) {
		err = seckill.Wrap(err, seckill.CodeUnavailable,
			"Postgres.DataSource leads through a pooler in statement mode, where there are no transactions: it must be in transaction or session mode")
	}
	// What is away comes back without us; the rest has to be told to somebody.
	known, _ := errors.AsType[*seckill.Error](err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused = known
	return err
}

func (d *Database) prepare(ctx context.Context) error {
	if err := d.migrate(ctx); err != nil {
		return err
	}
	if err := d.lack(ctx); err != nil {
		return err
	}
	return d.pool.AddRecordOnlyProducts(ctx, d.products)
}

// migrate applies what is pending, or says what it leaves alone.
func (d *Database) migrate(ctx context.Context) error {
	if !d.config.Migrate {
		if pending, err := migrations.Pending(ctx, d.pool.SQL()); err == nil && len(pending) > 0 {
			logx.Infof("Postgres.Migrate is false, and nothing says that these migrations have been applied by the service: %s",
				strings.Join(pending, ", "))
		}
		return nil
	}
	source := d.config.MigrateSource
	if source == "" {
		source = d.config.DataSource
	}
	// A pool of its own, closed again: of the service's everybody else would have to wait
	// for a connection, and the role may be another.
	pool, err := model.NewPool(ctx, source, migrationConns)
	if err != nil {
		return fmt.Errorf("connect for migrations: %w", err)
	}
	defer pool.Close()
	err = migrations.Apply(ctx, pool.SQL())
	if !model.IsForbidden(err) {
		return err
	}
	pending, pendingErr := migrations.Pending(ctx, pool.SQL())
	if model.IsForbidden(pendingErr) {
		return seckill.Wrap(err, seckill.CodeUnavailable,
			"the role lacks: SELECT on %s, where it would see that nothing has to be migrated", migrations.VersionTable)
	}
	return seckill.Wrap(err, seckill.CodeUnavailable,
		"the role may not apply the migrations that are pending (%s): let their owner do it, by Postgres.MigrateSource or psql",
		strings.Join(pending, ", "))
}

// Check fails when something is missing, with a *seckill.Error that names it, and
// otherwise as Prepare did last. It asks the database only once in a while; that the
// database does not answer is not its business.
func (d *Database) Check(ctx context.Context) error {
	if d.isDue() {
		err := d.lack(ctx)
		if known, ok := errors.AsType[*seckill.Error](err); ok || err == nil {
			d.found(known)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, problem := range []*seckill.Error{d.refused, d.lacking} {
		if problem != nil {
			return problem
		}
	}
	return nil
}

// isDue reports whether the caller has to look; others take what was found last.
func (d *Database) isDue() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Now().Before(d.due) {
		return false
	}
	d.due = time.Now().Add(lookAgain)
	return true
}

func (d *Database) found(lacking *seckill.Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lacking = lacking; lacking == nil {
		d.due = time.Now().Add(lookInterval)
	}
}

// lack asks the database what is missing.
func (d *Database) lack(ctx context.Context) error {
	rights, err := d.pool.MissingRights(ctx)
	if err != nil {
		return err
	}
	if len(rights) > 0 {
		return seckill.Errorf(seckill.CodeUnavailable, "the role lacks: %s", strings.Join(rights, ", "))
	}
	objects, err := d.pool.MissingObjects(ctx)
	if err != nil || len(objects) == 0 {
		return err
	}
	message := "the schema is older than this program, or not complete: there is no " + strings.Join(objects, ", no ")
	if pending, err := migrations.Pending(ctx, d.pool.SQL()); err == nil && len(pending) > 0 {
		message += "; pending migrations: " + strings.Join(pending, ", ")
	}
	if !d.config.Migrate {
		message += "; Postgres.Migrate is false"
	}
	return seckill.Errorf(seckill.CodeUnavailable, "%s", message)
}
