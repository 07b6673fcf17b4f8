package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// reference is ${NAME} or ${NAME:-default}, or one that is neither; $${ begins none. A $ in
// any other form, as in a password, stands for itself.
var reference = regexp.MustCompile(`\$\$\{|\$\{(\w+)([^{}]*)\}`)

// refers reports whether expand would change a text.
func refers(text string) bool { return reference.MatchString(text) }

// expand replaces each ${NAME} by the environment variable of that name, as it stands, and
// each ${NAME:-default} likewise, or by the default when the variable is empty or not set.
// $${ becomes ${. A variable that is not set is an error that names it.
func expand(text string) (string, error) {
	var problems []error
	expanded := reference.ReplaceAllStringFunc(text, func(match string) string {
		if match == "$${" {
			return "${"
		}
		parts := reference.FindStringSubmatch(match)
		value, err := lookUp(parts[1], parts[2])
		problems = append(problems, err)
		return value
	})
	return expanded, errors.Join(problems...)
}

// lookUp returns the value of a reference to a variable; rest is what stands behind the name.
func lookUp(name, rest string) (string, error) {
	value, set := os.LookupEnv(name)
	preset, hasPreset := strings.CutPrefix(rest, ":-")
	switch {
	case rest != "" && !hasPreset:
		return "", fmt.Errorf("the reference to the environment variable %s is neither ${%[1]s} nor ${%[1]s:-default} (a literal ${ is written $${)", name)
	case hasPreset && value == "":
		return preset, nil
	case !set:
		return "", fmt.Errorf("the environment variable %s is not set (${%[1]s:-} would allow that)", name)
	default:
		return value, nil
	}
}
