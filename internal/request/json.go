package request

import (
	"fmt"
	"reflect"
	"slices"
)

// decodeJSON fills target, a struct, from a body that is known to be valid JSON.
func decodeJSON(body []byte, target reflect.Value) error {
	d := decoder{&tokens{text: string(body)}}
	begin, err := d.next()
	if err != nil {
		return err
	}
	return d.value(nil, begin, target, &rule{})
}

// place is where in a body a value stands. Its text is made only for a message: a batch has
// a thousand values.
type place struct {
	around *place // nil = the body itself
	name   string // of a member
	index  int    // of an element of a list; below 0 of a member
}

// String names the value, as items[0].status.
func (p *place) String() string {
	switch {
	case p == nil:
		return "body"
	case p.index >= 0:
		return fmt.Sprintf("%s[%d]", p.around, p.index)
	case p.around == nil:
		return printable(p.name)
	default:
		return p.around.String() + "." + printable(p.name)
	}
}

// decoder walks the tokens of a body along the type that it is to fill, so that
// it never goes deeper than that type.
type decoder struct{ *tokens }

// value fills v from the value that begins with token. A pointer tells a field that is
// given from one that is not; a text behind a pointer can be taken away, and null
// and the empty text both say so.
func (d decoder) value(at *place, given token, v reflect.Value, rule *rule) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
		if v.Kind() == reflect.String && (given.kind == 'n' || given.kind == '"' && given.text == "") {
			return nil
		}
	}
	if given.kind == 'n' {
		return invalid("%s must not be null", at)
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.object(at, given, v)
	case reflect.Map:
		return d.anything(at, given, v)
	case reflect.Slice:
		return d.array(at, given, v, rule)
	case reflect.Int64:
		return setNumber(v, at, given, rule)
	case reflect.String:
		if given.kind != '"' {
			return invalid("%s must be a string", at)
		}
		if setString(v, "", given.text, rule) != nil {
			return setString(v, at.String(), given.text, rule)
		}
		return nil
	default:
		return fmt.Errorf("field %s of kind %s cannot come from a body", at, v.Kind())
	}
}

// setNumber sets a field from a number, or from a string of digits where it is an ID: a
// JavaScript client cannot write the numbers above 2^53 (contract section 6).
func setNumber(v reflect.Value, at *place, given token, rule *rule) error {
	if given.kind != '0' && (given.kind != '"' || !rule.id) {
		return invalid("%s must be a number", at)
	}
	if setInteger(v, "", given.text, rule) != nil {
		return setInteger(v, at.String(), given.text, rule)
	}
	return nil
}

// object fills a struct from the members of an object.
func (d decoder) object(at *place, begin token, v reflect.Value) error {
	if begin.kind != '{' {
		return invalid("%s must be an object", at)
	}
	rules := rulesOf(v.Type()).body
	var seen uint64 // a bit a rule
	for d.more() {
		given, err := d.member(at, v, rules, seen)
		if err != nil {
			return err
		}
		seen |= given
	}
	for i := range rules {
		if seen&(1<<i) != 0 {
			continue
		}
		member := place{around: at, name: rules[i].name, index: -1}
		if err := absent(v.Field(rules[i].index), &member, &rules[i]); err != nil {
			return err
		}
	}
	return d.end()
}

// absent sets a field that the body lacks to what it is then.
func absent(field reflect.Value, at *place, rule *rule) error {
	switch {
	case rule.preset != "":
		return setText(field, at.String(), rule.preset, rule)
	case !rule.optional:
		return invalid("%s is missing", at)
	default:
		return nil
	}
}

// member fills the field that the next name and value of an object are for, and returns the
// bit of its rule.
func (d decoder) member(around *place, v reflect.Value, rules []rule, seen uint64) (given uint64, err error) {
	token, err := d.next()
	if err != nil {
		return 0, err
	}
	name := token.text
	at := &place{around: around, name: name, index: -1}
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
	if i < 0 {
		return 0, invalid("%q is not a known field", at.String())
	}
	if given = 1 << i; seen&given != 0 {
		return 0, invalid("%s is given more than once", at)
	}
	if token, err = d.next(); err != nil {
		return 0, err
	}
	field := v.Field(rules[i].index)
	if token.kind == 'n' && !takesNull(field) {
		return given, absent(field, at, &rules[i])
	}
	return given, d.value(at, token, field, &rules[i])
}

// takesNull reports whether null says something of a field: that its text is taken away.
// Of every other field it says that it is absent, as many clients write that.
func takesNull(field reflect.Value) bool {
	return field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.String
}

// anything fills a map of texts to whatever values an object has. What they may be is for
// the caller to say; numbers are as they are written.
func (d decoder) anything(at *place, begin token, v reflect.Value) error {
	if begin.kind != '{' {
		return invalid("%s must be an object", at)
	}
	members := map[string]any{}
	for d.more() {
		token, err := d.next()
		if err != nil {
			return err
		}
		name := token.text
		if _, twice := members[name]; twice {
			return invalid("%s is given more than once", &place{around: at, name: name, index: -1})
		}
		if members[name], err = d.any(); err != nil {
			return err
		}
	}
	v.Set(reflect.ValueOf(members))
	return d.end()
}

// array fills a slice from the elements of an array.
func (d decoder) array(at *place, begin token, v reflect.Value, rule *rule) error {
	if begin.kind != '[' {
		return invalid("%s must be an array", at)
	}
	for n := 0; d.more(); n++ {
		token, err := d.next()
		if err != nil {
			return err
		}
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		if err := d.value(&place{around: at, index: n}, token, v.Index(n), rule); err != nil {
			return err
		}
	}
	return d.end()
}

// end reads the bracket that closes an object or an array.
func (d decoder) end() error {
	_, err := d.next()
	return err
}
