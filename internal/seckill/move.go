package seckill

// Move is what one transaction has decided of a product and the gate in Redis, which
// admits attempts ahead of the settlement, does not know yet. The gate applies each
// move once.
type Move struct {
	Units int64   // to be added to what the gate has left; negative when it has to give units up
	Taken []int64 // users who hold one unit more; one that gains two stands there twice
	Freed []int64 // users who hold one unit less
}

// Empty reports whether there is nothing to tell.
func (m *Move) Empty() bool { return m.Units == 0 && len(m.Taken) == 0 && len(m.Freed) == 0 }

// Take tells the gate of a unit that somebody got past it.
func (m *Move) Take(userID int64) {
	m.Units--
	m.Taken = append(m.Taken, userID)
}

// Free gives a unit that somebody held back to the gate.
func (m *Move) Free(userID int64) {
	m.Units++
	m.Freed = append(m.Freed, userID)
}

// Settled notes what settlement made of an attempt. counted says that the gate in
// force has taken a unit for it: then a loser's goes back. A winner that the gate does
// not know of, such as a raw entry, is debited.
func (m *Move) Settled(a *Attempt, d Decision, counted bool) {
	switch won := d.Status == StatusSuccess; {
	case won && !counted:
		m.Take(a.UserID)
	case !won && counted:
		m.Free(a.UserID)
	}
}

// Gate is the epoch of the gate in force, and what it has carried over from the ones
// before.
type Gate struct {
	Epoch   int64
	Carried map[string]bool // IDs of entries of older epochs whose units are counted as taken
}

// Counts reports whether the gate has taken a unit for the entry of the given ID,
// which says that it was admitted under epoch.
func (g Gate) Counts(streamID string, epoch int64) bool {
	return epoch != 0 && (epoch == g.Epoch || g.Carried[streamID])
}
