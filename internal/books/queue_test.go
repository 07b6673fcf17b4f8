package books

import "testing"

// TestGatesThatNobodyWaitsForTakeTurns: a start must not take a connection for each product.
func TestGatesThatNobodyWaitsForTakeTurns(t *testing.T) {
	const products = 3 * mostOpening
	q := newQueue()
	for id := range int64(products) {
		q.add(id, true)
	}
	take := func(want int, what string) []turn {
		t.Helper()
		turns := q.take()
		if len(turns) != want {
			t.Fatalf("%s: %d begin, want %d", what, len(turns), want)
		}
		return turns
	}
	first := take(mostOpening, "at a start")
	take(0, "while they are opened")
	q.giveWay(first[0].productID)
	take(1, "when one takes long")
	q.finish(first[0].productID)
	take(0, "when that one ends")
	for _, turn := range first[1:] {
		q.finish(turn.productID)
	}
	rest := take(mostOpening-1, "when the others have ended")
	for id := range int64(products) {
		q.add(id, false)
	}
	waited := take(products-mostOpening, "with somebody who waits for each")
	for _, turn := range waited {
		if _, begun := q.opening[turn.productID]; begun {
			t.Errorf("product %d, for which somebody waits, keeps a turn from others", turn.productID)
		}
	}
	for _, turn := range append(rest, waited...) {
		q.finish(turn.productID)
	}
	select {
	case <-q.signal:
	default:
		t.Error("nobody is told that more may begin")
	}
}

// TestAProductIsBroughtInStepOnceAtATime, and again for what has come meanwhile.
func TestAProductIsBroughtInStepOnceAtATime(t *testing.T) {
	q := newQueue()
	q.add(1, false)
	q.add(1, true)
	if turns := q.take(); len(turns) != 1 || !turns[0].suspect {
		t.Fatalf("%+v", turns)
	}
	q.add(1, false)
	if turns := q.take(); len(turns) != 0 {
		t.Fatalf("a second time beside the first: %+v", turns)
	}
	q.finish(1)
	if turns := q.take(); len(turns) != 1 || turns[0].suspect {
		t.Fatalf("what came meanwhile: %+v", turns)
	}
}
