package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The values of Redis.Mode.
const (
	modeSingle   = "single"
	modeCluster  = "cluster"
	modeSentinel = "sentinel"
)

// Redis says how to reach Redis.
type Redis struct {
	// Addr is host:port ([::1]:6379 of an IPv6 host) or the path of a Unix socket, or a
	// comma-separated list: of nodes of a Redis Cluster, or of Sentinels. No URL. Required,
	// unless there is a DevStack.
	Addr string `json:",optional"`
	// Mode is single, cluster (also one behind a single address) or sentinel. Defaults to
	// single for one address, cluster for several.
	Mode string `json:",optional"`
	// MasterName is by what name the Sentinels know the master. Required with Mode
	// sentinel.
	MasterName string `json:",optional"`
	// Username is the user of the ACL. Defaults to the server's default user.
	Username string `json:",optional"`
	// Password is the password of that user. Defaults to none.
	Password string `json:",optional"`
	// SentinelUsername is the user of the ACL of the Sentinels. Defaults to their default
	// user.
	SentinelUsername string `json:",optional"`
	// SentinelPassword is the password of that user. Defaults to none.
	SentinelPassword string `json:",optional"`
	// DB is the number of the database, 0 or more; a cluster has number 0 alone. Defaults
	// to 0.
	DB int `json:",default=0"`
	// ReadTimeout is how long an answer is waited for, beyond the time for which a
	// command blocks by itself; above 0. Defaults to 2s.
	ReadTimeout time.Duration `json:",default=2s"`
	// WriteTimeout is how long the sending of a command may take; above 0. Defaults to 2s.
	WriteTimeout time.Duration `json:",default=2s"`
	// TLS is how connections are secured, those to Sentinels too.
	TLS RedisTLS
}

// RedisTLS says how connections to Redis are secured.
type RedisTLS struct {
	// Enabled turns TLS on, 1.2 or later. Defaults to false.
	Enabled bool `json:",default=false"`
	// CAFile holds the certificates, as PEM, of who signs those of the servers; like the
	// other files, a relative one is taken from the folder of the configuration file.
	// Defaults to what the system trusts.
	CAFile string `json:",optional"`
	// CertFile holds our own certificate, as PEM, and those up to its root. Read again for
	// each connection. Defaults to none.
	CertFile string `json:",optional"`
	// KeyFile holds the key of our own certificate, as PEM. Defaults to none.
	KeyFile string `json:",optional"`
	// ServerName is for what name the certificates of the servers must be. Defaults to the
	// host of each address.
	ServerName string `json:",optional"`
}

// Addrs returns the addresses of the servers.
func (r Redis) Addrs() []string {
	addrs := strings.Split(r.Addr, ",")
	for i, addr := range addrs {
		addrs[i] = strings.TrimSpace(addr)
	}
	return addrs
}

// mode is Mode with its default filled in.
func (r Redis) mode() string {
	switch {
	case r.Mode != "":
		return r.Mode
	case len(r.Addrs()) > 1:
		return modeCluster
	default:
		return modeSingle
	}
}

// resolve makes what is relative to the configuration file independent of the folder that
// the binary runs in.
func (t *RedisTLS) resolve(folder string) {
	for _, file := range []*string{&t.CAFile, &t.CertFile, &t.KeyFile} {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(folder, *file)
		}
	}
}

// validate returns everything that is wrong. private says that a private server stands in
// where no address is given.
func (r Redis) validate(private bool) error {
	problems := []error{
		positive("Redis.ReadTimeout", r.ReadTimeout),
		positive("Redis.WriteTimeout", r.WriteTimeout),
		r.TLS.validate(),
		needs("Redis.Username", r.Username, "Redis.Password", r.Password),
		needs("Redis.SentinelUsername", r.SentinelUsername, "Redis.SentinelPassword", r.SentinelPassword),
	}
	if r.DB < 0 {
		problems = append(problems, fmt.Errorf("Redis.DB: %d is negative", r.DB))
	}
	if !private || r.Addr != "" {
		problems = append(problems, r.validateAddrs(), r.validateMode())
	}
	return errors.Join(problems...)
}

