package client_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"seckill/client"
)

func TestLines(t *testing.T) {
	lines := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		_, _ = io.WriteString(w, text)
	}
	cases := map[string]struct {
		answer func(n int, w http.ResponseWriter, r *http.Request)
		items  int
		code   client.Code
	}{
		"come one by one": {func(_ int, w http.ResponseWriter, _ *http.Request) { lines(w, "{\"id\":1}\n{\"id\":2}\n") }, 2, ""},
		"are begun again when nothing has come": {func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				refuse(w, http.StatusServiceUnavailable, client.CodeUnavailable)
				return
			}
			lines(w, "{\"id\":1}\n")
		}, 1, ""},
		"that break off are not all": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			lines(w, "{\"id\":1}\n")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 1, client.CodeNoAnswer},
		"that are none are an error":       {func(_ int, w http.ResponseWriter, _ *http.Request) { lines(w, "<html>\n") }, 0, client.CodeNoAnswer},
		"of another type are not believed": {func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"items":[]}`) }, 0, client.CodeNoAnswer},
		"are refused as anything is": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusForbidden, client.CodeForbidden)
		}, 0, client.CodeForbidden},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, operatorToken, at(fake(t, tc.answer)), quickly)
			n, err := count(c.AuditStream(t.Context(), client.AuditFilter{}))
			if n != tc.items || client.CodeOf(err) != tc.code {
				t.Errorf("%d items, %v", n, err)
			}
			if tc.code != "" && !errors.Is(err, tc.code) {
				t.Errorf("error %v is not %s", err, tc.code)
			}
		})
	}
}
