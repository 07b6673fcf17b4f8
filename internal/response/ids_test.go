package response

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"seckill/internal/openapi"
)

func TestIDsBecomeText(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"an ID", `{"orderId":9007199254740993,"limit":5}`, `{"orderId":"9007199254740993","limit":5}`},
		{"an ID alone", `{"id":1}`, `{"id":"1"}`},
		{"the last of an object", `{"a":{"userId":7}}`, `{"a":{"userId":"7"}}`},
		{"a list", `{"sampleIds":[1, 2,-3],"counts":[1,2]}`, `{"sampleIds":["1", "2","-3"],"counts":[1,2]}`},
		{"an empty list", `{"ids":[],"n":1}`, `{"ids":[],"n":1}`},
		{"what is text already", `{"streamId":"1-0","userIds":["1"],"n":1}`, `{"streamId":"1-0","userIds":["1"],"n":1}`},
		{"what is absent", `{"userId":null,"n":1}`, `{"userId":null,"n":1}`},
		{"text that looks like one", `{"message":"\"userId\":7, id:8","n":1}`, `{"message":"\"userId\":7, id:8","n":1}`},
		{"a text before a number", `["id",7]`, `["id",7]`},
		{"names that only look like one", `{"valid":1,"Id":2,"IDs":3,"idle":4,"paid":5}`, `{"valid":1,"Id":2,"IDs":3,"idle":4,"paid":5}`},
		{"spaces", "{ \"id\" : 1 }", "{ \"id\" : \"1\" }"},
		{"lines", "{\"id\":1}\n{\"id\":2}\n", "{\"id\":\"1\"}\n{\"id\":\"2\"}\n"},
		{"events", "retry: 2000\nid: 1-0:SUCCESS\nevent: result\ndata: {\"userId\":1}\n\n", "retry: 2000\nid: 1-0:SUCCESS\nevent: result\ndata: {\"userId\":\"1\"}\n\n"},
		{"objects in a list of IDs", `{"ids":[{"n":1}],"n":2}`, `{"ids":[{"n":1}],"n":2}`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			for cut := range len(tc.in) { // however it comes in parts
				s := &idScanner{}
				got := string(s.append(s.append(nil, []byte(tc.in[:cut])), []byte(tc.in[cut:])))
				if got != tc.want {
					t.Fatalf("cut at %d:\ngot  %s\nwant %s", cut, got, tc.want)
				}
			}
		})
	}
}

// TestOfAnyDocumentOnlyIDsBecomeText compares with what a decoder of JSON makes of it.
func TestOfAnyDocumentOnlyIDsBecomeText(t *testing.T) {
	name := rapid.SampledFrom([]string{"id", "ids", "orderId", "sampleIds", "n", "message", `x"id`, "a\\", "étéId"})
	leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.Int32(), func(n int32) any { return json.Number(strconv.Itoa(int(n))) }),
		rapid.Map(rapid.SampledFrom([]string{"", `"id":7`, "id", `\`, "7"}), func(s string) any { return s }))
	value := rapid.Deferred(func() *rapid.Generator[any] { return leaf })
	for range 3 {
		inner := value
		value = rapid.OneOf(inner, rapid.Map(rapid.SliceOfN(inner, 0, 3), func(l []any) any { return l }),
			rapid.Map(rapid.MapOfN(name, inner, 0, 3), func(m map[string]any) any { return m }))
	}
	rapid.Check(t, func(t *rapid.T) {
		document := value.Draw(t, "document")
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(asText(document))
		if err != nil {
			t.Fatal(err)
		}
		if got := new(idScanner).append(nil, text); !bytes.Equal(got, want) {
			t.Fatalf("of %s:\ngot  %s\nwant %s", text, got, want)
		}
	})
}

// asText is the document with text for the numbers of IDs.
func asText(value any) any {
	switch value := value.(type) {
	case []any:
		made := make([]any, len(value))
		for i, v := range value {
			made[i] = asText(v)
		}
		return made
	case map[string]any:
		made := map[string]any{}
		for name, v := range value {
			made[name] = asText(v)
			if !openapi.IDName.MatchString(name) {
				continue
			}
			if n, ok := v.(json.Number); ok {
				made[name] = n.String()
			}
			if list, ok := v.([]any); ok {
				made[name] = eachAsText(list)
			}
		}
		return made
	default:
		return value
	}
}

// eachAsText is a list of IDs, up to the first part of it that is a list or an object.
func eachAsText(list []any) []any {
	made := asText(list).([]any)
	for i, v := range list {
		switch v := v.(type) {
		case json.Number:
			made[i] = v.String()
		case []any, map[string]any, nil:
			return made
		}
	}
	return made
}
