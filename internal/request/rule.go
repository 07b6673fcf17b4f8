package request

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// source says which part of a request a field comes from. Its values are the
// names of go-zero's tags.
type source string

const (
	fromPath  source = "path"
	fromQuery source = "form"
	fromBody  source = "json"
)

// rule is what the tag of a field declares.
type rule struct {
	name     string
	index    int // of the field in its struct
	optional bool
	id       bool     // it names something, so that a string of its digits stands for it
	preset   string   // value of a field that is absent; "" = none
	options  []string // the values that are allowed; empty = any
	min, max int64    // both inclusive
	list     bool     // the field takes every value of the parameter
}

// rules are those of the fields of a type, by the part of a request that they come from.
type rules struct{ path, query, body []rule }

// known are the rules of every type that has been asked for: *rules by reflect.Type.
var known sync.Map

// rulesOf returns the rules of the fields of t. They are read from the tags once: at the
// rate of attempts that would cost more than all else of reading a request.
func rulesOf(t reflect.Type) *rules {
	if found, ok := known.Load(t); ok {
		return found.(*rules) //nolint:forcetypeassert // the map holds nothing else
	}
	read := &rules{path: readRules(t, fromPath), query: readRules(t, fromQuery), body: readRules(t, fromBody)}
	known.Store(t, read)
	return read
}

// maxRules is the most fields of a type that come from one part of a request: a bit each
// tells which were given.
const maxRules = 64

func readRules(t reflect.Type, from source) []rule {
	var all []rule
	for i := range t.NumField() {
		if tag, ok := t.Field(i).Tag.Lookup(string(from)); ok {
			r := parseRule(tag, i)
			r.list = t.Field(i).Type.Kind() == reflect.Slice
			all = append(all, r)
		}
	}
	if len(all) > maxRules {
		panic(fmt.Sprintf("%s has more than %d fields", t, maxRules))
	}
	return all
}

// parseRule reads a tag such as `limit,default=20,range=[1:100]`.
func parseRule(tag string, index int) rule {
	name, rest, _ := strings.Cut(tag, ",")
	r := rule{name: name, index: index, id: isID(name), min: math.MinInt64, max: math.MaxInt64}
	for option := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "optional":
			r.optional = true
		case "default":
			r.optional, r.preset = true, value
		case "options":
			r.options = strings.Split(value, "|")
		case "range":
			r.min, r.max = parseRange(value)
		}
	}
	return r
}

// isID reports whether a field holds an ID or a list of them. The name says so
// everywhere in the contract, and unlike a tag of our own it is safe from goctl.
func isID(name string) bool {
	return name == "id" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids")
}

// parseRange reads a closed range of integers, "[min:max]", either end left out.
func parseRange(s string) (low, high int64) {
	left, right, _ := strings.Cut(strings.Trim(s, "[]"), ":")
	return bound(left, math.MinInt64), bound(right, math.MaxInt64)
}

// bound reads one end of a range; open is what it is when it is left out.
func bound(s string, open int64) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return open
	}
	return n
}

// integers describes the integers that r allows.
func (r rule) integers() string {
	switch {
	case r.min == 1 && r.max == math.MaxInt64:
		return "a positive integer below 2^63, in plain digits"
	case r.max == math.MaxInt64:
		return fmt.Sprintf("an integer from %d on, in plain digits", r.min)
	default:
		return fmt.Sprintf("an integer from %d to %d, in plain digits", r.min, r.max)
	}
}
