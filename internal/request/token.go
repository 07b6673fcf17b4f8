package request

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// token is a token of JSON. Its kind is its first byte: one of {}[] and " for a string, t, f
// and n for true, false and null, 0 for a number. Its text is that of a string, unescaped, or
// of a number as it is written.
type token struct {
	kind byte
	text string
}

// tokens reads the tokens of JSON that is known to be valid (checkJSON), one after another.
// Its texts are parts of the body, which is why a batch of attempts costs less to read than
// to decide; those of encoding/json's Decoder are made one by one.
type tokens struct {
	text string
	at   int
}

// peek returns the first byte of the next token.
func (t *tokens) peek() byte {
	for strings.IndexByte(" \t\r\n,:", t.text[t.at]) >= 0 {
		t.at++
	}
	return t.text[t.at]
}

// more reports whether the object or list that is being read has another member.
func (t *tokens) more() bool {
	next := t.peek()
	return next != '}' && next != ']'
}

// next reads the next token.
func (t *tokens) next() (token, error) {
	kind, from := t.peek(), t.at
	switch kind {
	case '{', '}', '[', ']':
		t.at++
		return token{kind: kind}, nil
	case '"':
		return t.str()
	case 't', 'n':
		t.at += len("true") // as long as null
		return token{kind: kind}, nil
	case 'f':
		t.at += len("false")
		return token{kind: kind}, nil
	}
	for t.at < len(t.text) && strings.IndexByte("+-.0123456789Ee", t.text[t.at]) >= 0 {
		t.at++
	}
	return token{kind: '0', text: t.text[from:t.at]}, nil
}

// str reads a string.
func (t *tokens) str() (token, error) {
	from, escaped := t.at, false
	for t.at++; t.text[t.at] != '"'; t.at++ {
		if t.text[t.at] == '\\' {
			escaped = true
			t.at++
		}
	}
	t.at++
	if !escaped {
		return token{kind: '"', text: t.text[from+1 : t.at-1]}, nil
	}
	read := token{kind: '"'}
	if err := json.Unmarshal([]byte(t.text[from:t.at]), &read.text); err != nil {
		return token{}, fmt.Errorf("read body that was checked: %w", err)
	}
	return read, nil
}

// any reads a whole value, of whatever kind; its numbers are as they are written.
func (t *tokens) any() (any, error) {
	t.peek()
	from := t.at
	for depth := 0; ; {
		read, err := t.next()
		if err != nil {
			return nil, err
		}
		switch read.kind {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 {
			return decodeAny(t.text[from:t.at])
		}
	}
}

// decodeAny decodes a value of whatever kind.
func decodeAny(text string) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read body that was checked: %w", err)
	}
	return value, nil
}
