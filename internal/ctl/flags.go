package ctl

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// timeForms are the ways to give a time on the command line.
const timeForms = "2026-11-11T20:00:00Z, now, or from now on such as +10m and -1h"

// time reads a time of the command line.
func (a *App) time(flag, text string) (time.Time, error) {
	if text == "now" {
		return a.Now(), nil
	}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		if d, err := time.ParseDuration(text); err == nil {
			return a.Now().Add(d), nil
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, usagef("--%s %q is no time: %s", flag, text, timeForms)
	}
	return t, nil
}

// timeOrNone reads a time that can be taken away: then it is the zero time.
func (a *App) timeOrNone(flag, text string) (*time.Time, error) {
	if text == "none" {
		return &time.Time{}, nil
	}
	t, err := a.time(flag, text)
	return &t, err
}

// wholeSeconds reads a duration of whole seconds.
func wholeSeconds(text string) (*int64, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d%time.Second != 0 {
		return nil, usagef("%q is no duration in whole seconds, such as 10m", text)
	}
	seconds := int64(d / time.Second)
	return &seconds, nil
}

// period is when what is listed has to have been written.
type period struct{ from, to string }

// add adds the flags of a period.
func (p *period) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.from, "from", "", "at this time or later: "+timeForms)
	cmd.Flags().StringVar(&p.to, "to", "", "before this time")
}

// times returns the ends of a period; the zero time is none.
func (p *period) times(a *App) (from, to time.Time, err error) {
	if p.from != "" {
		if from, err = a.time("from", p.from); err != nil {
			return from, to, err
		}
	}
	if p.to != "" {
		to, err = a.time("to", p.to)
	}
	return from, to, err
}
