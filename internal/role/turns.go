package role

// Turns goes through a list that may change, a page at a time, and begins anew at its end.
type Turns struct {
	at int // where the next page begins
}

// Next returns the page whose turn it is, of at most most elements; all while there are no more.
func (t *Turns) Next(ids []int64, most int) []int64 {
	if len(ids) <= most {
		return ids
	}
	if t.at >= len(ids) {
		t.at = 0
	}
	page := ids[t.at:min(len(ids), t.at+most)]
	t.at += len(page)
	return page
}
