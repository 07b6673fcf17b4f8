package peers

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

// peerLog is a row as the integration guide has it.
type peerLog struct {
	ID        int64
	ProductID int64
	UserID    int64
	StreamID  string
	Status    string
	CreatedAt time.Time
}

// peerOrder is an order as tutorials have it.
type peerOrder struct {
	ID        int64
	ProductID int64
	UserID    int64
	StreamID  string
	Status    string
	CreatedAt time.Time
}

func (d *bed) gorm() *gorm.DB {
	d.b.Helper()
	db, err := gorm.Open(postgres.Open(d.postgres.URL("")), &gorm.Config{Logger: logger.Discard, PrepareStmt: true})
	if err != nil {
		d.b.Fatal(err)
	}
	d.b.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			_ = pool.Close()
		}
	})
	return db
}

// guide drains as the integration guide says: read a batch, insert it with gorm, acknowledge
// it. An entry that is stored already is passed over, or a crash would end it for good.
func (d *bed) guide(db *gorm.DB, batch int) error {
	ctx := d.b.Context()
	for {
		entries, err := d.read(ctx, batch)
		if err != nil || len(entries) == 0 {
			return err
		}
		rows := make([]peerLog, len(entries))
		for i := range entries {
			user, err := userOf(entries[i].Values)
			if err != nil {
				return err
			}
			rows[i] = peerLog{ProductID: product, UserID: user, StreamID: entries[i].ID, Status: "PROCESSING"}
		}
		if err := db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(rows, batch).Error; err != nil {
			return err
		}
		if err := d.acknowledge(ctx, entries); err != nil {
			return err
		}
	}
}

// oneByOne settles as tutorials do: one transaction an order, which locks the product, takes
// a unit, and writes the order and the log; eight of them at a time.
func (d *bed) oneByOne(db *gorm.DB) error {
	const workers = 8
	ctx, cancel := context.WithCancelCause(d.b.Context())
	defer cancel(nil)
	ended := make(chan struct{}, workers)
	for range workers {
		go func() {
			defer func() { ended <- struct{}{} }()
			for ctx.Err() == nil {
				entries, err := d.read(ctx, 1)
				if err == nil && len(entries) == 0 {
					return
				}
				if err == nil {
					err = d.order(ctx, db, entries[0])
				}
				if err != nil {
					cancel(err)
				}
			}
		}()
	}
	for range workers {
		<-ended
	}
	return context.Cause(ctx)
}

func (d *bed) order(ctx context.Context, db *gorm.DB, entry redis.XMessage) error {
	user, err := userOf(entry.Values)
	if err != nil {
		return err
	}
	err = db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var left int64
		err := tx.Raw("SELECT stock_left FROM peer_products WHERE product_id = ? FOR UPDATE", product).Scan(&left).Error
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE peer_products SET stock_left = stock_left - 1 WHERE product_id = ?", product).Error; err != nil {
			return err
		}
		order := peerOrder{ProductID: product, UserID: user, StreamID: entry.ID, Status: "PENDING_PAYMENT"}
		if err := tx.Create(&order).Error; err != nil {
			return err
		}
		return tx.Create(&peerLog{ProductID: product, UserID: user, StreamID: entry.ID, Status: "SUCCESS"}).Error
	})
	if err != nil {
		return err
	}
	return d.acknowledge(ctx, []redis.XMessage{entry})
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
