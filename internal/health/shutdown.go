package health

import (
	"context"
	"sync/atomic"

	"seckill/internal/seckill"
)

// ShutdownCheck is the name of the check that fails from the signal to end on.
const ShutdownCheck = "shutdown"

// Shutdown tells whether the process has been told to end. The zero value says no; it is
// safe for concurrent use.
type Shutdown struct{ begun atomic.Bool }

// Begin says that the process has been told to end.
func (s *Shutdown) Begin() { s.begun.Store(true) }

// Begun reports whether Begin has been called.
func (s *Shutdown) Begun() bool { return s.begun.Load() }

// Check is the check that fails from Begin on. It comes first among [Checks].
func (s *Shutdown) Check() Check {
	return Check{Name: ShutdownCheck, Run: func(context.Context) error {
		if s.Begun() {
			return seckill.Errorf(seckill.CodeUnavailable, "the process is ending")
		}
		return nil
	}}
}
