package listener

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"seckill/internal/config"
)

const (
	// probeTimeout bounds a probe; /readyz takes a second at most.
	probeTimeout = 3 * time.Second
	// maxAnswer is how much of the answer to a probe is shown, in bytes.
	maxAnswer = 1 << 10
)

// Probe is a question to a process that runs, for where no shell and no curl is at hand, such
// as in an image. It is a flag.Value; "" asks nothing.
type Probe string //nolint:recvcheck // a flag.Value is a pointer, and a constant has none

// The probes: that the process lives, and that it can admit attempts, for which PostgreSQL is
// not needed.
const (
	ProbeLive  Probe = "live"
	ProbeReady Probe = "ready"
)

// paths are where the probes ask.
var paths = map[Probe]string{ProbeLive: "/healthz", ProbeReady: "/readyz?exclude=postgres"}

// String implements flag.Value.
func (p *Probe) String() string {
	if p == nil {
		return ""
	}
	return string(*p)
}

// Set implements flag.Value. A flag without a value asks whether the process lives.
func (p *Probe) Set(text string) error {
	if text == "true" {
		text = string(ProbeLive)
	}
	if _, found := paths[Probe(text)]; !found {
		return errors.New("must be live or ready")
	}
	*p = Probe(text)
	return nil
}

// IsBoolFlag lets the flag stand without a value.
func (*Probe) IsBoolFlag() bool { return true }

// Ask asks the process that listens where c says. Its error is what the process answers, or
// that it does not answer within three seconds.
func (p Probe) Ask(ctx context.Context, c config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, probeURL(c)+paths[p], http.NoBody)
	if err != nil {
		return err
	}
	transport := &http.Transport{ // without the proxy of the environment
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // our own process, by an address that no certificate names
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if failure, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("no answer: %w", failure.Err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // the status says enough
	return fmt.Errorf("%s: %s", answer.Status, strings.TrimSpace(string(text)))
}

// probeURL is where the process is reached from its own machine.
func probeURL(c config.Config) string {
	scheme, host := "http", c.Host
	if c.CertFile != "" {
		scheme = "https"
	}
	switch address, err := netip.ParseAddr(strings.Trim(host, "[]")); {
	case host == "", err == nil && address == netip.IPv4Unspecified():
		host = "127.0.0.1"
	case err == nil && address == netip.IPv6Unspecified():
		host = "::1"
	}
	return scheme + "://" + config.Address(host, c.Port)
}
