package handler_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/config"
)

// redirectOf asks without following, and returns the status and where it leads.
func redirectOf(t *testing.T, url string) (status int, location string) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode, answer.Header.Get("Location")
}

func TestTheConsoleIsOpenToAll(t *testing.T) {
	w := newWorld(t)
	page := w.get("/console/", without)
	if page.status != http.StatusOK || !strings.HasPrefix(page.body, "<!doctype html>") ||
		page.header.Get("Cache-Control") != "no-cache" || page.header.Get("Content-Security-Policy") == "" {
		t.Fatalf("the page: %d %v %s", page.status, page.header, page.body)
	}
	script := regexp.MustCompile(`assets/[^"]*\.js`).FindString(page.body)
	for _, encoding := range []string{"br", "gzip", ""} {
		got := w.get("/console/"+script, without, func(r *http.Request) { r.Header.Set("Accept-Encoding", encoding) })
		if got.status != http.StatusOK || got.header.Get("Content-Encoding") != encoding || len(got.header.Values("Vary")) != 1 ||
			!strings.HasSuffix(got.header.Get("Cache-Control"), "immutable") {
			t.Errorf("the script as %q: %d %v", encoding, got.status, got.header)
		}
	}
	if got := w.get("/console/", without, func(r *http.Request) { r.Header.Set("If-None-Match", "W/"+page.header.Get("ETag")) }); got.status != http.StatusNotModified || got.body != "" {
		t.Errorf("again: %d %s", got.status, got.body)
	}
	if got := w.head("/console/", without); got.status != http.StatusOK || got.header.Get("ETag") == "" {
		t.Errorf("HEAD: %d %v", got.status, got.header)
	}
	if status, location := redirectOf(t, w.url+"/console"); status != http.StatusFound || location != "console/" {
		t.Errorf("without the slash: %d to %q", status, location)
	}
	got := w.get("/console/assets/nothing.js", without)
	got.refused(t, http.StatusNotFound, "NOT_FOUND", "")
	if w.send(http.MethodPost, "/console/", nil).status != http.StatusMethodNotAllowed {
		t.Error("POST is allowed")
	}
}

func TestTheConsoleCanBeSwitchedOff(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Console.Enabled = false })
	for _, path := range []string{"/console", "/console/", "/console/index.html"} {
		got := w.get(path, without)
		got.refused(t, http.StatusNotFound, "NOT_FOUND", "")
	}
}

func TestWhoOpensTheConsoleLeavesNoLines(t *testing.T) {
	w := newWorld(t)
	log := &lines{}
	before := logx.Reset()
	logx.SetWriter(logx.NewWriter(log))
	t.Cleanup(func() { logx.SetWriter(before) })
	for _, path := range []string{"/console/", "/console/index.html", "/console/assets/nothing.js", "/healthz"} {
		w.get(path, without)
	}
	if said := log.String(); strings.Contains(said, "/console") || !strings.Contains(said, "/healthz") {
		t.Errorf("the log: %s", said)
	}
}
