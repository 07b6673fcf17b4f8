package preflight

import (
	"errors"
	"fmt"
	"time"

	"seckill/internal/admission"
	"seckill/internal/seckill"
)

const (
	// aheadAtMost is how far IDs may be ahead of the clock: two servers that take turns as
	// master are that far apart.
	aheadAtMost = time.Second
	// shortPayment and longPayment bound what is a usual time to pay.
	shortPayment = time.Minute
	longPayment  = 7 * 24 * time.Hour
)

// productChecks are the checks of area product.
var productChecks = []Check{{
	Code: "PRODUCT_EXISTS", Area: AreaProduct, Level: LevelFail,
	DependsOn: []string{"POSTGRES_ANSWERS", "POSTGRES_WRITABLE", "POSTGRES_MIGRATIONS", "POSTGRES_SCHEMA"},
	Name:      "The product exists", Expected: "a row of it",
	Impact: "nobody can buy it", Action: "curl … /admin/v1/products",
	Run: productExists,
}, {
	Code: "PRODUCT_ACTIVE", Area: AreaProduct, Level: LevelFail, DependsOn: known,
	Name: "The product is ACTIVE", Expected: "the status ACTIVE",
	Impact: "a paused product admits nobody; one that has ended never will again",
	Action: "curl … /admin/v1/products/:productId/resume",
	Run:    productActive,
}, {
	Code: "PRODUCT_WINDOW", Area: AreaProduct, Level: LevelFail, DependsOn: known,
	Name: "The window of the sale is ahead", Expected: "a start and an end, in this order and in the future",
	Impact: "the sale is over, or has begun already", Action: `curl … /admin/v1/products/:productId {"startsAt", "endsAt"}`,
	Run: productWindow,
}, {
	Code: "PRODUCT_STOCK", Area: AreaProduct, Level: LevelFail, DependsOn: known,
	Name: "The product has stock", Expected: "units that are left to be sold",
	Impact: "everybody is told SOLD_OUT from the first second on", Action: "curl … /admin/v1/products/:productId/stock",
	Run: productStock,
}, {
	Code: "PRODUCT_LIMIT", Area: AreaProduct, Level: LevelWarn, DependsOn: known,
	Name: "Users have a limit", Expected: "a perUserLimit of 1 or more, and not above the stock",
	Impact: "one user can buy everything", Action: `curl … /admin/v1/products/:productId {"perUserLimit": 1}`,
	Run: productLimit,
}, {
	Code: "PRODUCT_PAYMENT", Area: AreaProduct, Level: LevelWarn, DependsOn: known,
	Name: "There is time to pay", Expected: "a payment window of a minute to a week, or none",
	Impact: "users cannot pay in time, or units that nobody pays come back when nobody wants them any more",
	Action: `curl … /admin/v1/products/:productId {"paymentWindowSeconds": 900}`,
	Run:    productPayment,
}, {
	Code: "PRODUCT_BALANCED", Area: AreaProduct, Level: LevelFail, DependsOn: known,
	Name: "Stock and orders balance", Expected: "stockTotal = stockLeft + live orders",
	Impact: "more or fewer units are sold than there are",
	Action: `psql -c "UPDATE seckill_products SET stock_left = stock_total - LIVE WHERE product_id = ID"`,
	Run:    productBalanced,
}, {
	Code: "PRODUCT_GATE", Area: AreaProduct, Level: LevelFail, DependsOn: gated,
	Name: "The gate is open", Expected: "a gate in Redis in the present epoch of the books",
	Impact: "everybody is answered 503 NOT_LOADED", Action: "curl … /admin/v1/products/:productId/books/repair",
	Run: productGate,
}, {
	Code: "PRODUCT_OUTBOX", Area: AreaProduct, Level: LevelFail, DependsOn: []string{"PRODUCT_GATE"},
	Name: "The gate has been told everything", Expected: "no move in seckill_moves that the gate does not know",
	Impact: "units that came back are not for sale", Action: "curl … /admin/v1/products/:productId/books/repair",
	Run: productOutbox,
}, {
	Code: "PRODUCT_STREAM", Area: AreaProduct, Level: LevelFail, DependsOn: []string{"PRODUCT_ACTIVE", "REDIS_WRITES"},
	Name: "The stream and its group are there", Expected: "a stream with the group of Consumer.Group",
	Impact: "attempts are refused, or nobody reads them",
	Action: "redis-cli XGROUP CREATE stream:seckill:ID g1 0 MKSTREAM",
	Run:    productStream,
}, {
	Code: "PRODUCT_STREAM_IDS", Area: AreaProduct, Level: LevelFail, DependsOn: []string{"PRODUCT_STREAM"},
	Name: "Stream IDs are not ahead of the clock", Expected: "a last ID at most a second ahead of Redis's clock",
	Impact: "attempts count as later than they are: they are told ENDED, or nothing can be added at all",
	Action: "redis-cli DEL stream:seckill:ID",
	Run:    productStreamIDs,
}, {
	Code: "PRODUCT_BACKLOG", Area: AreaProduct, Level: LevelFail, DependsOn: []string{"PRODUCT_STREAM"},
	Name: "Nothing waits in the stream", Expected: "lag 0 and pending 0",
	Impact: "the sale begins behind what waits, and nobody may be reading",
	Action: "redis-cli XPENDING stream:seckill:ID g1",
	Run:    productBacklog,
}, {
	Code: "PRODUCT_LEFT", Area: AreaProduct, Level: LevelFail, DependsOn: []string{"PRODUCT_BALANCED", "PRODUCT_OUTBOX", "PRODUCT_BACKLOG"},
	Name: "The gate has what is left", Expected: "redisLeft = stockLeft",
	Impact: "units stay unsold, or attempts are admitted that cannot win",
	Action: "curl … /admin/v1/products/:productId/books/repair",
	Run:    productLeft,
}, {
	Code: "PRODUCT_DEAD_LETTERS", Area: AreaProduct, Level: LevelFail, DependsOn: known,
	Name: "No dead letter is open", Expected: "none with status OPEN",
	Impact: "attempts of users are undecided, and whoever sends them may send more of the kind",
	Action: "curl … /admin/v1/dead-letters/discard",
	Run:    productDeadLetters,
}}

