package servertest

import (
	"fmt"
	"os"
	"time"

	"go.uber.org/goleak"
)

// leakBound is how long goroutines have to end once the tests are over. go-redis looks for
// a server that is gone once a second, and sees only then that its pool was closed.
const leakBound = 10 * time.Second

// WithoutLeaks returns the exit code of a test process whose tests are over: code, or 1
// instead of 0 when goroutines are left, which it shows. What was there before the tests
// began is to be ignored by an option that was made before them: goleak.IgnoreCurrent,
// called at the end, would ignore every leak.
func WithoutLeaks(code int, ignore ...goleak.Option) int {
	var err error
	for end := time.Now().Add(leakBound); code == 0 && time.Now().Before(end); {
		if err = goleak.Find(ignore...); err == nil { // looks for half a second
			return 0
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
