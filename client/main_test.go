package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/servertest"
)

// The service that all tests and examples of this package share, and tokens for it.
var (
	serviceURL    string
	bffToken      string
	operatorToken string
	redisAddr     string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	before := goleak.IgnoreCurrent()
	s, err := servertest.StartService("Products: [1]")
	serviceURL, redisAddr = s.URL, s.RedisAddr
	if err := errors.Join(err, issueTokens()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if code == 0 {
		code = m.Run()
	}
	if err := s.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop:", err)
		code = 1
	}
	if code != 0 {
		fmt.Fprintf(os.Stderr, "output of the service:\n%s\n", s.Output.String())
	}
	http.DefaultClient.CloseIdleConnections()
	return servertest.WithoutLeaks(code, before)
}

// issueTokens issues the tokens that all tests use.
func issueTokens() (err error) {
	if bffToken, err = auth.IssueToken(servertest.ServiceSecret, "shop", "bff", time.Hour); err != nil {
		return err
	}
	operatorToken, err = auth.IssueToken(servertest.ServiceSecret, "alice", "operator", time.Hour)
	return err
}

// newClient makes a client of the shared service; changes alter its configuration.
func newClient(t *testing.T, token string, changes ...func(*client.Config)) *client.Client {
	t.Helper()
	config := client.Config{URL: serviceURL, Token: client.StaticToken(token), Timeout: time.Minute}
	for _, change := range changes {
		change(&config)
	}
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// newSale registers a product with stock; its limit of units of a user is none.
func newSale(t *testing.T, productID, stock int64) {
	t.Helper()
	c := newClient(t, operatorToken)
	_, err := c.CreateProduct(t.Context(), client.NewProduct{
		ProductID: productID, Name: "a sale", StockTotal: &stock, PerUserLimit: new(int64(0)),
	})
	if err != nil {
		t.Fatal(err)
	}
	opened(t, productID)
}

// opened waits until the gate of a product is open.
func opened(t *testing.T, productID int64) {
	t.Helper()
	c := newClient(t, operatorToken)
	servertest.Eventually(t, "the gate is open", func() bool {
		books, err := c.Books(t.Context(), productID)
		return err == nil && books.RedisLeft != nil
	})
}