// known is what most of them depend on.
var known = []string{"PRODUCT_EXISTS"}

// gated is what the checks of the gate depend on.
var gated = []string{"PRODUCT_ACTIVE", "PRODUCT_STOCK", "REDIS_SCRIPTS"}

func productExists(f *Facts) Finding {
	if f.Product.SaleErr != nil {
		return Finding{Level: LevelFail, Observed: "it cannot be read: " + reasonOf(f.Product.SaleErr), Action: f.curl("GET", f.productPath(""), "")}
	}
	return seen(fmt.Sprintf("%q", f.Product.Sale.Name))
}

func (f *Facts) productPath(rest string) string {
	return fmt.Sprintf("/admin/v1/products/%d%s", f.Product.ProductID, rest)
}

func productActive(f *Facts) Finding {
	switch status := seckill.ProductStatus(f.Product.Sale.Status); status {
	case seckill.ProductActive:
		return seen("ACTIVE")
	case seckill.ProductEnded:
		return Finding{
			Level: LevelFail, Observed: "ENDED", Action: f.curl("POST", "/admin/v1/products", `{"productId": …, "name": "…"}`),
			Message: "The product has ended, which is final: register another one.",
		}
	default:
		return Finding{Level: LevelFail, Observed: string(status), Action: f.curl("POST", f.productPath("/resume"), "")}
	}
}

func productWindow(f *Facts) Finding {
	sale := &f.Product.Sale
	text := func(t time.Time) string {
		if t.IsZero() {
			return "none"
		}
		return seckill.FormatTime(t)
	}
	found := Finding{Observed: "startsAt " + text(sale.StartsAt) + ", endsAt " + text(sale.EndsAt)}
	switch {
	case !sale.EndsAt.IsZero() && !sale.EndsAt.After(f.RanAt):
		found.Level, found.Message = LevelFail, "The sale is over: "+found.Observed+"."
	case !sale.EndsAt.IsZero() && !sale.StartsAt.IsZero() && !sale.StartsAt.Before(sale.EndsAt):
		found.Level, found.Message = LevelFail, "The sale ends before it starts: "+found.Observed+"."
	case sale.StartsAt.IsZero():
		found.Level, found.Message = LevelWarn, "The sale has no start: it is on already."
	case !sale.StartsAt.After(f.RanAt):
		found.Level, found.Message = LevelWarn, "The sale is on since "+text(sale.StartsAt)+"."
	case sale.EndsAt.IsZero():
		found.Level, found.Message = LevelWarn, "The sale has no end: it goes on until somebody ends it."
	default:
		return found
	}
	found.Action = f.curl("PUT", f.productPath(""), `{"startsAt":"'$(date -u -d '+1 hour' +%FT%TZ)'","endsAt":"'$(date -u -d '+2 hours' +%FT%TZ)'"}`)
	return found
}

func productStock(f *Facts) Finding {
	sale := &f.Product.Sale
	switch {
	case sale.StockTotal == nil:
		return Finding{
			Level: LevelWarn, Observed: "no stock: record-only", Action: f.curl("PUT", f.productPath(""), `{"stockTotal":100}`),
			Message: "The product is record-only: every attempt is recorded, and somebody else decides.",
		}
	case *sale.StockLeft <= 0:
		return Finding{
			Level: LevelFail, Observed: fmt.Sprintf("%d of %d units left", *sale.StockLeft, *sale.StockTotal),
			Action: f.curl("POST", f.productPath("/stock"), `{"delta":100,"note":"before the sale"}`),
		}
	default:
		return seen(fmt.Sprintf("%d of %d units left", *sale.StockLeft, *sale.StockTotal))
	}
}

