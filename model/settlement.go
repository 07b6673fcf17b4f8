package model

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Settlement is a transaction that holds the row of a settled product, from
// BeginSettlement to Commit or Rollback. While it lasts nobody else settles,
// cancels or expires an order of the product.
//
// It is a sequence of as few round trips as can be: one to begin, lock and read,
// one for the orders with the stock, one for the logs with the commit.
type Settlement struct {
	Product  LockedProduct
	Slots    map[int64][]int64 // the slots of the asked users' live orders; empty when nothing is left to win
	LogUsers map[string]int64  // the users of the asked entries that are stored already

	productID int64
	conn      *pgxpool.Conn
}

// LockedProduct is the row of a product, and the database's clock. Null is the
// zero value.
type LockedProduct struct {
	Left          int64
	PerUserLimit  int64
	StartsAt      time.Time
	EndsAt        time.Time
	EndedAt       time.Time
	PaymentWindow time.Duration
	Epoch         int64 // of the gate in force
	Now           time.Time
}

// NewOrder is an order to be written. ExpiresAtMs is milliseconds since 1970, 0
// for none.
type NewOrder struct {
	ProductID   int64
	UserID      int64
	StreamID    string
	Status      string
	Slot        int64
	ExpiresAtMs int64
}

const (
	// settling keeps plans to indexes, as noSeqScan does, and the lock from outliving us.
	settling = "SELECT set_config('enable_seqscan', 'off', true), " + notIdle

	// What is left is never more than what the live orders leave, which the database
	// counts itself (migrations/008): books that say otherwise were written by hand, and
	// orders above the stock would be refused, with all that was to be settled with them.
	lockProduct = `
SELECT greatest(least(stock_left, stock_total - live_orders), 0), per_user_limit, starts_at, ends_at, ended_at, coalesce(payment_window_seconds, 0), gate_epoch
  FROM seckill_products WHERE product_id = $1 AND stock_total IS NOT NULL FOR NO KEY UPDATE`

	// selectSlots asks the index for each user. Nothing is asked when nothing is
	// left, so that a sold out product is settled without reading.
	selectSlots = `
SELECT u.user_id, o.slot
  FROM unnest($2::bigint[]) AS u(user_id),
       LATERAL (SELECT slot FROM seckill_orders
                 WHERE product_id = $1 AND user_id = u.user_id
                   AND status IN ` + liveStatuses + ` OFFSET 0) AS o
 WHERE (SELECT stock_left FROM seckill_products WHERE product_id = $1) > 0`

	// The rows of a settlement have the time by which it was decided, expires_at as well;
	// the default would be that of the beginning, before the product's row was waited for.
	copyOrders = `COPY seckill_orders (product_id, user_id, stream_id, status, slot, expires_at, created_at, updated_at)
FROM STDIN (FORMAT binary)`
	copySettledLogs = `COPY seckill_logs
(product_id, user_id, stream_id, status, reason, request_id, event_at, created_at, updated_at) FROM STDIN (FORMAT binary)`
)

// BeginSettlement locks a settled product and reads what the given users hold, and
// which of the given entries are stored already; what is empty is not asked for. The
// users must be different from each other. It fails with ErrNotFound when there is
// no such product or it is record-only, and with an error for which IsBooksOlder holds when
// the books are not the known ones.
func (p *Pool) BeginSettlement(ctx context.Context, productID int64, users []int64, streamIDs []string, known Known) (*Settlement, error) {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("acquire connection: %w", err)
	}
	s := &Settlement{productID: productID, conn: conn, Slots: make(map[int64][]int64, len(users)), LogUsers: map[string]int64{}}
	batch := &pgx.Batch{}
	batch.Queue(beginReadCommitted)
	batch.Queue(settling)
	batch.Queue(lockProduct, productID).QueryRow(s.scanProduct)
	if !known.nothing() {
		batch.Queue(requireStored, productID, known.Stored, known.Server)
	}
	// A statement of its own: within the one that locks, the clock would be read
	// before the lock has been waited for.
	batch.Queue("SELECT clock_timestamp()").QueryRow(func(row pgx.Row) error { return row.Scan(&s.Product.Now) })
	if len(users) > 0 {
		batch.Queue(selectSlots, productID, users).Query(s.collectSlots)
	}
	if len(streamIDs) > 0 {
		batch.Queue(selectLogUsers, productID, streamIDs).Query(func(rows pgx.Rows) error {
			return collectLogUsers(rows, s.LogUsers)
		})
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		s.Rollback(ctx)
		return nil, fmt.Errorf("lock product %d: %w", productID, err)
	}
	return s, nil
}

