package handler_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestEventsThatAreOpenedAnew: a browser names the last event that it has got, and comes
// back until it is told 204.
func TestEventsThatAreOpenedAnew(t *testing.T) {
	w := newWorld(t)
	w.product(1, -1)
	w.log(1, 5, "10-0", "FAILED")
	tests := []struct{ name, last, want string }{ // want is the ID that is sent; "" = 204
		{"for the first time", "", "10-0:FAILED"},
		{"after the final event", "10-0:FAILED", ""},
		{"after an event before it", "10-0:PROCESSING", "10-0:FAILED"},
		{"after the final event of an earlier attempt", "9-0:SUCCESS", "10-0:FAILED"},
		{"after a final event that the books have lost", "11-0:SUCCESS", ""},
		{"after something that is no ID", "10-0:DONE", "10-0:FAILED"},
		{"after half of an ID", "10-0", "10-0:FAILED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := w.get("/api/v1/products/1/users/5/result/events", with("Last-Event-ID", tt.last))
			if tt.want == "" {
				if a.status != http.StatusNoContent || a.body != "" {
					t.Errorf("%d %q, want 204", a.status, a.body)
				}
				return
			}
			if a.status != http.StatusOK || !strings.HasPrefix(a.body, "retry: ") || !strings.Contains(a.body, "\nid: "+tt.want+"\nevent: result\ndata: {") {
				t.Errorf("%d %q, want the event %s", a.status, a.body, tt.want)
			}
			if a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q", a.header.Get("Cache-Control"))
			}
		})
	}
	w.get("/api/v1/products/1/users/6/result/events", with("Last-Event-ID", "10-0:FAILED")) // nobody: 204
}
