package model

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The binary COPY format (PostgreSQL documentation, COPY, "Binary Format"),
// written straight into one buffer: pgx's own CopyFrom takes each value as an
// interface and each row as a slice, an allocation apiece that a profile of a
// drain shows at the top.

// postgresEpochMs is 2000-01-01, from which PostgreSQL counts microseconds, in
// milliseconds since 1970.
const postgresEpochMs = 946_684_800_000

var (
	copyHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTrailer = []byte{0xff, 0xff}
)

// copyBuffers are reused: a batch's buffer is as large as the batch before it.
var copyBuffers = sync.Pool{New: func() any { return new(copyBuffer) }}

// copyRows runs a simple query that contains one COPY FROM STDIN in binary format,
// and feeds it rows; put writes one. It returns the tag of the query's last
// statement.
func copyRows[T any](ctx context.Context, conn *pgx.Conn, query string, rows []T,
	put func(*copyBuffer, *T)) (pgconn.CommandTag, error) {
	buffer := newCopyBuffer()
	for i := range rows {
		put(buffer, &rows[i])
	}
	buffer.finish()
	tag, err := conn.PgConn().CopyFrom(ctx, bytes.NewReader(buffer.data), batchMark+query)
	// When the connection is lost pgx returns while a goroutine of its own may still read
	// (pgconn.CopyFrom, 5.12): then the buffer is left to it.
	if !conn.IsClosed() {
		buffer.release()
	}
	if err != nil {
		return tag, fmt.Errorf("copy %d rows: %w", len(rows), err)
	}
	return tag, nil
}

// copyAll is copyRows for a query that ends with the COPY; it makes sure that every
// row has arrived.
func copyAll[T any](ctx context.Context, conn *pgx.Conn, query string, rows []T, put func(*copyBuffer, *T)) error {
	tag, err := copyRows(ctx, conn, query, rows, put)
	if err == nil && tag.RowsAffected() != int64(len(rows)) {
		err = fmt.Errorf("copy %d rows: %d arrived", len(rows), tag.RowsAffected())
	}
	return err
}

// copyBuffer holds the rows of one COPY.
type copyBuffer struct{ data []byte }

// newCopyBuffer returns an empty buffer that begins with the header. release gives
// it back.
func newCopyBuffer() *copyBuffer {
	b, _ := copyBuffers.Get().(*copyBuffer)
	b.data = append(b.data[:0], copyHeader...)
	return b
}

func (b *copyBuffer) release() { copyBuffers.Put(b) }

// row begins a row of the given number of columns.
func (b *copyBuffer) row(columns int16) {
	b.data = binary.BigEndian.AppendUint16(b.data, uint16(columns)) //nolint:gosec // a small constant
}

func (b *copyBuffer) int64(v int64) {
	b.data = binary.BigEndian.AppendUint32(b.data, 8)
	b.data = binary.BigEndian.AppendUint64(b.data, uint64(v)) //nolint:gosec // two's complement is the format
}

func (b *copyBuffer) text(s string) {
	b.data = binary.BigEndian.AppendUint32(b.data, uint32(len(s))) //nolint:gosec // far below 4 GiB
	b.data = append(b.data, s...)
}

// optionalText writes "" as NULL.
func (b *copyBuffer) optionalText(s string) {
	if s == "" {
		b.null()
		return
	}
	b.text(s)
}

// optionalTime writes a timestamptz given in milliseconds since 1970, 0 as NULL.
func (b *copyBuffer) optionalTime(ms int64) {
	if ms == 0 {
		b.null()
		return
	}
	b.int64((ms - postgresEpochMs) * 1000)
}

// time writes a timestamptz to the microsecond.
func (b *copyBuffer) time(t time.Time) { b.int64(t.UnixMicro() - postgresEpochMs*1000) }

func (b *copyBuffer) null() {
	b.data = append(b.data, 0xff, 0xff, 0xff, 0xff)
}

// finish ends the rows.
func (b *copyBuffer) finish() { b.data = append(b.data, copyTrailer...) }
