package main

// service is the dashboard of the replicas and of their servers.
func service() page {
	return page{
		file: "service.json", uid: "seckill-service", title: "Service",
		text: "The replicas of one deployment: whether they live, reach their servers, keep their objectives, and what they need for it.",
		rows: []row{
			{title: "Now", panels: serviceNow()},
			{title: "Objectives", panels: serviceObjectives()},
			{title: "Work", panels: serviceWork()},
			{title: "Servers", panels: serviceServers()},
			{title: "Processes", panels: serviceProcesses()},
		},
	}
}

func serviceNow() []panel {
	return []panel{{
		title: "Alerts", kind: states, unit: plain, width: 16, height: 8, none: "no alert", words: fires,
		text:     "The alerts of this job that fire or are pending, over time; the watchdog is beside.",
		queries:  []query{{expr: alerts("alertname, product", `{job=~"$job|",alertname=~"Seckill.+",severity!="none",`), legend: "{{alertname}} {{product}}"}},
		runbooks: []string{"SeckillWatchdog"},
	}, {
		title: "Watchdog", kind: number, unit: plain, width: 4, height: 8, none: "no rules", words: watchdog,
		text:    "Whether Prometheus evaluates the rules. That alerts also arrive is for whoever misses the watchdog outside of the site.",
		queries: []query{{expr: `max(ALERTS{alertname="SeckillWatchdog",alertstate="firing"})`, legend: "watchdog"}},
	}, {
		title: "Versions", kind: number, unit: count, width: 4, height: 8, none: "unknown",
		text:     "Replicas by their version. Two versions beside each other are a restart under way.",
		queries:  []query{{expr: `count by (version) (seckill_build_info{JOB})`, legend: "{{version}}"}},
		runbooks: []string{"SeckillReplicaDown"},
	}, {
		title: "Replicas", kind: states, unit: plain, width: 8, height: 6, words: down,
		text:    "Whether Prometheus reaches each replica.",
		queries: []query{{expr: `max by (instance) (up{JOB})`, legend: "{{instance}}"}},
	}, {
		title: "Redis", kind: states, unit: plain, width: 8, height: 6, words: away,
		text:    "Whether Redis answers each replica and takes writes.",
		queries: []query{{expr: `max by (instance) (seckill_redis_up{JOB})`, legend: "{{instance}}"}},
	}, {
		title: "PostgreSQL", kind: states, unit: plain, width: 8, height: 6, words: away,
		text:    "Whether PostgreSQL answers each replica, takes writes, and has what is needed.",
		queries: []query{{expr: `max by (instance) (seckill_postgres_up{JOB})`, legend: "{{instance}}"}},
	}}
}

func serviceObjectives() []panel {
	return []panel{{
		title: "Attempts not answered", kind: graph, unit: ratio, width: 12, height: 8, limits: atMost(0.001, 0.0144),
		text:    "Share of the attempts that were answered 503 because Redis or the gate was not there. 99.9 % shall be answered; in red the budget burns 14.4 times as fast as it may.",
		queries: burn("job:seckill_attempts_unanswered:ratio_rate"),
	}, {
		title: "Entries settled late", kind: graph, unit: ratio, width: 12, height: 8, limits: atMost(0.01, 0.144),
		text:    "Share of the entries that were settled later than two seconds after their arrival. 99 % shall be in time; in red the budget burns 14.4 times as fast as it may.",
		queries: burn("job:seckill_entries_late:ratio_rate"),
	}}
}

// burn are the ratios that the rules record, in the windows of a sale.
func burn(record string) []query {
	var all []query
	for _, window := range []string{"1m", "5m", "30m"} {
		all = append(all, query{expr: record + window + `{JOB}`, legend: "in " + window})
	}
	return all
}

