package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
)

// bom is a document of CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), as far as we have
// something to say.
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Licences   []licensed `json:"licenses,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

// licensed is one licence, or an expression of several.
type licensed struct {
	Licence    *licence `json:"license,omitempty"`
	Expression string   `json:"expression,omitempty"`
}

type licence struct {
	ID   string `json:"id,omitempty"`   // by SPDX
	Name string `json:"name,omitempty"` // where SPDX has none
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// document is the list of what a binary holds, for machines. It has neither a time nor a
// serial number: the same binary has the same list.
func document(info *debug.BuildInfo, modules []module) ([]byte, error) {
	list := bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Components: make([]component, 0, len(modules))}
	list.Metadata.Component = component{Type: "application", Ref: info.Main.Path, Name: info.Main.Path, Version: info.Main.Version}
	for _, setting := range info.Settings {
		list.Metadata.Component.Properties = append(list.Metadata.Component.Properties,
			property{"go:build:" + strings.TrimPrefix(setting.Key, "-"), setting.Value})
	}
	for _, m := range modules {
		list.Components = append(list.Components, m.component())
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return append(text, '\n'), nil
}

// component is a module as CycloneDX has it, with its name as a package URL
// (https://github.com/package-url/purl-spec).
func (m module) component() component {
	purl := fmt.Sprintf("pkg:golang/%s@%s", m.path, strings.ReplaceAll(m.version, "+", "%2B"))
	c := component{Type: "library", Ref: purl, Name: m.path, Version: m.version, PURL: purl, Licences: []licensed{licensedBy(m.licence)}}
	if m.sum != "" {
		c.Properties = []property{{"go:sum", m.sum}}
	}
	return c
}

// licensedBy is an SPDX expression as CycloneDX has it.
func licensedBy(expression string) licensed {
	switch {
	case strings.Contains(expression, allOf):
		return licensed{Expression: expression}
	case expression == publicDomain:
		return licensed{Licence: &licence{Name: expression}}
	default:
		return licensed{Licence: &licence{ID: expression}}
	}
}
