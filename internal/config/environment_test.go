package config_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("SECKILL_TEST_SECRET", "12345678901234567890123456789012")
	t.Setenv("SECKILL_TEST_PASSWORD", "a: b # c\n${SECKILL_TEST_SECRET}\"")
	t.Setenv("SECKILL_TEST_COUNT", "512")
	t.Setenv("SECKILL_TEST_PRODUCT", "7")
	c := mustLoad(t, `
Redis: {Addr: "localhost:6379", Password: "${SECKILL_TEST_PASSWORD}"}
Postgres: {DataSource: "postgres://u:pa$$word$HOME@localhost/db"}
Auth:
  AccessSecret: ${SECKILL_TEST_SECRET}
Products: [1, "${SECKILL_TEST_PRODUCT}"]
Consumer:
  Count: ${SECKILL_TEST_COUNT}
  Instance: pod-${SECKILL_TEST_NOT_SET:-}
`)
	if c.Auth.AccessSecret != "12345678901234567890123456789012" {
		t.Errorf("a secret of digits became %q", c.Auth.AccessSecret)
	}
	if want := "a: b # c\n${SECKILL_TEST_SECRET}\""; c.Redis.Password != want {
		t.Errorf("password = %q, want %q", c.Redis.Password, want)
	}
	if c.Consumer.Count != 512 || c.Consumer.Instance != "pod-" || !slices.Equal(c.Products, []int64{1, 7}) {
		t.Errorf("Consumer = %+v, Products = %v", c.Consumer, c.Products)
	}
	if want := "postgres://u:pa$$word$HOME@localhost/db"; c.Postgres.DataSource != want {
		t.Errorf("DataSource = %q, want %q", c.Postgres.DataSource, want)
	}
}

func TestReferences(t *testing.T) {
	t.Setenv("SECKILL_TEST_SET", "x")
	t.Setenv("SECKILL_TEST_EMPTY", "")
	for given, want := range map[string]string{
		"${SECKILL_TEST_SET}":                      "x",
		"a${SECKILL_TEST_SET}b${SECKILL_TEST_SET}": "axbx",
		"${SECKILL_TEST_EMPTY}":                    "",
		"${SECKILL_TEST_SET:-y}":                   "x",
		"${SECKILL_TEST_EMPTY:-y}":                 "y",
		"${SECKILL_TEST_NOT_SET:-y: z #$}":         "y: z #$",
		"${SECKILL_TEST_NOT_SET:-}":                "",
		"$${SECKILL_TEST_SET}":                     "${SECKILL_TEST_SET}",
		"$$${SECKILL_TEST_SET}":                    "$${SECKILL_TEST_SET}",
		"$${":                                      "${",
		"$$ $ $a ${ $} {}":                         "$$ $ $a ${ $} {}",
	} {
		c, err := load(t, "DevStack: {}\nConsumer: {Group: g1, Instance: '"+given+"'}")
		if err != nil || c.Consumer.Instance != want {
			t.Errorf("%s = %q, %v, want %q", given, c.Consumer.Instance, err, want)
		}
	}
	t.Setenv("SECKILL_TEST_PRODUCTS", " [1001, 1002]")
	c := mustLoad(t, `
DevStack: {}
Products: ${SECKILL_TEST_PRODUCTS}
Postgres: {MaxConns: "${SECKILL_TEST_NOT_SET:-7}", Migrate: "${SECKILL_TEST_NOT_SET:-false}"}
Consumer: {Block: "${SECKILL_TEST_NOT_SET:-3s}"}
`)
	if !slices.Equal(c.Products, []int64{1001, 1002}) || c.Postgres.MaxConns != 7 || c.Postgres.Migrate || c.Consumer.Block != 3*time.Second {
		t.Errorf("%+v", c)
	}
	if c := mustLoad(t, "DevStack: {}\nProducts: ${SECKILL_TEST_EMPTY}"); len(c.Products) != 0 {
		t.Errorf("Products = %v", c.Products)
	}
	for text, want := range map[string]string{
		"Consumer: {Group: '${SECKILL_TEST_NOT_SET}'}":     "Consumer.Group: the environment variable SECKILL_TEST_NOT_SET is not set",
		"Products: ['${SECKILL_TEST_NOT_SET}']":            "Products[0]: the environment variable SECKILL_TEST_NOT_SET",
		"Products: ${SECKILL_TEST_NOT_SET}":                "Products: the environment variable SECKILL_TEST_NOT_SET",
		"Consumer: {Block: '${SECKILL_TEST_SET}'}":         "Consumer.Block: is not a duration",
		"Consumer: {Group: '${SECKILL_TEST_SET:?wanted}'}": "Consumer.Group: the reference to the environment variable SECKILL_TEST_SET is neither",
	} {
		if _, err := load(t, "DevStack: {}\n"+text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
