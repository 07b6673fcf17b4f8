// Package console tests the console in a browser, on the real service with a real PostgreSQL
// and a real Redis. Wherever a test goes, the page is watched: what breaks its policy, writes an
// error into the browser's console or asks another origin for anything fails the test.
package console
