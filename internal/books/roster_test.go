package books_test

import (
	"errors"
	"sync"
	"testing"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/servertest"
)

// has asks a keeper for a product, in a word.
func has(t *testing.T, k *books.Keeper, productID int64) string {
	t.Helper()
	switch there, sure := k.Has(t.Context(), productID); {
	case !sure:
		return "unsure"
	case there:
		return "there"
	default:
		return "not there"
	}
}

// TestProductsThatAreKnownStayKnownWhileTheDatabaseIsAway, and of others nobody can tell.
func TestProductsThatAreKnownStayKnownWhileTheDatabaseIsAway(t *testing.T) {
	server := servertest.Postgres(t)
	pool := servertest.Open(t, server.URL(""))
	h := newHouse(t)
	if _, err := pool.Exec(t.Context(), "INSERT INTO seckill_products (product_id) VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	keeper := books.NewKeeper(pool, h.gate, h.streams, h.ledger)
	h.run(keeper.Roster())
	servertest.Eventually(t, "the products are listed", func() bool { return keeper.Listed(2) })
	if _, err := pool.Exec(t.Context(), "INSERT INTO seckill_products (product_id) VALUES (3)"); err != nil {
		t.Fatal(err)
	}
	if got := has(t, keeper, 3); got != "there" {
		t.Errorf("a product that has just been made is %s", got)
	}
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Resume(t.Context()) }()
	for product, want := range map[int64]string{1: "there", 2: "there", 3: "there", 4: "unsure"} {
		if got := has(t, keeper, product); got != want {
			t.Errorf("product %d is %s, want %s", product, got, want)
		}
	}
}

// TestManyMadeUpProductsAreAskedForTogether, one question at a time.
func TestManyMadeUpProductsAreAskedForTogether(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	var race sync.WaitGroup
	for product := range int64(2000) {
		race.Go(func() {
			want := "not there"
			if product == 1 {
				want = "there"
			}
			if got := has(t, h.keeper, product); got != want {
				t.Errorf("product %d is %s, want %s", product, got, want)
			}
		})
	}
	race.Wait()
}

// TestAGateWithoutAProductIsClosed: an older copy of the database was restored, and the gate
// of a product that it does not know went on promising units that nobody would ever settle.
func TestAGateWithoutAProductIsClosed(t *testing.T) {
	for name, listed := range map[string]bool{"that was on the list": true, "that somebody asks for": false} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.create(hourly())
			replica := h.replica()
			if listed {
				replica.run(replica.keeper.Roster())
				servertest.Eventually(t, "the product is listed", func() bool { return replica.keeper.Listed(1) })
			}
			h.exec("DELETE FROM seckill_products WHERE product_id = 1")
			if got := has(t, replica.keeper, 1); !listed && got != "not there" {
				t.Errorf("the product is %s", got)
			}
			servertest.Eventually(t, "the gate is closed", func() bool {
				_, err := h.gate.State(t.Context(), 1)
				return errors.Is(err, admission.ErrNotLoaded)
			})
			servertest.Eventually(t, "the product is known to be gone", func() bool { return has(t, replica.keeper, 1) == "not there" })
		})
	}
}
