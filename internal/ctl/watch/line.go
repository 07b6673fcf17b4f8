package watch

import (
	"fmt"
	"strings"
	"time"

	"seckill/internal/ctl/printer"
)

// Line is the last sample of a state as one line, for a log or a pipe: words and numbers in
// a fixed order. What is not known is ?.
func Line(s *State) string {
	p := s.Last
	if p == nil {
		return ""
	}
	admitted, refused := s.lastSecond()
	_, p99, known := s.delay()
	delay := "?"
	if known {
		delay = fmt.Sprintf("%.1f", p99)
	}
	drift := "?"
	if p.Drift != nil {
		drift = printer.Number(*p.Drift)
	}
	line := fmt.Sprintf("%s product=%d status=%s gate=%s left=%s/%s redis=%s inflight=%s admitted/s=%d refused/s=%d p99ms=%s lag=%s pending=%s drift=%s",
		p.At.UTC().Format(time.RFC3339), p.ProductID, orUnknown(string(p.Status)), orUnknown(p.Gate), number(p.StockLeft), number(p.StockTotal), number(p.RedisLeft),
		number(p.InFlight), admitted, refused, delay, number(p.Lag), number(p.Pending), drift)
	if len(p.Alarms) > 0 {
		line += " alarms=" + strings.Join(p.Alarms, ",")
	}
	if len(p.Missing) > 0 {
		line += " missing=" + strings.Join(p.Missing, ",")
	}
	return printer.Clean(line)
}

// lastSecond sums the attempts of the seconds that have come with the last sample.
func (s *State) lastSecond() (admitted, refused int64) {
	for _, second := range s.Last.Seconds {
		for outcome, n := range second.Attempts {
			switch outcome {
			case "admitted":
				admitted += n
			case "repeated":
			default:
				refused += n
			}
		}
	}
	return admitted, refused
}

// number is count for programs.
func number(n *int64) string {
	if n == nil {
		return "?"
	}
	return printer.Number(*n)
}
