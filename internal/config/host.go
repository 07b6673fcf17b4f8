package config

import (
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
