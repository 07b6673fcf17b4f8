package ctl

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"seckill/client"
	"seckill/internal/ctl/contexts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

// desk is a user in front of seckillctl, whose service is a handler of the test.
type desk struct {
	t        *testing.T
	env      map[string]string
	typed    string // at the terminal
	terminal bool
	browse   error

	out, err bytes.Buffer
	opened   string // in the browser
}

func newDesk(t *testing.T, serve http.HandlerFunc) *desk {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	return &desk{t: t, env: map[string]string{
		"SECKILL_ADDR": server.URL, "SECKILL_TOKEN": "x", "SECKILL_CONTEXTS": filepath.Join(t.TempDir(), "contexts.yaml"),
	}}
}

// run runs a command line and returns the exit code.
func (d *desk) run(args ...string) int {
	d.out.Reset()
	d.err.Reset()
	return Run(d.t.Context(), Deps{
		Stdin: strings.NewReader(d.typed), Stdout: &d.out, Stderr: &d.err,
		Getenv:   func(name string) string { return d.env[name] },
		Terminal: func(any) bool { return d.terminal },
		Browse:   func(_ context.Context, address string) error { d.opened = address; return d.browse },
		Now:      time.Now,
	}, args)
}

// expect runs a command line and expects an exit code, and a text on standard error.
func (d *desk) expect(code int, says string, args ...string) {
	d.t.Helper()
	if got := d.run(args...); got != code || !strings.Contains(d.err.String(), says) {
		d.t.Errorf("%s: exits with %d and says %q, want %d and %q", strings.Join(args, " "), got, d.err.String(), code, says)
	}
}

// refusing answers everything with a status and a code.
func refusing(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"code": "` + code + `", "message": "so it is"}`))
	}
}

func TestExitCodes(t *testing.T) {
	for code, answer := range map[client.Code]struct{ status, exit int }{
		client.CodeSoldOut: {409, ExitNo}, client.CodeLimitReached: {409, ExitNo}, client.CodeInvalidUID: {422, ExitNo},
		client.CodeInvalidArgument: {400, ExitUsage}, client.CodePayloadTooLarge: {413, ExitUsage},
		client.CodeUnauthorized: {401, ExitNotAllowed}, client.CodeForbidden: {403, ExitNotAllowed},
		client.CodeProductNotFound: {404, ExitNotFound}, client.CodeProductExists: {409, ExitConflict},
		client.CodeInvalidTransition: {409, ExitConflict}, client.CodeEventsTrimmed: {410, ExitConflict},
	} {
		d := newDesk(t, refusing(answer.status, string(code)))
		d.expect(answer.exit, "seckillctl: so it is ("+string(code)+")\n", "product", "get", "2001")
	}
	for err, want := range map[error]int{
		nil: ExitDone, context.Canceled: ExitInterrupted, context.DeadlineExceeded: ExitUnreachable, errors.New("x"): ExitNo,
		&client.Error{Code: client.CodeNoAnswer}:                    ExitUnreachable,
		&client.Error{Code: client.CodeUnavailable, Status: 503}:    ExitUnreachable,
		&client.Error{Code: client.CodeRateLimited, Status: 429}:    ExitUnreachable,
		&client.Error{Code: client.CodeNoAnswer, Status: 404}:       ExitUnreachable, // of a proxy
		&client.Error{Code: client.CodeResultNotFound, Status: 404}: ExitNotFound,
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}

func TestWhatReadsIsRepeatedAndWhatChangesIsNot(t *testing.T) {
	calls := map[string]int{}
	d := newDesk(t, func(w http.ResponseWriter, r *http.Request) {
		calls[r.Method]++
		if r.Method == http.MethodGet && r.URL.Path == "/admin/v1/products/2001" && calls[r.Method] > 1 {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"productId": 2001, "status": "ACTIVE"}`))
			return
		}
		refusing(http.StatusServiceUnavailable, "UNAVAILABLE")(w, r)
	})
	d.expect(ExitDone, "", "product", "get", "2001", "-o", "name")
	if d.out.String() != "product/2001\n" || calls[http.MethodGet] != 2 {
		t.Errorf("%q after %v", d.out.String(), calls)
	}
	d.expect(ExitUnreachable, "whether product 2001 is paused is not known: see seckillctl audit list --target product:2001\n", "product", "pause", "2001")
	if calls[http.MethodPost] != 1 {
		t.Errorf("a change was made %d times", calls[http.MethodPost])
	}
}

// product answers for product 2001, and counts how often it is ended.
func product(ended *int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := `{"productId": 2001, "status": "ACTIVE"}`
		switch {
		case strings.HasSuffix(r.URL.Path, "/audit"):
			answer = `{"items": [], "nextCursor": ""}`
		case strings.HasSuffix(r.URL.Path, "/end"):
			*ended++
			answer = `{"productId": 2001, "status": "ENDED"}`
		}
		_, _ = w.Write([]byte(answer))
	}
}

func TestWhatIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		production, terminal bool
		typed                string
		flags                []string
		exit                 int
		says                 string
	}{
		"a terminal is asked":                           {terminal: true, typed: "2001\n", says: "End product 2001 for good (", exit: ExitDone},
		"the answer needs no end of line":               {terminal: true, typed: "2001", exit: ExitDone},
		"another answer does nothing":                   {terminal: true, typed: "y\n", says: "nothing was done", exit: ExitNo},
		"no answer does nothing":                        {terminal: true, says: "nothing was done", exit: ExitNo},
		"--yes asks nothing":                            {terminal: true, flags: []string{"--yes"}, exit: ExitDone},
		"--yes serves scripts":                          {flags: []string{"-y"}, exit: ExitDone},
		"without a terminal nothing is done":            {typed: "2001\n", says: "--yes or --confirm 2001 is needed", exit: ExitUsage},
		"--confirm is the answer":                       {flags: []string{"--confirm", "2001"}, exit: ExitDone},
		"--confirm is another answer":                   {flags: []string{"--confirm", "2002", "--yes"}, says: "the word is 2001", exit: ExitUsage},
		"a production asks in spite of --yes":           {production: true, terminal: true, typed: "2001\n", flags: []string{"--yes"}, says: ", a production)? Type 2001", exit: ExitDone},
		"a production is refused what nobody confirmed": {production: true, flags: []string{"--yes"}, says: "--confirm 2001 is needed", exit: ExitUsage},
		"a production takes --confirm":                  {production: true, flags: []string{"--confirm", "2001"}, exit: ExitDone},
	} {
		t.Run(name, func(t *testing.T) {
			ended := 0
			d := newDesk(t, product(&ended))
			d.terminal, d.typed = c.terminal, c.typed
			d.env["NO_COLOR"] = "1"
			mark := contexts.File{Contexts: []contexts.Context{{Name: "p", Address: d.env["SECKILL_ADDR"], Production: c.production}}}
			if err := contexts.Save(d.env["SECKILL_CONTEXTS"], mark); err != nil {
				t.Fatal(err)
			}
			d.expect(c.exit, c.says, append([]string{"product", "end", "2001"}, c.flags...)...)
			if done := ended == 1; done != (c.exit == ExitDone) {
				t.Errorf("ended %d times", ended)
			}
		})
	}
}

func TestColoursAreForTerminalsOnly(t *testing.T) {
	for name, c := range map[string]struct {
		terminal bool
		env      map[string]string
		colours  bool
	}{
		"a terminal":              {terminal: true, colours: true},
		"no terminal":             {},
		"NO_COLOR":                {terminal: true, env: map[string]string{"NO_COLOR": "1"}},
		"a terminal without them": {terminal: true, env: map[string]string{"TERM": "dumb"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"productId": 2001, "status": "PAUSED"}`))
			})
			d.terminal = c.terminal
			maps.Copy(d.env, c.env)
			d.expect(ExitDone, "", "product", "get", "2001")
			if got := strings.Contains(d.out.String(), "\x1b["); got != c.colours {
				t.Errorf("colours = %v: %q", got, d.out.String())
			}
		})
	}
}

func TestATokenGoesToItsOwnServiceOnly(t *testing.T) {
	var seen []string
	d := newDesk(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		refusing(http.StatusUnauthorized, "UNAUTHORIZED")(w, r)
	})
	address := d.env["SECKILL_ADDR"]
	kept := contexts.File{Current: "a", Contexts: []contexts.Context{{Name: "a", Address: "http://127.0.0.1:1", Token: "secret"}}}
	if err := contexts.Save(d.env["SECKILL_CONTEXTS"], kept); err != nil {
		t.Fatal(err)
	}
	d.env["SECKILL_TOKEN"] = ""
	d.expect(ExitNotAllowed, "UNAUTHORIZED", "token", "session")
	d.env["SECKILL_ADDR"] = ""
	d.expect(ExitNotAllowed, "UNAUTHORIZED", "token", "session", "--address", address)
	if len(seen) != 2 || seen[0] != "" || seen[1] != "" {
		t.Errorf("the service has seen %q", seen)
	}
	d.expect(ExitUnreachable, "NO_ANSWER", "token", "session", "--timeout", "1s")
}

func TestTheConsoleIsOpenedOrItsAddressPrinted(t *testing.T) {
	d := newDesk(t, refusing(http.StatusNotFound, "NOT_FOUND"))
	address := d.env["SECKILL_ADDR"] + "/console/#token=x"
	d.expect(ExitDone, "is open in the browser", "console")
	if d.opened != address || d.out.Len() > 0 {
		t.Errorf("opened %q, printed %q", d.opened, d.out.String())
	}
	d.browse = errors.New("no display")
	d.expect(ExitDone, "no display", "console")
	if d.out.String() != address+"\n" {
		t.Errorf("printed %q", d.out.String())
	}
	d.env["SECKILL_TOKEN"] = ""
	d.expect(ExitUsage, "a token is needed", "console")
}

func TestTimes(t *testing.T) {
	now := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	a := &App{Deps: Deps{Now: func() time.Time { return now }}}
	for text, want := range map[string]time.Time{
		"now": now, "+10m": now.Add(10 * time.Minute), "-1h30m": now.Add(-90 * time.Minute),
		"2026-11-11T20:00:00Z": now, "2026-11-12T04:00:00+08:00": now,
	} {
		if got, err := a.time("from", text); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10m", "+x", "yesterday", "2026-11-11"} {
		if got, err := a.time("from", text); exitCode(err) != ExitUsage {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestATailMissesNoRowThatComesLate(t *testing.T) {
	page := func(ids ...int64) (made []client.AuditEntry) {
		for _, id := range ids {
			made = append(made, client.AuditEntry{ID: id})
		}
		return made
	}
	seen := newTail(page(9, 8, 6), "")
	if fresh := seen.keep(page(11, 9, 8, 7, 6)); len(fresh) != 2 || fresh[0] != 0 || fresh[1] != 3 {
		t.Errorf("fresh are %v", fresh)
	}
	if fresh := seen.keep(page(11, 9, 8, 7, 6)); len(fresh) != 0 {
		t.Errorf("seen again: %v", fresh)
	}
	older := newTail(page(9, 8, 6), "more")
	if fresh := older.keep(page(9, 8, 6, 5, 4)); len(fresh) != 0 {
		t.Errorf("what was there before is fresh: %v", fresh)
	}
}
