package docs

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// step is a command of a console block and what the page says that it writes.
type step struct {
	line    int
	command string
	output  []string
	shown   bool // false of commands in comments, whose output nobody compares
}

// TestConsoleBlocks runs the commands of tutorials and how-to pages, the blocks of a page in
// order in one shell, and compares what they write with what the page shows.
func TestConsoleBlocks(t *testing.T) {
	all := pages(t)
	for i := range all {
		p := &all[i]
		steps := p.steps(t)
		if len(steps) == 0 || !p.isRun() {
			continue
		}
		t.Run(strings.TrimSuffix(strings.TrimPrefix(p.path, "docs/"), ".md"), func(t *testing.T) {
			if other := find(all, strings.Replace(p.path, "docs/zh/", "docs/en/", 1)); other != nil && other.path != p.path &&
				slices.EqualFunc(steps, other.steps(t), sameStep) {
				t.Skip("the commands and their output are those of " + other.path)
			}
			t.Parallel()
			s := newSession(t, !strings.Contains(p.text, "<!-- console: no service -->"))
			for _, step := range steps {
				s.check(p.path, step)
			}
		})
	}
}

// isRun reports whether the commands of a page are run.
func (p *page) isRun() bool {
	return strings.Contains(p.path, "/tutorials/") || strings.Contains(p.path, "/how-to/")
}

func sameStep(a, b step) bool {
	return a.command == b.command && slices.Equal(a.output, b.output)
}

// check runs a command and compares what it writes.
func (s *session) check(path string, c step) {
	s.t.Helper()
	got, code := s.run(c.command)
	switch {
	case !c.shown && code == 0:
	case alike(c.output, got) && (code == 0 || len(c.output) > 0):
	default:
		s.t.Fatalf("%s:%d: $ %s\nexit code %d; it writes\n%s\n\nand the page has\n%s", path, c.line, c.command, code,
			strings.Join(got, "\n"), strings.Join(c.output, "\n"))
	}
}

// steps returns the commands of a page.
func (p *page) steps(t *testing.T) []step {
	t.Helper()
	var all []step
	for _, b := range p.blocks {
		if b.info == "console" {
			all = append(all, b.steps(t, p.path)...)
		}
	}
	return all
}

// steps reads a block: a line '$ command' is a command, which lines '> more' carry on, and
// the lines after it are its output.
func (b *block) steps(t *testing.T, path string) []step {
	t.Helper()
	var all []step
	inCommand := false
	for i, text := range strings.Split(b.text, "\n") {
		number := b.line + 1 + i
		command, isCommand := strings.CutPrefix(text, "$ ")
		more, isMore := strings.CutPrefix(text+" ", "> ")
		switch {
		case isCommand:
			all = append(all, step{line: number, command: command, shown: !b.hidden})
			inCommand = true
		case len(all) == 0:
			t.Errorf("%s:%d: a console block begins with a command ($ …)", path, number)
			return nil
		case inCommand && isMore:
			all[len(all)-1].command += "\n" + strings.TrimSuffix(more, " ")
		default:
			all[len(all)-1].output = append(all[len(all)-1].output, text)
			inCommand = false
		}
	}
	for i := range all {
		all[i].output = trimEnd(all[i].output)
	}
	return all
}

// answers reports whether a URL answers 200.
func answers(url string) bool {
	response, err := http.Get(url)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode == http.StatusOK
}
