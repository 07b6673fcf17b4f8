package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// Document is an OpenAPI 3.0 document, in the order in which people read one.
type Document struct {
	OpenAPI    string     `json:"openapi"`
	Info       object     `json:"info"`
	Servers    []object   `json:"servers"`
	Tags       []object   `json:"tags"`
	Paths      object     `json:"paths"`
	Components Components `json:"components"`
}

// Components are the parts that paths refer to.
type Components struct {
	SecuritySchemes object `json:"securitySchemes"`
	Parameters      object `json:"parameters"`
	Schemas         object `json:"schemas"`
}

// swagger is what is used of goctl's document.
type swagger struct {
	Info                object                       `json:"info"`
	Paths               map[string]map[string]object `json:"paths"`
	Definitions         map[string]object            `json:"definitions"`
	SecurityDefinitions map[string]object            `json:"securityDefinitions"`
}

// Convert makes a document from goctl's. codes are all codes of errors.
func Convert(text []byte, codes []string) (*Document, error) {
	var from swagger
	if err := json.Unmarshal(text, &from); err != nil {
		return nil, fmt.Errorf("read the Swagger document: %w", err)
	}
	d := &Document{
		OpenAPI: "3.0.3", Info: from.Info, Servers: []object{{"url": "/"}}, Paths: object{},
		Components: Components{SecuritySchemes: object{}, Parameters: object{"ids": textIDs}, Schemas: object{}},
	}
	for name, scheme := range from.SecurityDefinitions {
		d.Components.SecuritySchemes[name] = object{
			"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": scheme["description"],
		}
	}
	tags := map[string]bool{}
	for path, methods := range from.Paths {
		item := object{}
		for method, operation := range methods {
			made, err := operationOf(operation, codes)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			if versioned.MatchString(path) {
				made["parameters"] = append(list(made["parameters"]), object{"$ref": "#/components/parameters/ids"})
			}
			item[method] = made
			for _, tag := range list(operation["tags"]) {
				tags[word(tag)] = true
			}
		}
		d.Paths[path] = item
	}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		d.Tags = append(d.Tags, object{"name": tag})
	}
	d.addSchemas(from.Definitions, codes)
	return d, nil
}

// Encode returns the document as indented JSON.
func (d *Document) Encode() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(d); err != nil {
		return nil, fmt.Errorf("encode the document: %w", err)
	}
	return text.Bytes(), nil
}

var (
	// versioned are the paths whose answers have IDs.
	versioned = regexp.MustCompile(`^/(?:api|admin)/v1/`)
	// textIDs is the parameter that all of them take.
	textIDs = object{
		"name": "ids", "in": "query", "schema": object{"type": "string", "enum": []any{"string"}},
		"description": "string: every ID of the answer is a string of its digits, which this document does not show",
	}
)

// operationOf makes an operation from goctl's.
func operationOf(from object, codes []string) (object, error) {
	made := object{"operationId": from["operationId"], "tags": from["tags"], "summary": from["summary"]}
	for _, key := range []string{"description", "security", "deprecated"} {
		if value, found := from[key]; found {
			made[key] = value
		}
	}
	var parameters []any
	for _, p := range list(from["parameters"]) {
		p := objectOf(p)
		if p["in"] == "body" {
			made["requestBody"] = object{"required": true, "content": content("application/json", schemaOf("", objectOf(p["schema"]), true))}
		} else {
			parameters = append(parameters, parameterOf(p))
		}
	}
	if parameters != nil {
		made["parameters"] = parameters
	}
	responses, err := responsesOf(from, codes)
	made["responses"] = responses
	return made, err
}

// parameterOf moves what says the values of a parameter into its schema.
func parameterOf(from object) object {
	made, schema := object{}, object{}
	for key, value := range from {
		switch key {
		case "name", "in", "required", "description":
			made[key] = value
		case "allowEmptyValue", "collectionFormat", "example": // an empty value is refused
		default:
			schema[key] = value
		}
	}
	if from["type"] == "array" {
		made["explode"] = true
	}
	schema = schemaOf(word(from["name"]), merged(schema, "description", from["description"]), true)
	delete(schema, "description")
	if parts := list(schema["allOf"]); len(parts) == 1 { // there to have a description beside it
		schema = objectOf(parts[0])
	}
	made["schema"] = schema
	if made["in"] == "formData" { // goctl's word for a form tag of what is not a GET; we read it from the query
		made["in"] = "query"
	}
	return made
}

var (
	codePattern = regexp.MustCompile(`\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b`)
	retryAfter  = object{"Retry-After": object{
		"description": "seconds after which to try again", "schema": object{"type": "integer", "minimum": 1},
	}}
)

// responsesOf makes the answers of an operation. goctl puts the schema of the success under
// 200 or respCode, whether that is described or not.
func responsesOf(from object, codes []string) (object, error) {
	given := objectOf(from["responses"])
	made := object{}
	var schema object
	for _, response := range given {
		if found := objectOf(objectOf(response)["schema"]); found != nil {
			schema = found
		}
	}
	for status, response := range given {
		text := word(objectOf(response)["description"])
		switch {
		case text == "":
		case status < "300":
			made[status] = success(status, text, schema, list(from["produces"]))
		default:
			answer, err := refusal(text, codes)
			if err != nil {
				return nil, fmt.Errorf("status %s: %w", status, err)
			}
			made[status] = answer
		}
	}
	made["default"] = object{
		"description": "any other error, such as 405 METHOD_NOT_ALLOWED and 500 INTERNAL",
		"content":     content("application/json", ref("Error")),
	}
	return made, nil
}

// success is an answer that is no error.
func success(status, text string, schema object, kinds []any) object {
	made := object{"description": text}
	if status == "204" {
		return made
	}
	body := object{}
	for _, kind := range kinds {
		switch kind := word(kind); {
		case kind != "application/json":
			body[kind] = object{"schema": object{"type": "string"}}
		case schema == nil:
			body[kind] = object{"schema": object{"type": "object"}}
		default:
			body[kind] = object{"schema": schemaOf("", schema, false)}
		}
	}
	made["content"] = body
	return made
}

// refusal is an answer with an error, of the codes that its text names.
func refusal(text string, codes []string) (object, error) {
	var named []any
	for _, word := range codePattern.FindAllString(text, -1) {
		if slices.Contains(codes, word) && !slices.Contains(named, any(word)) {
			named = append(named, word)
		} else if strings.Contains(word, "_") && !slices.Contains(codes, word) {
			return nil, fmt.Errorf("%s is no code of an error", word)
		}
	}
	if named == nil {
		return nil, fmt.Errorf("%q names no code", text)
	}
	made := object{"description": text, "content": content("application/json", object{"allOf": []any{
		ref("Error"), object{"type": "object", "properties": object{"code": object{"type": "string", "enum": named}}},
	}})}
	if strings.Contains(text, "Retry-After") {
		made["headers"] = retryAfter
	}
	return made, nil
}

func content(kind string, schema object) object { return object{kind: object{"schema": schema}} }

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// list returns a JSON list, empty when there is none.
func list(value any) []any {
	items, _ := value.([]any)
	return items
}

// objectOf returns a JSON object, nil when the value is none.
func objectOf(value any) object {
	o, _ := value.(object)
	return o
}

// word returns a JSON string, empty when the value is none.
func word(value any) string {
	text, _ := value.(string)
	return text
}

// merged returns a copy of an object with one more value, nil being none.
func merged(o object, key string, value any) object {
	made := maps.Clone(o)
	if value != nil {
		made[key] = value
	}
	return made
}
