package model

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// GateProduct is a product as the gate has to know it. Null is the zero value.
type GateProduct struct {
	ProductID    int64
	Epoch        int64 // of the gate's state that is in force
	Moves        int64 // the number of the last move that has made the product what it is here
	MoveToken    int64 // the token of that move, 0 = not known
	Settled      bool
	Left         int64
	Status       string
	PerUserLimit int64
	StartsAt     time.Time
	EndsAt       time.Time
	Retired      bool // ended, and its keys are removed from Redis: it has no gate any more
}

// gateColumns are the columns of a gateRow, of seckill_products as p.
const gateColumns = `p.gate_epoch, p.moves, p.move_token, p.stock_total IS NOT NULL, coalesce(p.stock_left, 0), p.status,
       p.per_user_limit, p.starts_at, p.ends_at, EXISTS (
           SELECT 1 FROM seckill_drained_products d WHERE d.product_id = p.product_id AND d.retired_at IS NOT NULL)`

// gateRow scans gateColumns.
type gateRow struct {
	GateProduct
	starts, ends *time.Time
}

func (r *gateRow) targets() []any {
	return []any{&r.Epoch, &r.Moves, &r.MoveToken, &r.Settled, &r.Left, &r.Status, &r.PerUserLimit, &r.starts, &r.ends, &r.Retired}
}

func (r *gateRow) product(productID int64) GateProduct {
	r.ProductID, r.StartsAt, r.EndsAt = productID, orZero(r.starts), orZero(r.ends)
	return r.GateProduct
}

// GateProduct reads a product, ErrNotFound when there is none.
func (p *Pool) GateProduct(ctx context.Context, productID int64) (GateProduct, error) {
	return readGateProduct(ctx, p, "", productID)
}

// LockStock locks the row of a product and reads it, ErrNotFound when there is none.
func LockStock(ctx context.Context, tx pgx.Tx, productID int64) (GateProduct, error) {
	return readGateProduct(ctx, tx, " FOR NO KEY UPDATE", productID)
}

// PendingUnits sums the units of a product's moves above the given number.
func PendingUnits(ctx context.Context, tx pgx.Tx, productID, above int64) (int64, error) {
	var units int64
	err := tx.QueryRow(ctx, "SELECT coalesce(sum(units), 0)::bigint FROM seckill_moves WHERE product_id = $1 AND number > $2",
		productID, above).Scan(&units)
	if err != nil {
		return 0, fmt.Errorf("sum moves of product %d: %w", productID, err)
	}
	return units, nil
}

// querier is a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readGateProduct(ctx context.Context, q querier, lock string, productID int64) (GateProduct, error) {
	var row gateRow
	err := q.QueryRow(ctx, "SELECT "+gateColumns+" FROM seckill_products p WHERE p.product_id = $1 AND "+notDeleted+lock, productID).
		Scan(row.targets()...)
	if isNoRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return GateProduct{}, fmt.Errorf("read product %d for the gate: %w", productID, err)
	}
	return row.product(productID), nil
}

// GateState is how a product's gate stands in the books.
type GateState struct {
	ProductID int64
	Epoch     int64
	Moves     int64
	MoveToken int64
}

// gateMoves is true of the products that have not ended, or have within the last hour and
// are not drained: of those some attempts may be in flight yet.
const gateMoves = `(status <> 'ENDED' OR updated_at > now() - interval '1 hour'
   AND product_id NOT IN (SELECT product_id FROM seckill_drained_products)) AND ` + awake + ` AND ` + notDeleted

// GateStates lists the gates of the products that have not ended, or have within the
// last hour and are not drained, but those that are dormant.
func (p *Pool) GateStates(ctx context.Context) ([]GateState, error) {
	return p.gateStates(ctx, gateMoves, "ALL")
}

// GateStatesAmong returns those of the given products that GateStates lists.
func (p *Pool) GateStatesAmong(ctx context.Context, productIDs []int64) ([]GateState, error) {
	return p.gateStates(ctx, "product_id = ANY($1) AND "+gateMoves, "ALL", productIDs)
}

// DistantGateStates lists the gates of up to limit products that are dormant because their sale
// is far off, from the one after the given on.
func (p *Pool) DistantGateStates(ctx context.Context, after int64, limit int) ([]GateState, error) {
	return p.gateStates(ctx, "product_id > $1 AND status <> 'ENDED' AND starts_at > now() AND "+dormant+" AND "+notDeleted, "$2", after, limit)
}

func (p *Pool) gateStates(ctx context.Context, where, limit string, args ...any) ([]GateState, error) {
	rows, err := p.Query(ctx, `
SELECT product_id, gate_epoch, moves, move_token FROM seckill_products p WHERE `+where+` ORDER BY product_id LIMIT `+limit, args...)
	if err != nil {
		return nil, fmt.Errorf("list gates: %w", err)
	}
	states, err := pgx.CollectRows(rows, pgx.RowToStructByPos[GateState])
	if err != nil {
		return nil, fmt.Errorf("list gates: %w", err)
	}
	return states, nil
}

// ErrSuperseded tells that a product's epoch is not the one that was expected:
// somebody else has begun a newer one.
var ErrSuperseded = errors.New("epoch superseded")

// NewEpoch is what the gate of a new epoch is opened with.
type NewEpoch struct {
	GateProduct                 // Epoch is the new one
	Unsettled   map[string]bool // those of the asked entries that are stored neither as log nor as dead letter
	Holders     map[int64]int64 // how many units each user's live orders hold
}

