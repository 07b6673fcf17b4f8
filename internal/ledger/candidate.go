package ledger

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"seckill/internal/seckill"
	"seckill/model"
)

// candidate is a dead letter on its way to be replayed.
type candidate struct {
	row     model.LetterRow
	fields  map[string]any // corrected
	attempt seckill.Attempt
	refusal error // why it is not replayed, nil = it is
}

// newCandidate corrects a letter and reads it; one that is still bad, or not open, is refused.
func newCandidate(row model.LetterRow, edit seckill.Correction) (*candidate, error) {
	fields, err := seckill.ReadFields(row.Fields)
	if err != nil {
		return nil, err
	}
	c := &candidate{row: row, fields: edit.Apply(fields)}
	var reason seckill.DeadReason
	if c.attempt, reason = seckill.Resend(row.StreamId, c.fields); reason != "" {
		c.refusal = reason.StillBad()
	}
	if _, open := seckill.LetterStatus(row.Status).After(seckill.ActReplay); !open {
		c.refusal = errNotOpen
	}
	return c, nil
}

// errNotOpen stands for what Ledger.refuse says of a letter that is not open.
var errNotOpen = errors.New("the letter is not open")

// fieldsJSON returns the corrected fields as they are stored and shown.
func (c *candidate) fieldsJSON() ([]byte, error) {
	return seckill.DeadLetter{StreamID: c.row.StreamId, Fields: c.fields}.FieldsJSON()
}

// willing returns those of the candidates that nothing speaks against, in the order of
// their stream, in which they compete.
func willing(all []*candidate) []*candidate {
	able := slices.DeleteFunc(slices.Clone(all), func(c *candidate) bool { return c.refusal != nil })
	slices.SortStableFunc(able, func(a, b *candidate) int { return compareIDs(a.row.StreamId, b.row.StreamId) })
	return able
}

func compareIDs(a, b string) int {
	first, errA := seckill.ParseStreamID(a)
	second, errB := seckill.ParseStreamID(b)
	if errA != nil || errB != nil { // which Redis does not mint
		return cmp.Compare(a, b)
	}
	return first.Compare(second)
}

// refuseAll refuses what is not refused yet.
func refuseAll(candidates []*candidate, refusal error) {
	for _, c := range candidates {
		if c.refusal == nil {
			c.refusal = refusal
		}
	}
}

// sorted is what becomes of candidates that are replayed together.
type sorted struct {
	fresh  []*candidate // stored now
	known  []*candidate // stored before, by the same user
	resent []*candidate // whose ID another user's entry has: they go to the stream again
}

// sortOut says what becomes of candidates, in their order; stored are the users of what is
// stored under their IDs. One whose ID is known to have been minted twice goes to the stream
// again in any case.
func sortOut(candidates []*candidate, stored map[string]int64) sorted {
	var s sorted
	claimed := make(map[string]int64, len(candidates))
	for _, c := range candidates {
		id, user := c.attempt.StreamID, c.attempt.UserID
		holder, taken := stored[id]
		if !taken {
			holder, taken = claimed[id]
		}
		switch {
		case c.row.Reason == string(seckill.DeadStreamIDReused), taken && holder != user:
			s.resent = append(s.resent, c)
		case taken:
			s.known = append(s.known, c)
		default:
			claimed[id] = user
			s.fresh = append(s.fresh, c)
		}
	}
	return s
}

func attemptsOf(candidates []*candidate) []seckill.Attempt {
	attempts := make([]seckill.Attempt, len(candidates))
	for i, c := range candidates {
		attempts[i] = c.attempt
	}
	return attempts
}

func letterIDs(candidates []*candidate) []int64 {
	ids := make([]int64, len(candidates))
	for i, c := range candidates {
		ids[i] = c.row.Id
	}
	return ids
}

// acts returns what the audit says of each; decisions are those of the fresh ones.
func (s sorted) acts(note string, decisions []seckill.Decision) ([]model.ActedLetter, error) {
	acted := make([]model.ActedLetter, 0, len(s.fresh)+len(s.known)+len(s.resent))
	add := func(c *candidate, d letterDetail) error {
		after, err := c.fieldsJSON()
		if err != nil {
			return err
		}
		d.Before, d.After = c.row.Fields, after
		detail, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("encode audit detail: %w", err)
		}
		acted = append(acted, model.ActedLetter{ID: c.row.Id, Detail: detail})
		return nil
	}
	var problems []error
	for i, c := range s.fresh {
		d := detailOf(c.row, note)
		d.Status, d.Failure = decisions[i].Status, decisions[i].Reason
		problems = append(problems, add(c, d))
	}
	for _, c := range s.known {
		d := detailOf(c.row, note)
		d.Known = true
		problems = append(problems, add(c, d))
	}
	for _, c := range s.resent {
		d := detailOf(c.row, note)
		d.Resent = true
		problems = append(problems, add(c, d))
	}
	return acted, errors.Join(problems...)
}

// entries returns the entries that go to the stream again. The mark of the gate stays
// behind: it would claim a unit.
func (s sorted) entries() ([]model.ResentLetter, error) {
	letters := make([]model.ResentLetter, len(s.resent))
	for i, c := range s.resent {
		none := seckill.Correction{seckill.EpochField: nil}
		fields, err := seckill.DeadLetter{Fields: none.Apply(c.fields)}.FieldsJSON()
		if err != nil {
			return nil, err
		}
		letters[i] = model.ResentLetter{ID: c.row.Id, Fields: fields}
	}
	return letters, nil
}
