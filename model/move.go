package model

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Move is a row of the outbox: what the gate has to be told of a product. Number and the
// tokens are 0 of one that is not written yet.
type Move struct {
	Number int64
	Token  int64 // random, by which it is told from another move of the same number; 0 = not known
	After  int64 // the token of the move before; 0 = not known
	Units  int64
	Taken  []int64
	Freed  []int64
}

// newToken returns a random positive number that JavaScript and Lua hold exactly.
func newToken() int64 { return 1 + rand.Int64N(1<<53-1) } //nolint:gosec // tells apart, and guards nothing

// stockStatement adds units to the stock of a product that the transaction has locked,
// and writes the move that goes with it; both may be none. It is text without
// parameters, so that it can share a round trip with a COPY; all of it comes from
// integers.
func stockStatement(productID, units int64, m *Move) string {
	if units == 0 && m == nil {
		return ""
	}
	id := strconv.FormatInt(productID, 10)
	set := "updated_at = updated_at"
	if units != 0 {
		set = "updated_at = clock_timestamp(), stock_left = stock_left + " + strconv.FormatInt(units, 10)
	}
	if m == nil {
		return "UPDATE seckill_products SET " + set + " WHERE product_id = " + id + "; "
	}
	token := strconv.FormatInt(newToken(), 10)
	b := make([]byte, 0, 512+20*(len(m.Taken)+len(m.Freed)))
	b = append(b, "INSERT INTO seckill_moves (product_id, number, token, after_token, units, taken, freed) "+
		"SELECT product_id, moves + 1, "+token+", move_token, "...)
	b = strconv.AppendInt(b, m.Units, 10)
	b = append(appendArray(append(b, ", '"...), m.Taken), "', '"...)
	b = append(appendArray(b, m.Freed), "' FROM seckill_products WHERE product_id = "+id...)
	b = append(b, "; UPDATE seckill_products SET "+set+", moves = moves + 1, move_token = "+token...)
	return string(append(b, " WHERE product_id = "+id+"; "...))
}

// appendArray writes a bigint[] as PostgreSQL reads it.
func appendArray(b []byte, list []int64) []byte {
	b = append(b, '{')
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return append(b, '}')
}

// InsertMove writes a move of a product that the transaction has locked.
func InsertMove(ctx context.Context, tx pgx.Tx, productID int64, m Move) error {
	if _, err := tx.Conn().PgConn().Exec(ctx, stockStatement(productID, 0, &m)).ReadAll(); err != nil {
		return fmt.Errorf("write move of product %d: %w", productID, err)
	}
	return nil
}

// MovingProducts lists the products that have moves which the gate may not know yet, or
// entries that go to the stream again. A
// deleted product has no gate: what an operator cancels of it afterwards is told to nobody.
func (p *Pool) MovingProducts(ctx context.Context) ([]int64, error) {
	rows, err := p.Query(ctx,
		`SELECT product_id FROM (SELECT product_id FROM seckill_moves UNION SELECT product_id FROM seckill_resent_letters WHERE stream_id IS NULL) AS due
  JOIN seckill_products USING (product_id) WHERE `+notDeleted)
	if err != nil {
		return nil, fmt.Errorf("list products with moves: %w", err)
	}
	moving, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list products with moves: %w", err)
	}
	return moving, nil
}

// selectMoves reads a product and its moves in one snapshot: the moves up to
// gate.moves have made the product what it is here.
const selectMoves = `
SELECT ` + gateColumns + `, coalesce(m.number, 0), coalesce(m.token, 0), coalesce(m.after_token, 0),
       coalesce(m.units, 0), m.taken, m.freed
  FROM seckill_products p
  LEFT JOIN LATERAL (
    SELECT number, token, after_token, units, taken, freed FROM seckill_moves
     WHERE product_id = p.product_id AND number > $2 ORDER BY number LIMIT $3) m ON true
 WHERE p.product_id = $1 AND ` + notDeleted + ` ORDER BY m.number`

// Moves returns a product as the gate has to know it, and up to limit of its moves
// above the given number, in their order; ErrNotFound when there is no such product.
func (p *Pool) Moves(ctx context.Context, productID, above int64, limit int) (GateProduct, []Move, error) {
	rows, err := p.Query(ctx, selectMoves, productID, above, limit)
	if err != nil {
		return GateProduct{}, nil, fmt.Errorf("read moves of product %d: %w", productID, err)
	}
	var row gateRow
	var m Move
	var moves []Move
	tag, err := pgx.ForEachRow(rows, append(row.targets(), &m.Number, &m.Token, &m.After, &m.Units, &m.Taken, &m.Freed), func() error {
		if m.Number > 0 {
			moves = append(moves, m)
		}
		m = Move{}
		return nil
	})
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return GateProduct{}, nil, fmt.Errorf("read moves of product %d: %w", productID, err)
	}
	return row.product(productID), moves, nil
}

// StockAndMoves is what is left of a product, and its moves above a given number, read in
// one snapshot.
type StockAndMoves struct {
	Left  int64
	Epoch int64
	Moves int64   // the number of the last move
	Units []int64 // of each move, in their order
}

// StockAndMoves reads the stock of a product and the units of its moves above the given
// number, ErrNotFound when there is no such product. Of moves that have been dropped the
// units are missing.
func (p *Pool) StockAndMoves(ctx context.Context, productID, above int64) (StockAndMoves, error) {
	var s StockAndMoves
	err := p.QueryRow(ctx, `
SELECT coalesce(p.stock_left, 0), p.gate_epoch, p.moves,
       ARRAY(SELECT units FROM seckill_moves m
              WHERE m.product_id = p.product_id AND m.number > $2 ORDER BY m.number)
  FROM seckill_products p WHERE p.product_id = $1 AND `+notDeleted, productID, above).Scan(&s.Left, &s.Epoch, &s.Moves, &s.Units)
	if isNoRows(err) {
		err = ErrNotFound
	}
	if err != nil {
		return s, fmt.Errorf("read stock and moves of product %d: %w", productID, err)
	}
	return s, nil
}

// DropMoves removes the moves of a product up to the given number, which the gate has
// applied.
func (p *Pool) DropMoves(ctx context.Context, productID, upTo int64) error {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("acquire connection: %w", err)
	}
	defer conn.Release()
	// Not worth a wait for the disk: a move that comes back after a crash is known to the
	// gate by its number. A simple query of several statements is one round trip.
	_, err = conn.Conn().PgConn().Exec(ctx, fmt.Sprintf(
		setReadCommitted+"SET LOCAL synchronous_commit = off; DELETE FROM seckill_moves WHERE product_id = %d AND number <= %d",
		productID, upTo)).ReadAll()
	if err != nil {
		return fmt.Errorf("drop moves of product %d: %w", productID, err)
	}
	return nil
}
