// Package openapi makes the OpenAPI 3.0 document of the service from what goctl makes of
// seckill.api, which is Swagger 2.0 and lacks what clients need: bearer tokens, bodies of
// errors, event streams, formats, and IDs that a request may give as text.
//
// What goctl does not carry over stands in the texts of seckill.api, by these words:
//
//   - responses: "409-SOLD_OUT, PAUSED": the codes, in capitals, that a status comes with;
//     "with Retry-After" names the header.
//   - produces: "text/event-stream" (or another): what a 200 holds instead of JSON.
//   - a description of a field that begins with "RFC 3339" makes it a date-time, unless an
//     empty text is allowed too; "always X" makes it an enum of one.
//   - a whole number named id, …Id or …Ids is an ID: in a request a number or its digits.
package openapi
