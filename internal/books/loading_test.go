package books_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

func TestTheGateOfANewProductOpensByItself(t *testing.T) {
	h := newHouse(t)
	h.run(h.keeper.Role())
	for _, p := range []seckill.Product{{ProductID: 1, StockTotal: new(int64(5))}, {ProductID: 2}} {
		_, err := h.ledger.CreateProduct(t.Context(), "tester", p)
		h.must(err)
		servertest.Eventually(t, "the gate is open", func() bool {
			_, err := h.gate.State(t.Context(), p.ProductID)
			return err == nil
		})
	}
	h.inStep("opened")
	if s := h.state(); s.Left != 5 || s.Epoch == 0 || s.Run == "" {
		t.Errorf("%+v", s)
	}
}

// TestTheFirstOpeningDoesNotReadWhatNoGateHasWritten: a long backlog of a record-only product.
func TestTheFirstOpeningDoesNotReadWhatNoGateHasWritten(t *testing.T) {
	server := servertest.Redis(t) // whose commands nobody else counts
	h := newHouseOn(t, server.Addr(), servertest.Pool(t))
	h.exec("INSERT INTO seckill_products (product_id) VALUES (1)")
	for user := range 5 {
		h.must(h.client.XAdd(t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(1), Values: []any{"uid", user + 1}}).Err())
	}
	h.must(h.keeper.Bring(t.Context(), 1))
	reads := func() bool {
		return strings.Contains(h.client.Info(t.Context(), "commandstats").Val(), "cmdstat_xrange:")
	}
	if reads() {
		t.Error("the stream was read")
	}
	h.must(h.client.Del(t.Context(), key("gate")).Err())
	h.must(h.keeper.Bring(t.Context(), 1))
	if !reads() {
		t.Error("the stream was not read though a gate has been open")
	}
}

func TestAMissingGateIsOpenedForWhoeverFindsItMissing(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.exec("INSERT INTO seckill_products (product_id, status, ended_at, updated_at) VALUES (2, 'ENDED', now(), now() - interval '1 day')")
	h.run(h.keeper.Role())
	h.must(h.client.Del(t.Context(), key("gate")).Err())
	for _, product := range []int64{1, 2} {
		if !h.keeper.Missing(t.Context(), product) {
			t.Errorf("product %d is said not to be there", product)
		}
		servertest.Eventually(t, "the gate is open", func() bool {
			_, err := h.gate.State(t.Context(), product)
			return err == nil
		})
	}
	h.inStep("opened again")
}

func TestAnUnknownProductIsAskedForOnceASecond(t *testing.T) {
	h := newHouse(t)
	has := func() bool {
		there, sure := h.keeper.Has(t.Context(), 7)
		return there || !sure
	}
	if has() {
		t.Error("product 7 is said to be there")
	}
	h.exec("INSERT INTO seckill_products (product_id) VALUES (7)")
	if has() {
		t.Error("the database was asked again at once")
	}
	servertest.Eventually(t, "it is asked again", has)
}

// TestWhileTheDatabaseIsAwayAProductCountsAsThere: nobody knows better.
func TestWhileTheDatabaseIsAwayAProductCountsAsThere(t *testing.T) {
	h := newHouse(t)
	away := servertest.Pool(t)
	away.Close()
	keeper := books.NewKeeper(away, h.gate, h.streams, h.ledger)
	if !keeper.Missing(t.Context(), 1) {
		t.Error("the product is said not to be there")
	}
	if err := keeper.Bring(t.Context(), 1); err == nil {
		t.Error("the gate was brought in step without a database")
	}
}

