package response

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/threading"
	"github.com/zeromicro/go-zero/rest/httpx"

	"seckill/internal/role"
)

const (
	// maxDetached is the most answers that wait at once; beyond it requests wait on their
	// own connections, which go-zero's MaxConns bounds.
	maxDetached = 100_000
	// writeTimeout bounds how long a client that does not read can hold up its answer.
	writeTimeout = 5 * time.Second
	// stopGrace is how long a stop waits for the last answers to be written, and stopStep
	// how often it looks.
	stopGrace, stopStep = 2 * time.Second, 10 * time.Millisecond
)

// Detached are answers that may take long. net/http keeps about 40 kB for a request
// while its handler runs, in buffers and in the stacks of two or three goroutines. So
// the connection is taken from it (hijacked), which leaves a goroutine of a few kB, and is
// closed with the answer. Where that is impossible, as in HTTP/2, the handler waits.
//
// A Detached is safe for concurrent use.
type Detached struct{ count atomic.Int64 }

// Answer answers a request with what fn returns: its value as JSON, or its error. fn is
// given a context that ends with the client's only where the handler has to wait; fn
// bounds its time itself.
func (d *Detached) Answer(w http.ResponseWriter, r *http.Request, fn func(ctx context.Context) (any, error)) {
	conn := d.take(w)
	if conn == nil {
		value, err := fn(r.Context())
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return
		}
		httpx.OkJsonCtx(r.Context(), w, value)
		return
	}
	d.run(conn, func(ctx context.Context) {
		status := http.StatusOK
		value, err := fn(ctx)
		if err != nil {
			status, value = HandleError(ctx, err)
		}
		if err := writeAnswer(conn, status, value); err != nil {
			logx.Infof("answer a client that waited: %v", err)
		}
	})
}

// Stream answers a request with the events that fn sends.
func (d *Detached) Stream(w http.ResponseWriter, r *http.Request, fn func(ctx context.Context, events *Events) error) {
	conn := d.take(w)
	if conn == nil {
		events := NewEvents(w)
		if err := fn(r.Context(), events); err != nil && !events.Begun() {
			httpx.ErrorCtx(r.Context(), w, err)
		}
		return
	}
	d.run(conn, func(ctx context.Context) {
		events := &Events{conn: conn}
		err := fn(ctx, events)
		if err == nil || events.Begun() {
			return
		}
		status, value := HandleError(ctx, err)
		if err := writeAnswer(conn, status, value); err != nil {
			logx.Infof("answer a client that waited: %v", err)
		}
	})
}

// Role makes the role whose end waits, for a moment, until the answers that are left have
// been written.
func (d *Detached) Role() *role.Role {
	return role.New(func(ctx context.Context) {
		<-ctx.Done()
		last, cancel := role.Outlive(ctx, stopGrace)
		defer cancel()
		for d.count.Load() > 0 && role.Sleep(last, stopStep) {
			continue
		}
	})
}

// take takes the connection of a request from net/http, nil when that is not possible.
func (d *Detached) take(w http.ResponseWriter) net.Conn {
	if d.count.Add(1) > maxDetached {
		d.count.Add(-1)
		return nil
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		d.count.Add(-1)
		return nil
	}
	return conn
}

func (d *Detached) run(conn net.Conn, fn func(ctx context.Context)) {
	threading.GoSafe(func() {
		defer d.count.Add(-1)
		defer func() { _ = conn.Close() }()
		fn(context.Background())
	})
}

// writeAnswer writes an answer in JSON, the last of its connection.
func writeAnswer(conn net.Conn, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	answer := http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		Header:        http.Header{contentType: {jsonType}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
	invite(answer.Header, status)
	var text bytes.Buffer
	if err := answer.Write(&text); err != nil {
		return err
	}
	return writeAll(conn, text.Bytes())
}

func writeAll(conn net.Conn, text []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := conn.Write(text)
	return err
}
