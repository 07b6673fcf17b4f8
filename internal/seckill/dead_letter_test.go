package seckill_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"seckill/internal/seckill"
)

// checkDeadLetter checks that the fields become an object that jsonb takes: valid
// JSON without a NUL, one member a field.
func checkDeadLetter(t *testing.T, d seckill.DeadLetter) {
	t.Helper()
	body, err := d.FieldsJSON()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte(`\u0000`)) {
		t.Errorf("%s: jsonb refuses NUL", body)
	}
	var back map[string]any
	if err := json.Unmarshal(body, &back); err != nil || len(back) != len(d.Fields) {
		t.Errorf("%s holds %d fields of %d, error %v", body, len(back), len(d.Fields), err)
	}
	if len(d.Fingerprint()) != 32 {
		t.Errorf("fingerprint %q", d.Fingerprint())
	}
}

func TestDeadLetterFieldsKeepEveryByte(t *testing.T) {
	d := seckill.DeadLetter{Fields: map[string]any{
		"uid": "x", "nul": "a\x00b", "latin": "\xe9", "\xff": "1", "base64:eA==": "2", "base64": "3",
	}}
	checkDeadLetter(t, d)
	body, err := d.FieldsJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"base64":"3","base64:/w==":"1","base64:YmFzZTY0OmVBPT0=":"2",` +
		`"latin":{"base64":"6Q=="},"nul":{"base64":"YQBi"},"uid":"x"}`
	if string(body) != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
}

func TestFingerprint(t *testing.T) {
	base := seckill.DeadLetter{Fields: map[string]any{"a": "b", "c": "d"}}
	same := seckill.DeadLetter{StreamID: "9-9", Reason: seckill.DeadInvalidTS, Fields: map[string]any{"c": "d", "a": "b"}}
	if base.Fingerprint() != same.Fingerprint() {
		t.Error("the same fields have two fingerprints")
	}
	for name, fields := range map[string]map[string]any{
		"another value":   {"a": "b", "c": "e"},
		"a moved border":  {"ab": "", "c": "d"},
		"one field fewer": {"a": "b"},
		"swapped":         {"b": "a", "d": "c"},
	} {
		other := seckill.DeadLetter{Fields: fields}
		if other.Fingerprint() == base.Fingerprint() {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
}
