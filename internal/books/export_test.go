package books

import "time"

// Rest is how long an auditor would rest now.
func (a *Auditor) Rest() time.Duration { return a.rest() }

// Listed reports whether a product was on the list that was read last.
func (k *Keeper) Listed(productID int64) bool {
	list := k.roster.list.Load()
	if list == nil {
		return false
	}
	_, there := (*list)[productID]
	return there
}
