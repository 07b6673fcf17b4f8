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
	// maxEventLine bounds a line of an event stream, in bytes.
	maxEventLine = 1 << 20
)

// ResultEvents goes through the states of a user's result for a product: the present one at
// once, then one for each change, until one is final. It waits for a first attempt too. A
// stream that breaks off, as when a replica stops, is opened anew where it was, and nothing
// is seen twice. It ends with an error when the context ends, the product is not known
// (CodeProductNotFound), or the service cannot be reached Retry.Tries times in a row.
//
//	for result, err := range c.ResultEvents(ctx, 2001, userID) {
func (c *Client) ResultEvents(ctx context.Context, productID, userID int64) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		s := &subscription{client: c, path: resultPath(productID, userID) + "/events"}
		for {
			done, err := s.open(ctx, yield)
			if done {
				return
			}
			if err = s.rest(ctx, err); err != nil {
				yield(Result{}, err)
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

// open opens the stream and hands on what comes. done says that there is no more to come,
// or that nobody wants it.
func (s *subscription) open(ctx context.Context, yield func(Result, error) bool) (done bool, err error) {
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
		data, err := s.next(lines, func() { silence.Reset(maxSilence) })
		if err != nil {
			return false, k.noAnswer(0, err)
		}
		var result Result
		if err := json.Unmarshal([]byte(data), &result); err != nil {
			return false, k.noAnswer(0, fmt.Errorf("read an event: %w", err))
		}
		if !yield(result, nil) || result.Status.Final() {
			return true, nil
		}
	}
}

// next reads the data of the next event that has not come before (WHATWG HTML, "Interpreting an event stream").
func (s *subscription) next(lines *bufio.Scanner, alive func()) (data string, err error) {
	id := s.lastID
	for lines.Scan() {
		alive()
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "" && id == s.lastID && id != "":
			data = "" // a replica that cannot keep the stream open says the present state each time
		case lines.Text() == "" && data != "":
			s.lastID = id
			return strings.TrimSuffix(data, "\n"), nil
		case name == "id":
			id = value
		case name == "data":
			data += value + "\n"
		case name == "retry":
			if ms, err := strconv.ParseInt(value, 10, 32); err == nil {
				s.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("read events: %w", err)
	}
	return "", errors.New("read events: they have broken off")
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
