package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"seckill/client"
)

// event writes one state of a result as the service does.
func event(w http.ResponseWriter, id string, status client.ResultStatus) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "retry: 5\nid: %s\nevent: result\ndata: {\"streamId\": %q, \"status\": %q}\n\n:\n\n", id, id, status)
	_ = http.NewResponseController(w).Flush()
}

// states collects the states of events until they end.
func states(t *testing.T, c *client.Client, product, user int64) (all []client.ResultStatus, err error) {
	t.Helper()
	for result, err := range c.ResultEvents(t.Context(), product, user) {
		if err != nil {
			return all, err
		}
		all = append(all, result.Status)
	}
	return all, nil
}

func TestEventsGoOnWhereTheyBrokeOff(t *testing.T) {
	var last [4]string
	url := fake(t, func(n int, w http.ResponseWriter, r *http.Request) {
		last[n-1] = r.Header.Get("Last-Event-ID")
		switch n {
		case 1:
			event(w, "1-0:PROCESSING", client.Processing)
			panic(http.ErrAbortHandler) // the replica is killed
		case 2:
			refuse(w, http.StatusServiceUnavailable, client.CodeUnavailable)
		case 3:
			event(w, "1-0:PROCESSING", client.Processing) // again, as through a proxy of HTTP/2
		default:
			event(w, "1-0:SUCCESS", client.Success)
		}
	})
	all, err := states(t, newClient(t, bffToken, at(url), quickly), 1, 7)
	if err != nil || len(all) != 2 || all[0] != client.Processing || all[1] != client.Success {
		t.Fatalf("states %v, %v", all, err)
	}
	if want := [4]string{"", "1-0:PROCESSING", "1-0:PROCESSING", "1-0:PROCESSING"}; last != want {
		t.Errorf("Last-Event-ID %q", last)
	}
}

func TestEventsEnd(t *testing.T) {
	t.Run("with CodeProductNotFound", func(t *testing.T) {
		if _, err := states(t, newClient(t, bffToken), 999_999, 7); !errors.Is(err, client.CodeProductNotFound) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("when nobody answers", func(t *testing.T) {
		c := newClient(t, bffToken, at("http://127.0.0.1:1"), quickly)
		if _, err := states(t, c, 1, 7); !errors.Is(err, client.CodeNoAnswer) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("when the answer is no stream", func(t *testing.T) {
		c := newClient(t, bffToken, at(fake(t, page)), quickly)
		if _, err := states(t, c, 1, 7); !errors.Is(err, client.CodeNoAnswer) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("without an error after all was told", func(t *testing.T) {
		url := fake(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		if all, err := states(t, newClient(t, bffToken, at(url)), 1, 7); err != nil || len(all) != 0 {
			t.Errorf("states %v, %v", all, err)
		}
	})
	t.Run("when the caller has enough", func(t *testing.T) {
		url := fake(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			event(w, "1-0:PROCESSING", client.Processing)
			<-r.Context().Done()
		})
		for range newClient(t, bffToken, at(url)).ResultEvents(t.Context(), 1, 7) {
			break
		}
	})
}

func TestAWaitGoesOnWhenAReplicaStops(t *testing.T) {
	var waits atomic.Int64
	url := fake(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if wait, err := time.ParseDuration(r.URL.Query().Get("wait")); err != nil || wait > 30*time.Second {
			t.Errorf("wait %v, %v", wait, err)
		}
		waits.Store(int64(n))
		switch n {
		case 1:
			refuse(w, http.StatusNotFound, client.CodeResultNotFound)
		case 2:
			_, _ = io.WriteString(w, `{"status": "PROCESSING", "pollAfterMs": 120}`)
		default:
			_, _ = io.WriteString(w, `{"status": "FAILED", "reason": "ENDED"}`)
		}
	})
	result, err := newClient(t, bffToken, at(url)).WaitResult(t.Context(), 1, 7, time.Minute)
	if err != nil || result.Reason != "ENDED" || waits.Load() != 3 {
		t.Errorf("result %+v after %d calls, %v", result, waits.Load(), err)
	}
}

func TestAWaitEndsWithWhatThereIs(t *testing.T) {
	newSale(t, 3300, 1)
	c := newClient(t, bffToken)
	if _, err := c.WaitResult(t.Context(), 3300, 7, 200*time.Millisecond); !errors.Is(err, client.CodeResultNotFound) {
		t.Errorf("error %v", err)
	}
	if _, err := c.Attempt(t.Context(), 1, 77, ""); err != nil { // record-only: nobody decides it
		t.Fatal(err)
	}
	result, err := c.WaitResult(t.Context(), 1, 77, 200*time.Millisecond)
	if err != nil || result.Status != client.Processing {
		t.Errorf("result %+v, %v", result, err)
	}
}

func TestAListGoesThroughItsPages(t *testing.T) {
	newSale(t, 3400, 500)
	c := newClient(t, bffToken)
	const attempts = 205
	for user := range int64(attempts) {
		if _, err := c.Attempt(t.Context(), 3400, 1+user, ""); err != nil {
			t.Fatal(err)
		}
	}
	if result, err := c.WaitResult(t.Context(), 3400, attempts, time.Minute); err != nil || !result.Status.Final() {
		t.Fatalf("result %+v, %v", result, err)
	}
	seen := map[int64]bool{}
	for log, err := range c.ProductResults(3400, "").All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen[log.UserID] = true
	}
	if len(seen) != attempts {
		t.Errorf("%d users, want %d", len(seen), attempts)
	}
	page, err := c.ProductResults(3400, client.Success).Page(t.Context(), "", 3)
	if err != nil || len(page.Items) != 3 || page.NextCursor == "" {
		t.Errorf("page %+v, %v", page, err)
	}
	if _, err := count(c.ProductResults(999_999, "").All(t.Context())); !errors.Is(err, client.CodeProductNotFound) {
		t.Errorf("error %v", err)
	}
}
