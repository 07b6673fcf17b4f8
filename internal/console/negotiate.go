package console

import (
	"strconv"
	"strings"
)

// accepts reports whether a client takes an encoding (RFC 9110 section 12.5.3); every client
// takes a file as it is.
func accepts(values []string, encoding string) bool {
	if encoding == "" {
		return true
	}
	others := false
	for _, element := range elements(values) {
		name, parameters, _ := strings.Cut(element, ";")
		weight := weightOf(parameters)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case encoding:
			return weight > 0
		case "*":
			others = weight > 0
		}
	}
	return others
}

// weightOf reads q; what is left out, or cannot be read, is 1.
func weightOf(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		if weight, err := strconv.ParseFloat(value, 64); err == nil {
			return weight
		}
	}
	return 1
}

// holds reports whether a client has what a tag stands for (RFC 9110 section 13.1.2): it names
// the tag, marked as weak by a proxy or not.
func holds(values []string, tag string) bool {
	for _, element := range elements(values) {
		if element == "*" || strings.TrimPrefix(element, "W/") == tag {
			return true
		}
	}
	return false
}

// elements are the elements of a list header.
func elements(values []string) []string {
	var all []string
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if element = strings.TrimSpace(element); element != "" {
			all = append(all, element)
		}
	}
	return all
}
