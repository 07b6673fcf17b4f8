package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"seckill/client"
)

// Prefix is what the name of a product begins with that a rehearsal may run on, in whatever
// case.
const Prefix = "rehearsal"

// lookPause is the pause between two looks at something that is waited for.
const lookPause = 50 * time.Millisecond

// IsRehearsal reports whether a rehearsal may run on a product.
func IsRehearsal(p client.Product) bool {
	return len(p.Name) >= len(Prefix) && strings.EqualFold(p.Name[:len(Prefix)], Prefix)
}

// Create registers a product for a rehearsal and waits until its gate is open. A name that
// does not begin with Prefix is put behind it. Errors are those of CreateProduct.
func Create(ctx context.Context, c *client.Client, product client.NewProduct) (client.Product, error) {
	if !IsRehearsal(client.Product{Name: product.Name}) {
		product.Name = strings.TrimSpace(Prefix + " " + product.Name)
	}
	created, err := c.CreateProduct(ctx, product)
	if err != nil {
		return client.Product{}, err
	}
	return created, Opened(ctx, c, product.ProductID)
}

// Opened waits until the gate of a product is open.
func Opened(ctx context.Context, c *client.Client, productID int64) error {
	for {
		books, err := c.Books(ctx, productID)
		if err != nil {
			return err
		}
		if books.RedisLeft != nil {
			return nil
		}
		if !sleep(ctx, lookPause) {
			return fmt.Errorf("the gate of product %d is not open: %w", productID, context.Cause(ctx))
		}
	}
}

// Remove ends a product of a rehearsal, cancels the orders that nobody has paid, and takes it
// out of the lists, once nothing of it is on its way. Its rows stay, and its ID is never given
// again.
func Remove(ctx context.Context, c *client.Client, productID int64) error {
	if _, err := c.EndProduct(ctx, productID); err != nil {
		return err
	}
	for {
		if err := cancelUnpaid(ctx, c, productID); err != nil {
			return err
		}
		err := c.DeleteProduct(ctx, productID)
		if err == nil || client.CodeOf(err) != client.CodeInvalidTransition {
			return err
		}
		if !sleep(ctx, lookPause) {
			return fmt.Errorf("product %d is ended and not deleted: %w", productID, err)
		}
	}
}

// cancels is how many orders are cancelled at a time.
const cancels = 16

// cancelUnpaid cancels the orders of a product that wait for a payment. That one is paid or
// expires meanwhile is as good.
func cancelUnpaid(ctx context.Context, c *client.Client, productID int64) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cancels)
	for order, err := range c.Orders(client.OrderFilter{ProductID: productID, Status: client.PendingPayment}).All(ctx) {
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		group.Go(func() error {
			_, err := c.CancelOrder(ctx, order.OrderID)
			if e, ok := errors.AsType[*client.Error](err); ok && e.Status == http.StatusConflict {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// sleep waits, and reports whether it waited to the end.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
