package config

// Key is a key of go-zero's that an operator may want to set, as the reference shows it.
type Key struct {
	Path    string // with dots
	Default string // "" = none
	Meaning string
}

// Inherited are those keys. All others of rest.RestConf work too.
var Inherited = []Key{
	{"Name", "seckill", "name of the service in logs and traces"},
	{"Host", "0.0.0.0", "address of the HTTP API"},
	{"Port", "8888", "port of the HTTP API, 1–65535"},
	{"Timeout", "3000", "milliseconds that a request may take, then 503; routes that wait have 40 s, events no bound"},
	{"MaxConns", "100000", "most requests of a route at once, those that wait included; then 503"},
	{"Mode", "pro", "go-zero's mode: dev, test, rt, pre or pro"},
	{"Log.Mode", "console", "where the log goes: console, file or volume"},
	{"Log.Path", "logs", "folder of the log files, where Log.Mode makes some"},
	{"Log.Encoding", "json", "form of a line: json or plain (plain in etc/seckill.yaml)"},
	{"Log.Level", "info", "least level that is logged: debug, info, error or severe"},
	{"Log.Stat", "true", "write memory and load every minute (false in etc/seckill.yaml)"},
	{"Log.MaxContentLength", "16384", "bytes beyond which a text in the log is cut"},
	{"DevServer.Host", "127.0.0.1", "address of /metrics and pprof, which ask for no token"},
	{"DevServer.Port", "6060", "port of /metrics and pprof, 1–65535"},
	{"Shutdown.WrapUpTime", "1s", "after the drain nobody can connect any more, and open connections go on for this long, 0–1m"},
	{"Shutdown.WaitTime", "25s", "the process is killed this long after SIGTERM, 0–1h; raised to what Shutdown.Drain, " +
		"Shutdown.WrapUpTime, Consumer.Block and 14s add up to"},
	{"Telemetry.Endpoint", "", "where the spans of sampled requests go, such as otel:4317; without it nothing is sampled"},
	{"Telemetry.Batcher", "otlpgrpc", "how they are sent: otlpgrpc, otlphttp, zipkin, or file (Endpoint is its path)"},
	{"Telemetry.Sampler", "1", "share of the requests that are sampled where the caller has not decided, 0–1"},
	{"Middlewares.Breaker", "false", "go-zero's circuit breaker"},
	{"Middlewares.Shedding", "false", "go-zero's load shedding; like the breaker it would answer 503 while a consumer drains a backlog"},
	{"Middlewares.Log", "true", "one line in the log for each request, but for attempts that are refused"},
}
