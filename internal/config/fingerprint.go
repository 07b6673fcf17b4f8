package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// fingerprintBytes is how much of the hash is kept: enough to tell replicas apart.
const fingerprintBytes = 8

// Fingerprint is alike on replicas that are configured alike. What is a replica's own, its
// name, its addresses and its log, does not count. The secret is the key of the hash, so
// that it counts, and nobody who sees the fingerprint can try passwords against it.
func (c *Config) Fingerprint() (string, error) {
	own := *c
	own.Consumer.Instance, own.Host, own.Port = "", "", 0
	own.Log, own.DevServer, own.Telemetry = Config{}.Log, Config{}.DevServer, Config{}.Telemetry
	text, err := json.Marshal(own) //nolint:musttag // names do not matter: it is hashed
	if err != nil {
		return "", fmt.Errorf("encode the configuration: %w", err)
	}
	hash := hmac.New(sha256.New, []byte(c.Auth.AccessSecret))
	hash.Write(text)
	return hex.EncodeToString(hash.Sum(nil)[:fingerprintBytes]), nil
}
