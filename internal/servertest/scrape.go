package servertest

import (
	"io"
	"net/http"
)

// Scrape returns what an address of metrics shows, "" when it does not answer.
func Scrape(url string) string {
	response, err := http.Get(url) //nolint:gosec,noctx // of a process of the test, within its time
	if err != nil {
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return ""
	}
	return string(text)
}
