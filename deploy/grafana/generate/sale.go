package main

// sale is the dashboard of one product on sale.
func sale() page {
	return page{
		file: "sale.json", uid: "seckill-sale", title: "Sale", ofProduct: true,
		text: "One product on sale: where its units are, what becomes of attempts and entries, and what must not be.",
		rows: []row{
			{title: "Now", panels: saleNow()},
			{title: "Units", panels: saleUnits()},
			{title: "Attempts", panels: saleAttempts()},
			{title: "Settlement", panels: saleSettlement()},
			{title: "Orders and payments", panels: saleOrders()},
			{title: "What must not be", panels: append(saleTrouble(), saleStream()...)},
		},
	}
}

func saleNow() []panel {
	return []panel{{
		title: "Status", kind: name, unit: plain, width: 4, height: 4, none: "unknown",
		text:     "The product's status (ACTIVE, PAUSED, ENDED) and mode: SETTLE decides who gets a unit, RECORD only writes down who tried.",
		queries:  []query{{expr: `max by (status, mode) (seckill_product_info{SALE})`, legend: "{{status}} {{mode}}"}},
		runbooks: []string{"SeckillGateClosed"},
	}, {
		title: "Window", kind: number, unit: "dateTimeFromNow", width: 6, height: 4, none: "always open",
		text: "When the sale starts and ends. A product without either is on sale as long as it is ACTIVE.",
		queries: []query{
			{expr: `1000 * max(seckill_sale_start_timestamp_seconds{SALE})`, legend: "starts"},
			{expr: `1000 * max(seckill_sale_end_timestamp_seconds{SALE})`, legend: "ends"},
		},
		runbooks: []string{"SeckillGateClosed", "SeckillPreflightNotReady"},
	}, {
		title: "Pre-flight", kind: number, unit: plain, width: 3, height: 4, none: "none due", words: notReady,
		text:    "What the checks before a sale say, asked once a minute of a sale that starts within a day.",
		queries: []query{{expr: `min(seckill_preflight_ready{SALE})`, legend: "pre-flight"}},
	}, {
		title: "Gate", kind: number, unit: plain, width: 3, height: 4, none: "unknown", words: closed,
		text:    "Open while Redis holds the gate in the epoch of the books. While it is closed nobody is admitted: NOT_LOADED.",
		queries: []query{{expr: `max(seckill_gate_open{SALE})`, legend: "gate"}},
	}, {
		title: "Consumers", kind: number, unit: count, width: 3, height: 4, none: "unknown", limits: atLeast(1),
		text:    "Replicas that consume the product. A paused product has none.",
		queries: []query{{expr: `sum(seckill_consumers_up{SALE})`, legend: "consumers"}},
	}, {
		title: "Sold out in", kind: number, unit: "s", width: 5, height: 4, none: "nobody buys",
		text: "The units left, over the rate of the last minute at which units were sold, less those that came back.",
		queries: []query{{
			expr:   `max(seckill_stock{SALE,place="left"}) / (max(deriv(seckill_stock{SALE,place="sold"}[1m])) > 0)`,
			legend: "sold out in",
		}},
		runbooks: []string{"SeckillUnitsInFlight"},
	}, {
		title: "Alerts", kind: states, unit: plain, width: 24, height: 5, none: "no alert", words: fires,
		text:     "The alerts of this product that fire or are pending, over time.",
		queries:  []query{{expr: alerts("alertname", `{SALE,`), legend: "{{alertname}}"}},
		runbooks: []string{"SeckillWatchdog"},
	}}
}

func saleUnits() []panel {
	return []panel{{
		title: "Burn-down of the units", kind: graph, unit: count, width: 16, height: 9,
		text: "Units by where they are: total, left and sold (live orders) in PostgreSQL, redis (left in the gate), in_flight in between. " +
			"left and redis come together when nothing waits.",
		queries:  []query{{expr: `max by (place) (seckill_stock{SALE})`, legend: "{{place}}"}},
		runbooks: []string{"SeckillBooksDrift", "SeckillUnitsInFlight"},
	}, {
		title: "Units in flight", kind: graph, unit: count, width: 8, height: 9,
		text: "Units that the gate has admitted and that are not settled, beside the entries that wait. Units without entries hang.",
		queries: []query{
			{expr: `max(seckill_stock{SALE,place="in_flight"})`, legend: "units in flight"},
			{expr: `max(seckill_stream_lag{SALE}) + max(seckill_stream_pending{SALE})`, legend: "entries that wait"},
		},
	}}
}

