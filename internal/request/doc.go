// Package request reads what a client sent into the types of seckill.api, and
// refuses whatever is not exactly as the route declares it.
//
// It stands in for httpx.Parse of go-zero, which reads no body that is chunked or
// lacks a JSON content type, passes over fields and query parameters that it does
// not know, takes null for absent, and coerces types. Here each of these is an
// error with a code and a message that names the field; nothing bad becomes a
// default in silence.
//
// The rules of a field are go-zero's own tags, so that seckill.api stays the one
// place where they are declared: path, form and json, with optional, default=,
// options=A|B and range=[min:max].
package request
