package stream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"strings"
	"syscall"
)

// symptom is how an error of a server begins, or what it contains, and what is wrong then.
type symptom struct{ text, reason string }

// symptoms are looked at in their order. USER and PASSWORD stand for the names of the
// settings, which the Sentinels have of their own.
var symptoms = []symptom{
	{"WRONGPASS", "the server refuses USER or PASSWORD"},
	{"called without any password configured", "PASSWORD is set, but the server has none: leave it out"},
	{"NOAUTH", "the server wants a password: set PASSWORD, and USER for a user of the ACL"},
	{"DENIED Redis is running in protected mode", "the server is in protected mode and refuses other hosts: give it a password, and set PASSWORD"},
	{"DB index is out of range", "the server has no database of the number Redis.DB"},
	{"invalid DB index", "the server has no database of the number Redis.DB"},
	{"SELECT is not allowed in cluster mode", "the server is a node of a Redis Cluster, which has only database 0: set Redis.Mode to cluster and Redis.DB to 0"},
	{"MOVED ", "the server is a node of a Redis Cluster: set Redis.Mode to cluster"},
	{"cluster support disabled", "the server is no node of a Redis Cluster: set Redis.Mode to single, or to sentinel if Redis.Addr names Sentinels"},
	{"READONLY", "the server is a replica, which takes no writes: Redis.Addr must lead to the master"},
	{"MASTERDOWN", "the server is a replica that has lost its master: Redis.Addr must lead to the master"},
	{"max number of clients reached", "the server has as many clients as its maxclients allows"},
}

// rightsSymptoms tell that the user of the ACL may not do what is needed.
var rightsSymptoms = []string{"NOPERM", "ACL failure in script"}

// Diagnose says in words, with the names of settings and without secrets, what is wrong
// with the way to Redis that has led to an error; "" when the error does not tell.
func Diagnose(err error) (reason string) {
	if err == nil {
		return ""
	}
	text := err.Error()
	user, password, what := "Redis.Username", "Redis.Password", "the server"
	if sentinel, ok := errors.AsType[*sentinelError](err); ok {
		user, password, what = "Redis.SentinelUsername", "Redis.SentinelPassword", "the Sentinel"
		switch {
		case errors.Is(err, errNoMaster):
			return "the Sentinels know no master of the name Redis.MasterName"
		case isUnknownCommand(sentinel.err.Error()):
			return "what answers at Redis.Addr is no Sentinel, as Redis.Mode says"
		}
	}
	for _, s := range symptoms {
		if strings.Contains(text, s.text) {
			return strings.NewReplacer("USER", user, "PASSWORD", password, "the server", what).Replace(s.reason)
		}
	}
	switch {
	case isRights(text):
		return "the rights of " + user + " do not suffice: " + rightsDetail(text)
	case isUnknownCommand(text):
		return what + " does not know a command that is needed: it is a Sentinel, a proxy or older than Redis 7"
	}
	return diagnoseWay(err, text)
}

// diagnoseWay looks at errors of the connection itself.
func diagnoseWay(err error, text string) string {
	if reason := diagnoseTLS(err, text); reason != "" {
		return reason
	}
	var name *net.DNSError
	switch {
	case errors.Is(err, ErrReply):
		return "what answers at Redis.Addr does not answer as Redis does"
	case errors.As(err, &name):
		return "the name of a host in Redis.Addr cannot be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens at Redis.Addr"
	case errors.Is(err, fs.ErrNotExist):
		return "there is no socket at the path of Redis.Addr"
	case errors.Is(err, fs.ErrPermission):
		return "the socket at the path of Redis.Addr may not be opened by this process"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "no answer in time"
	default:
		return ""
	}
}

// diagnoseTLS looks at errors of TLS.
func diagnoseTLS(err error, text string) string {
	var plain tls.RecordHeaderError
	var signer x509.UnknownAuthorityError
	var host x509.HostnameError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &plain):
		return "the server speaks without TLS, which Redis.TLS.Enabled asks for"
	case errors.As(err, &signer):
		return "the server's certificate is signed by nobody that is trusted: set Redis.TLS.CAFile"
	case errors.As(err, &host):
		return "the server's certificate is for another name: set Redis.TLS.ServerName"
	case errors.As(err, &certificate):
		return "the server's certificate is not valid"
	case strings.Contains(text, "certificate required"), strings.Contains(text, "remote error: tls: bad certificate"),
		strings.Contains(text, "remote error: tls: unknown certificate authority"):
		return "the server wants a certificate of ours that it trusts: set Redis.TLS.CertFile and Redis.TLS.KeyFile"
	case strings.Contains(text, "remote error: tls:"):
		return "the server refuses TLS as we speak it"
	default:
		return ""
	}
}

func isUnknownCommand(text string) bool { return strings.Contains(text, "unknown command") }

func isRights(text string) bool {
	for _, symptom := range rightsSymptoms {
		if strings.Contains(text, symptom) {
			return true
		}
	}
	return false
}

// rightsDetail is the server's own sentence of what is not allowed, which names a user and
// a command, a key or a channel.
func rightsDetail(text string) string {
	for _, symptom := range rightsSymptoms {
		if _, detail, found := strings.Cut(text, symptom); found {
			detail, _, _ = strings.Cut(detail, "\n")
			detail, _, _ = strings.Cut(detail, " script: ")
			return strings.Trim(detail, " :")
		}
	}
	return ""
}
