package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// reader walks a YAML document along a type, so that each key is known or
// reported, and each value is read as what its field holds.
type reader struct {
	problems []error
}

// reportf notes what is wrong with the value of a key.
func (r *reader) reportf(node *yaml.Node, path, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s: %s (line %d)", path, fmt.Sprintf(format, args...), node.Line))
}

// read returns the value of node for a field of type t: a map, a slice, or a scalar.
func (r *reader) read(node *yaml.Node, t reflect.Type, path string) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch t.Kind() {
	case reflect.Struct:
		return r.section(node, fieldsOf(t), path)
	case reflect.Slice:
		return r.list(node, t, path)
	case reflect.Map:
		return r.dictionary(node, t, path)
	default:
		return r.scalar(node, t, path)
	}
}

// section reads the keys of a struct. Keys match in any case, as with go-zero.
func (r *reader) section(node *yaml.Node, fields map[string]field, path string) any {
	values := map[string]any{}
	if isNull(node) {
		return values // a section all of whose keys are commented out
	}
	if node.Kind != yaml.MappingNode {
		r.reportf(node, label(path), "must be a section of keys and values")
		return values
	}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		field, known := fields[strings.ToLower(key.Value)]
		full := join(path, key.Value)
		if !known {
			r.reportf(key, full, "unknown key")
			continue
		}
		if _, twice := values[field.name]; twice {
			r.reportf(key, full, "is given twice")
			continue
		}
		values[field.name] = r.field(value, field, join(path, field.name))
	}
	return values
}

// field reads the value of a key.
func (r *reader) field(node *yaml.Node, f field, path string) any {
	if f.also == nil {
		value := r.read(node, f.of, path)
		if value != nil && !f.allows(fmt.Sprint(value)) {
			r.reportf(node, path, "is not %s", f.allowed)
		}
		return value
	}
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	fields := fieldsOf(f.of)
	maps.Copy(fields, fieldsOf(f.also))
	return r.section(node, fields, path)
}

// list reads the elements of a slice.
func (r *reader) list(node *yaml.Node, t reflect.Type, path string) any {
	values := []any{}
	if isNull(node) {
		return values
	}
	if node.Kind == yaml.ScalarNode && refers(node.Value) {
		return r.listOf(node, t, path)
	}
	if node.Kind != yaml.SequenceNode {
		r.reportf(node, path, "must be a list")
		return values
	}
	for i, element := range node.Content {
		values = append(values, r.read(element, t.Elem(), fmt.Sprintf("%s[%d]", path, i)))
	}
	return values
}

// listOf reads a list that the environment gives whole: values with commas between.
func (r *reader) listOf(node *yaml.Node, t reflect.Type, path string) any {
	values := []any{}
	text, err := expand(node.Value)
	if err != nil {
		r.reportf(node, path, "%v", err)
		return values
	}
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "["), "]")
	if strings.TrimSpace(text) == "" {
		return values
	}
	for i, part := range strings.Split(text, ",") {
		value, wanted := convert(strings.TrimSpace(part), t.Elem())
		if value == nil {
			r.reportf(node, fmt.Sprintf("%s[%d]", path, i), "is not %s", wanted)
		}
		values = append(values, value)
	}
	return values
}

// dictionary reads a map, whose keys are the user's own.
func (r *reader) dictionary(node *yaml.Node, t reflect.Type, path string) any {
	values := map[string]any{}
	if isNull(node) {
		return values
	}
	if node.Kind != yaml.MappingNode {
		r.reportf(node, path, "must be keys and values")
		return values
	}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i].Value
		values[key] = r.read(node.Content[i+1], t.Elem(), join(path, key))
	}
	return values
}

// scalar reads a single value, its references to the environment replaced. What is wrong
// is said without the value: a secret may stand where it does not belong.
func (r *reader) scalar(node *yaml.Node, t reflect.Type, path string) any {
	if node.Kind != yaml.ScalarNode {
		r.reportf(node, path, "must be a single value")
		return nil
	}
	text, err := expand(node.Value)
	if err != nil {
		r.reportf(node, path, "%v", err)
		return nil
	}
	if isNull(node) {
		text = ""
	}
	value, wanted := convert(text, t)
	if value == nil {
		r.reportf(node, path, "is not %s", wanted)
	}
	return value
}

// convert reads text as a value of type t; nil when it is none, and then wanted
// says what it should have been.
func convert(text string, t reflect.Type) (value any, wanted string) {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		if _, err := time.ParseDuration(text); err != nil {
			return nil, "a duration such as 2s"
		}
		return text, ""
	case t.Kind() == reflect.String:
		return text, ""
	case t.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return nil, "true or false"
		}
		return text == "true", ""
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		if _, err := strconv.ParseFloat(text, t.Bits()); err != nil {
			return nil, "a number"
		}
		return json.Number(text), ""
	case reflect.Int <= t.Kind() && t.Kind() <= reflect.Int64:
		n, err := strconv.ParseInt(text, 10, t.Bits())
		if err != nil {
			return nil, "a whole number"
		}
		return n, ""
	case reflect.Uint <= t.Kind() && t.Kind() <= reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, t.Bits())
		if err != nil {
			return nil, "a whole number from 0 on"
		}
		return n, ""
	default:
		return nil, "a value that can be configured"
	}
}

// field is a key of a section.
type field struct {
	name    string
	of      reflect.Type
	allows  func(text string) bool // whether go-zero's tag allows a value
	allowed string                 // what it allows, in words
	also    reflect.Type           // an embedded struct's section of the same name, to which ours adds; else nil
}

// fieldsOf returns the keys of a struct in lower case; those of embedded structs
// are its own. A key is named by the json tag, else by the field, as in go-zero.
func fieldsOf(t reflect.Type) map[string]field {
	fields := map[string]field{}
	for f := range t.Fields() {
		if f.Anonymous {
			maps.Copy(fields, fieldsOf(f.Type))
			continue
		}
		name, rules, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		key := strings.ToLower(name)
		fields[key] = field{name: name, of: f.Type, also: fields[key].of}.bounded(rules)
	}
	return fields
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

// join returns the path of a key in the section at path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// label returns a path for a message; the outermost section is the file.
func label(path string) string {
	if path == "" {
		return "file"
	}
	return path
}
