package preflight

import "time"

// knownFor is how long what a pre-flight has said counts: it is asked for each minute.
const knownFor = 3 * time.Minute

// verdict is what the last pre-flight of a product has said.
type verdict struct {
	ready bool
	at    time.Time
}

// remember notes what the pre-flight of a product has said, and forgets what is old.
func (p *Preflight) remember(productID int64, ready bool) {
	now := time.Now()
	p.verdicts.Store(productID, verdict{ready: ready, at: now})
	p.verdicts.Range(func(key, value any) bool {
		if v := value.(verdict); now.Sub(v.at) > knownFor { //nolint:forcetypeassert // the map holds nothing else
			p.verdicts.Delete(key)
		}
		return true
	})
}

// Known returns what Ready has said of a product last; known is false when that is more than
// three minutes ago, or nobody has asked. It asks no server.
func (p *Preflight) Known(productID int64) (ready, known bool) {
	value, found := p.verdicts.Load(productID)
	if !found {
		return false, false
	}
	v := value.(verdict) //nolint:forcetypeassert // the map holds nothing else
	return v.ready, time.Since(v.at) <= knownFor
}
