// Package runbook has what to do when an alert fires or a check of the pre-flight fails, in
// English and in Chinese.
//
// Those of alerts are pages of docs, a file each. Those of checks are made of what the check
// itself says (internal/preflight), so that there is one home for it; the words of a check
// are English in both languages.
package runbook

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"seckill/docs"
	"seckill/internal/preflight"
	"seckill/internal/seckill"
)

// Kind is what a runbook is for.
type Kind string

// Kinds of runbooks.
const (
	KindAlert Kind = "alert" // an alert of deploy/prometheus
	KindCheck Kind = "check" // a check of the pre-flight
)

// Runbook is one of them, without its text.
type Runbook struct {
	Name  string // of the alert, or the code of the check
	Title string // in one line, in the language that was asked for
	Kind  Kind
}

// List returns all runbooks in a language: those of alerts by name, then those of checks in
// the order in which they are made.
func List(language string) ([]Runbook, error) {
	alerts, err := Alerts()
	if err != nil {
		return nil, err
	}
	all := make([]Runbook, 0, len(alerts))
	for _, name := range alerts {
		text, err := Text(language, name)
		if err != nil {
			return nil, err
		}
		all = append(all, Runbook{Name: name, Title: titleOf(text), Kind: KindAlert})
	}
	for _, check := range preflight.Checks() {
		all = append(all, Runbook{Name: check.Code, Title: check.Name, Kind: KindCheck})
	}
	return all, nil
}

// Alerts returns the names of the alerts that have a runbook, sorted.
func Alerts() ([]string, error) {
	files, err := fs.Glob(docs.Runbooks, folder(English)+"/*.md")
	if err != nil {
		return nil, fmt.Errorf("list the runbooks: %w", err)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(path.Base(files[i]), ".md")
	}
	return files, nil
}

// Text returns a runbook as Markdown; seckill.CodeRunbookNotFound when there is none.
func Text(language, name string) (string, error) {
	for _, check := range preflight.Checks() {
		if check.Code == name {
			return ofCheck(language, &check)
		}
	}
	text, err := fs.ReadFile(docs.Runbooks, folder(language)+"/"+name+".md")
	if err != nil { // no such file, or no name of one
		return "", seckill.Errorf(seckill.CodeRunbookNotFound, "there is no such runbook")
	}
	return string(text), nil
}

func folder(language string) string { return language + "/runbooks" }

// titleOf is the heading of a page.
func titleOf(text string) string {
	heading, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(strings.TrimLeft(heading, "#"))
}