// TestAGateThatManyFindMissingIsOpenedOnce: each opening closes it for those who try.
func TestAGateThatManyFindMissingIsOpenedOnce(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.exec(`CREATE TABLE openings (epoch bigint);
		CREATE FUNCTION note_opening() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO openings VALUES (NEW.gate_epoch); RETURN NULL; END $$;
		CREATE TRIGGER note_opening AFTER UPDATE OF gate_epoch ON seckill_products FOR EACH ROW EXECUTE FUNCTION note_opening()`)
	other := h.replica()
	for round := 1; round <= 5; round++ {
		h.must(h.client.Del(t.Context(), key("gate")).Err())
		var all sync.WaitGroup
		for n := range 16 {
			all.Go(func() {
				keeper := []*books.Keeper{h.keeper, other.keeper}[n%2]
				if err := keeper.Bring(t.Context(), 1); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := h.count("SELECT count(*) FROM openings"); n != round {
			t.Fatalf("after %d losses it was opened %d times", round, n)
		}
	}
}

// TestAReplicaThatStartsOverwritesNothing: the stock of a gate is set once an epoch, not
// at every start while units are in flight.
func TestAReplicaThatStartsOverwritesNothing(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admit(10, 10, 11)
	held := h.deliver(2)
	for range 3 {
		other := h.replica()
		other.run(other.keeper.Role())
		other.bring()
		if !other.keeper.Missing(t.Context(), 1) {
			t.Error("the product is said not to be there")
		}
		other.bring()
	}
	h.want("after three starts", "left 2, flying 3, 10×2 11×1")
	h.store(held)
	h.told(held)
	h.want("some settled", "left 2, flying 1, 10×2 11×1")
	h.replica().bring()
	h.settle()
	h.want("all settled", "left 2, flying 0, 10×2 11×1")
	h.inStep("at the end")
	if s := h.state(); s.Epoch != h.first {
		t.Errorf("the gate was made anew: epoch %d", s.Epoch)
	}
}

// TestAGateMadeAnewKeepsWhatIsInFlight: settled entries that the stream still holds have
// no part in it.
func TestAGateMadeAnewKeepsWhatIsInFlight(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(h *house)
	}{
		{"the gate is missing", func(h *house) { h.must(h.client.Del(h.t.Context(), key("gate")).Err()) }},
		{"the gate is of another run of Redis", func(h *house) { h.must(h.client.HSet(h.t.Context(), key("gate"), "run", "x").Err()) }},
		{"the gate is of an older epoch", func(h *house) { h.must(h.client.HSet(h.t.Context(), key("gate"), "epoch", 0).Err()) }},
		{"the gate has lost moves that were dropped", func(h *house) { h.must(h.client.HSet(h.t.Context(), key("gate"), "applied", 0).Err()) }},
		{"the gate knows moves that the books do not", func(h *house) { h.must(h.client.HSet(h.t.Context(), key("gate"), "applied", 99).Err()) }},
		{"the gate has a gap before moves to come", func(h *house) {
			h.restock(2)
			h.restock(-2)
			h.exec("DELETE FROM seckill_moves WHERE number = (SELECT max(number) - 1 FROM seckill_moves)")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.create(seckill.Product{StockTotal: new(int64(9))})
			h.raw(10, 11)
			h.settle()
			h.bring()
			h.admit(12, 13)
			acknowledged := h.deliver(1)
			h.store(acknowledged)
			h.told(acknowledged)
			h.admit(14)
			stored := h.deliver(1) // and not acknowledged
			h.store(stored)
			h.raw(15)
			tt.spoil(h)
			h.run(h.keeper.Role())
			servertest.Eventually(t, "the gate is made anew", func() bool {
				s, err := h.gate.State(t.Context(), 1)
				return err == nil && s.Epoch > h.first && h.problem(t.Context()) == ""
			})
			h.want("made anew", "left 4, flying 1, 10×1 11×1 12×1 13×1 14×1")
			if waiting, err := h.gate.Waiting(t.Context(), 1, []int64{12, 13, 14, 15}); err != nil || len(waiting) != 1 || waiting[14] == "" {
				t.Errorf("%v wait, %v; want user 14 alone", waiting, err)
			}
			h.told(stored)
			h.settle()
			servertest.Eventually(t, "all is told", func() bool { return h.count("SELECT count(*) FROM seckill_moves") == 0 })
			h.want("settled", "left 3, flying 0, 10×1 11×1 12×1 13×1 14×1 15×1")
			h.inStep("at the end")
		})
	}
}

// TestWhatIsSettledWhileTheGateIsMadeAnewIsForgotten: a consumer tells the gate of it when
// there is none.
func TestWhatIsSettledWhileTheGateIsMadeAnewIsForgotten(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.admit(10, 11)
	_, err := h.ledger.CreateProduct(t.Context(), "tester", seckill.Product{ProductID: 2})
	h.must(err)
	h.must(h.keeper.Bring(t.Context(), 2))
	recorded, err := h.gate.Admit(t.Context(), admission.Attempt{ProductID: 2, UserID: 20})
	h.must(err)
	h.must(h.client.Del(t.Context(), key("gate"), seckill.CompanionKey(2, "gate")).Err())

	// The keeper has read the stream and begins the epoch; before the gate is open the
	// entries are settled.
	for product, meanwhile := range map[int64]func(){
		1: func() { h.settle() },
		2: func() {
			h.exec("INSERT INTO seckill_logs (product_id, user_id, stream_id) VALUES (2, 20, $1)", recorded.StreamID)
			h.must(h.gate.Settled(t.Context(), 2, []admission.Entry{{StreamID: recorded.StreamID, UserID: 20}}))
		},
	} {
		slow := &slowRedis{Client: h.clients.Commands, meanwhile: meanwhile}
		client := slow.client(t)
		keeper := books.NewKeeper(h.pool, admission.NewGate(client), stream.NewInspector(client, "g1", seckill.StreamKey), h.ledger)
		h.must(keeper.Bring(t.Context(), product))
	}
	h.want("opened", "left 3, flying 0, 10×1 11×1")
	h.inStep("opened")
	for product, user := range map[int64]int64{1: 10, 2: 20} {
		if waiting, err := h.gate.Waiting(t.Context(), product, []int64{user}); err != nil || len(waiting) > 0 {
			t.Errorf("of product %d, %v wait for what is stored, %v", product, waiting, err)
		}
	}
}

// TestNothingIsAdmittedWhileTheGateIsMadeAnew, not by the old one either.
func TestNothingIsAdmittedWhileTheGateIsMadeAnew(t *testing.T) {
	h := newHouse(t)
	h.create(hourly())
	h.restock(1)
	h.exec("DELETE FROM seckill_moves") // as if the gate had been told, and lost it
	asked := ""
	slow := &slowRedis{Client: h.clients.Commands, meanwhile: func() { asked = h.ask(10) }}
	client := slow.client(t)
	keeper := books.NewKeeper(h.pool, admission.NewGate(client), stream.NewInspector(client, "g1", seckill.StreamKey), h.ledger)
	h.must(keeper.Bring(t.Context(), 1))
	if asked != "NOT_LOADED" {
		t.Errorf("meanwhile an attempt was answered %q", asked)
	}
	h.want("opened", "left 6, flying 0,")
}

func TestManyReplicasOpenAGateTogether(t *testing.T) {
	h := newHouse(t)
	_, err := h.ledger.CreateProduct(t.Context(), "tester", seckill.Product{ProductID: 1, StockTotal: new(int64(9))})
	h.must(err)
	h.exec(`CREATE TABLE begun (epoch bigint);
		CREATE FUNCTION begun() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO begun VALUES (NEW.gate_epoch); RETURN NULL; END';
		CREATE TRIGGER begun AFTER UPDATE OF gate_epoch ON seckill_products FOR EACH ROW EXECUTE FUNCTION begun()`)
	for round := int64(1); round <= 3; round++ {
		var wg sync.WaitGroup
		for range 4 {
			other := h.replica()
			wg.Go(func() {
				if err := other.keeper.Bring(t.Context(), 1); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		h.inStep("opened")
		if n := h.count("SELECT count(*) FROM begun"); int64(n) != round {
			t.Errorf("%d epochs, want %d: it is opened once", n, round)
		}
		h.admit(round, 100+round)
		h.must(h.client.Del(t.Context(), key("gate")).Err())
	}
}
