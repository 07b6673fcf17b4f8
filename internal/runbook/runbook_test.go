package runbook_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"seckill/internal/preflight"
	"seckill/internal/runbook"
	"seckill/internal/seckill"
)

// sections are the headings of every runbook.
var sections = map[string][]string{
	runbook.English: {"## Meaning", "## Impact", "## Diagnosis", "## Mitigation", "## Verification"},
	runbook.Chinese: {"## 含义", "## 影响", "## 诊断", "## 处置", "## 验证"},
}

func TestEveryRunbookHasItsSectionsAndCommands(t *testing.T) {
	for language, headings := range sections {
		all, err := runbook.List(language)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			text, err := runbook.Text(language, r.Name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(text, "# "+r.Name) || r.Title == "" {
				t.Errorf("%s, %s: title %q", language, r.Name, r.Title)
			}
			var found []string
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "## ") {
					found = append(found, strings.TrimSpace(line))
				}
			}
			if !slices.Equal(found, headings) {
				t.Errorf("%s, %s: %q", language, r.Name, found)
			}
			if !strings.Contains(text, "```bash\n") || strings.Contains(text, "<no value>") {
				t.Errorf("%s, %s has no command:\n%s", language, r.Name, text)
			}
		}
	}
}

func TestTheRunbookOfEveryCheckResolves(t *testing.T) {
	report := preflight.Judge(&preflight.Facts{Product: &preflight.ProductFacts{ProductID: 1}})
	if len(report.Results) != len(preflight.Checks()) {
		t.Fatalf("%d results of %d checks", len(report.Results), len(preflight.Checks()))
	}
	for _, result := range report.Results {
		text, err := runbook.Text(runbook.English, result.Runbook)
		if err != nil {
			t.Errorf("%s: %v", result.Runbook, err)
		}
		for _, words := range []string{result.Expected, result.Impact} {
			if !strings.Contains(text, words) {
				t.Errorf("%s does not say %q", result.Runbook, words)
			}
		}
	}
}

func TestThereIsNoOtherRunbook(t *testing.T) {
	for _, name := range []string{"", "none", "..", "../how-to/redis", "SeckillBooksDrift.md", "redis_eviction"} {
		_, err := runbook.Text(runbook.English, name)
		if known, ok := errors.AsType[*seckill.Error](err); !ok || known.Code != seckill.CodeRunbookNotFound {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestTheLanguageIsTheOneThatIsLikedBest(t *testing.T) {
	for _, c := range []struct {
		asked  string
		accept string
		want   string
	}{
		{"", "", "en"},
		{"zh", "en", "zh"},
		{"en", "zh-CN", "en"},
		{"", "zh", "zh"},
		{"", "zh-CN,zh;q=0.9,en;q=0.8", "zh"},
		{"", "en-GB, zh;q=0.5", "en"},
		{"", "en;q=0.4, ZH-Hant-TW; q=0.5", "zh"},
		{"", "fr, zh;q=0.1", "zh"},
		{"", "fr, *", "en"},
		{"", "zh;q=0", "en"},
		{"", "zh;q=2, en;q=x", "en"},
	} {
		if got := runbook.Language(c.asked, []string{c.accept}); got != c.want {
			t.Errorf("asked %q, accepted %q: %s, want %s", c.asked, c.accept, got, c.want)
		}
	}
}
