// Package watch shows a sale on a terminal while it happens, over the live events of the
// service.
//
// state.go gathers what has come, and knows no terminal; view.go draws a state as lines of
// a width, and knows no clock but the moment it is given; model.go is the two behind
// bubbletea; line.go is the same for a pipe, one line a second.
//
// A number is never shown as if it were of now when it is not: what has not come for
// [StaleAfter] is faint, with the moment that it is of.
package watch
