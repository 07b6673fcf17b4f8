package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

// productFile is a product as a file has it, in YAML or JSON, by the names of the API. What
// is left out is left as it is. What the service says of a product can stand there and does
// nothing, so that what product get -o yaml prints can be changed and applied.
type productFile struct {
	ProductID            int64   `yaml:"productId"`
	Name                 *string `yaml:"name"`
	StockTotal           *int64  `yaml:"stockTotal"`
	PerUserLimit         *int64  `yaml:"perUserLimit"`
	StartsAt             *string `yaml:"startsAt"` // "" = none
	EndsAt               *string `yaml:"endsAt"`   // "" = none
	PaymentWindowSeconds *int64  `yaml:"paymentWindowSeconds"`

	Status    any `yaml:"status"`
	Mode      any `yaml:"mode"`
	StockLeft any `yaml:"stockLeft"`
	CreatedAt any `yaml:"createdAt"`
	UpdatedAt any `yaml:"updatedAt"`

	startsAt, endsAt *time.Time // as read
}

// readProducts reads the products of a file, documents between lines of ---; "-" is
// standard input.
func (a *App) readProducts(path string) ([]productFile, error) {
	if path == "" {
		return nil, usagef("-f FILE is needed; - is standard input")
	}
	from := a.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, usagef("%w", err)
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	decoder := yaml.NewDecoder(from)
	decoder.KnownFields(true)
	var all []productFile
	for {
		var f productFile
		err := decoder.Decode(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = f.check()
		}
		if err != nil {
			return nil, usagef("%s, product %d of the file: %s", path, len(all)+1, inWords(err))
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		return nil, usagef("%s has no product", path)
	}
	return all, nil
}

// inWords says what YAML has against a text, without the words of Go.
func inWords(err error) string {
	var kinds *yaml.TypeError
	if !errors.As(err, &kinds) {
		return strings.TrimPrefix(err.Error(), "yaml: ")
	}
	return strings.ReplaceAll(strings.Join(kinds.Errors, "; "), " in type ctl.productFile", "")
}

// check reads what the types of a file do not.
func (f *productFile) check() (err error) {
	if f.ProductID < 1 {
		return errors.New("productId, a positive number, is needed")
	}
	if f.startsAt, err = readTime("startsAt", f.StartsAt); err != nil {
		return err
	}
	f.endsAt, err = readTime("endsAt", f.EndsAt)
	return err
}

// readTime reads a time of a file; an empty text takes it away.
func readTime(key string, text *string) (*time.Time, error) {
	if text == nil {
		return nil, nil //nolint:nilnil // what is not there is left as it is
	}
	if *text == "" {
		return &time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return nil, fmt.Errorf("%s %q is no time such as 2026-11-11T20:00:00Z", key, *text)
	}
	return &t, nil
}

// new returns the product to register.
func (f *productFile) new() client.NewProduct {
	return client.NewProduct{
		ProductID: f.ProductID, Name: or(f.Name), StockTotal: f.StockTotal, PerUserLimit: f.PerUserLimit,
		StartsAt: or(f.startsAt), EndsAt: or(f.endsAt), PaymentWindowSeconds: or(f.PaymentWindowSeconds),
	}
}

// or returns what p points to, else the zero value.
func or[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// difference is a field that a file wants otherwise than it is.
type difference struct {
	ProductID int64  `json:"productId"`
	Field     string `json:"field"`
	Now       string `json:"now"`  // "" = none
	File      string `json:"file"` // "" = none
}

var differenceKind = printer.Kind[difference]{
	Name: "product",
	ID:   func(d difference) string { return printer.Number(d.ProductID) },
	Columns: []printer.Column[difference]{
		{Head: "product", Number: true, Value: func(d difference) string { return printer.Number(d.ProductID) }},
		{Head: "field", Value: func(d difference) string { return d.Field }},
		{Head: "now", Value: func(d difference) string { return d.Now }, Paint: func(difference) printer.Paint { return printer.Bad }},
		{Head: "file", Value: func(d difference) string { return d.File }, Paint: func(difference) printer.Paint { return printer.Good }},
	},
}

// differences returns what a file wants otherwise than a product is, and the change that
// makes it so.
func (f *productFile) differences(p client.Product) (all []difference, change client.ProductChange) {
	note := func(field, now, file string) {
		all = append(all, difference{f.ProductID, field, now, file})
	}
	if f.Name != nil && *f.Name != p.Name {
		note("name", p.Name, *f.Name)
		change.Name = f.Name
	}
	if f.StockTotal != nil && (p.StockTotal == nil || *f.StockTotal != *p.StockTotal) {
		note("stockTotal", printer.Optional(p.StockTotal), printer.Number(*f.StockTotal))
		change.StockTotal = f.StockTotal
	}
	if f.PerUserLimit != nil && *f.PerUserLimit != p.PerUserLimit {
		note("perUserLimit", printer.Number(p.PerUserLimit), printer.Number(*f.PerUserLimit))
		change.PerUserLimit = f.PerUserLimit
	}
	if f.startsAt != nil && !f.startsAt.Equal(p.StartsAt) {
		note("startsAt", printer.Time(p.StartsAt), printer.Time(*f.startsAt))
		change.StartsAt = f.startsAt
	}
	if f.endsAt != nil && !f.endsAt.Equal(p.EndsAt) {
		note("endsAt", printer.Time(p.EndsAt), printer.Time(*f.endsAt))
		change.EndsAt = f.endsAt
	}
	if f.PaymentWindowSeconds != nil && *f.PaymentWindowSeconds != or(p.PaymentWindowSeconds) {
		note("paymentWindowSeconds", printer.Optional(p.PaymentWindowSeconds), printer.Number(*f.PaymentWindowSeconds))
		change.PaymentWindowSeconds = f.PaymentWindowSeconds
	}
	return all, change
}

// withFile makes a command that works on the products of a file.
func (a *App) withFile(use, short string, run func(ctx context.Context, c *client.Client, files []productFile) error) *cobra.Command {
	var path string
	cmd := a.call(use, short, cobra.NoArgs, func(ctx context.Context, c *client.Client, _ []string) error {
		files, err := a.readProducts(path)
		if err != nil {
			return err
		}
		return run(ctx, c, files)
	})
	cmd.Flags().StringVarP(&path, "file", "f", "", "file with products in YAML or JSON, by the names of the API; - is standard input")
	return cmd
}
