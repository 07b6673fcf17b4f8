// Command generate writes the dashboards of Grafana into deploy/grafana: one file each, as
// Grafana imports it and as deploy/compose.yaml provisions it.
//
// It is a module of its own, so that Grafana's types are no dependency of the service. What
// a dashboard shows is said in sale.go, service.go and products.go, in words of our own; how
// that becomes Grafana's JSON, in panel.go, dashboard.go and variable.go. Links to runbooks
// come from the rules of Prometheus, whose alerts name the panel to look at.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const (
	// outFolder is where the dashboards go, seen from this module.
	outFolder = ".."
	// rulesFile are the rules of Prometheus.
	rulesFile = "../../prometheus/seckill.rules.yaml"
)

func main() {
	if err := generate(rulesFile, outFolder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pages are all dashboards.
func pages() []page { return []page{sale(), service(), products()} }

// generate writes every dashboard into a folder. The same rules give the same bytes.
func generate(rules, folder string) error {
	books, err := readRunbooks(rules)
	if err != nil {
		return err
	}
	for _, p := range pages() {
		made, err := p.build(books)
		if err != nil {
			return fmt.Errorf("dashboard %s: %w", p.title, err)
		}
		text, err := json.MarshalIndent(made, "", "  ")
		if err != nil {
			return fmt.Errorf("dashboard %s: %w", p.title, err)
		}
		if err := os.WriteFile(filepath.Join(folder, p.file), append(text, '\n'), 0o644); err != nil { //nolint:gosec // Grafana reads it as another user
			return err
		}
	}
	return nil
}
