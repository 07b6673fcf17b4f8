package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"seckill/client"
)

// recorder notes the calls that succeed.
type recorder struct {
	mu   sync.Mutex
	next http.RoundTripper
	seen []string // method and path
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	if err == nil && response.StatusCode < http.StatusMultipleChoices {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen = append(r.seen, request.Method+" "+request.URL.Path)
	}
	return response, err
}

// hasRoute reports whether a call of the route, such as GET /api/v1/orders/{orderId}, has
// succeeded.
func (r *recorder) hasRoute(route string) bool {
	pattern := regexp.MustCompile("^" + regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(route, "[^/]+") + "$")
	return slices.ContainsFunc(r.seen, pattern.MatchString)
}

// step is the use of a method in the story that TestEveryMethod tells.
type step struct {
	method string
	use    func(ctx context.Context, c *client.Client) error
}

// story uses every method on a product of its own, in an order in which all succeed.
func story(t *testing.T) []step {
	const product, user, record = 3001, 4242, 1
	var order, letter int64
	var streamID string
	pay := int64(600)
	return []step{
		{"Health", func(ctx context.Context, c *client.Client) error { return c.Health(ctx) }},
		{"Ready", func(ctx context.Context, c *client.Client) error { return c.Ready(ctx, "redis", "postgres") }},
		{"OpenAPI", func(ctx context.Context, c *client.Client) error { _, err := c.OpenAPI(ctx); return err }},
		{"CreateProduct", func(ctx context.Context, c *client.Client) error {
			p, err := c.CreateProduct(ctx, client.NewProduct{
				ProductID: product, Name: "rice", StockTotal: new(int64(5)), PerUserLimit: new(int64(2)),
				StartsAt: time.Now().Add(-time.Hour), PaymentWindowSeconds: pay,
			})
			return first(err, same(units(p.StockLeft), 5), same(p.PerUserLimit, 2), same(p.Mode, client.Settle), same(p.StartsAt.IsZero(), false))
		}},
		{"Product", func(ctx context.Context, c *client.Client) error {
			p, err := c.Product(ctx, product)
			return first(err, same(p.Name, "rice"), same(p.Status, client.Active))
		}},
		{"ChangeProduct", func(ctx context.Context, c *client.Client) error {
			p, err := c.ChangeProduct(ctx, product, client.ProductChange{
				Name: new("tea"), StartsAt: new(time.Time{}), EndsAt: new(time.Now().Add(time.Hour)),
			})
			return first(err, same(p.Name, "tea"), same(p.StartsAt.IsZero(), true), same(p.EndsAt.IsZero(), false))
		}},
		{"Products", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.Products().All(ctx))
			return first(err, same(n >= 2, true))
		}},
		{"RestockProduct", func(ctx context.Context, c *client.Client) error {
			p, err := c.RestockProduct(ctx, product, 3, "more came")
			return first(err, same(units(p.StockTotal), 8))
		}},
		{"PauseProduct", func(ctx context.Context, c *client.Client) error {
			p, err := c.PauseProduct(ctx, product)
			return first(err, same(p.Status, client.Paused))
		}},
		{"ResumeProduct", func(ctx context.Context, c *client.Client) error {
			p, err := c.ResumeProduct(ctx, product)
			opened(t, product)
			return first(err, same(p.Status, client.Active))
		}},
		{"Attempt", func(ctx context.Context, c *client.Client) error {
			a, err := c.Attempt(ctx, product, user, "click-1")
			streamID = a.StreamID
			return first(err, same(a.Status, client.Processing), same(a.RequestID, "click-1"))
		}},
		{"WaitResult", func(ctx context.Context, c *client.Client) error {
			r, err := c.WaitResult(ctx, product, user, time.Minute)
			if err == nil && r.Order != nil {
				order = r.Order.OrderID
			}
			return first(err, same(r.Status, client.Success), same(r.StreamID, streamID), same(r.PollAfterMs, 0))
		}},
		{"Result", func(ctx context.Context, c *client.Client) error {
			r, err := c.Result(ctx, product, user)
			return first(err, same(r.StreamID, streamID))
		}},
		{"ResultEvents", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.ResultEvents(ctx, product, user))
			return first(err, same(n, 1))
		}},
		{"Order", func(ctx context.Context, c *client.Client) error {
			o, err := c.Order(ctx, order)
			return first(err, same(o.Status, client.PendingPayment), same(o.ExpiresAt.IsZero(), false))
		}},
		{"PayOrder", func(ctx context.Context, c *client.Client) error {
			o, err := c.PayOrder(ctx, order, "bank-1")
			return first(err, same(o.Status, client.Paid), same(o.PaymentRef, "bank-1"), same(o.PaidAt.IsZero(), false))
		}},
		{"Buy", func(ctx context.Context, c *client.Client) error {
			r, err := c.Buy(ctx, product, user+1, "", time.Minute)
			if err == nil && r.Order != nil {
				order = r.Order.OrderID
			}
			return first(err, same(r.Status, client.Success))
		}},
		{"CancelOrder", func(ctx context.Context, c *client.Client) error {
			o, err := c.CancelOrder(ctx, order)
			return first(err, same(o.Status, client.Cancelled))
		}},
		{"Orders", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.Orders(client.OrderFilter{ProductID: product, UserID: user, StreamID: streamID, PaymentRef: "bank-1"}).All(ctx))
			one, oneErr := count(c.Orders(client.OrderFilter{OrderID: order}).All(ctx))
			return first(err, oneErr, same(n, 1), same(one, 1))
		}},
		{"ExportOrders", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.ExportOrders(ctx, client.OrderFilter{ProductID: product, From: time.Now().Add(-time.Hour)}))
			return first(err, same(n, 2))
		}},
		{"ExportOrdersCSV", func(ctx context.Context, c *client.Client) error {
			var out strings.Builder
			err := c.ExportOrdersCSV(ctx, client.OrderFilter{ProductID: product}, &out)
			return first(err, same(strings.HasPrefix(out.String(), "orderId,"), true), same(strings.Count(out.String(), "\n"), 3))
		}},
		{"Audit", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.Audit(client.AuditFilter{Action: "product.pause", Target: fmt.Sprint("product:", product)}).All(ctx))
			return first(err, same(n, 1))
		}},
		{"AuditStream", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.AuditStream(ctx, client.AuditFilter{Target: fmt.Sprint("product:", product)}))
			return first(err, same(n >= 4, true))
		}},
		{"Session", func(ctx context.Context, c *client.Client) error {
			s, err := c.Session(ctx)
			return first(err, same(s.Role, "operator"), same(s.ExpiresAt.After(time.Now()), true), same(len(s.Allowed) > 0, true))
		}},
		{"OrderEventPage", func(ctx context.Context, c *client.Client) error {
			p, err := c.OrderEventPage(ctx, product, 0, 3, 0)
			if err != nil || len(p.Items) != 3 {
				return fmt.Errorf("%d events: %w", len(p.Items), err)
			}
			_, ahead := c.OrderEventPage(ctx, product, 1<<52, 0, time.Second)
			refused, _ := errors.AsType[*client.Error](ahead)
			return first(same(p.Items[0].Type, client.OrderWasCreated), same(p.Next, p.Items[2].Number),
				same(p.Items[0].Order.PaymentRef, ""), same(client.CodeOf(ahead), client.CodeEventsReset), same(refused.Next > p.Next, true))
		}},
		{"OrderEvents", func(ctx context.Context, c *client.Client) error {
			var types []string
			for e, err := range c.OrderEvents(ctx, product, 0) {
				if err != nil {
					return err
				}
				if types = append(types, string(e.Type)); len(types) == 4 {
					break
				}
			}
			return same(strings.Join(types, " "), "CREATED PAID CREATED CANCELLED")
		}},
		{"UserResults", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.UserResults(user, client.Success).All(ctx))
			return first(err, same(n, 1))
		}},
		{"ProductResults", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.ProductResults(product, "").All(ctx))
			return first(err, same(n, 2))
		}},
		{"Summary", func(ctx context.Context, c *client.Client) error {
			s, err := c.Summary(ctx, product)
			return first(err, same(s.Success, 2), same(units(s.StockTotal), 8))
		}},
		{"Books", func(ctx context.Context, c *client.Client) error {
			b, err := c.Books(ctx, product)
			return first(err, same(b.LiveOrders, 1), same(b.OrdersByStatus["CANCELLED"], 1))
		}},
		{"RepairBooks", func(ctx context.Context, c *client.Client) error {
			b, err := c.RepairBooks(ctx, product)
			return first(err, same(b.ProductID, product), same(units(b.Difference), 0))
		}},
		{"DryRepairBooks", func(ctx context.Context, c *client.Client) error {
			b, err := c.DryRepairBooks(ctx, product)
			return first(err, same(b.ProductID, product), same(units(b.Difference), 0))
		}},
		{"Preflight", func(ctx context.Context, c *client.Client) error {
			p, err := c.Preflight(ctx, product)
			return first(err, same(p.ProductID, product), same(len(p.Checks) > 40, true), same(p.Checks[0].Code, "REDIS_ANSWERS"),
				same(p.Checks[0].Level, client.CheckOK))
		}},
		{"Live", func(ctx context.Context, c *client.Client) error {
			looks := 0
			for overview, err := range c.Live(ctx) {
				if looks++; err == nil && len(overview.Missing) > 0 && looks < 20 {
					continue // a server was late for this look
				}
				return first(err, same(len(overview.Products) >= 2, true), same(len(overview.Missing), 0), same(overview.At.IsZero(), false))
			}
			return errors.New("no overview")
		}},
		{"ProductLive", func(ctx context.Context, c *client.Client) error {
			looks := 0
			for event, err := range c.ProductLive(ctx, product) {
				if err != nil {
					return err
				}
				looks++
				if s := event.Sample; s != nil && (len(s.Missing) == 0 || looks >= 20) {
					return first(same(s.ProductID, product), same(units(s.StockTotal), 8), same(units(s.Sold), 1), same(s.Gate, "open"))
				}
			}
			return errors.New("no sample")
		}},
		{"Runbooks", func(ctx context.Context, c *client.Client) error {
			all, err := c.Runbooks(ctx, "")
			if err != nil || len(all) == 0 {
				return fmt.Errorf("%d runbooks: %w", len(all), err)
			}
			return first(same(all[0].Kind, client.RunbookOfAlert), same(all[len(all)-1].Kind, client.RunbookOfCheck))
		}},
		{"Runbook", func(ctx context.Context, c *client.Client) error {
			text, err := c.Runbook(ctx, "SeckillBooksDrift", "zh")
			_, none := c.Runbook(ctx, "none", "")
			return first(err, same(strings.HasPrefix(text, "# SeckillBooksDrift："), true), same(client.CodeOf(none), client.CodeRunbookNotFound))
		}},
		{"Streams", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.Streams().All(ctx))
			return first(err, same(n >= 2, true))
		}},
		{"Stream", func(ctx context.Context, c *client.Client) error {
			s, err := c.Stream(ctx, product)
			return first(err, same(s.Length, 2), same(s.Group, "g1"))
		}},
		{"Pending", func(ctx context.Context, c *client.Client) error {
			_, err := count(c.Pending(product).All(ctx))
			return err
		}},
		{"Logs", func(ctx context.Context, c *client.Client) error {
			n, err := count(c.Logs(client.LogFilter{
				ProductID: product, UserID: user, Status: client.Success, StreamID: streamID, RequestID: "click-1",
				From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour),
			}).All(ctx))
			return first(err, same(n, 1))
		}},
		{"ChangeLogs", func(ctx context.Context, c *client.Client) error {
			a, err := c.Attempt(ctx, record, user, "")
			if err != nil {
				return err
			}
			stored(t, c, record, user)
			out, err := c.ChangeLogs(ctx, []client.LogChange{
				{ProductID: record, StreamID: a.StreamID, Status: client.Failed, Reason: "NO_ADDRESS"},
				{ProductID: product, StreamID: streamID, Status: client.Failed},
			})
			if err != nil {
				return err
			}
			return first(same(out[0].Outcome, client.Updated), same(out[1].Outcome, client.SettledByService))
		}},
		{"DeadLetters", func(ctx context.Context, c *client.Client) error { return buried(t, c, record) }},
		{"DeadLetterGroups", func(ctx context.Context, c *client.Client) error {
			groups, err := c.DeadLetterGroups(ctx, record)
			if err != nil || len(groups) != 1 {
				return fmt.Errorf("%v, %w", groups, err)
			}
			letter = groups[0].SampleIDs[0]
			return first(same(groups[0].Open, 4), same(groups[0].Reason, "INVALID_UID"), same(groups[0].OldestOpenAt.IsZero(), false))
		}},
		{"PreviewDeadLetter", func(ctx context.Context, c *client.Client) error {
			bad, err := c.PreviewDeadLetter(ctx, letter, client.Correction{"uid": new(client.Field("\xff"))})
			good, goodErr := c.PreviewDeadLetter(ctx, letter, client.Correction{"uid": new(client.Field("77"))})
			return first(err, goodErr, same(bad.Reason, client.CodeInvalidUID), same(bad.Fields["uid"], "\xff"),
				same(good.Valid, true), same(good.Decision.Status, client.Processing))
		}},
		{"DiscardDeadLetter", func(ctx context.Context, c *client.Client) error {
			l, err := c.DiscardDeadLetter(ctx, letter, "a robot")
			return first(err, same(l.Status, client.LetterDiscarded))
		}},
		{"ReopenDeadLetter", func(ctx context.Context, c *client.Client) error {
			l, err := c.ReopenDeadLetter(ctx, letter, "no robot")
			return first(err, same(l.Status, client.LetterOpen), same(len(l.History), 2), same(l.History[1].Note, "no robot"))
		}},
		{"ReplayDeadLetter", func(ctx context.Context, c *client.Client) error {
			_, bad := c.ReplayDeadLetter(ctx, letter, nil, "")
			l, err := c.ReplayDeadLetter(ctx, letter, client.Correction{"uid": new(client.Field("77")), "x": nil}, "")
			_, again := c.ReplayDeadLetter(ctx, letter, nil, "")
			return first(err, same(client.CodeOf(bad), client.CodeInvalidUID), same(l.Outcome.Log.UserID, 77), same(client.CodeOf(again), client.CodeAlreadyReplayed))
		}},
		{"DeadLetter", func(ctx context.Context, c *client.Client) error {
			l, err := c.DeadLetter(ctx, letter)
			return first(err, same(l.History[2].After["uid"], "77"), same(l.Fields["uid"][:1], "x"))
		}},
		{"ReplayDeadLetters", func(ctx context.Context, c *client.Client) error {
			r, err := c.ReplayDeadLetters(ctx, client.DeadLetterReplay{
				ProductID: record, Reason: "INVALID_UID", Fields: client.Correction{"uid": new(client.Field("78"))}, Note: "bulk", Limit: 1,
			})
			return first(err, same(r.Matched, 3), same(r.Replayed, 1), same(r.Remaining, 2))
		}},
		{"DiscardDeadLetters", func(ctx context.Context, c *client.Client) error {
			d, err := c.DiscardDeadLetters(ctx, client.DeadLetterDiscard{ProductID: record, Note: "the rest"})
			return first(err, same(d.Discarded, 2), same(d.Remaining, 0))
		}},
		{"Do", func(ctx context.Context, c *client.Client) error {
			var raw json.RawMessage
			err := c.Do(ctx, http.MethodGet, "/admin/v1/products?limit=1", nil, &raw)
			return first(err, same(strings.HasPrefix(string(raw), `{"items":[`), true))
		}},
		{"EndProduct", func(ctx context.Context, c *client.Client) error {
			p, err := c.EndProduct(ctx, product)
			return first(err, same(p.Status, client.Ended))
		}},
		{"AttemptBatch", func(ctx context.Context, c *client.Client) error {
			all, err := c.AttemptBatch(ctx, product, []client.NewAttempt{{UserID: user, RequestID: "click-1"}, {UserID: user + 2}})
			if err != nil || len(all) != 2 {
				return fmt.Errorf("%d attempts: %w", len(all), err)
			}
			return first(same(all[0].StreamID, streamID), same(client.CodeOf(all[1].Err), client.CodeEnded))
		}},
		{"Results", func(ctx context.Context, c *client.Client) error {
			all, err := c.Results(ctx, product, []int64{user + 2, user})
			if err != nil || len(all) != 2 {
				return fmt.Errorf("%d results: %w", len(all), err)
			}
			return first(same(client.CodeOf(all[0].Err), client.CodeResultNotFound), same(all[1].StreamID, streamID),
				same(all[1].Status, client.Success), same(all[1].Order.Status, client.Paid))
		}},
		{"DeleteProduct", func(ctx context.Context, c *client.Client) error {
			return deleted(t, c, product)
		}},
	}
}

func TestEveryMethodDoesWhatItSays(t *testing.T) {
	r := &recorder{next: &http.Transport{}}
	c := newClient(t, operatorToken, func(config *client.Config) { config.HTTP = &http.Client{Transport: r} })
	used := []string{"Close"}
	for _, s := range story(t) {
		used = append(used, s.method)
		if err := s.use(t.Context(), c); err != nil {
			t.Fatalf("%s: %v", s.method, err)
		}
	}
	for method := range reflect.TypeFor[*client.Client]().Methods() {
		if !slices.Contains(used, method.Name) {
			t.Errorf("no test uses %s", method.Name)
		}
	}
	for _, route := range routesOf(t, c) {
		if !r.hasRoute(route) {
			t.Errorf("no method of Client calls %s", route)
		}
	}
}

// routesOf returns the routes of the service as its description has them.
func routesOf(t *testing.T, c *client.Client) []string {
	t.Helper()
	text, err := c.OpenAPI(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for path, operations := range document.Paths {
		for name := range operations {
			if method := strings.ToUpper(name); slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "PATCH"}, method) {
				routes = append(routes, method+" "+path)
			}
		}
	}
	if len(routes) < 28 {
		t.Fatalf("the description has only %d routes", len(routes))
	}
	return routes
}