func saleAttempts() []panel {
	return []panel{{
		title: "Attempts by outcome", kind: area, unit: perSecond, width: 12, height: 8,
		text: "Attempts at our own gate: admitted, repeated (a known request ID), unavailable (Redis did not answer), or the code of the refusal. " +
			"Entries that a BFF writes past the gate are not among them.",
		queries:  []query{{expr: `sum by (outcome) (rate(seckill_attempts_total{SALE}[$__rate_interval]))`, legend: "{{outcome}}"}},
		runbooks: []string{"SeckillAdmissionBudgetBurn"},
	}, {
		title: "Time of admission", kind: graph, unit: "s", width: 6, height: 8, traces: true,
		text:     "How long it took to decide an attempt, of all products of the job: half of them, and 99 of 100.",
		queries:  quantiles("seckill_admission_seconds"),
		runbooks: []string{"SeckillAdmissionBudgetBurn"},
	}, {
		title: "Estimated wait", kind: graph, unit: "s", width: 6, height: 8, limits: atMost(5, 10),
		text:     "How long an attempt that is admitted now will wait for its settlement. Beyond Admission.MaxDelay (10 s) it is refused as OVERLOADED.",
		queries:  []query{{expr: `max(seckill_admission_delay_seconds{SALE})`, legend: "wait"}},
		runbooks: []string{"SeckillSettlementStalled"},
	}}
}

func saleSettlement() []panel {
	return []panel{{
		title: "Logs by status", kind: area, unit: perSecond, width: 8, height: 8,
		text:     "Logs by the status that they took, with the reason of those that FAILED.",
		queries:  []query{{expr: `sum by (status, reason) (rate(seckill_logs_total{SALE}[$__rate_interval]))`, legend: "{{status}} {{reason}}"}},
		runbooks: []string{"SeckillSettlementStalled"},
	}, {
		title: "Entries by outcome", kind: area, unit: perSecond, width: 8, height: 8,
		text:     "Entries of the stream by what became of them: stored, duplicate (stored before) or dead (a dead letter).",
		queries:  []query{{expr: `sum by (outcome) (rate(seckill_entries_total{SALE}[$__rate_interval]))`, legend: "{{outcome}}"}},
		runbooks: []string{"SeckillSettlementStalled", "SeckillDeadLettersOpen"},
	}, {
		title: "Lag", kind: graph, unit: count, width: 8, height: 8,
		text: "Entries that are not yet delivered to the group (lag), and that are delivered and not acknowledged (pending).",
		queries: []query{
			{expr: `max(seckill_stream_lag{SALE})`, legend: "lag"},
			{expr: `max(seckill_stream_pending{SALE})`, legend: "pending"},
		},
		runbooks: []string{"SeckillNoConsumer", "SeckillSettlementStalled"},
	}, {
		title: "Delay", kind: graph, unit: "s", width: 8, height: 8, limits: atMost(2, 10), traces: true,
		text:    "Age of the oldest entry that is not yet delivered to the group.",
		queries: []query{{expr: `max(seckill_stream_delay_seconds{SALE})`, legend: "delay"}},
	}, {
		title: "Oldest pending entry", kind: graph, unit: "s", width: 8, height: 8, limits: atMost(10, 60),
		text:    "Age of the oldest entry that is delivered and not acknowledged.",
		queries: []query{{expr: `max(seckill_stream_oldest_pending_seconds{SALE})`, legend: "oldest pending"}},
	}, {
		title: "Arrival to commit", kind: graph, unit: "s", width: 8, height: 8, limits: atMost(2.048), traces: true,
		text:     "From the arrival of an entry to its commit, of all products of the job: half of them, and 99 of 100. In time is within 2 s.",
		queries:  quantiles("seckill_entry_seconds"),
		runbooks: []string{"SeckillSettlementBudgetBurn"},
	}}
}