func (r Redis) validateMode() error {
	several := len(r.Addrs()) > 1
	switch mode := r.mode(); {
	case mode != modeSingle && mode != modeCluster && mode != modeSentinel:
		return fmt.Errorf("Redis.Mode: %q is not single, cluster or sentinel", mode)
	case mode == modeSingle && several:
		return errors.New("Redis.Mode: single is one server, and Redis.Addr names several")
	case mode == modeCluster && r.DB != 0:
		return fmt.Errorf("Redis.DB: %d is not 0, the one database of a cluster", r.DB)
	case mode == modeSentinel && r.MasterName == "":
		return errors.New("Redis.MasterName: must be set with Redis.Mode sentinel")
	case mode != modeSentinel && r.MasterName != "":
		return errors.New("Redis.MasterName: is of use only with Redis.Mode sentinel")
	case mode != modeSentinel && r.SentinelPassword != "":
		return errors.New("Redis.SentinelPassword: is of use only with Redis.Mode sentinel")
	default:
		return nil
	}
}

// validateAddrs looks at the addresses. Where something looks like a URL, or like another
// program's way to write all settings into one, nothing of it is shown: there may be a
// password in it, and a comma in that.
func (r Redis) validateAddrs() error {
	if strings.Contains(r.Addr, "://") || strings.ContainsAny(r.Addr, "@?=") {
		return errors.New("Redis.Addr: is a URL or has more than addresses in it, and must be host:port alone: " +
			"the rest belongs into Redis.Username, Redis.Password, Redis.DB and Redis.TLS.Enabled")
	}
	var problems []error
	for i, addr := range r.Addrs() {
		if err := r.validateAddr(addr); err != nil {
			problems = append(problems, fmt.Errorf("Redis.Addr%s: %w", place(i, len(r.Addrs())), err))
		}
	}
	return errors.Join(problems...)
}

func (r Redis) validateAddr(addr string) error {
	if strings.HasPrefix(addr, "/") {
		if r.TLS.Enabled {
			return fmt.Errorf("%q is a Unix socket, which speaks no TLS", addr)
		}
		return nil
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" {
		return fmt.Errorf("%q is not host:port", addr)
	}
	if n, err := strconv.Atoi(port); err == nil && (n < 1 || n > 65535) {
		return fmt.Errorf("%q has no port between 1 and 65535", addr)
	}
	return nil
}

// place tells the addresses of a list apart.
func place(i, of int) string {
	if of < 2 {
		return ""
	}
	return fmt.Sprintf("[%d]", i)
}

// needs reports a key that is of use only with another one.
func needs(key, value, other, otherValue string) error {
	if value != "" && otherValue == "" {
		return fmt.Errorf("%s: is of use only with %s", key, other)
	}
	return nil
}

func (t *RedisTLS) validate() error {
	for _, key := range []struct{ name, value string }{
		{"CAFile", t.CAFile}, {"CertFile", t.CertFile}, {"KeyFile", t.KeyFile}, {"ServerName", t.ServerName},
	} {
		if key.value != "" && !t.Enabled {
			return fmt.Errorf("Redis.TLS.%s: is of use only with Redis.TLS.Enabled", key.name)
		}
	}
	_, err := t.Config()
	return err
}

// Config returns the configuration of TLS, nil when it is not enabled.
func (t *RedisTLS) Config() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil //nolint:nilnil // nil is the documented "not enabled"
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		text, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("Redis.TLS.CAFile: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("Redis.TLS.CAFile: %s holds no certificate", t.CAFile)
		}
	}
	switch {
	case t.CertFile == "" && t.KeyFile == "":
		return c, nil
	case t.KeyFile == "":
		return nil, errors.New("Redis.TLS.KeyFile: must be set with Redis.TLS.CertFile")
	case t.CertFile == "":
		return nil, errors.New("Redis.TLS.CertFile: must be set with Redis.TLS.KeyFile")
	}
	if _, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile); err != nil {
		return nil, fmt.Errorf("Redis.TLS.CertFile and Redis.TLS.KeyFile: %w", err)
	}
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile) // anew, since certificates are renewed
		return &pair, err
	}
	return c, nil
}
