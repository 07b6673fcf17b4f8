package books

// Listed reports whether a product was on the list that was read last.
func (k *Keeper) Listed(productID int64) bool {
	list := k.roster.list.Load()
	if list == nil {
		return false
	}
	_, there := (*list)[productID]
	return there
}
