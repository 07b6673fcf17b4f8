package request

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// values generates JSON values of any kind.
func values(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 6
		if depth == 0 {
			kinds = 4
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return rapid.String().Draw(t, "text")
		case 1:
			return json.Number(rapid.SampledFrom([]string{"0", "-1", "1.5", "-0.0", "1e9", "2E-3", "9007199254740993"}).Draw(t, "number"))
		case 2:
			return rapid.Bool().Draw(t, "bool")
		case 3:
			return nil
		case 4:
			return rapid.SliceOfN(values(depth-1), 0, 4).Draw(t, "list")
		default:
			return rapid.MapOfN(rapid.String(), values(depth-1), 0, 4).Draw(t, "object")
		}
	})
}

// TestTokensAreThoseOfTheStandardLibrary, in whatever way the JSON is written.
func TestTokensAreThoseOfTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(values(3).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "spaced") {
			var spaced bytes.Buffer
			if err := json.Indent(&spaced, text, "\r\n", "\t "); err != nil {
				t.Fatal(err)
			}
			text = spaced.Bytes()
		}
		sameTokens(t, string(text))
	})
	for _, text := range []string{`"\u00e9\ud83d\ude00\"\\"`, ` [ ] `, `{"a":{}}`, `[[],[{}],""]`, "\t1 ", `{"\u0061":"]}"}`} {
		sameTokens(t, text)
	}
}

type fataler interface {
	Fatalf(format string, args ...any)
}

func sameTokens(t fataler, text string) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	own := &tokens{text: text}
	for {
		want, err := decoder.Token()
		if err != nil {
			break
		}
		got, err := own.next()
		if err != nil || !reflect.DeepEqual(meaning(got), want) {
			t.Fatalf("%s: %+v, %v, want %v", text, got, err, want)
		}
		if decoder.InputOffset() < int64(len(strings.TrimRight(text, " \t\r\n"))) && own.more() != decoder.More() {
			t.Fatalf("%s: after %v there is more: %v", text, want, own.more())
		}
	}
	var want any
	decoder = json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	_ = decoder.Decode(&want)
	if got, err := (&tokens{text: text}).any(); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%s is %v, %v, want %v", text, got, err, want)
	}
}

// meaning is what the standard library makes of a token.
func meaning(t token) json.Token {
	switch t.kind {
	case '"':
		return t.text
	case '0':
		return json.Number(t.text)
	case 't', 'f':
		return t.kind == 't'
	case 'n':
		return nil
	default:
		return json.Delim(t.kind)
	}
}

func TestToReadAnAttemptMakesFewObjects(t *testing.T) {
	body := []byte(`{"items":[` + strings.Repeat(`{"userId":1234567890,"requestId":"0b7c1f9a-31"},`, 99) + `{"userId":"7"}]}`)
	var target struct {
		Items []struct {
			UserID    int64  `json:"userId"`
			RequestID string `json:"requestId,optional"` //nolint:staticcheck // a tag of go-zero
		} `json:"items"`
	}
	if n := testing.AllocsPerRun(20, func() {
		target.Items = nil
		if err := decodeJSON(body, reflect.ValueOf(&target).Elem()); err != nil || len(target.Items) != 100 {
			t.Fatal(err)
		}
	}); n > 600 {
		t.Errorf("%.0f allocations for 100 attempts", n)
	}
}
