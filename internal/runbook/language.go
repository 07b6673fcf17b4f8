package runbook

import (
	"strconv"
	"strings"
)

// The languages of runbooks.
const (
	English = "en"
	Chinese = "zh"
)

// Language returns the language of an answer: the one that is asked for, else the one that
// the values of Accept-Language like best (RFC 9110, section 12.5.4), else English.
func Language(asked string, accept []string) string {
	if asked != "" {
		return asked
	}
	best, liked := English, 0.0
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		tag, weight := preference(part)
		if (tag == English || tag == Chinese) && weight > liked {
			best, liked = tag, weight
		}
	}
	return best
}

// preference reads one of the languages of Accept-Language, such as zh-CN;q=0.8; of one
// that makes no sense the weight is 0.
func preference(part string) (tag string, weight float64) {
	tag, parameter, weighted := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
	tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
	if !weighted {
		return tag, 1
	}
	weight, err := strconv.ParseFloat(strings.TrimPrefix(strings.ToLower(parameter), "q="), 64)
	if err != nil || weight < 0 || weight > 1 {
		return tag, 0
	}
	return tag, weight
}
