package demo

import (
	"time"

	"seckill/internal/rehearsal"
)

// sweepLate is how late the service expires an order at most.
const sweepLate = 5 * time.Second

// Script is how a sale is played.
type Script struct {
	Units   int64
	OpensIn time.Duration // until the sale opens
	Window  time.Duration // to pay an order

	// First come Rush buyers within RushFor, the first of them Early before the sale opens;
	// then Rest buyers within RestFor.
	Early   time.Duration
	Rush    int
	RushFor time.Duration
	Rest    int
	RestFor time.Duration
}

// Full is the sale of `make demo`: 500 units, which 5,000 buyers want.
func Full() Script {
	return Script{
		Units: 500, OpensIn: 10 * time.Second, Window: 20 * time.Second,
		Early: 500 * time.Millisecond, Rush: 1500, RushFor: 10 * time.Second, Rest: 3500, RestFor: 70 * time.Second,
	}
}

// buyers is how many come.
func (s *Script) buyers() int { return s.Rush + s.Rest }

// arrival is when buyer n comes after the first one.
func (s *Script) arrival(n int) time.Duration {
	if n < s.Rush {
		return s.RushFor * time.Duration(n) / time.Duration(s.Rush)
	}
	return s.RushFor + s.RestFor*time.Duration(n-s.Rush)/time.Duration(s.Rest)
}

// act is what buyer n does with an order. Of those who come in time for their orders to expire
// and be sold again more than a third pay nothing or cancel; all others pay, so that at the end
// every unit is paid.
func (s *Script) act(n int) rehearsal.Act {
	if s.arrival(n) > s.RushFor+s.RestFor-s.Window-2*sweepLate {
		return rehearsal.Pay
	}
	return rehearsal.Shares(60, 10)(n)
}

// raw says that buyer n goes past the gate: each second one.
func raw(n int) bool { return n%2 == 1 }
