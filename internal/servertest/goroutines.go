package servertest

import (
	"time"

	"go.uber.org/goleak"
)

// leakBound is how long goroutines have to end once the tests are over. go-redis looks for
// a server that is gone once a second, and sees only then that its pool was closed.
const leakBound = 10 * time.Second

// Leaked returns an error that shows the goroutines that are left, or nil once none is.
// What was there before the tests began is to be ignored by an option that was made
// before them: goleak.IgnoreCurrent, called at the end, would ignore every leak.
func Leaked(ignore ...goleak.Option) error {
	var err error
	for end := time.Now().Add(leakBound); time.Now().Before(end); {
		if err = goleak.Find(ignore...); err == nil { // looks for half a second
			return nil
		}
	}
	return err
}
