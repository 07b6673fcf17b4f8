package runbook

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"seckill/internal/preflight"
)

//go:embed text
var texts embed.FS

// frames are the pages that the words of a check are put into.
var frames = map[string]*template.Template{English: frame(English), Chinese: frame(Chinese)}

func frame(language string) *template.Template {
	return template.Must(template.ParseFS(texts, "text/"+language+"/check.md"))
}

// checkPage is what a frame knows.
type checkPage struct {
	*preflight.Check

	Fails     bool   // at worst it says no to a sale; else it warns
	Ground    string // codes of the checks that come first, "" = none
	Command   bool   // the action is a command, and no sentence
	OfProduct bool
}

func ofCheck(language string, check *preflight.Check) (string, error) {
	made, found := frames[language]
	if !found {
		made = frames[English]
	}
	codes := make([]string, len(check.DependsOn))
	for i, code := range check.DependsOn {
		codes[i] = "`" + code + "`"
	}
	separator := ", "
	if language == Chinese {
		separator = "、"
	}
	var text strings.Builder
	err := made.Execute(&text, checkPage{
		Check: check, Fails: check.Level == preflight.LevelFail, Ground: strings.Join(codes, separator),
		Command: isCommand(check.Action), OfProduct: check.Area == preflight.AreaProduct,
	})
	if err != nil {
		return "", fmt.Errorf("make the runbook of %s: %w", check.Code, err)
	}
	return text.String(), nil
}

// programs begin the actions that are commands.
var programs = []string{
	"apt-get ", "chronyc ", "curl ", "export ", "psql ", "redis-cli ", "sed ", "systemctl ", "ulimit ", "yes ",
}

func isCommand(action string) bool {
	for _, program := range programs {
		if strings.HasPrefix(action, program) {
			return true
		}
	}
	return false
}
