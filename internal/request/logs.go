package request

import (
	"regexp"
	"time"
	"unicode/utf8"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

// maxLogChanges is the most items of one status request (contract section 6).
const maxLogChanges = 1000

// TimeRange reads the parameters from (inclusive) and to (exclusive); the zero
// time stands for one that is absent.
func TimeRange(from, to string) (begin, end time.Time, err error) {
	if begin, err = instant("from", from); err != nil {
		return begin, end, err
	}
	if end, err = instant("to", to); err != nil {
		return begin, end, err
	}
	if from != "" && to != "" && !begin.Before(end) {
		return begin, end, invalid("from must be before to")
	}
	return begin, end, nil
}

// rfc3339 is the form of a time; time.Parse takes some that differ from it.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// instant reads a time.
func instant(name, text string) (t time.Time, err error) {
	if text == "" {
		return t, nil
	}
	t, ok := parseTime(text)
	if !ok {
		return t, invalid("%s must be a time of RFC 3339, such as 2026-01-17T10:00:00Z (a + is sent as %%2B)", name)
	}
	return t, nil
}

// parseTime reads a time of RFC 3339 strictly.
func parseTime(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err == nil && rfc3339.MatchString(text)
}

// LogChanges checks the items of a status request.
func LogChanges(items []types.LogChange) ([]seckill.LogChange, error) {
	if len(items) == 0 || len(items) > maxLogChanges {
		return nil, invalid("items must hold 1 to %d changes", maxLogChanges)
	}
	changes := make([]seckill.LogChange, len(items))
	for i, item := range items {
		change := seckill.LogChange{
			ProductID: item.ProductId, StreamID: item.StreamId,
			Status: seckill.Status(item.Status), Reason: seckill.Reason(item.Reason),
		}
		if err := checkLogChange(i, change); err != nil {
			return nil, err
		}
		changes[i] = change
	}
	return changes, nil
}

// checkLogChange checks what the tags of types.LogChange cannot say.
func checkLogChange(i int, c seckill.LogChange) error {
	if _, err := seckill.ParseStreamID(c.StreamID); err != nil {
		return invalid("items[%d].streamId must be of the form ms-seq, such as 1234567890123-0", i)
	}
	if c.Reason != "" && c.Status != seckill.StatusFailed {
		return invalid("items[%d].reason is allowed with the status FAILED only", i)
	}
	if utf8.RuneCountInString(string(c.Reason)) > seckill.MaxReasonLength {
		return invalid("items[%d].reason must have 1 to %d characters", i, seckill.MaxReasonLength)
	}
	return nil
}
