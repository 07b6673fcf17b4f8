package printer

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// fruit is what the tests print.
type fruit struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Units *int64 `json:"units,omitempty"`
	Note  string `json:"note"`
}

var fruitKind = Kind[fruit]{
	Name: "fruit",
	ID:   func(f fruit) string { return Number(f.ID) },
	Columns: []Column[fruit]{
		{Head: "fruit", Number: true, Value: func(f fruit) string { return Number(f.ID) }},
		{Head: "name", Value: func(f fruit) string { return f.Name }, Paint: func(f fruit) Paint {
			if f.Units == nil {
				return Bad
			}
			return Plain
		}},
		{Head: "units", Number: true, Value: func(f fruit) string { return Optional(f.Units) }},
		{Head: "note", Wide: true, Value: func(f fruit) string { return f.Note }},
	},
}

var (
	five   = int64(5)
	apple  = fruit{ID: 7, Name: "apple", Units: &five, Note: "green"}
	lychee = fruit{ID: 12, Name: "荔枝"}
)

func page(t *testing.T, fruits ...fruit) Page[fruit] {
	t.Helper()
	made := Page[fruit]{Items: fruits, Next: "abc"}
	for _, f := range fruits {
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		made.Raw = append(made.Raw, raw)
	}
	return made
}

func TestListsInEveryFormat(t *testing.T) {
	for format, want := range map[Format]string{
		Table: "FRUIT   NAME    UNITS\n    7   apple       5\n   12   荔枝        -\n",
		Wide:  "FRUIT   NAME    UNITS   NOTE\n    7   apple       5   green\n   12   荔枝        -   -\n",
		Name:  "fruit/7\nfruit/12\n",
		JSONL: `{"id":7,"name":"apple","units":5,"note":"green"}` + "\n" + `{"id":12,"name":"荔枝","note":""}` + "\n",
		JSON: "{\n  \"items\": [\n    {\n      \"id\": 7,\n      \"name\": \"apple\",\n      \"units\": 5,\n      \"note\": \"green\"\n    },\n" +
			"    {\n      \"id\": 12,\n      \"name\": \"荔枝\",\n      \"note\": \"\"\n    }\n  ],\n  \"nextCursor\": \"abc\"\n}\n",
		YAML: "items:\n  - id: 7\n    name: apple\n    units: 5\n    note: green\n  - id: 12\n    name: 荔枝\n    note: \"\"\nnextCursor: abc\n",
	} {
		var out strings.Builder
		if err := Many(New(&out, format, false), fruitKind, page(t, apple, lychee)); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s:\n%swant\n%s", format, out.String(), want)
		}
	}
}

func TestAListWithoutItems(t *testing.T) {
	for format, want := range map[Format]string{
		Table: "", Name: "", JSONL: "", JSON: "{\n  \"items\": [],\n  \"nextCursor\": \"\"\n}\n", YAML: "items: []\nnextCursor: \"\"\n",
	} {
		var out strings.Builder
		if err := Many(New(&out, format, false), fruitKind, Page[fruit]{}); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s: %q, want %q", format, out.String(), want)
		}
	}
}

func TestOneThingIsShownWithAllThatIsKnown(t *testing.T) {
	var out strings.Builder
	if err := One(New(&out, Table, false), fruitKind, apple, nil); err != nil {
		t.Fatal(err)
	}
	if want := "fruit   7\nname    apple\nunits   5\nnote    green\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestColoursStandOutsideOfTheWidths(t *testing.T) {
	var out strings.Builder
	if err := Many(New(&out, Table, true), fruitKind, page(t, lychee, apple)); err != nil {
		t.Fatal(err)
	}
	if want := "FRUIT   NAME    UNITS\n   12   \x1b[31m荔枝\x1b[0m        -\n    7   apple       5\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestWhatComesFromOutsideCommandsNoTerminal(t *testing.T) {
	evil := fruit{ID: 1, Name: "a\x1b[2Jb\nc\u202ed", Units: &five}
	for _, format := range []Format{Table, Wide, Name} {
		var out strings.Builder
		if err := Many(New(&out, format, true), fruitKind, page(t, evil)); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(out.String(), "\x1b\u202e") || strings.Count(out.String(), "\n") > 2 {
			t.Errorf("%s: %q", format, out.String())
		}
	}
	if got := CleanLines("a\tb\nc\x1b[0m"); got != "a b\nc�[0m" {
		t.Errorf("lines become %q", got)
	}
}

func TestAChangeShowsWhatIsDifferent(t *testing.T) {
	after := apple
	six := int64(6)
	after.Units = &six
	var out strings.Builder
	different, err := Changed(New(&out, Table, false), fruitKind, apple, after, nil)
	if want := "FIELD   BEFORE   AFTER\nunits   5        6\n"; err != nil || !different || out.String() != want {
		t.Errorf("%v, %v: %q, want %q", different, err, out.String(), want)
	}
	out.Reset()
	if different, err = Changed(New(&out, Table, false), fruitKind, apple, apple, nil); err != nil || different || out.Len() > 0 {
		t.Errorf("no change: %v, %v: %q", different, err, out.String())
	}
	if _, err = Changed(New(&out, JSONL, false), fruitKind, apple, after, json.RawMessage(`{"id": 7}`)); err != nil || out.String() != "{\"id\":7}\n" {
		t.Errorf("as JSON: %v: %q", err, out.String())
	}
}

func TestAStreamKeepsItsColumns(t *testing.T) {
	var out strings.Builder
	stream := NewStream(New(&out, Table, false), fruitKind)
	for _, f := range []fruit{apple, {ID: 8, Name: "fig"}, {ID: 9, Name: "pineapple"}, {ID: 10, Name: "fig"}} {
		if err := stream.Put([]fruit{f}, nil); err != nil {
			t.Fatal(err)
		}
	}
	want := "FRUIT   NAME    UNITS\n    7   apple       5\n    8   fig         -\n    9   pineapple       -\n   10   fig             -\n"
	if out.String() != want {
		t.Errorf("\n%swant\n%s", out.String(), want)
	}
}

func TestYAMLSaysTheSameAsJSON(t *testing.T) {
	text, err := toYAML(json.RawMessage(`{"id":9007199254740993,"yes":"yes","number":"1","none":null,"when":"2026-11-11T20:00:00.000000Z","text":"a: b","list":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "id: 9007199254740993\n\"yes\": \"yes\"\nnumber: \"1\"\nnone: null\nwhen: \"2026-11-11T20:00:00.000000Z\"\ntext: \"a: b\"\nlist: []\n"
	if string(text) != want {
		t.Errorf("\n%swant\n%s", text, want)
	}
}

func TestAWriteThatFailsIsToldOf(t *testing.T) {
	broken := errors.New("broken pipe")
	if err := One(New(failing{broken}, Table, false), fruitKind, apple, nil); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

// failing writes nothing.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
