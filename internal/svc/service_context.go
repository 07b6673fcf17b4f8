// Package svc holds what the logic of every request works with.
package svc

import (
	"context"
	"time"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/config"
	"seckill/internal/health"
	"seckill/internal/ledger"
	"seckill/internal/live"
	"seckill/internal/middleware"
	"seckill/internal/notify"
	"seckill/internal/preflight"
	"seckill/internal/response"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/stores/sqlx"
	"github.com/zeromicro/go-zero/rest"
)

type (
	// Ledger changes what is stored.
	Ledger interface {
		// ResolveLogs makes the changes of one request in one transaction with its
		// audit row, and returns what became of each, in order.
		ResolveLogs(ctx context.Context, actor string, changes []seckill.LogChange) ([]seckill.ChangeOutcome, error)
		// CreateProduct writes a new product; PRODUCT_EXISTS when there is one.
		CreateProduct(ctx context.Context, actor string, p seckill.Product) (model.SeckillProducts, error)
		// ChangeProduct changes the fields that c names.
		ChangeProduct(ctx context.Context, actor string, productID int64, c seckill.ProductChange) (model.SeckillProducts, error)
		// MoveProduct brings a product into another status, or fails with
		// INVALID_TRANSITION; now, by Redis's clock, counts for the end alone.
		MoveProduct(ctx context.Context, actor string, productID int64, to seckill.ProductStatus,
			now time.Time) (model.SeckillProducts, error)
		// RestockProduct adds delta units to the stock of a product, or withdraws
		// them when it is negative.
		RestockProduct(ctx context.Context, actor string, productID, delta int64, note string) (model.SeckillProducts, error)
		// DeleteProduct deletes a product that has ended, or fails with INVALID_TRANSITION;
		// other is what is on its way outside of the database.
		DeleteProduct(ctx context.Context, actor string, productID int64, other seckill.OnItsWay) error
		// PayOrder marks an order as paid.
		PayOrder(ctx context.Context, orderID int64, actor, paymentRef string) (model.SeckillOrders, error)
		// CancelOrder cancels an order; operator says that the actor is one.
		CancelOrder(ctx context.Context, orderID int64, actor string, operator bool) (model.SeckillOrders, error)
		// ReplayLetter stores a dead letter, corrected, as a fresh entry would be.
		ReplayLetter(ctx context.Context, letterID int64, d ledger.Desk) error
		// PreviewLetter says what ReplayLetter would do now.
		PreviewLetter(ctx context.Context, letterID int64, edit seckill.Correction) (ledger.Preview, error)
		// DiscardLetter closes a dead letter, ReopenLetter opens it again.
		DiscardLetter(ctx context.Context, letterID int64, d ledger.Desk) error
		ReopenLetter(ctx context.Context, letterID int64, d ledger.Desk) error
		// ReplayLetters and DiscardLetters act on open letters, at most limit, oldest first.
		ReplayLetters(ctx context.Context, open model.OpenLetters, limit int64, d ledger.Desk) (ledger.BulkOutcome, error)
		DiscardLetters(ctx context.Context, open model.OpenLetters, limit int64, d ledger.Desk) (ledger.BulkOutcome, error)
		// RecordRefused writes into the audit that a caller may not do what he asked for.
		RecordRefused(ctx context.Context, actor, role, request string) error
	}

	// Entrance decides attempts; admission.Entrance is it.
	Entrance interface {
		// Admit returns the stream ID of an admitted attempt.
		Admit(ctx context.Context, a admission.Attempt) (string, error)
		// AdmitBatch decides attempts for one product, in order, each as Admit would.
		AdmitBatch(ctx context.Context, productID int64, attempts []admission.Attempt) []admission.Admitted
	}

	// Keeper keeps the gate of a product in step; books.Keeper is it.
	Keeper interface {
		// Told returns when the gate knows everything that was committed before.
		Told(ctx context.Context, productID int64) error
		// OnItsWay tells what is on its way of a product in Redis.
		OnItsWay(ctx context.Context, productID int64) (seckill.OnItsWay, error)
		// Leave closes the gate of a product that has been deleted.
		Leave(productID int64)
		// Repair corrects what the gate has left, and returns by how many units.
		Repair(ctx context.Context, actor string, productID int64) (int64, error)
		// DryRepair returns by how many units Repair would correct, and changes nothing.
		DryRepair(ctx context.Context, productID int64) (int64, error)
	}

	// Results answers what became of a user's attempts; notify.Hub is it.
	Results interface {
		// Result returns the present result of a user; model.ErrNotFound when there is none.
		Result(ctx context.Context, productID, userID int64) (*model.UserResult, error)
		// Results returns the present results of users for a product, in order, each as Result.
		Results(ctx context.Context, productID int64, users []int64) []notify.Found
		// Await returns the result of a user as soon as it is final, or after wait what
		// there is; model.ErrNotFound when there is none.
		Await(ctx context.Context, productID, userID int64, wait time.Duration) (*model.UserResult, error)
		// Follow hands the present result, unless it is the last that was seen, and the one
		// after each change, to send.
		Follow(ctx context.Context, productID, userID int64, last seckill.ResultID,
			send func(*model.UserResult) error, alive func() error) error
		// AwaitChange calls look, now and whenever a result of a product may have changed,
		// until it reports that it has found something, for at most wait.
		AwaitChange(ctx context.Context, productID int64, wait time.Duration, look func(ctx context.Context) (bool, error)) error
	}

	// Feed tells what became of orders; model.Pool is it.
	Feed interface {
		// OrderEvents returns up to limit events of a product after a number; EVENTS_RESET or
		// EVENTS_TRIMMED when nobody can follow from there, model.ErrNotFound without a product.
		OrderEvents(ctx context.Context, productID, after int64, limit int) ([]model.OrderEvent, error)
	}

	// Pressure tells how long the backlog of a product will take; admission.Pressure is it.
	Pressure interface {
		Delay(productID int64) time.Duration
	}

	// Clock tells the time by Redis's clock.
	Clock interface {
		// NowFor returns the time that separates what has arrived for a product until now
		// from what arrives later.
		NowFor(ctx context.Context, productID int64) (time.Time, error)
	}

	// StreamInspector tells the state of streams.
	StreamInspector interface {
		// State returns the state of a product's stream and group.
		State(ctx context.Context, productID int64) (stream.State, error)
		// Pending returns the newest limit pending entries with an ID below before
		// ("" = all), newest first.
		Pending(ctx context.Context, productID int64, before string, limit int) ([]stream.PendingEntry, error)
	}

	// Preflight checks what a sale will stand on; preflight.Preflight is it.
	Preflight interface {
		// Run checks all but the product without one (0); PRODUCT_NOT_FOUND.
		Run(ctx context.Context, productID int64) (preflight.Report, error)
	}

	// Live lets those who watch follow; live.Hub is it.
	Live interface {
		// FollowAll sends the overview, a sample a second, from the one after last on.
		FollowAll(ctx context.Context, last int64, out live.Out) error
		// Follow sends the history of a product, unless last is known, and its samples.
		Follow(ctx context.Context, productID, last int64, out live.Out) error
	}

	// Readiness tells whether the service can do its work.
	Readiness interface {
		// Failing returns the checks that fail, but for those that are excluded; none =
		// ready. INVALID_ARGUMENT when there is no such check.
		Failing(ctx context.Context, exclude ...string) ([]health.Failure, error)
	}

	// Deps is what a ServiceContext is built from besides the configuration.
	Deps struct {
		Conn      sqlx.SqlConn      // the pool, as goctl's models use it
		Reads     *model.ReadSource // where lists are read; nil = by Conn
		Ledger    Ledger
		Books     *books.Reader
		Keeper    Keeper
		Entrance  Entrance
		Pressure  Pressure
		Results   Results
		Feed      Feed
		Clock     Clock
		Streams   StreamInspector
		Health    Readiness
		Preflight Preflight
		Live      Live
		Shutdown  *health.Shutdown // nil = never
		OpenAPI   []byte           // openapi.json, as served at /openapi.json
	}

	// ServiceContext is what the logic of every request works with. It is made
	// once and safe for concurrent use.
	ServiceContext struct {
		Config    config.Config
		Authorize rest.Middleware
		Logs      model.SeckillLogsModel
		Products  model.SeckillProductsModel
		Orders    model.SeckillOrdersModel
		Audit     model.SeckillAuditModel
		Letters   model.SeckillDeadLettersModel
		Lists     model.Lists
		Ledger    Ledger
		Books     *books.Reader
		Keeper    Keeper
		Entrance  Entrance
		Pressure  Pressure
		Results   Results
		Feed      Feed
		Detached  *response.Detached // answers that may take long
		Watchers  *response.Detached // answers that have no end
		Clock     Clock
		Streams   StreamInspector
		Health    Readiness
		Preflight Preflight
		Live      Live
		Shutdown  *health.Shutdown
		OpenAPI   []byte
	}
)

