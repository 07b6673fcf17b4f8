package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"time"
)

const (
	ndjsonType = "application/x-ndjson"
	// maxLineSilence is how long an answer of lines may be silent. The service reads a
	// thousand rows at a time.
	maxLineSilence = 45 * time.Second
)

// eachLine goes through an answer of one JSON object a line, of any length, in constant
// memory. It is not begun again once a line has come: an answer that breaks off ends with
// CodeNoAnswer, and the caller knows what he has.
func eachLine[T any](ctx context.Context, c *Client, k call) iter.Seq2[T, error] {
	k.header = http.Header{"Accept": {ndjsonType}}
	return func(yield func(T, error) bool) {
		var none T
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		silence := time.AfterFunc(maxLineSilence, cancel)
		defer silence.Stop()
		body, err := c.openText(ctx, k, ndjsonType)
		if err != nil {
			yield(none, err)
			return
		}
		defer func() { _ = body.Close() }()
		lines := bufio.NewScanner(body)
		lines.Buffer(nil, maxEventLine)
		for lines.Scan() {
			silence.Reset(maxLineSilence)
			var item T
			if err := json.Unmarshal(lines.Bytes(), &item); err != nil {
				yield(none, k.noAnswer(http.StatusOK, fmt.Errorf("read a line: %w", err)))
				return
			}
			keep(ctx, nil, lines.Bytes())
			if !yield(item, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(none, k.noAnswer(http.StatusOK, fmt.Errorf("read lines: %w", err)))
		}
	}
}
