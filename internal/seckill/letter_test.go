package seckill_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seckill/internal/seckill"
)

// TestFieldsAreReadAsTheyWereWritten, whatever bytes they are of.
func TestFieldsAreReadAsTheyWereWritten(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.String(), func(s string) string { return "base64:" + s }))
	rapid.Check(t, func(t *rapid.T) {
		fields := map[string]any{}
		for name, value := range rapid.MapOf(text, text).Draw(t, "fields") {
			fields[name] = value
		}
		d := seckill.DeadLetter{Fields: fields}
		written, err := d.FieldsJSON()
		if err != nil {
			t.Fatal(err)
		}
		read, err := seckill.ReadFields(written)
		if err != nil || !reflect.DeepEqual(read, fields) {
			t.Fatalf("%s is read as %q, %v", written, read, err)
		}
		// The same JSON as a correction replaces every field by itself.
		delete(fields, seckill.EpochField)
		written, err = d.FieldsJSON()
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := json.Unmarshal(written, &values); err != nil {
			t.Fatal(err)
		}
		edit, err := seckill.NewCorrection(values)
		if err != nil || !reflect.DeepEqual(edit.Apply(map[string]any{}), fields) {
			t.Fatalf("%s corrects to %q, %v", written, edit.Apply(nil), err)
		}
	})
}

func TestFieldsWrittenByHandAreRead(t *testing.T) {
	read, err := seckill.ReadFields([]byte(`{"uid": 9223372036854775807, "x": true, "base64:?": {"base64": "?"}}`))
	want := map[string]any{"uid": "9223372036854775807", "x": "true", "base64:?": "map[base64:?]"}
	if err != nil || !reflect.DeepEqual(read, want) {
		t.Errorf("read %v, %v", read, err)
	}
	if _, err := seckill.ReadFields([]byte(`[]`)); err == nil {
		t.Error("an array is read as fields")
	}
}

func TestACorrectionLeavesWhatItDoesNotName(t *testing.T) {
	given := map[string]any{"uid": "x", "ts": "1", "epoch": "3"}
	edit, err := seckill.NewCorrection(map[string]any{"uid": json.Number("7"), "ts": nil, "tp": "t"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := edit.Apply(given), (map[string]any{"uid": "7", "tp": "t", "epoch": "3"}); !reflect.DeepEqual(got, want) {
		t.Errorf("corrected to %v, want %v", got, want)
	}
	if given["uid"] != "x" || len(given) != 3 {
		t.Errorf("the letter itself has changed: %v", given)
	}
	a, reason := seckill.Resend("1-0", edit.Apply(given))
	if reason != "" || a.Epoch != 0 || a.Admitted || a.UserID != 7 {
		t.Errorf("replayed as %+v, %s: the unit of its admission is gone", a, reason)
	}
}

func TestWhichActsALetterAllows(t *testing.T) {
	const open, replayed, discarded = seckill.LetterOpen, seckill.LetterReplayed, seckill.LetterDiscarded
	at := time.Date(2026, 1, 17, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		status seckill.LetterStatus
		act    seckill.LetterAct
		after  seckill.LetterStatus // "" = refused
		code   seckill.Code
	}{
		{open, seckill.ActReplay, replayed, ""},
		{open, seckill.ActDiscard, discarded, ""},
		{open, seckill.ActReopen, "", seckill.CodeInvalidTransition},
		{replayed, seckill.ActReplay, "", seckill.CodeAlreadyReplayed},
		{replayed, seckill.ActDiscard, "", seckill.CodeAlreadyReplayed},
		{replayed, seckill.ActReopen, "", seckill.CodeAlreadyReplayed},
		{discarded, seckill.ActReplay, "", seckill.CodeAlreadyDiscarded},
		{discarded, seckill.ActDiscard, "", seckill.CodeAlreadyDiscarded},
		{discarded, seckill.ActReopen, open, ""},
	} {
		after, allowed := tt.status.After(tt.act)
		if allowed != (tt.after != "") || allowed && after != tt.after {
			t.Errorf("%s of %s: %s, %v", tt.act, tt.status, after, allowed)
		}
		if allowed {
			continue
		}
		refusal := tt.status.Refuse(5, seckill.LastAct{Actor: "bob", At: at})
		named := strings.Contains(refusal.Message, "by bob at 2026-01-17T10:00:00.000000Z")
		if refusal.Code != tt.code || named != (tt.status != open) {
			t.Errorf("%s of %s: %v", tt.act, tt.status, refusal)
		}
	}
}
