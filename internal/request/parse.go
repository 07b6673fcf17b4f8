package request

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"seckill/internal/seckill"

	"github.com/zeromicro/go-zero/rest/pathvar"
)

// Parse fills v, a pointer to one of the request types of seckill.api, from the
// path, the query and the body of r. Its error is a *seckill.Error: 400
// INVALID_ARGUMENT, 413 PAYLOAD_TOO_LARGE or 415 UNSUPPORTED_MEDIA_TYPE.
func Parse(r *http.Request, v any) error {
	target := reflect.ValueOf(v).Elem()
	if err := parsePath(pathvar.Vars(r), target); err != nil {
		return err
	}
	if err := parseQuery(r.URL.RawQuery, target); err != nil {
		return err
	}
	switch {
	case len(rulesOf(target.Type()).body) > 0:
		return parseBody(r, target)
	case r.Method == http.MethodGet || r.Method == http.MethodHead: // whose body means nothing (RFC 9110, section 9.3)
		return nil
	default:
		return parseNoBody(r, target)
	}
}

// parsePath fills the fields that come from the path. The router has matched it,
// so none of them is absent.
func parsePath(vars map[string]string, target reflect.Value) error {
	rules := rulesOf(target.Type()).path
	for i := range rules {
		rule := &rules[i]
		if err := setText(target.Field(rule.index), rule.name, vars[rule.name], rule); err != nil {
			return err
		}
	}
	return nil
}

// parseQuery fills the fields that come from the query string.
func parseQuery(raw string, target reflect.Value) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return invalid("query string is malformed")
	}
	rules := rulesOf(target.Type()).query
	if err := checkNames(values, rules); err != nil {
		return err
	}
	for i := range rules {
		rule := &rules[i]
		given, found := values[rule.name]
		text := rule.preset
		if found {
			text = given[0]
		} else if text == "" {
			if !rule.optional {
				return invalid("%s is missing", rule.name)
			}
			continue
		}
		if rule.list {
			if err := setList(target.Field(rule.index), given, rule); err != nil {
				return err
			}
			continue
		}
		if err := setText(target.Field(rule.index), rule.name, text, rule); err != nil {
			return err
		}
	}
	return nil
}

// setList sets a field from all values of a parameter; several may also stand in one, with
// commas between, as openapi.json has it.
func setList(field reflect.Value, given []string, rule *rule) error {
	texts := strings.Split(strings.Join(given, ","), ",")
	list := reflect.MakeSlice(field.Type(), len(texts), len(texts))
	for i, text := range texts {
		if err := setText(list.Index(i), rule.name, text, rule); err != nil {
			return err
		}
	}
	field.Set(list)
	return nil
}

// IDsParameter is a parameter of every route, with which the answer is written and not made
// (contract section 6). internal/response looks at its value.
const IDsParameter = "ids"

// checkNames refuses parameters that no rule knows, and those given twice that are no lists.
func checkNames(values url.Values, rules []rule) error {
	for name, given := range values {
		if name == IDsParameter {
			continue
		}
		known := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
		if known < 0 {
			return invalid("%q is not a parameter of this route", printable(name))
		}
		if len(given) > 1 && !rules[known].list {
			return invalid("%s is given more than once", name)
		}
	}
	return nil
}

// setText sets a field from the text of a path or of a query.
func setText(field reflect.Value, name, text string, rule *rule) error {
	switch field.Kind() {
	case reflect.Int64:
		return setInteger(field, name, text, rule)
	case reflect.Bool:
		return setBool(field, name, text)
	default:
		return setString(field, name, text, rule)
	}
}

// setBool sets a field from true or false, and from nothing else: what was meant to change
// nothing must not change something for want of a way to write yes.
func setBool(field reflect.Value, name, text string) error {
	if text != "true" && text != "false" {
		return invalid("%s must be true or false", name)
	}
	field.SetBool(text == "true")
	return nil
}

// setInteger sets a field from plain digits: no sign, no leading zero, no
// fraction, no exponent.
func setInteger(field reflect.Value, name, text string, rule *rule) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != text || n < rule.min || n > rule.max {
		return invalid("%s must be %s", name, rule.integers())
	}
	field.SetInt(n)
	return nil
}

// setString sets a field from a text that is not empty and that PostgreSQL can
// hold: valid UTF-8 without NUL.
func setString(field reflect.Value, name, text string, rule *rule) error {
	switch {
	case text == "":
		return invalid("%s must not be empty", name)
	case !utf8.ValidString(text):
		return invalid("%s is not valid UTF-8", name)
	case strings.ContainsRune(text, 0):
		return invalid("%s must not contain NUL", name)
	case len(rule.options) > 0 && !slices.Contains(rule.options, text):
		return invalid("%s must be one of %s", name, strings.Join(rule.options, ", "))
	}
	field.SetString(text)
	return nil
}

// printable cuts a name that the client made up to a length fit for a message.
func printable(name string) string {
	const longest = 64
	if len(name) <= longest {
		return name
	}
	return strings.ToValidUTF8(name[:longest], "") + "…"
}

// invalid makes a 400 INVALID_ARGUMENT.
func invalid(format string, args ...any) error {
	return seckill.Errorf(seckill.CodeInvalidArgument, format, args...)
}
