package handler_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"seckill/internal/auth"
	"seckill/internal/seckill"
)

// shortly returns an edit that makes a request one of a viewer whose token expires soon.
func (w *world) shortly() func(*http.Request) {
	w.t.Helper()
	token, err := auth.IssueToken(secret, "alice", "viewer", 2*time.Second)
	if err != nil {
		w.t.Fatal(err)
	}
	return with("Authorization", "Bearer "+token)
}

// TestLiveEndsWithTheToken: the answers are whole, since they end by themselves. A history
// without samples has no ID, and each other has.
func TestLiveEndsWithTheToken(t *testing.T) {
	w := newWorld(t)
	w.product(1, 5)
	const history = `^(event: history\ndata: \{"seconds":\[.*\],"samples":\[\]\}|` +
		`id: \d+\nevent: history\ndata: \{"seconds":\[.*\],"samples":\[\{)`
	tests := []struct{ name, path, last, begins, holds string }{
		{"all", "/admin/v1/live", "", `^id: `, `"products":[{"at":`},
		{"one", "/admin/v1/products/1/live", "", history, `"productId":1,`},
		{"one, after an event of another process", "/admin/v1/products/1/live", "5", "", `"productId":1,`},
		{"one, after what is no ID", "/admin/v1/products/1/live", "x", "", `"productId":1,`},
		{"one, with IDs as text", "/admin/v1/products/1/live?ids=string", "", "", `"productId":"1",`},
		{"all, with IDs as text", "/admin/v1/live?ids=string", "", `^id: `, `"productId":"1",`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := w.get(tt.path, w.shortly(), with("Last-Event-ID", tt.last))
			retry, body, _ := strings.Cut(a.body, "\n")
			if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/event-stream" || a.header.Get("Cache-Control") != "no-store" ||
				!strings.HasPrefix(retry, "retry: ") || !regexp.MustCompile(tt.begins).MatchString(body) ||
				!strings.Contains(body, "event: sample\ndata: {") || !strings.Contains(body, tt.holds) || !strings.HasSuffix(body, "}\n\n") {
				t.Errorf("%d %v %q", a.status, a.header, a.body)
			}
		})
	}
}

func TestLiveIsForThoseWhoMayLook(t *testing.T) {
	w := newWorld(t)
	w.product(1, 5)
	for _, path := range []string{"/admin/v1/live", "/admin/v1/products/1/live"} {
		w.get(path, with("Authorization", "Bearer "+w.token("bff"))).refused(t, http.StatusForbidden, seckill.CodeForbidden, "GET")
		w.get(path, with("Authorization", "Bearer x")).refused(t, http.StatusUnauthorized, seckill.CodeUnauthorized, "token")
		w.get(path+"?a=1").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "a")
		w.send(http.MethodPost, path, strings.NewReader("{}")).refused(t, http.StatusMethodNotAllowed, seckill.CodeMethodNotAllowed, "")
	}
	w.get("/admin/v1/products/2/live").refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "2")
	w.get("/admin/v1/products/0/live").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "productId")
}
