package handler_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/auth"
	"seckill/internal/books"
	"seckill/internal/config"
	"seckill/internal/handler"
	"seckill/internal/health"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/internal/svc"
	"seckill/model"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/rest"
	"go.uber.org/goleak"
)

const (
	secret   = "0123456789abcdef0123456789abcdef"
	document = `{"openapi":"3.0.3"}`
)

func TestMain(m *testing.M) {
	// What go-zero keeps for the life of a process.
	os.Exit(servertest.Run(m, goleak.IgnoreAnyFunction(
		"github.com/zeromicro/go-zero/core/executors.(*PeriodicalExecutor).backgroundFlush.func1")))
}

// world is a server with its database and the fakes behind it.
type world struct {
	t       *testing.T
	url     string
	pool    *model.Pool
	ledger  *fakeLedger
	streams *fakeStreams
	health  *fakeHealth
	checks  health.Checks // in place of health, unless nil

	preflight svc.Preflight

	shutdown *health.Shutdown
	client   *redis.Client
	keeper   *books.Keeper
	pressure *admission.Pressure
	entrance *admission.Entrance
}

// newWorld starts a server, with a database of its own; changes alter its
// configuration.
func newWorld(t *testing.T, changes ...func(*config.Config)) *world {
	t.Helper()
	return newWorldOn(t, servertest.Pool(t), changes...)
}

// newWorldOn is newWorld on the database of pool.
func newWorldOn(t *testing.T, pool *model.Pool, changes ...func(*config.Config)) *world {
	t.Helper()
	w := &world{t: t, pool: pool, ledger: &fakeLedger{}, streams: &fakeStreams{}, health: &fakeHealth{}, shutdown: &health.Shutdown{}}
	w.serve(svc.Deps{Ledger: w.ledger}, changes...)
	return w
}

// serve starts the server of w with d, in which what w knows itself is left out.
func (w *world) serve(d svc.Deps, changes ...func(*config.Config)) {
	t := w.t
	t.Helper()
	var c config.Config
	if err := conf.FillDefault(&c); err != nil {
		t.Fatal(err)
	}
	c.Name, c.Auth.AccessSecret, c.DevServer.Enabled, c.Log.Stat = "seckill", secret, false, false
	c.Middlewares.Breaker, c.Middlewares.Shedding = false, false
	for _, change := range changes {
		change(&c)
	}
	d.Shutdown, d.Preflight = w.shutdown, w.preflight
	d.Conn, d.Streams, d.Health, d.OpenAPI = w.pool.Conn(), w.streams, w, []byte(document)
	w.gate(&d)
	server, err := handler.NewServer(svc.NewServiceContext(c, d))
	if err != nil {
		t.Fatal(err)
	}
	bound, err := rest.NewServerless(server)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(http.HandlerFunc(bound.Serve))
	t.Cleanup(listener.Close)
	w.url = listener.URL
}

// exec runs a statement.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), query, args...); err != nil {
		w.t.Fatal(err)
	}
}

// product registers a product; stock below 0 means record-only.
func (w *world) product(id, stock int64) {
	w.t.Helper()
	w.exec(`INSERT INTO seckill_products (product_id, stock_total, stock_left, per_user_limit)
		VALUES ($1, NULLIF($2::bigint, -1), NULLIF($2::bigint, -1), 0)`, id, stock)
}

// log stores a log.
func (w *world) log(product, user int64, streamID, status string) {
	w.t.Helper()
	w.exec(`INSERT INTO seckill_logs (product_id, user_id, stream_id, status) VALUES ($1, $2, $3, $4)`,
		product, user, streamID, status)
}

// token makes a token of a role.
func (w *world) token(role string) string {
	w.t.Helper()
	token, err := auth.IssueToken(secret, "alice", role, time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// answer is what the server said.
type answer struct {
	status int
	header http.Header
	body   string
}

// into decodes the body of an answer of the given status.
func (a answer) into(t *testing.T, status int, v any) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status = %d, want %d; body %s", a.status, status, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("content type = %q", got)
	}
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		t.Fatalf("body %s: %v", a.body, err)
	}
}

// refused checks that the answer is an error of the given status and code whose
// message holds part.
func (a answer) refused(t *testing.T, status int, code seckill.Code, part string) {
	t.Helper()
	var body struct {
		Code    seckill.Code `json:"code"`
		Message string       `json:"message"`
	}
	a.into(t, status, &body)
	if body.Code != code || body.Message == "" || !strings.Contains(body.Message, part) {
		t.Errorf("body = %s, want code %s and a message with %q", a.body, code, part)
	}
}

// send sends a request as an operator; edit may change it.
func (w *world) send(method, path string, body io.Reader, edit ...func(*http.Request)) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token("operator"))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, change := range edit {
		change(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(text)}
	w.conforms(r, a)
	return a
}

// get is send for GET.
func (w *world) get(path string, edit ...func(*http.Request)) answer {
	w.t.Helper()
	return w.send(http.MethodGet, path, nil, edit...)
}

// with returns an edit that sets a header.
func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// fakeLedger answers as it is told, and remembers what it was asked.
type fakeLedger struct {
	svc.Ledger // nil: of the rest nothing is asked
	actor      string
	changes    []seckill.LogChange
	outcomes   []seckill.ChangeOutcome
	err        error
}

func (f *fakeLedger) ResolveLogs(_ context.Context, actor string, changes []seckill.LogChange) ([]seckill.ChangeOutcome, error) {
	f.actor, f.changes = actor, changes
	return f.outcomes, f.err
}

// RecordRefused implements svc.Ledger.
func (f *fakeLedger) RecordRefused(context.Context, string, string, string) error { return f.err }

// fakeStreams answers by its functions; without one, with zeros.
type fakeStreams struct {
	state   func(ctx context.Context, productID int64) (stream.State, error)
	pending []stream.PendingEntry // newest first
}

func (f *fakeStreams) State(ctx context.Context, productID int64) (stream.State, error) {
	if f.state != nil {
		return f.state(ctx, productID)
	}
	return stream.State{ProductID: productID, Stream: seckill.StreamKey(productID), Group: "g1"}, nil
}

func (f *fakeStreams) Pending(_ context.Context, _ int64, before string, limit int) ([]stream.PendingEntry, error) {
	from := 0
	for before != "" && f.pending[from].StreamID != before {
		from++
	}
	if before != "" {
		from++
	}
	return f.pending[from:min(from+limit, len(f.pending))], nil
}

type fakeHealth struct{ failing []health.Failure }

// Failing implements svc.Readiness.
func (w *world) Failing(ctx context.Context, exclude ...string) ([]health.Failure, error) {
	if w.checks != nil {
		return w.checks.Failing(ctx, exclude...)
	}
	return w.health.failing, nil
}
