package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

const csvType = "text/csv"

// ExportOrdersCSV writes all orders that match as CSV, newest first, a line of names before
// them. After an error what has been written is not all.
func (c *Client) ExportOrdersCSV(ctx context.Context, filter OrderFilter, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(maxLineSilence, cancel)
	defer silence.Stop()
	k := get("/admin/v1/orders/export", filter.query())
	k.header = http.Header{"Accept": {csvType}}
	body, err := c.openText(ctx, k, csvType)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if _, err := io.Copy(out, &alive{body, func() { silence.Reset(maxLineSilence) }}); err != nil {
		return k.noAnswer(http.StatusOK, fmt.Errorf("copy the answer: %w", err))
	}
	return nil
}

// alive tells of each piece that is read.
type alive struct {
	from io.Reader
	tell func()
}

// Read implements io.Reader.
func (a *alive) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	a.tell()
	return n, err //nolint:wrapcheck // io.EOF has to stay what it is
}

// openText calls, as often as it takes and may, until an answer of a kind begins.
func (c *Client) openText(ctx context.Context, k call, kind string) (io.ReadCloser, error) {
	var response *http.Response
	err := c.repeat(ctx, k, func() (err error) {
		response, err = c.send(ctx, k, nil) //nolint:bodyclose // whoever reads the answer closes it
		return err
	})
	if err != nil {
		return nil, err
	}
	if got, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || got != kind {
		_ = response.Body.Close()
		return nil, k.noAnswer(response.StatusCode, errors.New("the answer is not "+kind))
	}
	return response.Body, nil
}
