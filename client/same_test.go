package client_test

import (
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/client"
	"seckill/internal/servertest"
)

// stored waits until an attempt of a user is stored.
func stored(t *testing.T, c *client.Client, product, user int64) {
	t.Helper()
	servertest.Eventually(t, "the attempt is stored", func() bool {
		n, err := count(c.Logs(client.LogFilter{ProductID: product, UserID: user}).All(t.Context()))
		return err == nil && n > 0
	})
}

// buried adds four entries without a user to the stream of a product, and waits until they
// are dead letters.
func buried(t *testing.T, c *client.Client, product int64) error {
	t.Helper()
	direct := redis.NewClient(&redis.Options{Addr: redisAddr})
	defer func() { _ = direct.Close() }()
	for i := range 4 {
		err := direct.XAdd(t.Context(), &redis.XAddArgs{
			Stream: fmt.Sprintf("stream:seckill:%d", product), Values: []string{"uid", fmt.Sprint("x", i), "x", "y"},
		}).Err()
		if err != nil {
			return fmt.Errorf("add entry: %w", err)
		}
	}
	servertest.Eventually(t, "the letters are there", func() bool {
		n, err := count(c.DeadLetters(client.DeadLetterFilter{
			ProductID: product, Reason: "INVALID_UID", Status: client.LetterOpen, From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour),
		}).All(t.Context()))
		return err == nil && n == 4
	})
	return nil
}

// deleted deletes a product as soon as nothing of it is on its way.
func deleted(t *testing.T, c *client.Client, product int64) (err error) {
	t.Helper()
	servertest.Eventually(t, "the product is deleted", func() bool {
		err = c.DeleteProduct(t.Context(), product)
		return client.CodeOf(err) != client.CodeInvalidTransition
	})
	return err
}

func count[T any](all iter.Seq2[T, error]) (n int, err error) {
	for _, err := range all {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// same returns an error unless got is want.
func same[T comparable](got, want T) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("got %v, want %v", got, want)
}

// first returns the first error that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// units returns what p points to, -1 for nil.
func units(p *int64) int64 {
	if p == nil {
		return -1
	}
	return *p
}
