package reference

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
)

//go:embed text
var texts embed.FS

// languages are those of the documents.
var languages = []string{"en", "zh"}

// pageNames are the pages that are made.
var pageNames = []string{"alerts", "cli", "configuration", "errors", "http-api", "metrics", "preflight"}

// Write makes every page; api is the OpenAPI document, commands the tree of seckillctl.
func Write(root string, api []byte, commands *cobra.Command) error {
	data, err := collect(root, api, commands)
	if err != nil {
		return err
	}
	for _, language := range languages {
		folder := filepath.Join(root, "docs", language, "reference")
		if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // documents are for everybody
			return fmt.Errorf("make the folder of a language: %w", err)
		}
		for _, name := range pageNames {
			text, err := render(language, name, data)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(folder, name+".md"), text, 0o644); err != nil { //nolint:gosec // as above
				return fmt.Errorf("write a page: %w", err)
			}
		}
	}
	return nil
}

// pageData is what the templates know.
type pageData struct {
	Sections  []Section
	Inherited string
	Errors    string
	Routes    string
	Tags      []Tag
	Schemas   []Schema
	Metrics   string
	Preflight []AreaChecks
	Alerts    []AlertGroup
	Flags     string                    // of every command of seckillctl
	Commands  map[string][]CommandGroup // of seckillctl, by language
}

func collect(root string, api []byte, tree *cobra.Command) (*pageData, error) {
	sections, err := Sections(filepath.Join(root, "internal", "config"))
	if err != nil {
		return nil, err
	}
	codes, err := Codes(filepath.Join(root, "internal", "seckill", "error.go"))
	if err != nil {
		return nil, err
	}
	tags, err := Tags(api)
	if err != nil {
		return nil, err
	}
	bodies, err := schemas(api)
	if err != nil {
		return nil, err
	}
	metrics, err := Metrics()
	if err != nil {
		return nil, err
	}
	alerts, err := Alerts(root)
	if err != nil {
		return nil, err
	}
	commands := map[string][]CommandGroup{}
	for _, language := range languages {
		if commands[language], err = commandGroups(tree, language); err != nil {
			return nil, err
		}
	}
	return &pageData{
		Sections: sections, Inherited: inheritedTable(), Errors: errorTable(codes),
		Routes: routeTable(tags), Tags: tags, Schemas: bodies, Metrics: metricTable(metrics), Preflight: preflightTables(),
		Alerts: alerts, Flags: commonFlags(tree), Commands: commands,
	}, nil
}

func render(language, name string, data *pageData) ([]byte, error) {
	made, err := template.ParseFS(texts, "text/"+language+"/"+name+".md")
	if err != nil {
		return nil, fmt.Errorf("read the text of a page: %w", err)
	}
	var text bytes.Buffer
	if err := made.Execute(&text, data); err != nil {
		return nil, fmt.Errorf("make page %s of %s: %w", name, language, err)
	}
	return text.Bytes(), nil
}

// tableOf makes a table of Markdown.
func tableOf(header []string, rows [][]string) string {
	var text strings.Builder
	line := func(cells []string) {
		text.WriteString("|")
		for _, cell := range cells {
			cell = strings.ReplaceAll(cell, "|", `\|`)
			if cell != "" {
				cell = " " + cell
			}
			text.WriteString(cell + " |")
		}
		text.WriteString("\n")
	}
	line(header)
	text.WriteString(strings.Repeat("|---", len(header)) + "|\n")
	for _, row := range rows {
		line(row)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// quoted puts a word into the letters of code; an empty one stays so.
func quoted(word string) string {
	if word == "" {
		return ""
	}
	return "`" + word + "`"
}
