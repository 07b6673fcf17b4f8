package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/model"
)

// CreateProduct writes a new product and returns it as stored;
// seckill.CodeProductExists when there is one of that ID.
func (l *Ledger) CreateProduct(ctx context.Context, actor string, p seckill.Product) (model.SeckillProducts, error) {
	p.Status, p.StockLeft = seckill.ProductActive, p.StockTotal
	if err := p.Validate(); err != nil {
		return model.SeckillProducts{}, err
	}
	var row model.SeckillProducts
	err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
		if row, err = model.InsertProduct(ctx, tx, productRow(p)); err != nil {
			return err
		}
		return model.InsertAudit(ctx, tx, actor, "product.create", seckill.ProductTarget(p.ProductID), map[string]any{"after": facts(p)})
	})
	if model.IsProductKey(err) {
		return row, seckill.Errorf(seckill.CodeProductExists, "there is a product %d already, or was one that is deleted", p.ProductID)
	}
	if err != nil {
		return row, fmt.Errorf("create product %d: %w", p.ProductID, err)
	}
	return row, nil
}

// ChangeProduct changes the fields that c names.
func (l *Ledger) ChangeProduct(ctx context.Context, actor string, productID int64, c seckill.ProductChange) (model.SeckillProducts, error) {
	return l.alter(ctx, actor, "product.change", productID, nil, func(p seckill.Product) (seckill.Product, error) {
		return p.Change(c)
	})
}

// MoveProduct brings a product into another status; now is Redis's clock, by which
// a product ends.
func (l *Ledger) MoveProduct(ctx context.Context, actor string, productID int64, to seckill.ProductStatus,
	now time.Time) (model.SeckillProducts, error) {
	action := map[seckill.ProductStatus]string{
		seckill.ProductActive: "product.resume", seckill.ProductPaused: "product.pause", seckill.ProductEnded: "product.end",
	}[to]
	return l.alter(ctx, actor, action, productID, nil, func(p seckill.Product) (seckill.Product, error) {
		return p.Transition(to, now)
	})
}

// DeleteProduct deletes a product that has ended; other is what is on its way outside of
// the database. Its rows stay, and with them its ID is taken for ever.
func (l *Ledger) DeleteProduct(ctx context.Context, actor string, productID int64, other seckill.OnItsWay) error {
	err := l.pool.InTx(ctx, func(tx pgx.Tx) error {
		row, err := model.LockProductRow(ctx, tx, productID)
		if err != nil {
			return err
		}
		if other.Orders, other.Moves, err = model.Unfinished(ctx, tx, productID); err != nil {
			return err
		}
		p := product(row)
		if err := p.Deletable(other); err != nil {
			return err
		}
		if err := model.DeleteProduct(ctx, tx, productID); err != nil {
			return err
		}
		return model.InsertAudit(ctx, tx, actor, "product.delete", seckill.ProductTarget(productID), map[string]any{"before": facts(p)})
	})
	if errors.Is(err, model.ErrNotFound) {
		return seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	if err != nil {
		return fmt.Errorf("product.delete %d: %w", productID, err)
	}
	return nil
}

// RestockProduct adds units to a product's stock, or withdraws them when delta is
// negative.
func (l *Ledger) RestockProduct(ctx context.Context, actor string, productID, delta int64, note string) (model.SeckillProducts, error) {
	detail := map[string]any{"delta": delta, "note": note}
	return l.alter(ctx, actor, "product.stock", productID, detail, func(p seckill.Product) (seckill.Product, error) {
		return p.Restock(delta)
	})
}

// alter changes a product as fn says, with its audit row: detail, and what the
// product was before and is after. A change that changes nothing writes nothing.
func (l *Ledger) alter(ctx context.Context, actor, action string, productID int64, detail map[string]any,
	fn func(seckill.Product) (seckill.Product, error)) (model.SeckillProducts, error) {
	var row model.SeckillProducts
	moved := false
	err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
		moved = false
		if row, err = model.LockProductRow(ctx, tx, productID); err != nil {
			return err
		}
		before := product(row)
		after, err := fn(before)
		if err != nil {
			return err
		}
		changed := productRow(after)
		if changed == productRow(before) {
			return nil
		}
		if row, err = model.UpdateProduct(ctx, tx, changed); err != nil {
			return err
		}
		if err := model.InsertMove(ctx, tx, productID, model.Move{Units: stockOf(after) - stockOf(before)}); err != nil {
			return err
		}
		moved = true
		record := map[string]any{"before": facts(before), "after": facts(after)}
		maps.Copy(record, detail)
		return model.InsertAudit(ctx, tx, actor, action, seckill.ProductTarget(productID), record)
	})
	if errors.Is(err, model.ErrNotFound) {
		return row, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	if err != nil {
		return row, fmt.Errorf("%s %d: %w", action, productID, err)
	}
	if moved {
		l.tell.MoveWritten(productID)
	}
	return row, nil
}

