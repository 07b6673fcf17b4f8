package main

// products is the dashboard of all products side by side.
func products() page {
	return page{
		file: "products.json", uid: "seckill-products", title: "All products",
		text: "All products of one deployment that are not done with, side by side. A product's number leads to its sale.",
		rows: []row{
			{title: "Now", panels: productsNow()},
			{title: "Side by side", panels: productsTable()},
			{title: "Over time", panels: productsOverTime()},
		},
	}
}

func productsNow() []panel {
	return []panel{{
		title: "Active products", kind: number, unit: count, width: 5, height: 4, none: "0",
		text:     "Products whose status is ACTIVE, whether their window is open or not.",
		queries:  []query{{expr: `count(max by (product) (seckill_product_info{JOB,status="ACTIVE"}))`, legend: "active"}},
		runbooks: []string{"SeckillGateClosed"},
	}, {
		title: "Attempts per second", kind: number, unit: perSecond, width: 5, height: 4, none: "0",
		text:     "Attempts at our own gate.",
		queries:  []query{{expr: `sum(rate(seckill_attempts_total{JOB}[$__rate_interval]))`, legend: "attempts"}},
		runbooks: []string{"SeckillAdmissionBudgetBurn"},
	}, {
		title: "Units sold", kind: number, unit: count, width: 5, height: 4, none: "0",
		text:     "Live orders of all products.",
		queries:  []query{{expr: `sum(max by (product) (seckill_stock{JOB,place="sold"}))`, legend: "sold"}},
		runbooks: []string{"SeckillBooksDrift"},
	}, {
		title: "Products with a drift", kind: number, unit: count, width: 5, height: 4, none: "unknown", limits: atMost(1),
		text:     "Products whose books are off at this moment. In a busy sale one may be for a moment.",
		queries:  []query{{expr: `count(max by (product) (abs(seckill_books_drift{JOB})) > 0) or 0 * max(seckill_postgres_up{JOB})`, legend: "products"}},
		runbooks: []string{"SeckillBooksDrift"},
	}, {
		title: "Dead letters", kind: number, unit: count, width: 4, height: 4, none: "0", limits: atMost(1),
		text:     "Dead letters that nobody has dealt with.",
		queries:  []query{{expr: `sum(max by (product) (seckill_dead_letters_open{JOB}))`, legend: "open"}},
		runbooks: []string{"SeckillDeadLettersOpen"},
	}}
}

// productsTable is one line a product. Its columns are in the order in which they are read:
// what it is, where its units are, what waits, what is wrong.
func productsTable() []panel {
	return []panel{{
		title: "Products", kind: table, unit: count, width: 24, height: 12,
		text: "One line a product: units, what waits in the stream, and what must not be. An empty cell is what nobody can see, or what a product of its mode does not have.",
		queries: []query{
			{expr: `max by (product, status, mode) (seckill_product_info{JOB})`, legend: ""},
			{expr: `max by (product) (seckill_stock{JOB,place="total"})`, legend: "Units"},
			{expr: `max by (product) (seckill_stock{JOB,place="left"})`, legend: "Left"},
			{expr: `max by (product) (seckill_stock{JOB,place="sold"})`, legend: "Sold"},
			{expr: `max by (product) (seckill_stock{JOB,place="in_flight"})`, legend: "In flight"},
			{expr: `sum by (product) (rate(seckill_attempts_total{JOB}[1m]))`, legend: "Attempts", unit: perSecond},
			{expr: `max by (product) (seckill_stream_lag{JOB})`, legend: "Lag"},
			{expr: `max by (product) (seckill_stream_pending{JOB})`, legend: "Pending"},
			{expr: `max by (product) (seckill_stream_delay_seconds{JOB})`, legend: "Delay", unit: "s", limits: atMost(2, 10)},
			{expr: `max by (product) (seckill_gate_open{JOB})`, legend: "Gate", unit: plain, words: closed},
			{expr: `sum by (product) (seckill_consumers_up{JOB})`, legend: "Consumers", limits: atLeast(1)},
			{expr: `max by (product) (seckill_books_drift{JOB})`, legend: "Drift", limits: nothingBut0},
			{expr: `max by (product) (seckill_dead_letters_open{JOB})`, legend: "Dead letters", limits: atMost(1)},
			{expr: `max by (product) (seckill_moves_pending{JOB})`, legend: "Outbox"},
			{expr: `max by (product) (seckill_orders_overdue{JOB})`, legend: "Overdue"},
			{expr: `min by (product) (seckill_preflight_ready{JOB})`, legend: "Pre-flight", unit: plain, words: notReady},
		},
		runbooks: []string{"SeckillBooksDrift", "SeckillGateClosed", "SeckillNoConsumer", "SeckillPreflightNotReady", "SeckillDeadLettersOpen"},
	}}
}

func productsOverTime() []panel {
	return []panel{{
		title: "Attempts by product", kind: area, unit: perSecond, width: 12, height: 8,
		text:     "Attempts at our own gate, of the twenty products that are asked for most.",
		queries:  []query{{expr: `topk(20, sum by (product) (rate(seckill_attempts_total{JOB}[$__rate_interval])))`, legend: "{{product}}"}},
		runbooks: []string{"SeckillAdmissionBudgetBurn"},
	}, {
		title: "Entries by product", kind: area, unit: perSecond, width: 12, height: 8,
		text:     "Entries that were dealt with, of the twenty products that have most.",
		queries:  []query{{expr: `topk(20, sum by (product) (rate(seckill_entries_total{JOB}[$__rate_interval])))`, legend: "{{product}}"}},
		runbooks: []string{"SeckillSettlementStalled"},
	}, {
		title: "Share of the units left", kind: graph, unit: ratio, width: 12, height: 8,
		text: "Units left in PostgreSQL over all units: the burn-down of every product.",
		queries: []query{{
			expr:   `max by (product) (seckill_stock{JOB,place="left"}) / (max by (product) (seckill_stock{JOB,place="total"}) > 0)`,
			legend: "{{product}}",
		}},
		runbooks: []string{"SeckillUnitsInFlight"},
	}, {
		title: "Delay by product", kind: graph, unit: "s", width: 12, height: 8, limits: atMost(2, 10),
		text:     "Age of the oldest entry that is not yet delivered, of the twenty products whose entries wait longest.",
		queries:  []query{{expr: `topk(20, max by (product) (seckill_stream_delay_seconds{JOB}))`, legend: "{{product}}"}},
		runbooks: []string{"SeckillSettlementStalled"},
	}}
}