func saleOrders() []panel {
	return []panel{{
		title: "Orders by status", kind: area, unit: perSecond, width: 12, height: 8,
		text:     "Orders by the status that they took.",
		queries:  []query{{expr: `sum by (status) (rate(seckill_orders_total{SALE}[$__rate_interval]))`, legend: "{{status}}"}},
		runbooks: []string{"SeckillOrdersOverdue"},
	}, {
		title: "Overdue orders", kind: graph, unit: "s", width: 6, height: 8, limits: atMost(10, 60),
		text: "Orders whose time to pay is over and that have not been expired yet: for how long that of the oldest is over, and how many there are. " +
			"The sweep comes every five seconds.",
		queries: []query{
			{expr: `max(seckill_orders_overdue_oldest_seconds{SALE})`, legend: "oldest"},
			{expr: `max(seckill_orders_overdue{SALE})`, legend: "orders", unit: count},
		},
	}, {
		title: "Late payments", kind: graph, unit: count, width: 6, height: 8, limits: atMost(1),
		text: "Payments of the last 15 minutes that their order did not take, to be given back: for an order that had expired or was cancelled (late), " +
			"that was paid already (second), or that needed none (needless).",
		queries: []query{
			{expr: `sum(increase(seckill_late_payments_total{SALE}[15m]))`, legend: "late"},
			{expr: `sum by (kind) (increase(seckill_surplus_payments_total{SALE}[15m]))`, legend: "{{kind}}"},
		},
	}}
}

func saleTrouble() []panel {
	return []panel{{
		title: "Books drift", kind: graph, unit: count, width: 8, height: 8, limits: nothingBut0,
		text:    "Units by which stock in PostgreSQL, orders and what the gate holds do not agree. Anything but 0 that lasts is a fault.",
		queries: []query{{expr: `max(seckill_books_drift{SALE})`, legend: "drift"}},
	}, {
		title: "Dead letters", kind: graph, unit: count, width: 8, height: 8, limits: atMost(1),
		text: "Dead letters that nobody has dealt with, and the age of the oldest.",
		queries: []query{
			{expr: `max(seckill_dead_letters_open{SALE})`, legend: "open"},
			{expr: `max(seckill_dead_letters_oldest_open_seconds{SALE})`, legend: "oldest", unit: "s"},
		},
	}, {
		title: "Dead letters by reason", kind: area, unit: perSecond, width: 8, height: 8,
		text:     "Entries that became a dead letter, by the rule that they broke.",
		queries:  []query{{expr: `sum by (reason) (rate(seckill_dead_letters_total{SALE}[$__rate_interval]))`, legend: "{{reason}}"}},
		runbooks: []string{"SeckillDeadLettersOpen"},
	}, {
		title: "Lost entries", kind: graph, unit: count, width: 8, height: 8, limits: atMost(1),
		text: "Entries of the last two minutes that were deleted from the stream before they were stored, that PostgreSQL and the stream have lost both, " +
			"and that PostgreSQL had lost and the stream still had (found again).",
		queries: []query{
			{expr: `sum(increase(seckill_stream_lost_entries_total{SALE}[2m]))`, legend: "deleted from the stream"},
			{expr: `sum(increase(seckill_books_lost_total{SALE}[2m]))`, legend: "lost by both"},
			{expr: `sum(increase(seckill_books_found_again_total{SALE}[2m]))`, legend: "found again"},
		},
	}, {
		title: "Outbox", kind: graph, unit: "s", width: 8, height: 8, limits: atMost(5, 30),
		text: "Moves of stock that the gate has not been told yet: the age of the oldest, and how many there are.",
		queries: []query{
			{expr: `max(seckill_moves_oldest_seconds{SALE})`, legend: "oldest"},
			{expr: `max(seckill_moves_pending{SALE})`, legend: "moves", unit: count},
		},
	}}
}

func saleStream() []panel {
	return []panel{{
		title: "Trimming held up", kind: graph, unit: "s", width: 8, height: 8, limits: atMost(1), none: "by nobody",
		text:    "How long beyond the retention a group has held up the trimming of the stream. The stream grows meanwhile.",
		queries: []query{{expr: `max by (group) (seckill_stream_trim_held_seconds{SALE})`, legend: "{{group}}"}},
	}, {
		title: "Length of the stream", kind: graph, unit: count, width: 12, height: 7,
		text:     "Entries in the stream, those that are done with and are kept for Consumer.Retention included.",
		queries:  []query{{expr: `max(seckill_stream_length{SALE})`, legend: "entries"}},
		runbooks: []string{"SeckillForeignGroup", "SeckillMemoryForecast"},
	}, {
		title: "Ahead of the clock", kind: graph, unit: "s", width: 12, height: 7, limits: atMost(1),
		text: "By how much the last ID of the stream is ahead of Redis's clock: a clock was set back, or somebody has made up an ID. " +
			"Entries count as arrived at that time until the clock has reached it.",
		queries:  []query{{expr: `max(seckill_stream_ahead_seconds{SALE})`, legend: "ahead"}},
		runbooks: []string{"SeckillPreflightNotReady"},
	}}
}
