// Package response turns everything that is not a success into the one body that
// clients know: {"code", "message"} (contract section 6, "Errors"). HandleError
// does it for the errors of our own code, Router for what go-zero answers itself.
package response
