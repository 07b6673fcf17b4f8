package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seckill/internal/config"
)

// redisFile is a file whose section Redis is the given one.
func redisFile(section string) string {
	_, rest, _ := strings.Cut(least, "Postgres:")
	return "Redis: {" + section + "}\nPostgres:" + rest
}

func TestWaysToRedis(t *testing.T) {
	for name, section := range map[string]string{
		"one address":                `Addr: "localhost:6379", Username: u, Password: p, DB: 3`,
		"an IPv6 host":               `Addr: "[::1]:6379"`,
		"a socket":                   `Addr: /run/redis.sock, DB: 2`,
		"a cluster":                  `Addr: "a:1,b:2"`,
		"a cluster of one address":   `Addr: "a:1", Mode: cluster`,
		"Sentinels":                  `Addr: "a:1,b:2,c:3", Mode: sentinel, MasterName: m, DB: 1`,
		"one Sentinel with password": `Addr: "a:1", Mode: sentinel, MasterName: m, SentinelUsername: s, SentinelPassword: p`,
		"TLS with the system's CAs":  `Addr: "a:1", TLS: {Enabled: true, ServerName: redis.example}`,
	} {
		t.Run(name, func(t *testing.T) { mustLoad(t, redisFile(section)) })
	}
}

func TestBadWaysToRedis(t *testing.T) {
	for name, tt := range map[string]struct{ section, want string }{
		"mode unknown":                {`Addr: "a:1", Mode: replicas`, `Redis.Mode: "replicas" is not single, cluster or sentinel`},
		"single with several":         {`Addr: "a:1,b:2", Mode: single`, "Redis.Mode: single is one server"},
		"Sentinels without a name":    {`Addr: "a:1,b:2", Mode: sentinel`, "Redis.MasterName: must be set"},
		"a name without Sentinels":    {`Addr: "a:1", MasterName: m`, "Redis.MasterName: is of use only"},
		"a Sentinel's password alone": {`Addr: "a:1", SentinelPassword: hunter2`, "Redis.SentinelPassword: is of use only"},
		"a cluster's database":        {`Addr: "a:1", Mode: cluster, DB: 1`, "Redis.DB: 1 is not 0"},
		"a user without a password":   {`Addr: "a:1", Username: u`, "Redis.Username: is of use only with Redis.Password"},
		"a port too large":            {`Addr: "a:65536"`, `Redis.Addr: "a:65536" has no port`},
		"TLS over a socket":           {`Addr: /run/redis.sock, TLS: {Enabled: true}`, "speaks no TLS"},
		"a file without TLS":          {`Addr: "a:1", TLS: {CAFile: ca.pem}`, "Redis.TLS.CAFile: is of use only with Redis.TLS.Enabled"},
		"no such file":                {`Addr: "a:1", TLS: {Enabled: true, CAFile: nowhere.pem}`, "Redis.TLS.CAFile: open "},
		"a certificate without a key": {`Addr: "a:1", TLS: {Enabled: true, CertFile: c.pem}`, "Redis.TLS.KeyFile: must be set"},
		"a key without a certificate": {`Addr: "a:1", TLS: {Enabled: true, KeyFile: k.pem}`, "Redis.TLS.CertFile: must be set"},
		"no certificate in the file":  {`Addr: "a:1", TLS: {Enabled: true, CAFile: seckill.yaml}`, "Redis.TLS.CAFile: "},
		"neither in the files":        {`Addr: "a:1", TLS: {Enabled: true, CertFile: seckill.yaml, KeyFile: seckill.yaml}`, "Redis.TLS.CertFile and Redis.TLS.KeyFile: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, redisFile(tt.section))
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter") {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
		})
	}
}

// TestSecretsInAddrAreNotShown, in whatever way people write them there.
func TestSecretsInAddrAreNotShown(t *testing.T) {
	for _, addr := range []string{
		"redis://:hunter2@h:6379", "rediss://u:hunter2@h:6379/0", "a:1,rediss://u:hunter2@h:6379", "u:hunter2@h:6379",
		"a:1, hunter2@h:6379", "u:hunter,hunter2,3@h:6379", "redis://h:6379?password=hunter2", "h:6380,password=hunter2=,ssl=True",
		"unix://u:hunter2@/run/redis.sock", "redis-sentinel://u:hunter2@a:1,b:2/m",
	} {
		_, err := load(t, redisFile(`Addr: "`+addr+`"`))
		if err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		for _, key := range []string{"Redis.Addr", "Redis.Username", "Redis.Password", "Redis.TLS.Enabled"} {
			if !strings.Contains(err.Error(), key) {
				t.Errorf("%s: %v does not name %s", addr, err, key)
			}
		}
	}
}

// TestFilesOfTLSAreThoseBesideTheConfiguration
func TestFilesOfTLSAreThoseBesideTheConfiguration(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(folder, "seckill.yaml")
	text := redisFile(`Addr: "a:1", TLS: {Enabled: true, CAFile: cert.pem, CertFile: cert.pem, KeyFile: key.pem, ServerName: n}`)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	secured, err := c.Redis.TLS.Config()
	if err != nil || secured.RootCAs == nil || secured.ServerName != "n" {
		t.Errorf("%+v, %v", secured, err)
	}
	if pair, err := secured.GetClientCertificate(nil); err != nil || len(pair.Certificate) != 1 {
		t.Errorf("%v, %v", pair, err)
	}
}
