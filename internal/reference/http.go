package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"seckill/internal/auth"
)

// Tag is a group of routes.
type Tag struct {
	Name   string
	Routes []Route
}

// Route is one route of the HTTP API.
type Route struct {
	Method, Path         string
	Summary, Description string
	Roles                string
	Input, Answers       string // tables; "" = none
	own                  string // codes that not every route has
}

// The parts of an OpenAPI document that the pages show.
type (
	document struct {
		Paths      map[string]map[string]operation `json:"paths"`
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	operation struct {
		Tags        []string           `json:"tags"`
		Summary     string             `json:"summary"`
		Description string             `json:"description"`
		Security    []any              `json:"security"`
		Parameters  []parameter        `json:"parameters"`
		RequestBody body               `json:"requestBody"`
		Responses   map[string]*answer `json:"responses"`
	}
	parameter struct {
		Name        string `json:"name"`
		In          string `json:"in"`
		Required    bool   `json:"required"`
		Description string `json:"description"`
		Schema      schema `json:"schema"`
	}
	body struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	}
	answer struct {
		body

		Description string `json:"description"`
	}
	schema struct {
		Ref         string            `json:"$ref"`
		Type        string            `json:"type"`
		Format      string            `json:"format"`
		Description string            `json:"description"`
		Enum        []string          `json:"enum"`
		Minimum     *float64          `json:"minimum"`
		Maximum     *float64          `json:"maximum"`
		Default     any               `json:"default"`
		Required    []string          `json:"required"`
		Properties  map[string]schema `json:"properties"`
		Items       *schema           `json:"items"`
		AllOf       []schema          `json:"allOf"`
		Values      *schema           `json:"additionalProperties"`
	}
)

// Tags reads the routes from the OpenAPI document, by tag and path.
func Tags(text []byte) ([]Tag, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	byTag := map[string][]Route{}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range []string{"get", "post", "put", "delete"} {
			if o, found := d.Paths[path][method]; found {
				tag := o.Tags[0]
				byTag[tag] = append(byTag[tag], d.route(strings.ToUpper(method), path, &o))
			}
		}
	}
	var tags []Tag
	for _, name := range slices.Sorted(maps.Keys(byTag)) {
		tags = append(tags, Tag{name, byTag[name]})
	}
	return tags, nil
}

func (d *document) route(method, path string, o *operation) Route {
	// The routes are written as seckill.api has them.
	written := strings.NewReplacer("{", ":", "}", "").Replace(path)
	r := Route{Method: method, Path: written, Summary: o.Summary, Description: o.Description, Roles: roles(method, path, len(o.Security) > 0)}
	r.Input, r.Answers = d.input(o), d.answers(o)
	var own []string
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		for _, code := range codesOf(o.Responses[status]) {
			if !slices.Contains(common, code) {
				own = append(own, quoted(code))
			}
		}
	}
	r.own = strings.Join(own, ", ")
	return r
}

// common are the codes that nearly every route has.
var common = []string{
	"INVALID_ARGUMENT", "UNAUTHORIZED", "FORBIDDEN", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "UNAVAILABLE",
}

func codesOf(r *answer) []string {
	for _, content := range r.Content {
		for _, part := range content.Schema.AllOf {
			if code, found := part.Properties["code"]; found {
				return code.Enum
			}
		}
	}
	return nil
}

func roles(method, path string, secured bool) string {
	if !secured {
		return "open to all"
	}
	var names []string
	for _, role := range []auth.Role{auth.RoleBFF, auth.RoleViewer, auth.RoleOperator} {
		if role.Allows(method, path) {
			names = append(names, string(role))
		}
	}
	return strings.Join(names, ", ")
}

func (d *document) input(o *operation) string {
	var rows [][]string
	for _, p := range o.Parameters {
		if p.Name == "" { // one that all take, which the page says once
			continue
		}
		rows = append(rows, []string{quoted(p.Name), p.In, kind(p.Schema), presence(p.Required, p.Schema), p.Description})
	}
	for _, content := range o.RequestBody.Content {
		rows = append(rows, d.fields("body", content.Schema)...)
	}
	if rows == nil {
		return ""
	}
	return tableOf([]string{"name", "in", "type", "presence", "meaning"}, rows)
}

func (d *document) answers(o *operation) string {
	var rows [][]string
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		response := o.Responses[status]
		if status == "default" {
			continue
		}
		shape := ""
		for kind, content := range response.Content {
			if name := nameOf(content.Schema); name != "" {
				shape = "[" + name + "](#" + strings.ToLower(name) + ")"
			} else if kind != "application/json" {
				shape = quoted(kind)
			}
		}
		rows = append(rows, []string{status, shape, response.Description})
	}
	return tableOf([]string{"status", "body", "meaning"}, rows)
}

// Schema is a body, as a table of its fields.
type Schema struct{ Name, About, Table string }

// fields are the rows of what a body holds, lists of objects included.
func (d *document) fields(in string, s schema) [][]string {
	if name := nameOf(s); name != "" {
		s = d.Components.Schemas[name]
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		field := s.Properties[name]
		rows = append(rows, []string{quoted(name), in, kind(field), presence(slices.Contains(s.Required, name), field), field.Description})
		if field.Items != nil && nameOf(*field.Items) != "ID" && nameOf(*field.Items) != "" {
			rows = append(rows, d.fields(name+"[]", *field.Items)...)
		}
	}
	return rows
}

// schemas are the bodies of answers.
func schemas(text []byte) ([]Schema, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	var all []Schema
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		if strings.HasSuffix(name, "Request") || len(s.Properties) == 0 {
			continue
		}
		var rows [][]string
		for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
			of := s.Properties[field]
			absent := ""
			if !slices.Contains(s.Required, field) {
				absent = "may be left out"
			}
			rows = append(rows, []string{quoted(field), kind(of), absent, of.Description})
		}
		all = append(all, Schema{name, s.Description, tableOf([]string{"field", "type", "presence", "meaning"}, rows)})
	}
	return all, nil
}

// nameOf is the name of the schema that s refers to, "" when it stands for itself.
func nameOf(s schema) string {
	if len(s.AllOf) == 1 {
		s = s.AllOf[0]
	}
	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}

// kind says in a few words what a value may be.
func kind(s schema) string {
	name := nameOf(s)
	switch {
	case name == "ID":
		return "ID"
	case name != "":
		return "[" + name + "](#" + strings.ToLower(name) + ")"
	case len(s.Enum) > 10:
		return "a code"
	case len(s.Enum) > 0:
		return quoted(strings.Join(s.Enum, "` `"))
	case s.Items != nil:
		return "list of " + kind(*s.Items)
	case s.Values != nil:
		return "map to " + kind(*s.Values)
	case s.Format == "date-time":
		return "time"
	case s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("%s, %.0f–%.0f", s.Type, *s.Minimum, *s.Maximum)
	default:
		return s.Type
	}
}

func presence(needed bool, s schema) string {
	switch {
	case needed:
		return "required"
	case s.Default != nil:
		return fmt.Sprintf("default `%v`", s.Default)
	default:
		return "optional"
	}
}

func routeTable(tags []Tag) string {
	var rows [][]string
	for _, tag := range tags {
		for _, r := range tag.Routes {
			rows = append(rows, []string{quoted(r.Method + " " + r.Path), r.Roles, r.Summary, r.own})
		}
	}
	return tableOf([]string{"route", "roles", "what", "own errors"}, rows)
}
