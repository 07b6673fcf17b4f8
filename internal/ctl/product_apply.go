package ctl

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

func (a *App) productCreate() *cobra.Command {
	return a.withFile("create -f FILE", "Register the products of a file",
		func(ctx context.Context, c *client.Client, files []productFile) error {
			return a.each(files, func(f productFile) error { return a.create(ctx, c, f) })
		})
}

// each does something with each product, until one fails; tables stand apart.
func (a *App) each(files []productFile, do func(productFile) error) error {
	p := a.printer()
	for i, f := range files {
		if i > 0 && p.Format().People() {
			if err := p.Blank(); err != nil {
				return err
			}
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) create(ctx context.Context, c *client.Client, f productFile) error {
	create := productAct(c, f.ProductID, "is registered",
		func(ctx context.Context) (client.Product, error) { return c.CreateProduct(ctx, f.new()) })
	create.before = nil
	return perform(ctx, a, c, create)
}

func (a *App) productApply() *cobra.Command {
	return a.withFile("apply -f FILE", "Register the products of a file, or change them to what it says",
		func(ctx context.Context, c *client.Client, files []productFile) error {
			return a.each(files, func(f productFile) error { return a.apply(ctx, c, f) })
		})
}

// apply makes a product what a file says. To do it again does nothing.
func (a *App) apply(ctx context.Context, c *client.Client, f productFile) error {
	present, raw, err := kept(ctx, func(ctx context.Context) (client.Product, error) { return c.Product(ctx, f.ProductID) })
	if errors.Is(err, client.CodeProductNotFound) {
		return a.create(ctx, c, f)
	}
	if err != nil {
		return err
	}
	differences, change := f.differences(present)
	if len(differences) == 0 {
		a.notef("product %d is as the file says already", f.ProductID)
		_, err := printer.Changed(a.printer(), productKind, present, present, raw)
		return err
	}
	if change.StockTotal != nil && present.StockTotal != nil {
		return &exitError{ExitConflict, fmt.Errorf("product %d has a stock of %d, not of %d, and stock is changed by what is added or withdrawn: "+
			"seckillctl product stock %d --delta %d", f.ProductID, *present.StockTotal, *f.StockTotal, f.ProductID, *f.StockTotal-*present.StockTotal)}
	}
	return perform(ctx, a, c, productAct(c, f.ProductID, "is changed",
		func(ctx context.Context) (client.Product, error) { return c.ChangeProduct(ctx, f.ProductID, change) }))
}

func (a *App) productDiff() *cobra.Command {
	return a.withFile("diff -f FILE", "Show what apply would change; exits with 1 if that is anything",
		func(ctx context.Context, c *client.Client, files []productFile) error {
			var all []difference
			for _, f := range files {
				present, err := c.Product(ctx, f.ProductID)
				if errors.Is(err, client.CodeProductNotFound) {
					all = append(all, difference{f.ProductID, "productId", "", fmt.Sprint(f.ProductID)})
				} else if err != nil {
					return err
				}
				fields, _ := f.differences(present)
				all = append(all, fields...)
			}
			if err := listOwn(a, differenceKind, all); err != nil || len(all) == 0 {
				return err
			}
			return errSilent
		})
}
