package role

import (
	"errors"
	"fmt"
)

// problemsShown is how many problems one line of the log names.
const problemsShown = 3

// Problems joins what went wrong with some of many, nil where nothing did: the first ones,
// and how many there are more. A server that is away would else fill the log with every
// product that there is.
func Problems(problems []error) error {
	var shown []error
	more := 0
	for _, err := range problems {
		switch {
		case err == nil:
		case len(shown) < problemsShown:
			shown = append(shown, err)
		default:
			more++
		}
	}
	if more > 0 {
		shown = append(shown, fmt.Errorf("and %d more", more)) //nolint:err113 // a count, for the log
	}
	return errors.Join(shown...)
}
