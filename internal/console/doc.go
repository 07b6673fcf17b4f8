// Package console holds the built page of the console (its source is in the folder console)
// and serves it: the same constant headers for each answer, compressed as the build has
// compressed it, kept by browsers for as long as its name says what is in it.
//
// All addresses in the page are relative, so that it works below any path that a proxy takes
// off, and its own ways are behind the #, which a server does not see.
package console
