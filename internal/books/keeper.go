package books

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"golang.org/x/sync/singleflight"

	"seckill/internal/admission"
	"seckill/internal/ledger"
	"seckill/internal/role"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// followInterval is how often the gates are compared with the books, and moves that
	// nobody has told the gate of are looked for.
	followInterval = 500 * time.Millisecond
	// lookTimeout bounds the look at the gates: a server that is silent must not hold up
	// the products of others.
	lookTimeout = 3 * time.Second
	// bringTimeout bounds one effort to bring a gate in step; the next look begins another.
	bringTimeout = 30 * time.Second
)

// Settler settles attempts; ledger.Ledger is it.
type Settler interface {
	Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error)
}

// Keeper keeps the gates in step with PostgreSQL: it opens the gate of each product,
// tells it every move once, and makes it anew when Redis has lost something. Every
// replica runs one; whichever comes first does the work.
type Keeper struct {
	pool    *model.Pool
	gate    *admission.Gate
	streams *stream.Inspector
	settler Settler

	queue *queue
	mu    sync.Mutex

	efforts map[int64]*effort // the next one of each product for which one is under way

	asking  singleflight.Group // for products whose gate is missing
	retired map[int64]bool     // those that have ended for good
	roster  *roster
	forgets func(productID int64) // may be nil
	checked map[int64]int64       // by product: the lapses after which its gate was compared with the books
	watcher Watcher

	following following     // of who looks for gates that are out of step
	looking   chan struct{} // of one place: somebody does; a slow look holds up no move

	loading   sync.Map         // products whose gates are being opened here: the lock in Redis keeps off only other replicas
	comparing sync.Map         // by product ID: *sync.Mutex, of who compares its books with Redis
	verified  string           // the run of the database whose books have been compared with Redis; under mu
	doubts    map[int64]string // products whose books are still to be compared, and why if that is known; under mu
	doubting  chan struct{}    // of one place: there is one with a reason
	living    living
	strays    *logx.LessLogger
}

// NewKeeper makes a keeper. settler settles admitted attempts whose entries were deleted.
func NewKeeper(pool *model.Pool, gate *admission.Gate, streams *stream.Inspector, settler Settler) *Keeper {
	k := &Keeper{
		pool: pool, gate: gate, streams: streams, settler: settler,
		queue: newQueue(), efforts: map[int64]*effort{}, strays: logx.NewLessLogger(1000), retired: map[int64]bool{}, checked: map[int64]int64{},
		watcher: nobody{}, doubts: map[int64]string{}, doubting: make(chan struct{}, 1),
		looking: make(chan struct{}, 1),
	}
	k.roster = newRoster(pool.ProductIDs, pool.ProductsAmong, k.leave)
	return k
}

// MoveWritten tells the keeper that a product has a new move, or that its gate has been
// found missing. It does not wait.
func (k *Keeper) MoveWritten(productID int64) { k.queue.add(productID, false) }

// Role makes the role that brings gates in step.
func (k *Keeper) Role() *role.Role {
	return role.New(func(ctx context.Context) {
		var work sync.WaitGroup
		defer work.Wait()
		ticker := time.NewTicker(followInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				select {
				case k.looking <- struct{}{}:
					work.Go(func() { k.follow(ctx); <-k.looking })
				default:
				}
			case <-k.queue.signal:
				k.begin(ctx, &work)
			}
		}
	})
}

// begin brings what is due in step, each product in a goroutine of its own, so that one
// whose gate is made anew does not hold up the others.
func (k *Keeper) begin(ctx context.Context, work *sync.WaitGroup) {
	for _, t := range k.queue.take() {
		work.Go(func() {
			late := time.AfterFunc(openingFor, func() { k.queue.giveWay(t.productID) })
			k.bringQuietly(ctx, t.productID, t.suspect)
			late.Stop()
			k.queue.finish(t.productID)
		})
	}
}

func (k *Keeper) bringQuietly(ctx context.Context, productID int64, suspect bool) {
	ctx, cancel := context.WithTimeout(ctx, bringTimeout)
	defer cancel()
	var err error
	if suspect {
		var broken int64
		if broken, err = k.forgetful(ctx, productID); err == nil {
			_, err = k.load(ctx, productID, broken, "")
		}
	}
	if err == nil {
		err = k.Bring(ctx, productID)
	}
	err = errors.Join(k.Resend(ctx, productID), err)
	if err != nil && ctx.Err() == nil && !errors.Is(err, errRereading) {
		logx.Errorf("bring the gate of product %d in step: %v", productID, err)
	}
}

// follow looks for gates that are out of step and for moves that are not applied.
func (k *Keeper) follow(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, bringTimeout)
	defer cancel()
	behind, err := k.behind(ctx)
	if err != nil && ctx.Err() == nil {
		logx.Errorf("compare the gates with the books: %v", err)
	}
	for _, productID := range behind {
		k.queue.add(productID, true)
	}
}

// behind lists the products whose gates have to be brought in step.
func (k *Keeper) behind(ctx context.Context) ([]int64, error) {
	states, err := k.following.next(ctx, k.pool)
	if err != nil {
		return nil, err
	}
	moving, err := k.pool.MovingProducts(ctx) // of products that have ended, too
	if err != nil {
		return nil, err
	}
	looks := looksAt(states, moving)
	if len(looks) == 0 {
		return nil, nil
	}
	ids := productsOf(looks)
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	// Products of a server that does not answer wait for it; the others do not.
	briefs, briefsErr := k.gate.Briefs(ctx, ids)
	runs, runsErr := k.streams.Runs(ctx, ids)
	var behind []int64
	late := map[int64]int64{}
	for i, l := range looks {
		b, run := briefs[i], runs[i]
		if b.Err != nil || run.Err != nil {
			continue
		}
		k.following.met(run.ID)
		switch {
		case !b.Loaded, l.listed && (b.Epoch != l.Epoch || b.Run != run.ID || !k.isChecked(l.ProductID, run)), k.following.isLate(l, b):
			behind = append(behind, l.ProductID)
		case l.differs(b):
			late[l.ProductID] = b.Applied
		}
	}
	k.following.late = late
	return behind, errors.Join(briefsErr, runsErr)
}

func formatID(productID int64) string { return strconv.FormatInt(productID, 10) }
