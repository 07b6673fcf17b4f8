package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What go-zero's tags allow, as options=a|b, options=[a,b] and range=[0:1000): by itself
// go-zero checks it too, but names neither the section of a key nor, of a range, the key.
var (
	optionsTag = regexp.MustCompile(`options=(?:\[([^\]]*)\]|([^,]*))`)
	rangeTag   = regexp.MustCompile(`range=([\[(])([^:]*):([^\])]*)([\])])`)
)

// bounded returns f with what its tag allows.
func (f field) bounded(tag string) field {
	f.allows = func(string) bool { return true }
	if found := optionsTag.FindStringSubmatch(tag); found != nil {
		options := strings.FieldsFunc(found[1]+found[2], func(c rune) bool { return c == ',' || c == '|' })
		f.allows = func(text string) bool { return slices.Contains(options, text) }
		f.allowed = "one of " + strings.Join(options, ", ")
	}
	if found := rangeTag.FindStringSubmatch(tag); found != nil {
		f.allows = func(text string) bool { return inRange(text, found[1:]) }
		f.allowed = "in the range " + found[0][len("range="):]
	}
	return f
}

// inRange reports whether a number is in a range of four parts: bracket, low, high, bracket.
func inRange(text string, parts []string) bool {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return false
	}
	if low, err := strconv.ParseFloat(parts[1], 64); err == nil && (n < low || n == low && parts[0] == "(") {
		return false
	}
	high, err := strconv.ParseFloat(parts[2], 64)
	return err != nil || n < high || n == high && parts[3] == "]"
}
