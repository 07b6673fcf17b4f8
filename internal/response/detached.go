package response

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	// maxDetached is the most answers that wait at once, and maxWatchers of those that have no
	// end.
	maxDetached, maxWatchers = 100_000, 1_000
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
// Of a connection that was taken nobody reads, so one goroutine looks after all of them, to
// end the work for clients that have gone. At most half of the files that the process may
// have open are those of clients that wait: the other half is for everything else.
//
// A Detached is safe for concurrent use.
type Detached struct {
	bound   int64
	full    string // what the log says when no more may wait
	count   atomic.Int64
	waiters waiters
}

// NewDetached makes a Detached for as many clients as the limits of the process allow.
func NewDetached() *Detached { return newDetached(Descriptors() / 2) }

func newDetached(bound int) *Detached {
	return &Detached{bound: int64(min(bound, maxDetached)), full: "%d clients wait for results, which is half of the files " +
		"that the process may have open: others are answered at once; raise the limit (ulimit -n)"}
}

// NewWatchers makes a Detached for answers that have no end, beside those that somebody waits
// for: for a quarter of the files that the process may have open, a thousand at most.
func NewWatchers() *Detached { return newWatchers(Descriptors() / 4) }

func newWatchers(bound int) *Detached {
	return &Detached{bound: int64(min(bound, maxWatchers)), full: "%d clients watch live, which is as many as may: others are refused"}
}

// Answer answers a request with what fn returns: its value as JSON, or its error. fn is
// given a context that ends when the client has gone; fn bounds its time itself.
//
// It reports false, and has not answered, when as many clients wait as may: the caller has
// to answer at once. The connection is closed then with the answer, to make room.
func (d *Detached) Answer(w http.ResponseWriter, r *http.Request, fn func(ctx context.Context) (any, error)) bool {
	if !d.enter(w) {
		return false
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		defer d.count.Add(-1)
		value, err := fn(r.Context())
		if err != nil {
			httpx.ErrorCtx(r.Context(), w, err)
			return true
		}
		httpx.OkJsonCtx(r.Context(), w, value)
		return true
	}
	d.run(conn, r, func(ctx context.Context, waiter *waiter) {
		value, err := fn(ctx)
		waiter.answer(ctx, value, err)
	})
	return true
}

// Stream answers a request with the events that fn sends. It reports false as Answer does.
func (d *Detached) Stream(w http.ResponseWriter, r *http.Request, fn func(ctx context.Context, events *Events) error) bool {
	if !d.enter(w) {
		return false
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		defer d.count.Add(-1)
		events := NewEvents(w)
		if err := fn(r.Context(), events); err != nil && !events.Begun() {
			httpx.ErrorCtx(r.Context(), w, err)
		}
		return true
	}
	d.run(conn, r, func(ctx context.Context, waiter *waiter) {
		events := &Events{waiter: waiter}
		if err := fn(ctx, events); err != nil && !events.Begun() {
			waiter.answer(ctx, nil, err)
		}
	})
	return true
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

// fullLog is for when as many clients wait as may; it writes once a second.
var fullLog = logx.NewLessLogger(1000)

// enter counts one more client that waits, unless there are enough.
func (d *Detached) enter(w http.ResponseWriter) bool {
	if d.count.Add(1) <= d.bound {
		return true
	}
	d.count.Add(-1)
	fullLog.Errorf(d.full, d.bound)
	w.Header().Set("Connection", "close")
	return false
}

func (d *Detached) run(conn net.Conn, r *http.Request, fn func(ctx context.Context, w *waiter)) {
	ctx, gone := context.WithCancelCause(context.Background())
	w := &waiter{conn: conn, gone: gone}
	w.textIDs, _ = wantsTextIDs(r.URL) // the router has refused what is wrong with it
	if r.ProtoAtLeast(1, 1) {
		w.probe = interim
	}
	d.waiters.add(w)
	threading.GoSafe(func() {
		defer d.count.Add(-1)
		defer gone(nil)
		defer w.hangUp()
		defer d.waiters.remove(w)
		fn(ctx, w)
	})
}

// answer writes the answer, unless the client has gone.
func (w *waiter) answer(ctx context.Context, value any, err error) {
	if errors.Is(context.Cause(ctx), errGone) {
		return
	}
	status := http.StatusOK
	if err != nil {
		status, value = HandleError(ctx, err)
	}
	text, err := w.answerText(status, value)
	if err == nil {
		err = w.write(text, "")
	}
	if err != nil {
		logx.Infof("answer a client that waited: %v", err)
	}
}

// encode returns a value as JSON, with the kind of IDs that the client wants.
func (w *waiter) encode(value any) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil || !w.textIDs {
		return body, err
	}
	return new(idScanner).append(nil, body), nil
}

// answerText is an answer in JSON, the last of its connection.
func (w *waiter) answerText(status int, value any) ([]byte, error) {
	body, err := w.encode(value)
	if err != nil {
		return nil, err
	}
	answer := http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		Header: http.Header{
			contentType: {jsonType}, cacheControl: {noStore}, "Date": {time.Now().UTC().Format(http.TimeFormat)},
		},
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
	if status == http.StatusServiceUnavailable {
		answer.Header.Set(retryAfterHeader, retryAfter())
	}
	var text bytes.Buffer
	if err := answer.Write(&text); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

func writeAll(conn net.Conn, text []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := conn.Write(text)
	return err
}
