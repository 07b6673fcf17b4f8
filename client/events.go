package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxSilence is how long an event stream may be silent: the service sends a comment
	// every 15 s.
	maxSilence = 45 * time.Second
	// maxEventLine bounds a line of an event stream, in bytes: the history of a product has a
	// sample for each second of 15 minutes.
	maxEventLine = 16 << 20
)

// ResultEvents goes through the states of a user's result for a product: the present one at
// once, then one for each change, until one is final. It waits for a first attempt too. A
// stream that breaks off, as when a replica stops, is opened anew where it was, and nothing
// is seen twice. It ends with an error when the context ends, the product is not known
// (CodeProductNotFound), or the service cannot be reached Retry.Tries times in a row.
//
//	for result, err := range c.ResultEvents(ctx, 2001, userID) {
func (c *Client) ResultEvents(ctx context.Context, productID, userID int64) iter.Seq2[Result, error] {
	return follow(ctx, c, resultPath(productID, userID)+"/events", func(_, data string) (result Result, last bool, err error) {
		err = json.Unmarshal([]byte(data), &result)
		return result, result.Status.Final(), err
	})
}

// follow goes through the events of a path, opened again and again. read makes a value of an
// event, and tells whether it is the last.
func follow[T any](ctx context.Context, c *Client, path string, read func(name, data string) (value T, last bool, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		s := &subscription{client: c, path: path}
		for {
			done, err := s.open(ctx, func(name, data string) (last bool, err error) {
				value, last, err := read(name, data)
				return err == nil && !yield(value, nil) || last, err
			})
			if done {
				return
			}
			if err = s.rest(ctx, err); err != nil {
				var none T
				yield(none, err)
				return
			}
		}
	}
}

// subscription is what is kept of an event stream while it is opened again and again.
type subscription struct {
	client *Client
	path   string
	lastID string        // of the last event that came
	retry  time.Duration // what the service has asked to wait before the stream is opened anew
	failed int           // tries in a row that nothing answered
}

// open opens the stream and hands on what comes, until hand says that it was the last. done
// says that there is no more to come, or that nobody wants it.
func (s *subscription) open(ctx context.Context, hand func(name, data string) (last bool, err error)) (done bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(maxSilence, cancel)
	defer silence.Stop()
	k := get(s.path, nil)
	k.header = http.Header{"Accept": {"text/event-stream"}}
	if s.lastID != "" {
		k.header.Set("Last-Event-ID", s.lastID)
	}
	response, err := s.client.send(ctx, k, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusNoContent { // all has been told
		return true, nil
	}
	if kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || kind != "text/event-stream" {
		return false, k.noAnswer(response.StatusCode, errors.New("the answer is no stream of events"))
	}
	s.failed = 0
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxEventLine)
	for {
		name, data, err := s.next(lines, func() { silence.Reset(maxSilence) })
		if err != nil {
			return false, k.noAnswer(0, err)
		}
		last, err := hand(name, data)
		if err != nil {
			return false, k.noAnswer(0, fmt.Errorf("read an event: %w", err))
		}
		if last {
			return true, nil
		}
	}
}

// next reads the next event that has not come before: its name and its data (WHATWG HTML,
// "Interpreting an event stream").
func (s *subscription) next(lines *bufio.Scanner, alive func()) (name, data string, err error) {
	id, known := s.lastID, false
	for lines.Scan() {
		alive()
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "" && known:
			name, data, known = "", "", false // a replica that cannot keep the stream open says the present state each time
		case lines.Text() == "" && data != "":
			s.lastID = id
			return name, strings.TrimSuffix(data, "\n"), nil
		case field == "id":
			id, known = value, value == s.lastID && value != ""
		case field == "event":
			name = value
		case field == "data":
			data += value + "\n"
		case field == "retry":
			if ms, err := strconv.ParseInt(value, 10, 32); err == nil {
				s.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
	if err := lines.Err(); err != nil {
		return "", "", fmt.Errorf("read events: %w", err)
	}
	return "", "", errors.New("read events: they have broken off")
}

// rest waits before the stream is opened anew, and returns why it is not.
func (s *subscription) rest(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.failed++
	if failed, ok := errors.AsType[*Error](err); ok && failed.Status == 0 && failed.RetryAfter == 0 {
		failed.RetryAfter = s.retry
	}
	pause, again := s.client.again(ctx, call{repeat: true}, err, s.failed)
	if !again {
		return err
	}
	return sleep(ctx, pause)
}
