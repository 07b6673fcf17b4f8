package main

import "fmt"

// Units, as Grafana names them.
const (
	plain     = "none"        // a state, which words stand for
	count     = "locale"      // whole numbers, with marks between thousands
	perSecond = "cps"         // counts per second
	ratio     = "percentunit" // 1 is all
)

// limit is a value from which on a panel has another colour.
type limit struct {
	from   float64
	colour string
}

// Colours of limits and words.
const (
	green  = "green"
	yellow = "yellow"
	red    = "red"
)

// limits are in rising order; base is the colour below the first.
type limits struct {
	base  string
	steps []limit
}

// atMost is red from the last value on, and yellow from the one before.
func atMost(values ...float64) limits {
	l := limits{base: green}
	for i, value := range values {
		colour := yellow
		if i == len(values)-1 {
			colour = red
		}
		l.steps = append(l.steps, limit{value, colour})
	}
	return l
}

// atLeast is red below a value.
func atLeast(value float64) limits { return limits{base: red, steps: []limit{{value, green}}} }

// nothingBut0 is green at 0 alone.
var nothingBut0 = limits{base: red, steps: []limit{{0, green}, {1, red}}}

// word stands for a value.
type word struct {
	text, colour string
}

// words are by the value that they stand for.
type words map[int]word

var (
	closed   = words{0: {"closed", red}, 1: {"open", green}}
	notReady = words{0: {"not ready", red}, 1: {"ready", green}}
	down     = words{0: {"down", red}, 1: {"up", green}}
	away     = words{0: {"away", red}, 1: {"there", green}}
	watchdog = words{1: {"rules are evaluated", green}}
	fires    = words{0: {"over", green}, 1: {"pending", yellow}, 2: {"fires", red}}
)

// alerts is a query of the alerts that a selector, which is open, leaves: 0 over, 1 pending,
// 2 firing.
func alerts(by, selector string) string {
	return fmt.Sprintf(`max by (%s) (2 * ALERTS%salertstate="firing"} or ALERTS%salertstate="pending"} or 0 * last_over_time(ALERTS%salertstate!=""}[$__range]))`,
		by, selector, selector, selector)
}

// quantiles are queries of the median and of the 99th percentile of a histogram.
func quantiles(histogram string) []query {
	var all []query
	for _, q := range []struct{ value, legend string }{{"0.5", "half"}, {"0.99", "99 of 100"}} {
		all = append(all, query{
			expr:   fmt.Sprintf(`histogram_quantile(%s, sum by (le) (rate(%s_bucket{JOB}[$__rate_interval])))`, q.value, histogram),
			legend: q.legend,
		})
	}
	return all
}
