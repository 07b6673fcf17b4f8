package listener

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"

	"seckill/internal/config"
)

// Listen listens on the host and port of a section of the configuration: "" is the file
// itself, which says where the API is. Its error names the key that has to be changed.
func Listen(section, host string, port int) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", config.Address(host, port))
	if err != nil {
		key := "Host"
		if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
			key = "Port"
		}
		return nil, fmt.Errorf("%s%s: %w", section, key, err)
	}
	return l, nil
}

// Check fails when an address of the configuration cannot be listened on, or its
// certificate cannot be used, so that nothing is begun in vain: without the address of the
// metrics, go-zero would go on.
func Check(c config.Config) error {
	var problems []error
	for _, at := range addresses(c) {
		l, err := Listen(at.section, at.host, at.port)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		defer func() { _ = l.Close() }() // when all are open: two of ours may be one
	}
	if c.CertFile != "" || c.KeyFile != "" {
		if _, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile); err != nil {
			problems = append(problems, fmt.Errorf("CertFile, KeyFile: %w", err))
		}
	}
	return errors.Join(problems...)
}

// address is where a section of the configuration wants to listen.
type address struct {
	section, host string
	port          int
}

func addresses(c config.Config) []address {
	all := []address{{"", c.Host, c.Port}}
	if c.DevServer.Enabled {
		all = append(all, address{"DevServer.", c.DevServer.Host, c.DevServer.Port})
	}
	if older := c.Prometheus; older.Host != "" { //nolint:staticcheck // go-zero still serves it
		all = append(all, address{"Prometheus.", older.Host, older.Port})
	}
	return all
}
