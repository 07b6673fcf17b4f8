package config

// defaults are the keys whose default is not go-zero's.
var defaults = []struct {
	path  []string
	value any
}{
	{[]string{"Name"}, "seckill"},
	{[]string{"Port"}, 8888},
	// go-zero's listens on all interfaces; it shows metrics and pprof.
	{[]string{"DevServer", "Host"}, "127.0.0.1"},
	// Both answer 503 by themselves: the shedder as soon as the processors are
	// busy, which a consumer that drains a backlog makes them, the breaker after
	// some 5xx. The admin API must answer just then.
	{[]string{"Middlewares", "Breaker"}, false},
	{[]string{"Middlewares", "Shedding"}, false},
	// go-zero cuts no line: a body or an error of a megabyte would be one.
	{[]string{"Log", "MaxContentLength"}, 16 << 10},
	// go-zero's 10000 connections a route would be all taken by people who wait for
	// their results.
	{[]string{"MaxConns"}, 100_000},
	// go-zero has its defaults of this section only where there is one.
	{[]string{"Telemetry", "Batcher"}, "otlpgrpc"},
	// The process is killed after this time. After the drain (5s) a consumer stops
	// within a read that blocks (2s) and a last flush (10s); go-zero's 5.5s would cut
	// that short.
	{[]string{"Shutdown", "WaitTime"}, "25s"},
}

// setDefaults adds the keys that given lacks.
func setDefaults(given map[string]any) {
	for _, d := range defaults {
		section := given
		for _, key := range d.path[:len(d.path)-1] {
			section = child(section, key)
		}
		key := d.path[len(d.path)-1]
		if _, found := section[key]; !found {
			section[key] = d.value
		}
	}
}

// child returns a section of given, made if it is missing.
func child(given map[string]any, key string) map[string]any {
	section, ok := given[key].(map[string]any)
	if !ok {
		section = map[string]any{}
		given[key] = section
	}
	return section
}
