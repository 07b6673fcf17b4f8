package client

import (
	"context"
	"net/url"
)

// RunbookKind is what a runbook is for.
type RunbookKind string

// The kinds of runbooks.
const (
	RunbookOfAlert RunbookKind = "alert"
	RunbookOfCheck RunbookKind = "check" // of the pre-flight
)

// Runbook is one runbook without its text.
type Runbook struct {
	Name  string      `json:"name"`  // of the alert, or the code of the check
	Title string      `json:"title"` // in one line
	Kind  RunbookKind `json:"kind"`
}

// Runbooks returns all runbooks, those of alerts first. language is en or zh; "" = en.
func (c *Client) Runbooks(ctx context.Context, language string) ([]Runbook, error) {
	answer, err := fetch[struct {
		Items []Runbook `json:"items"`
	}](ctx, c, get("/admin/v1/runbooks", inLanguage(language)))
	return answer.Items, err
}

// Runbook returns a runbook as Markdown: of an alert by its name, of a check by its code.
// language is en or zh; "" = en. CodeRunbookNotFound.
func (c *Client) Runbook(ctx context.Context, name, language string) (string, error) {
	text, err := fetch[plain](ctx, c, get(path("/admin/v1/runbooks/%s", url.PathEscape(name)), inLanguage(language)))
	return string(text), err
}

func inLanguage(language string) url.Values {
	if language == "" {
		return nil
	}
	return url.Values{"lang": {language}}
}
