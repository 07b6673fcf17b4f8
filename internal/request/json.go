package request

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// decodeJSON fills target, a struct, from a body that is known to be valid JSON.
func decodeJSON(body []byte, target reflect.Value) error {
	tokens := json.NewDecoder(bytes.NewReader(body))
	tokens.UseNumber()
	d := decoder{tokens: tokens}
	token, err := d.next()
	if err != nil {
		return err
	}
	return d.value("", token, target, rule{})
}

// decoder walks the tokens of a body along the type that it is to fill, so that
// it never goes deeper than that type. Paths name a field as items[0].status.
type decoder struct {
	tokens *json.Decoder
}

// next reads the token that comes next.
func (d decoder) next() (json.Token, error) {
	token, err := d.tokens.Token()
	if err != nil {
		return nil, fmt.Errorf("read body that was checked: %w", err)
	}
	return token, nil
}

// value fills v from the value that begins with token. A pointer tells a field that is
// given from one that is not; a text behind a pointer can be taken away, and null
// and the empty text both say so.
func (d decoder) value(path string, token json.Token, v reflect.Value, rule rule) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
		if v.Kind() == reflect.String && (token == nil || token == "") {
			return nil
		}
	}
	if token == nil {
		return invalid("%s must not be null", named(path))
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.object(path, token, v)
	case reflect.Map:
		return d.anything(path, token, v)
	case reflect.Slice:
		return d.array(path, token, v, rule)
	case reflect.Int64:
		return setNumber(v, path, token, rule)
	case reflect.String:
		text, ok := token.(string)
		if !ok {
			return invalid("%s must be a string", path)
		}
		return setString(v, path, text, rule)
	default:
		return fmt.Errorf("field %s of kind %s cannot come from a body", path, v.Kind())
	}
}

// setNumber sets a field from a number, or from a string of digits where it is an ID: a
// JavaScript client cannot write the numbers above 2^53 (contract section 6).
func setNumber(v reflect.Value, path string, token json.Token, rule rule) error {
	if number, ok := token.(json.Number); ok {
		return setInteger(v, path, number.String(), rule)
	}
	if digits, ok := token.(string); ok && rule.id {
		return setInteger(v, path, digits, rule)
	}
	return invalid("%s must be a number", path)
}

// object fills a struct from the members of an object.
func (d decoder) object(path string, begin json.Token, v reflect.Value) error {
	if begin != json.Delim('{') {
		return invalid("%s must be an object", named(path))
	}
	rules := rulesOf(v.Type(), fromBody)
	seen := map[string]bool{}
	for d.tokens.More() {
		if err := d.member(path, v, rules, seen); err != nil {
			return err
		}
	}
	for _, rule := range rules {
		if seen[rule.name] {
			continue
		}
		if err := absent(v.Field(rule.index), join(path, rule.name), rule); err != nil {
			return err
		}
	}
	return d.end()
}

// absent sets a field that the body lacks to what it is then.
func absent(field reflect.Value, path string, rule rule) error {
	switch {
	case rule.preset != "":
		return setText(field, path, rule.preset, rule)
	case !rule.optional:
		return invalid("%s is missing", path)
	default:
		return nil
	}
}

// member fills the field that the next name and value of an object are for.
func (d decoder) member(path string, v reflect.Value, rules []rule, seen map[string]bool) error {
	token, err := d.next()
	if err != nil {
		return err
	}
	name, _ := token.(string)
	full := join(path, printable(name))
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
	if i < 0 {
		return invalid("%q is not a known field", full)
	}
	if seen[name] {
		return invalid("%s is given more than once", full)
	}
	seen[name] = true
	if token, err = d.next(); err != nil {
		return err
	}
	field := v.Field(rules[i].index)
	if token == nil && !takesNull(field) {
		return absent(field, full, rules[i])
	}
	return d.value(full, token, field, rules[i])
}

// takesNull reports whether null says something of a field: that its text is taken away.
// Of every other field it says that it is absent, as many clients write that.
func takesNull(field reflect.Value) bool {
	return field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.String
}

// anything fills a map of texts to whatever values an object has. What they may be is for
// the caller to say; numbers are as they are written.
func (d decoder) anything(path string, begin json.Token, v reflect.Value) error {
	if begin != json.Delim('{') {
		return invalid("%s must be an object", named(path))
	}
	members := map[string]any{}
	for d.tokens.More() {
		token, err := d.next()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if _, twice := members[name]; twice {
			return invalid("%s is given more than once", join(path, printable(name)))
		}
		var value any
		if err := d.tokens.Decode(&value); err != nil {
			return fmt.Errorf("read body that was checked: %w", err)
		}
		members[name] = value
	}
	v.Set(reflect.ValueOf(members))
	return d.end()
}

// array fills a slice from the elements of an array.
func (d decoder) array(path string, begin json.Token, v reflect.Value, rule rule) error {
	if begin != json.Delim('[') {
		return invalid("%s must be an array", named(path))
	}
	for d.tokens.More() {
		token, err := d.next()
		if err != nil {
			return err
		}
		element := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(fmt.Sprintf("%s[%d]", path, v.Len()), token, element, rule); err != nil {
			return err
		}
		v.Set(reflect.Append(v, element))
	}
	return d.end()
}

// end reads the bracket that closes an object or an array.
func (d decoder) end() error {
	_, err := d.next()
	return err
}

// named returns the path of a value for a message; the outermost one is the body.
func named(path string) string {
	if path == "" {
		return "body"
	}
	return path
}

// join returns the path of a member of the object at path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