func (s *Settlement) collectSlots(rows pgx.Rows) error {
	var user, slot int64
	_, err := pgx.ForEachRow(rows, []any{&user, &slot}, func() error {
		s.Slots[user] = append(s.Slots[user], slot)
		return nil
	})
	return err
}

func (s *Settlement) scanProduct(row pgx.Row) error {
	var starts, ends, ended *time.Time
	var window int64
	p := &s.Product
	if err := row.Scan(&p.Left, &p.PerUserLimit, &starts, &ends, &ended, &window, &p.Epoch); err != nil {
		return err
	}
	p.StartsAt, p.EndsAt, p.EndedAt = orZero(starts), orZero(ends), orZero(ended)
	p.PaymentWindow = time.Duration(window) * time.Second
	return nil
}

// Bury writes those of the dead letters that are not stored yet, and tells which.
func (s *Settlement) Bury(ctx context.Context, dead []NewDeadLetter) ([]bool, error) {
	if len(dead) == 0 {
		return nil, nil
	}
	return InsertDeadLetters(ctx, s.conn, s.productID, dead)
}

// Commit writes what has been decided, and ends the transaction: the orders, the
// stock that they take, what the gate has to be told, the logs. When it fails nothing
// has been written, unless the connection was lost during the commit itself: then
// either all has or nothing.
func (s *Settlement) Commit(ctx context.Context, orders []NewOrder, logs []NewLog, move *Move) error {
	defer func() { s.Rollback(ctx) }()
	stock := stockStatement(s.productID, -int64(len(orders)), move)
	if len(orders) > 0 {
		if err := copyAll(ctx, s.conn.Conn(), stock+expectOrders(s.productID, len(orders))+copyOrders, orders, s.putOrder); err != nil {
			return fmt.Errorf("write orders: %w", err)
		}
		stock = ""
	}
	tag, err := copyRows(ctx, s.conn.Conn(), stock+copySettledLogs+"; COMMIT", logs, s.putLog)
	if err != nil {
		return fmt.Errorf("write logs and commit: %w", err)
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("write logs and commit: the database answers %q: %w", tag, pgx.ErrTxCommitRollback)
	}
	return nil
}

// Rollback ends the transaction without effect, and is harmless after Commit. Each
// settlement must come to one of the two.
func (s *Settlement) Rollback(ctx context.Context) {
	if s.conn == nil {
		return
	}
	if s.conn.Conn().PgConn().TxStatus() != 'I' && !s.conn.Conn().IsClosed() {
		// A connection that cannot roll back is destroyed by its release.
		_, _ = s.conn.Exec(ctx, "ROLLBACK")
	}
	s.conn.Release()
	s.conn = nil
}

func (s *Settlement) putOrder(b *copyBuffer, o *NewOrder) {
	b.row(8)
	b.int64(o.ProductID)
	b.int64(o.UserID)
	b.text(o.StreamID)
	b.text(o.Status)
	b.int64(o.Slot)
	b.optionalTime(o.ExpiresAtMs)
	b.time(s.Product.Now)
	b.time(s.Product.Now)
}

func (s *Settlement) putLog(b *copyBuffer, l *NewLog) {
	b.row(9)
	b.logFields(l)
	b.time(s.Product.Now)
	b.time(s.Product.Now)
}

// expectOrders has the database read n orders that are written next back at once, instead of
// noting each (migrations/014). It is text, so that it can share their round trip.
func expectOrders(productID int64, n int) string {
	return "SELECT seckill_expect_orders(" + strconv.FormatInt(productID, 10) + ", " + strconv.Itoa(n) + "); "
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
