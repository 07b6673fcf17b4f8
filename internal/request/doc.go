// Package request reads what a client sent into the types of seckill.api, and
// refuses whatever is not exactly as the route declares it.
//
// It stands in for httpx.Parse of go-zero, which reads no body that is chunked or
// lacks a JSON content type, passes over fields and query parameters that it does
// not know, and coerces types. Here each of these is an error with a code and a message
// that names the field; nothing bad becomes a default in silence.
//
// Two things are read leniently, because no honest client means anything else by them:
// null says that a field is absent (and takes a text away where a request may do so),
// and an ID may be given as a string of its digits.
//
// The rules of a field are go-zero's own tags, so that seckill.api stays the one
// place where they are declared: path, form and json, with optional, default=,
// options=A|B and range=[min:max].
package request