// BeginEpoch begins a new epoch of a product's gate, after expected; ErrSuperseded
// when the product is not in that one any more. counted are the entries of the stream
// whose units older epochs have taken, others the rest of those that the gate wrote:
// which of them are settled is read, and written down for the counted ones, while the
// product is locked, so it holds at one moment with the stock, the moves and the live
// orders. The moves so far are dropped: the new state contains them.
func (p *Pool) BeginEpoch(ctx context.Context, productID, expected int64, counted, others []string) (NewEpoch, error) {
	var e NewEpoch
	err := p.InTx(ctx, func(tx pgx.Tx) (err error) {
		if e, err = beginEpoch(ctx, tx, productID, expected); err != nil {
			return err
		}
		carried, err := UnknownEntries(ctx, tx, productID, counted)
		if err != nil {
			return err
		}
		waiting, err := UnknownEntries(ctx, tx, productID, others)
		if err != nil {
			return err
		}
		e.Unsettled = make(map[string]bool, len(carried)+len(waiting))
		for _, id := range append(carried, waiting...) {
			e.Unsettled[id] = true
		}
		if err := replaceCarried(ctx, tx, productID, carried); err != nil {
			return err
		}
		e.Holders, err = holders(ctx, tx, productID)
		return err
	})
	if err != nil {
		return NewEpoch{}, fmt.Errorf("begin the epoch after %d of product %d: %w", expected, productID, err)
	}
	return e, nil
}

// sinceZero is the time as a number that does not run backwards when the database is put
// back: microseconds since 2025. It stays below 2^53, which JavaScript and Lua hold
// exactly, for 285 years.
const sinceZero = "((date_part('epoch', clock_timestamp()) - 1735689600) * 1000000)::bigint"

// beginEpochStatement makes epoch and moves go on above every number that any earlier
// state of this database can have handed out, and that is not here any more.
const beginEpochStatement = `
UPDATE seckill_products
   SET gate_epoch = greatest(gate_epoch + 1, ` + sinceZero + `), moves = greatest(moves + 1, ` + sinceZero + `), move_token = $2
 WHERE product_id = $1 RETURNING gate_epoch, moves`

func beginEpoch(ctx context.Context, tx pgx.Tx, productID, expected int64) (NewEpoch, error) {
	product, err := LockStock(ctx, tx, productID)
	if err != nil {
		return NewEpoch{}, err
	}
	if product.Epoch != expected {
		return NewEpoch{}, ErrSuperseded
	}
	product.MoveToken = newToken()
	err = tx.QueryRow(ctx, beginEpochStatement, productID, product.MoveToken).Scan(&product.Epoch, &product.Moves)
	if err != nil {
		return NewEpoch{}, fmt.Errorf("write epoch: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM seckill_moves WHERE product_id = $1", productID); err != nil {
		return NewEpoch{}, fmt.Errorf("drop moves: %w", err)
	}
	return NewEpoch{GateProduct: product}, nil
}

func replaceCarried(ctx context.Context, tx pgx.Tx, productID int64, ids []string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM seckill_carried_entries WHERE product_id = $1", productID); err != nil {
		return fmt.Errorf("drop carried entries: %w", err)
	}
	_, err := tx.Exec(ctx, `
INSERT INTO seckill_carried_entries (product_id, stream_id) SELECT DISTINCT $1::bigint, unnest($2::text[])`, productID, ids)
	if err != nil {
		return fmt.Errorf("write carried entries: %w", err)
	}
	return nil
}

func holders(ctx context.Context, tx pgx.Tx, productID int64) (map[int64]int64, error) {
	rows, err := tx.Query(ctx, `
SELECT user_id, count(*) FROM seckill_orders
 WHERE product_id = $1 AND status IN `+liveStatuses+` GROUP BY user_id`, productID)
	if err != nil {
		return nil, fmt.Errorf("count live orders: %w", err)
	}
	held := map[int64]int64{}
	var user, n int64
	if _, err := pgx.ForEachRow(rows, []any{&user, &n}, func() error { held[user] = n; return nil }); err != nil {
		return nil, fmt.Errorf("count live orders: %w", err)
	}
	return held, nil
}

// Unsettled returns those of the given entries of a product that are stored neither as a
// log nor as a dead letter.
func (p *Pool) Unsettled(ctx context.Context, productID int64, streamIDs []string) (map[string]bool, error) {
	var unknown []string
	err := p.InTx(ctx, func(tx pgx.Tx) (err error) {
		unknown, err = UnknownEntries(ctx, tx, productID, streamIDs)
		return err
	})
	if err != nil {
		return nil, err
	}
	unsettled := make(map[string]bool, len(unknown))
	for _, id := range unknown {
		unsettled[id] = true
	}
	return unsettled, nil
}

// Carried returns those of the given entries of a product whose units the gate in
// force has carried over from older epochs.
func (s *Settlement) Carried(ctx context.Context, streamIDs []string) (map[string]bool, error) {
	rows, err := s.conn.Query(ctx,
		"SELECT stream_id FROM seckill_carried_entries WHERE product_id = $1 AND stream_id = ANY($2)", s.productID, streamIDs)
	if err != nil {
		return nil, fmt.Errorf("read carried entries: %w", err)
	}
	carried := make(map[string]bool, len(streamIDs))
	var id string
	if _, err := pgx.ForEachRow(rows, []any{&id}, func() error { carried[id] = true; return nil }); err != nil {
		return nil, fmt.Errorf("read carried entries: %w", err)
	}
	return carried, nil
}
