package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Address returns the host:port of a host that is spelled in any way: a name, an IPv4
// address, or an IPv6 address with brackets or without; "" means every interface.
func Address(host string, port int) string {
	return net.JoinHostPort(bare(host), strconv.Itoa(port))
}

// bare takes the brackets off an IPv6 address.
func bare(host string) string {
	if inner, found := strings.CutPrefix(host, "["); found {
		if inner, found = strings.CutSuffix(inner, "]"); found {
			return inner
		}
	}
	return host
}

// bracketed returns a host as go-zero needs it, which puts a colon and the port behind it.
func bracketed(host string) string {
	if host = bare(host); strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// validateHost reports what can be no host, such as a URL or one with a port.
func validateHost(key, host string) error {
	if host != bare(host) || strings.ContainsAny(host, ":%") {
		if addr, err := netip.ParseAddr(bare(host)); err != nil || !addr.Is6() {
			return fmt.Errorf("%s: is neither an IP address nor the name of a host (the port has a key of its own)", key)
		}
	}
	if strings.ContainsAny(host, " /@") {
		return fmt.Errorf("%s: is neither an IP address nor the name of a host", key)
	}
	return nil
}

// validateOrigins reports what no page can have as its origin (RFC 6454, section 7).
func (c Cors) validateOrigins() error {
	var problems []error
	for i, origin := range c.Origins {
		_, host, found := strings.Cut(origin, "://")
		if !found {
			host = origin
		}
		if host == "" || strings.ContainsAny(host, "/ @?#,*") && origin != "*" {
			problems = append(problems, fmt.Errorf("Cors.Origins[%d]: is neither an origin such as https://shop.example, without a path, nor *", i))
		}
	}
	return errors.Join(problems...)
}