func productLimit(f *Facts) Finding {
	sale := &f.Product.Sale
	found := seen(fmt.Sprintf("perUserLimit %d", sale.PerUserLimit))
	if sale.StockTotal == nil || sale.PerUserLimit > 0 && sale.PerUserLimit <= max(1, *sale.StockTotal) {
		return found
	}
	found.Level, found.Action = LevelWarn, f.curl("PUT", f.productPath(""), `{"perUserLimit":1}`)
	return found
}

func productPayment(f *Facts) Finding {
	window := f.Product.Sale.PaymentWindow
	if window == 0 {
		return seen("none: orders are CONFIRMED at once")
	}
	found := seen(window.String())
	if window < shortPayment || window > longPayment {
		found.Level, found.Action = LevelWarn, f.curl("PUT", f.productPath(""), `{"paymentWindowSeconds":900}`)
	}
	return found
}

func productBalanced(f *Facts) Finding {
	sale := &f.Product.Sale
	if sale.StockTotal == nil {
		return seen("no stock to balance")
	}
	found := seen(fmt.Sprintf("%d = %d left + %d live orders", *sale.StockTotal, *sale.StockLeft, sale.LiveOrders))
	if *sale.StockTotal != *sale.StockLeft+sale.LiveOrders {
		found.Level, found.Observed = LevelFail, fmt.Sprintf("%d units, %d left, %d live orders", *sale.StockTotal, *sale.StockLeft, sale.LiveOrders)
		found.Action = f.psql(fmt.Sprintf("UPDATE seckill_products SET stock_left = stock_total - %d WHERE product_id = %d AND stock_left = %d",
			sale.LiveOrders, f.Product.ProductID, *sale.StockLeft))
	}
	return found
}

func productDeadLetters(f *Facts) Finding {
	n := f.Product.Sale.OpenLetters
	if n == 0 {
		return seen("none")
	}
	return Finding{
		Level: LevelFail, Observed: fmt.Sprintf("%d open", n),
		Action: f.curl("POST", "/admin/v1/dead-letters/discard",
			fmt.Sprintf(`{"productId":%d,"limit":1000,"note":"before the sale"}`, f.Product.ProductID)),
		Message: fmt.Sprintf("%d dead letters are open: correct and replay them, or discard them.", n),
	}
}

// notInStep is a gate that is not open in the present epoch.
func (f *Facts) notInStep(observed string) Finding {
	return Finding{Level: LevelFail, Observed: observed, Action: f.curl("POST", f.productPath("/books/repair"), "")}
}

func productGate(f *Facts) Finding {
	p := f.Product
	switch {
	case p.Sale.StockTotal == nil:
		return seen("record-only: no gate is needed")
	case errors.Is(p.GateErr, admission.ErrNotLoaded):
		return f.notInStep("no gate")
	case p.GateErr != nil:
		found := f.notInStep("it cannot be read: " + reasonOf(p.GateErr))
		found.Action = f.Settings.redisCLI(f.redisAddr(), "DEL", seckill.CompanionKey(p.ProductID, "gate"))
		return found
	case p.Gate.Epoch != p.Sale.Epoch:
		return f.notInStep(fmt.Sprintf("epoch %d, the books are in %d", p.Gate.Epoch, p.Sale.Epoch))
	default:
		return seen(fmt.Sprintf("open in epoch %d", p.Gate.Epoch))
	}
}

func productOutbox(f *Facts) Finding {
	p := f.Product
	pending := p.Sale.Moves - p.Gate.Applied
	if p.Sale.StockTotal == nil || pending <= 0 {
		return seen("nothing")
	}
	return f.notInStep(fmt.Sprintf("%d moves that it has not been told", pending))
}

func productLeft(f *Facts) Finding {
	p := f.Product
	switch {
	case p.Sale.StockTotal == nil:
		return seen("no stock")
	case p.AccountErr != nil:
		return unseen("what the gate holds", p.AccountErr)
	case p.Account == nil:
		return Finding{Level: LevelWarn, Observed: "the gate is just being opened", Action: "sleep 1"}
	}
	observed := fmt.Sprintf("redisLeft %d, stockLeft %d, inFlight %d", p.Account.Left, *p.Sale.StockLeft, p.Account.InFlight)
	if p.Account.Drift != 0 || p.Account.InFlight != 0 || p.Account.Left != *p.Sale.StockLeft {
		return f.notInStep(observed)
	}
	return seen(observed)
}
