package response

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"seckill/internal/servertest"
)

// TestWatchersAreBoundedByThemselves: as many as may are served, one more is left to the
// caller, and room is made by who goes.
func TestWatchersAreBoundedByThemselves(t *testing.T) {
	const bound = 3
	watchers, refused := newWatchers(bound), make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !watchers.Stream(w, r, func(ctx context.Context, events *Events) error {
			err := events.SendWire([]byte("id: 1\nevent: sample\ndata: {}\n\n"))
			<-ctx.Done()
			return err
		}) {
			w.WriteHeader(http.StatusServiceUnavailable)
			refused <- struct{}{}
		}
	}))
	defer server.Close()
	defer servertest.Eventually(t, "nobody watches any more", func() bool { return watchers.count.Load() == 0 })
	watch := func() (leave context.CancelFunc, status int) {
		ctx, cancel := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := server.Client().Do(request) //nolint:bodyclose // closed by what reads it
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, answer.Body); _ = answer.Body.Close() }()
		return cancel, answer.StatusCode
	}
	for n := range bound {
		leave, status := watch()
		defer leave()
		if status != http.StatusOK {
			t.Fatalf("watcher %d: %d", n, status)
		}
	}
	leave, status := watch()
	leave()
	if <-refused; status != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", status)
	}
	if most := NewWatchers().bound; most < 1 || most > maxWatchers {
		t.Errorf("%d may watch", most)
	}
}
