package docs

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	for i := range all {
		for _, l := range all[i].links {
			if problem := broken(all, &all[i], l.target); problem != "" {
				t.Errorf("%s:%d: link to %s: %s", all[i].path, l.line, l.target, problem)
			}
		}
	}
}

// broken says why a link leads nowhere, "" when it leads somewhere. What is on the network
// nobody asks.
func broken(all []page, from *page, link string) string {
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return ""
	}
	file, anchor, hasAnchor := strings.Cut(link, "#")
	to := from
	if file != "" {
		target := target(from, file)
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
			return "there is no " + target
		}
		if to = find(all, target); to == nil {
			return "" // no page, and there
		}
	}
	if hasAnchor && !slices.Contains(to.anchors(), anchor) {
		return "there is no such heading in " + to.path
	}
	return ""
}

// target is the path of what a link of a page names.
func target(from *page, file string) string { return path.Join(path.Dir(from.path), file) }

func TestEveryPageCanBeReachedFromAREADME(t *testing.T) {
	all := pages(t)
	reached := map[string]bool{}
	next := []string{"README.md", "README-cn.md"}
	for len(next) > 0 {
		at := find(all, next[0])
		next = next[1:]
		if at == nil || reached[at.path] {
			continue
		}
		reached[at.path] = true
		for _, l := range at.links {
			if file, _, _ := strings.Cut(l.target, "#"); !strings.Contains(l.target, "://") {
				next = append(next, target(at, file))
			}
		}
	}
	for _, p := range all {
		if strings.HasPrefix(p.path, "docs/") && !reached[p.path] {
			t.Errorf("no link leads to %s", p.path)
		}
	}
}

func TestPagesAreShort(t *testing.T) {
	for _, p := range pages(t) {
		limit := 15_000
		switch {
		case strings.Contains(p.path, "/reference/"), p.path == "CHANGELOG.md", p.path == "CONTRIBUTING.md":
			continue
		case strings.HasPrefix(p.path, "README"):
			limit = 12_000
		}
		if len(p.text) > limit {
			t.Errorf("%s has %d bytes, more than %d", p.path, len(p.text), limit)
		}
	}
}

func TestAnchorsAreThoseOfGitHub(t *testing.T) {
	seen := map[string]int{}
	for _, c := range []struct{ heading, anchor string }{
		{"Two commands", "two-commands"},
		{"`Redis.TLS`", "redistls"},
		{"What it does, and why", "what-it-does-and-why"},
		{"A / B", "a--b"},
		{"一件库存在哪里", "一件库存在哪里"},
		{"BFF 如何调用（示例）", "bff-如何调用示例"},
		{"Two commands", "two-commands-1"},
		{"Two commands", "two-commands-2"},
		{"[A link](x.md) to it", "a-link-to-it"},
		{"snake_case", "snake_case"},
	} {
		if got := anchor(c.heading, seen); got != c.anchor {
			t.Errorf("anchor of %q = %q, want %q", c.heading, got, c.anchor)
		}
	}
}

func TestBrokenLinksAreFound(t *testing.T) {
	all := []page{parse("README.md", "# A\n\n[x](docs/b.md#c)"), parse("docs/b.md", "# B")}
	for link, want := range map[string]bool{
		"https://example.org/x": false, "#a": false, "#b": true, "docs/nowhere.md": true, "go.mod": false, "LICENSE#x": false,
	} {
		if got := broken(all, &all[0], link) != ""; got != want {
			t.Errorf("%s: broken = %v", link, got)
		}
	}
}