func serviceWork() []panel {
	return []panel{{
		title: "Attempts by replica", kind: area, unit: perSecond, width: 8, height: 8,
		text:     "Attempts at our own gate, by replica: whether the balancer spreads them.",
		queries:  []query{{expr: `sum by (instance) (rate(seckill_attempts_total{JOB}[$__rate_interval]))`, legend: "{{instance}}"}},
		runbooks: []string{"SeckillReplicaDown", "SeckillAdmissionBudgetBurn"},
	}, {
		title: "Attempts by outcome", kind: area, unit: perSecond, width: 8, height: 8,
		text:     "Attempts at our own gate, of all products.",
		queries:  []query{{expr: `sum by (outcome) (rate(seckill_attempts_total{JOB}[$__rate_interval]))`, legend: "{{outcome}}"}},
		runbooks: []string{"SeckillAdmissionBudgetBurn"},
	}, {
		title: "Entries by replica", kind: area, unit: perSecond, width: 8, height: 8,
		text:     "Entries that each replica has dealt with. Replicas of one settled product share its row in PostgreSQL.",
		queries:  []query{{expr: `sum by (instance) (rate(seckill_entries_total{JOB}[$__rate_interval]))`, legend: "{{instance}}"}},
		runbooks: []string{"SeckillSettlementStalled"},
	}, {
		title: "Time of admission", kind: graph, unit: "s", width: 6, height: 8, traces: true,
		text:     "How long it took to decide an attempt: half of them, and 99 of 100.",
		queries:  quantiles("seckill_admission_seconds"),
		runbooks: []string{"SeckillAdmissionBudgetBurn"},
	}, {
		title: "Arrival to commit", kind: graph, unit: "s", width: 6, height: 8, limits: atMost(2.048), traces: true,
		text:     "From the arrival of an entry to its commit: half of them, and 99 of 100.",
		queries:  quantiles("seckill_entry_seconds"),
		runbooks: []string{"SeckillSettlementBudgetBurn"},
	}, {
		title: "Time to store a batch", kind: graph, unit: "s", width: 6, height: 8, limits: atMost(1),
		text:     "How long the transaction of a batch took: half of them, and 99 of 100.",
		queries:  quantiles("seckill_store_seconds"),
		runbooks: []string{"SeckillSettlementBudgetBurn"},
	}, {
		title: "Entries of a batch", kind: graph, unit: count, width: 6, height: 8,
		text:     "Entries that are stored together: half of the batches have so many or fewer, and 99 of 100.",
		queries:  quantiles("seckill_batch_entries"),
		runbooks: []string{"SeckillSettlementBudgetBurn"},
	}}
}

func serviceServers() []panel {
	return []panel{{
		title: "Memory of Redis", kind: graph, unit: "bytes", width: 8, height: 8,
		text: "Memory that each server of Redis uses, and its maxmemory, at which nobody is admitted any more.",
		queries: []query{
			{expr: `max by (server) (seckill_redis_memory_used_bytes{JOB})`, legend: "{{server}} uses"},
			{expr: `max by (server) (seckill_redis_memory_max_bytes{JOB})`, legend: "{{server}} may use"},
		},
	}, {
		title: "Age of the metrics", kind: graph, unit: "s", width: 8, height: 8, limits: atMost(20, 90),
		text:    "How long ago each replica has read its gauges from Redis, from PostgreSQL, and from both for the books.",
		queries: []query{{expr: `time() - (seckill_collected_timestamp_seconds{JOB} > 0)`, legend: "{{instance}} {{source}}"}},
	}, {
		title: "Unknown payments", kind: graph, unit: count, width: 8, height: 8, limits: atMost(1),
		text:     "Payments of the last 15 minutes for orders that are not in the books: somebody has to look where they went.",
		queries:  []query{{expr: `sum(increase(seckill_unknown_payments_total{JOB}[15m]))`, legend: "unknown"}},
		runbooks: []string{"SeckillLatePayments"},
	}}
}

func serviceProcesses() []panel {
	return []panel{{
		title: "CPU", kind: graph, unit: "suffix: cores", width: 6, height: 8,
		text:     "Cores that each replica uses.",
		queries:  []query{{expr: `rate(process_cpu_seconds_total{JOB}[$__rate_interval])`, legend: "{{instance}}"}},
		runbooks: []string{"SeckillAdmissionBudgetBurn"},
	}, {
		title: "Memory", kind: graph, unit: "bytes", width: 6, height: 8,
		text: "Memory of each replica: what the system has given it, and what of it the heap of Go holds.",
		queries: []query{
			{expr: `process_resident_memory_bytes{JOB}`, legend: "{{instance}}"},
			{expr: `go_memstats_heap_inuse_bytes{JOB}`, legend: "{{instance}} heap"},
		},
		runbooks: []string{"SeckillReplicaDown"},
	}, {
		title: "Goroutines", kind: graph, unit: count, width: 6, height: 8,
		text:     "Goroutines of each replica. Requests that wait for a result have none of their own.",
		queries:  []query{{expr: `go_goroutines{JOB}`, legend: "{{instance}}"}},
		runbooks: []string{"SeckillReplicaDown"},
	}, {
		title: "File descriptors", kind: graph, unit: ratio, width: 6, height: 8, limits: atMost(0.6, 0.8),
		text:     "Share of its file descriptors that each replica uses. Requests that wait may hold half of them.",
		queries:  []query{{expr: `process_open_fds{JOB} / process_max_fds{JOB}`, legend: "{{instance}}"}},
		runbooks: []string{"SeckillReplicaDown"},
	}}
}