// stockOf is what is left of a product, 0 of a record-only one.
func stockOf(p seckill.Product) int64 {
	if p.StockLeft == nil {
		return 0
	}
	return *p.StockLeft
}

// product reads a row; its times are in UTC.
func product(row model.SeckillProducts) seckill.Product {
	return seckill.Product{
		ProductID: row.ProductId, Name: row.Name, Status: seckill.ProductStatus(row.Status),
		StockTotal: pointer(row.StockTotal), StockLeft: pointer(row.StockLeft), PerUserLimit: row.PerUserLimit,
		StartsAt: utc(row.StartsAt), EndsAt: utc(row.EndsAt), EndedAt: utc(row.EndedAt),
		PaymentWindow: time.Duration(row.PaymentWindowSeconds.Int64) * time.Second,
	}
}

// productRow is the row of a product, without its times of writing.
func productRow(p seckill.Product) model.SeckillProducts {
	seconds := int64(p.PaymentWindow / time.Second)
	return model.SeckillProducts{
		ProductId: p.ProductID, Name: p.Name, Status: string(p.Status),
		StockTotal: nullable(p.StockTotal), StockLeft: nullable(p.StockLeft), PerUserLimit: p.PerUserLimit,
		StartsAt: nullTime(p.StartsAt), EndsAt: nullTime(p.EndsAt), EndedAt: nullTime(p.EndedAt),
		PaymentWindowSeconds: sql.NullInt64{Int64: seconds, Valid: seconds > 0},
	}
}

// productFacts is a product as the audit shows it.
type productFacts struct {
	Name                 string `json:"name"`
	Status               string `json:"status"`
	StockTotal           *int64 `json:"stockTotal,omitempty"`
	StockLeft            *int64 `json:"stockLeft,omitempty"`
	PerUserLimit         int64  `json:"perUserLimit"`
	StartsAt             string `json:"startsAt,omitempty"`
	EndsAt               string `json:"endsAt,omitempty"`
	EndedAt              string `json:"endedAt,omitempty"`
	PaymentWindowSeconds int64  `json:"paymentWindowSeconds,omitempty"`
}

func facts(p seckill.Product) productFacts {
	return productFacts{
		Name: p.Name, Status: string(p.Status), StockTotal: p.StockTotal, StockLeft: p.StockLeft,
		PerUserLimit: p.PerUserLimit, StartsAt: instant(p.StartsAt), EndsAt: instant(p.EndsAt), EndedAt: instant(p.EndedAt),
		PaymentWindowSeconds: int64(p.PaymentWindow / time.Second),
	}
}

func pointer(n sql.NullInt64) *int64 {
	if !n.Valid {
		return nil
	}
	return &n.Int64
}

func nullable(n *int64) sql.NullInt64 {
	if n == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: *n, Valid: true}
}

// nullTime writes a time in UTC, to the microseconds that PostgreSQL keeps, so that
// two rows can be compared.
func nullTime(t time.Time) sql.NullTime {
	if t.IsZero() {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: t.UTC().Truncate(time.Microsecond), Valid: true}
}

func utc(t sql.NullTime) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

// instant writes a time for the audit, as the API does; "" of the zero time.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return seckill.FormatTime(t)
}
