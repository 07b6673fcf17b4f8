package printer

import "encoding/json"

// Changed prints what an act has made of a thing: in tables what is different, and
// otherwise the thing afterwards, whose JSON raw is. It reports whether anything a table
// shows is different.
func Changed[T any](p *Printer, kind Kind[T], before, after T, raw json.RawMessage) (different bool, err error) {
	rows := [][]cell{{{text: "FIELD"}, {text: "BEFORE"}, {text: "AFTER"}}}
	for _, column := range kind.Columns {
		was, is := Clean(column.Value(before)), Clean(column.Value(after))
		if was == is || column.Stamp {
			continue
		}
		rows = append(rows, []cell{
			{text: column.Head}, {text: orDash(was), paint: column.paintOf(before)}, {text: orDash(is), paint: column.paintOf(after)},
		})
	}
	different = len(rows) > 1
	if p.format.People() {
		return different, p.grid(rows)
	}
	return different, One(p, kind, after, raw)
}

// Stream prints things as they come, in columns that are as wide as whatever has come.
type Stream[T any] struct {
	printer *Printer
	kind    Kind[T]
	widths  []int
}

// NewStream makes a stream.
func NewStream[T any](p *Printer, kind Kind[T]) *Stream[T] {
	return &Stream[T]{printer: p, kind: kind}
}

// Put prints things in their order; raw has the JSON of each as it came.
func (s *Stream[T]) Put(things []T, raw []json.RawMessage) error {
	p := s.printer
	if len(things) == 0 {
		return nil
	}
	if !p.format.People() {
		for i, thing := range things {
			if err := One(p, s.kind, thing, raw[i]); err != nil {
				return err
			}
		}
		return nil
	}
	rows := rowsOf(s.kind, things, p.format == Wide)
	if s.widths != nil {
		rows = rows[1:] // the heads stand there
	}
	s.widths = widened(s.widths, rows)
	return p.lines(rows, s.widths)
}
