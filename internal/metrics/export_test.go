package metrics

import "context"

// Look returns what looks at everything once, as the collector does, and one that asks for
// the pre-flights.
func (m *Metrics) Look(s Sources) (look, ask func(ctx context.Context) error) {
	c := m.newCollector(s)
	return c.collect, c.lookAtPreflights
}