// NewServiceContext makes the ServiceContext of the service.
func NewServiceContext(c config.Config, d Deps) *ServiceContext {
	if d.Shutdown == nil {
		d.Shutdown = &health.Shutdown{}
	}
	return &ServiceContext{
		Config:    c,
		Authorize: middleware.NewAuthorizeMiddleware(c.Auth.AccessSecret, c.Auth.PreviousSecret, refusedBy(d.Ledger)).Handle,
		Logs:      model.NewSeckillLogsModel(d.Conn),
		Products:  model.NewSeckillProductsModel(d.Conn),
		Orders:    model.NewSeckillOrdersModel(d.Conn),
		Audit:     model.NewSeckillAuditModel(d.Conn),
		Letters:   model.NewSeckillDeadLettersModel(d.Conn),
		Lists:     model.NewLists(d.Conn, d.Reads),
		Ledger:    d.Ledger,
		Books:     d.Books,
		Keeper:    d.Keeper,
		Entrance:  d.Entrance,
		Pressure:  d.Pressure,
		Results:   d.Results,
		Feed:      d.Feed,
		Detached:  response.NewDetached(),
		Watchers:  response.NewWatchers(),
		Clock:     d.Clock,
		Streams:   d.Streams,
		Health:    d.Health,
		Preflight: d.Preflight,
		Live:      d.Live,
		Shutdown:  d.Shutdown,
		OpenAPI:   d.OpenAPI,
	}
}
