package client

import (
	"context"
	"encoding/json"
	"net/http"
)

// Answer is an answer of the service as it came, for tools that hand it on.
type Answer struct {
	Header http.Header

	// Body is the JSON of the answer, and of an answer of lines its latest line; nil when
	// there is none.
	Body json.RawMessage
}

type answerKey struct{}

// KeepAnswer returns a context whose calls put each answer that is a success into answer
// as well, over the one before. Calls with it must not be made at the same time.
//
//	var answer client.Answer
//	product, err := c.Product(client.KeepAnswer(ctx, &answer), 2001)
func KeepAnswer(ctx context.Context, answer *Answer) context.Context {
	return context.WithValue(ctx, answerKey{}, answer)
}

// keep puts an answer where the context wants it.
func keep(ctx context.Context, header http.Header, body []byte) {
	if answer, ok := ctx.Value(answerKey{}).(*Answer); ok {
		*answer = Answer{Header: header, Body: append(json.RawMessage(nil), body...)}
	}
}
