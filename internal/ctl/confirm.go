package ctl

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"seckill/internal/ctl/printer"
)

// confirm asks for a word before an act that cannot be taken back: the number of the
// product, or whatever else says that the user knows what he does. --yes answers for
// scripts, but not in a production; --confirm, which has to be the word itself, does so
// everywhere. Without a terminal nothing is asked, and nothing done.
func (a *App) confirm(act, word string) error {
	t, err := a.resolve()
	if err != nil {
		return err
	}
	switch {
	case a.options.confirm == word:
		return nil
	case a.options.confirm != "":
		return usagef("--confirm %s: to %s the word is %s", a.options.confirm, act, word)
	case a.options.yes && !t.production:
		return nil
	case !a.Terminal(a.Stdin) && t.production:
		return usagef("to %s (%s) --confirm %s is needed where nobody can be asked", act, t.productionName(), word)
	case !a.Terminal(a.Stdin):
		return usagef("to %s --yes or --confirm %s is needed where nobody can be asked", act, word)
	}
	_, _ = fmt.Fprintf(a.Stderr, "%s (%s)? Type %s to go on: ", printer.Clean(capital(act)), t.productionName(), word)
	answer, err := bufio.NewReader(a.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(answer) != word {
		return nof("nothing was done")
	}
	return nil
}

// capital begins a text with a capital letter of ASCII.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
