package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// TokenSource returns the bearer token of a call. It is asked before every try, by many
// goroutines at once, so it keeps the token that it has until that expires.
type TokenSource func(ctx context.Context) (string, error)

// StaticToken returns a source of one token that never changes.
func StaticToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

// Config says how a service is called.
type Config struct {
	// URL is where the service answers, such as http://seckill:8888, with whatever path a
	// proxy puts before those of the service. Required.
	URL string

	// Token gives the token of each call: bff for /api/v1, viewer or operator for
	// /admin/v1. Without one only Health, Ready and OpenAPI can be called.
	Token TokenSource

	// HTTP makes the calls. A Timeout of its own has to be longer than the longest wait.
	// Defaults to a client that keeps up to 256 idle connections and follows no redirect.
	HTTP *http.Client

	// Timeout is how long one try may take, beside what it was asked to wait. Events have
	// none. Defaults to 10 s; the gate answers within milliseconds.
	Timeout time.Duration

	// Retry bounds the repetition of what may be repeated.
	Retry Retry

	// UserAgent names the caller in the logs of proxies. Defaults to "seckill-client".
	UserAgent string
}

// Retry bounds repetition.
type Retry struct {
	// Tries is how often a call is made at most; 1 repeats nothing. Defaults to 4.
	Tries int

	// Pause is the time before the second try where the answer does not name it; it
	// doubles from try to try. It bounds the random bit that is added to every pause as
	// well. Defaults to 1 s.
	Pause time.Duration

	// MaxPause is the longest pause, and the longest Retry-After that is waited for: an
	// answer that names more is returned as it is. Defaults to 35 s; the service names at
	// most 31 s.
	MaxPause time.Duration
}

const (
	defaultTimeout  = 10 * time.Second
	defaultTries    = 4
	defaultPause    = time.Second
	defaultMaxPause = 35 * time.Second

	idleConns       = 256
	idleConnTimeout = 90 * time.Second
)

// withDefaults returns c with its defaults in place of zeros.
func (c Config) withDefaults() Config {
	if c.HTTP == nil {
		c.HTTP = newHTTPClient()
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Retry.Tries == 0 {
		c.Retry.Tries = defaultTries
	}
	if c.Retry.Pause == 0 {
		c.Retry.Pause = defaultPause
	}
	if c.Retry.MaxPause == 0 {
		c.Retry.MaxPause = defaultMaxPause
	}
	if c.UserAgent == "" {
		c.UserAgent = "seckill-client"
	}
	return c
}

// newHTTPClient makes a client for many calls at once to one service: of the default one
// only two connections live on between calls.
func newHTTPClient() *http.Client {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = idleConns, idleConns
	transport.IdleConnTimeout = idleConnTimeout
	return &http.Client{
		Transport: transport,
		// A redirect is a wrong URL; followed, a POST would become a GET.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Client calls one service. It is safe for concurrent use, and to be kept for the life of
// a process: it keeps connections.
type Client struct {
	config Config
	base   *url.URL
}

// New makes a client. It calls nothing yet.
func New(config Config) (*Client, error) {
	base, err := url.Parse(config.URL)
	if err != nil {
		return nil, fmt.Errorf("seckill client: URL: %w", err)
	}
	if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, fmt.Errorf("seckill client: URL %q must begin with http:// or https:// and name a host", base.Redacted())
	}
	if config.Timeout < 0 || config.Retry.Tries < 0 || config.Retry.Pause < 0 || config.Retry.MaxPause < 0 {
		return nil, errors.New("seckill client: Timeout and Retry must not be negative")
	}
	return &Client{config: config.withDefaults(), base: base}, nil
}

// Close closes the idle connections of the client. Calls under way go on.
func (c *Client) Close() { c.config.HTTP.CloseIdleConnections() }
