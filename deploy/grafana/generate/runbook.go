package main

import (
	"fmt"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"
)

// runbooks are the alerts that ask to look at a panel, by "DASHBOARD / PANEL". Each alert
// has a runbook of its name.
type runbooks map[string][]string

// readRunbooks reads them from the rules of Prometheus.
func readRunbooks(file string) (runbooks, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert       string `yaml:"alert"`
				Annotations struct {
					Panel string `yaml:"panel"`
				} `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	books := runbooks{}
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			if panel := rule.Annotations.Panel; rule.Alert != "" && !slices.Contains(books[panel], rule.Alert) {
				books[panel] = append(books[panel], rule.Alert)
			}
		}
	}
	return books, nil
}

// of returns the runbooks of a panel: first those of its alerts, then what else it names.
func (b runbooks) of(dashboard string, p panel) []string {
	names := slices.Clone(b[dashboard+" / "+p.title])
	for _, name := range p.runbooks {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
