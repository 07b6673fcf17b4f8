package openapi

import (
	"maps"
	"regexp"
	"strings"
)

const definitions = "#/definitions/"

// IDName are the names of fields that hold an ID, or a list of them.
var IDName = regexp.MustCompile(`^(?:id|ids|[a-z]\w*Ids?)$`)

var always = regexp.MustCompile(`^always "?(\w+)"?$`)

// schemaOf makes the schema of a field, a parameter or a body from goctl's. A request may
// give the digits of an ID as text.
func schemaOf(name string, from object, request bool) object {
	if target, found := from["$ref"].(string); found {
		return reference(target, from["description"])
	}
	made := maps.Clone(from)
	description := word(from["description"])
	switch made["type"] {
	case "integer":
		if request && IDName.MatchString(name) && from["minimum"] != nil {
			return merged(object{"allOf": []any{ref("ID")}}, "description", from["description"])
		}
		made["format"] = "int64"
	case "number":
		made["format"] = "double"
	case "string":
		if strings.HasPrefix(description, "RFC 3339") && !strings.Contains(description, "empty text") {
			made["format"] = "date-time"
		}
		if found := always.FindStringSubmatch(description); found != nil {
			made["enum"] = []any{found[1]}
		}
	case "array":
		items := maps.Clone(objectOf(from["items"]))
		for _, bound := range []string{"minimum", "maximum"} { // of the elements; goctl writes them beside
			if value, found := made[bound]; found {
				items[bound] = value
				delete(made, bound)
			}
		}
		made["items"] = schemaOf(name, items, request)
	case "object":
		properties(made, request)
	}
	if strings.Contains(description, "null or") {
		made["nullable"] = true
	}
	delete(made, "example")
	return made
}

// properties makes the schemas of what an object holds.
func properties(made object, request bool) {
	if fields, found := made["properties"].(object); found {
		all := object{}
		for name, field := range fields {
			all[name] = schemaOf(name, objectOf(field), request)
		}
		made["properties"] = all
	}
	if values, found := made["additionalProperties"].(object); found {
		made["additionalProperties"] = schemaOf("", values, request)
	}
}

// reference refers to another schema. goctl repeats the schema beside it.
func reference(target string, description any) object {
	name := strings.TrimPrefix(target, definitions)
	if description == nil {
		return ref(name)
	}
	return object{"allOf": []any{ref(name)}, "description": description}
}

// addSchemas adds the schemas that paths refer to, and those that these refer to.
func (d *Document) addSchemas(from map[string]object, codes []string) {
	inRequests := map[string]bool{}
	for _, item := range d.Paths {
		for _, operation := range objectOf(item) {
			reach(objectOf(operation)["requestBody"], from, inRequests)
		}
	}
	used := map[string]bool{}
	reach(d.Paths, from, used)
	for name := range used {
		if definition, found := from[name]; found {
			d.Components.Schemas[name] = schemaOf("", definition, inRequests[name])
		}
	}
	all := make([]any, len(codes))
	for i, code := range codes {
		all[i] = code
	}
	d.Components.Schemas["Error"] = object{
		"type": "object", "required": []any{"code", "message"}, "description": "the body of every answer that is not a success",
		"properties": object{
			"code":    object{"type": "string", "description": "for programs", "enum": all},
			"message": object{"type": "string", "description": "for people; holds no inner detail"},
			"oldest":  object{"type": "integer", "format": "int64", "description": "with EVENTS_TRIMMED alone: the oldest number that is left; left out when none is"},
			"next":    object{"type": "integer", "format": "int64", "description": "with EVENTS_TRIMMED and EVENTS_RESET alone: the number to go on after, once the orders are listed"},
		},
	}
	d.Components.Schemas["ID"] = object{
		"description": "an ID as a number, or as a string of its digits: JavaScript loses numbers above 2^53",
		"oneOf": []any{
			object{"type": "integer", "format": "int64", "minimum": 1},
			object{"type": "string", "pattern": "^[1-9][0-9]{0,18}$"},
		},
	}
}

// reach notes the definitions that a value refers to, by itself or by way of others.
func reach(value any, from map[string]object, seen map[string]bool) {
	switch value := value.(type) {
	case object:
		if target, found := value["$ref"].(string); found {
			name := target[strings.LastIndex(target, "/")+1:]
			if !seen[name] {
				seen[name] = true
				reach(from[name], from, seen)
			}
		}
		for key, part := range value {
			if key != "$ref" {
				reach(part, from, seen)
			}
		}
	case []any:
		for _, part := range value {
			reach(part, from, seen)
		}
	}
}
