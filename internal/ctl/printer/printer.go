// Package printer prints data in the formats of seckillctl: tables for people, and the JSON
// of the API, as it came, for programs.
package printer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is how data is printed.
type Format string

// The formats.
const (
	Table Format = "table" // columns for people
	Wide  Format = "wide"  // more columns
	JSON  Format = "json"  // the answer of the API, indented
	YAML  Format = "yaml"  // the same as YAML
	JSONL Format = "jsonl" // each item on a line of its own
	Name  Format = "name"  // kind/ID, each on a line of its own
)

var formats = []Format{Table, Wide, JSON, YAML, JSONL, Name}

// Formats lists the formats, for a help text.
func Formats() string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// Known reports whether f is one of the formats.
func (f Format) Known() bool { return slices.Contains(formats, f) }

// People reports whether f is read by people.
func (f Format) People() bool { return f == Table || f == Wide }

// Printer prints data.
type Printer struct {
	out    io.Writer
	format Format
	colour bool
}

// New makes a printer; colour says that out understands colours.
func New(out io.Writer, format Format, colour bool) *Printer {
	return &Printer{out: out, format: format, colour: colour}
}

// Format returns the format of p.
func (p *Printer) Format() Format { return p.format }

// Kind is how things of a kind are shown.
type Kind[T any] struct {
	Name    string         // such as product: the first part of what -o name prints
	ID      func(T) string // the second part
	Columns []Column[T]    // of tables
}

// Column is a column of a table, and a line where one thing is shown alone.
type Column[T any] struct {
	Head   string
	Value  func(T) string
	Wide   bool          // only with -o wide, and where a thing is shown alone
	Number bool          // aligned to the right
	Stamp  bool          // changes whenever anything does, and is not worth telling
	Paint  func(T) Paint // nil = plain
}

// One prints one thing: raw is its JSON as it came.
func One[T any](p *Printer, kind Kind[T], thing T, raw json.RawMessage) error {
	switch p.format {
	case Table, Wide:
		return p.fields(facts(kind, thing))
	case Name:
		return p.line(kind.Name + "/" + kind.ID(thing))
	default:
		return p.Raw(raw)
	}
}

// Page is a part of a list, with the JSON of each item as it came.
type Page[T any] struct {
	Items []T
	Raw   []json.RawMessage
	Next  string // cursor of the next page; empty at the end
}

// Many prints a part of a list.
func Many[T any](p *Printer, kind Kind[T], page Page[T]) error {
	switch p.format {
	case Table, Wide:
		return p.grid(rowsOf(kind, page.Items, p.format == Wide))
	case Name, JSONL:
		return p.each(func(i int) string { return kind.Name + "/" + kind.ID(page.Items[i]) }, page.Raw)
	default:
		raw, err := json.Marshal(struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"nextCursor"`
		}{notNil(page.Raw), page.Next})
		if err != nil {
			return fmt.Errorf("encode a list: %w", err)
		}
		return p.Raw(raw)
	}
}

func notNil(items []json.RawMessage) []json.RawMessage {
	if items == nil {
		return []json.RawMessage{}
	}
	return items
}

// each prints a line for each item: its name, or its JSON.
func (p *Printer) each(name func(i int) string, raw []json.RawMessage) error {
	for i := range raw {
		var err error
		if p.format == Name {
			err = p.line(name(i))
		} else {
			err = p.Raw(raw[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Raw prints JSON in the format of p; table formats print it as JSON does.
func (p *Printer) Raw(raw json.RawMessage) error {
	var out bytes.Buffer
	switch p.format {
	case JSONL:
		if err := json.Compact(&out, raw); err != nil {
			return fmt.Errorf("print JSON: %w", err)
		}
	case YAML:
		text, err := toYAML(raw)
		if err != nil {
			return err
		}
		out.Write(text)
		return p.write(out.Bytes())
	default:
		if err := json.Indent(&out, bytes.TrimSpace(raw), "", "  "); err != nil {
			return fmt.Errorf("print JSON: %w", err)
		}
	}
	out.WriteByte('\n')
	return p.write(out.Bytes())
}

func (p *Printer) line(text string) error { return p.write([]byte(Clean(text) + "\n")) }

func (p *Printer) write(text []byte) error {
	if _, err := p.out.Write(text); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Blank prints an empty line, between two tables.
func (p *Printer) Blank() error { return p.write([]byte("\n")) }

// Text prints text for people as it is; what comes from outside has to be clean.
func (p *Printer) Text(text string) error { return p.write([]byte(text)) }
