// Package client calls a seckill service over HTTP: for a backend that sells through it
// (a BFF) and for tools of operators. It needs the standard library only.
//
//	c, err := client.New(client.Config{URL: "http://seckill:8888", Token: client.StaticToken(token)})
//	…
//	result, err := c.Buy(ctx, 2001, userID, requestID, 10*time.Second)
//	switch {
//	case err == nil && result.Status == client.Success: // result.Order is the user's
//	case errors.Is(err, client.CodeSoldOut): // refused
//	}
//
// # Repetition
//
// What may be called twice without harm is called again when it was not answered, or was
// answered with 429 or 5xx: everything that reads; an attempt, under the same request ID,
// by which it takes one unit however often it is made; a payment, under the same reference;
// the cancelling of an order. It is called again after the Retry-After of the answer, else
// after [Retry].Pause and twice that and so on, and a random bit later, so that callers who
// were turned away together do not come back together. Config.Retry bounds it, and the
// context: where its deadline comes before the next try, the error is returned at once.
// What changes products, stock or logs is called once.
//
// # Errors
//
// Every refusal is an [*Error] with the code of the service and its HTTP status, and so is
// the failure to get an answer ([CodeNoAnswer]). A [Code] is a target of errors.Is, and
// [CodeOf] is for a switch. Errors of the context are found by errors.Is too.
//
// # IDs and times
//
// Product, user and order IDs are positive int64 and numbers in JSON. Times are UTC, with
// microseconds; the zero time is one that is absent.
package client
