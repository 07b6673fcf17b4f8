package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
)

// ProductLetters are the dead letters of one product within a transaction that holds the
// product's row. So that nobody waits for each other, letters are locked after it.
type ProductLetters struct {
	tx interface {
		executor
		querier
	}
	productID int64
}

// Letters returns the dead letters of the product, within its settlement.
func (s *Settlement) Letters() ProductLetters {
	return ProductLetters{tx: s.conn, productID: s.productID}
}

// LettersOf returns the dead letters of a product whose row a transaction holds.
func LettersOf(tx pgx.Tx, productID int64) ProductLetters {
	return ProductLetters{tx: tx, productID: productID}
}

// Standing reads the status of the product, and whether it is deleted.
func (l ProductLetters) Standing(ctx context.Context) (status seckill.ProductStatus, deleted bool, err error) {
	return Standing(ctx, l.tx, l.productID)
}

// Lock locks letters, and returns the status of each.
func (l ProductLetters) Lock(ctx context.Context, letterIDs []int64) (map[int64]seckill.LetterStatus, error) {
	return LockLetters(ctx, l.tx, letterIDs)
}

// WriteReplays writes that an actor has replayed letters which Lock has locked.
func (l ProductLetters) WriteReplays(ctx context.Context, actor string, acted []ActedLetter) error {
	return WriteActs(ctx, l.tx, actor, seckill.ActReplay, seckill.LetterReplayed, acted)
}

// Resend notes that the entries of letters go to the stream of the product again.
func (l ProductLetters) Resend(ctx context.Context, letters []ResentLetter) error {
	if len(letters) == 0 {
		return nil
	}
	return InsertResent(ctx, l.tx, l.productID, letters)
}

// Standing reads the status of a product, and whether it is deleted; ErrNotFound when there
// is none.
func Standing(ctx context.Context, q querier, productID int64) (status seckill.ProductStatus, deleted bool, err error) {
	err = q.QueryRow(ctx, "SELECT status, deleted_at IS NOT NULL FROM seckill_products WHERE product_id = $1", productID).Scan(&status, &deleted)
	if isNoRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return "", false, fmt.Errorf("read the status of product %d: %w", productID, err)
	}
	return status, deleted, nil
}
