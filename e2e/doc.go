// Package e2e holds the tests of the whole program: each starts it as a process of its own
// on real servers, sells through it, kills it, takes its servers away, and looks whether
// the books are right. Tests of a part of it stand beside that part.
package e2e
