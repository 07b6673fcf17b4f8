package notify

import (
	"sync"
	"testing"
	"testing/synctest"
)

// looks are the look-ups that a finder runs, which wait until they are released.
type looks struct {
	mu      sync.Mutex
	running map[int64]int // by product
	sizes   []int
	release chan struct{}
}

func (l *looks) find(productID int64, users []int64) {
	l.mu.Lock()
	l.running[productID]++
	l.sizes = append(l.sizes, len(users))
	l.mu.Unlock()
	<-l.release
	l.mu.Lock()
	l.running[productID]--
	l.mu.Unlock()
}

// now returns how many look-ups run, of a product and of all.
func (l *looks) now(productID int64) (own, all int) {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.running {
		all += n
	}
	return l.running[productID], all
}

func newLooks() (*looks, *finder) {
	l := &looks{running: map[int64]int{}, release: make(chan struct{})}
	return l, &finder{find: l.find, backlogs: map[int64]*backlog{}}
}

func TestWhatComesDuringALookUpIsLookedUpTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, f := newLooks()
		for user := range int64(findUsers) {
			f.want(1, user)
		}
		if own, _ := l.now(1); own != 1 {
			t.Errorf("%d look-ups at once, want 1 as long as no full one waits", own)
		}
		f.want(1, findUsers)
		if own, _ := l.now(1); own != 2 {
			t.Errorf("%d look-ups at once, want 2 as soon as a full one waits", own)
		}
		close(l.release)
		synctest.Wait()
		if len(l.sizes) != 2 || l.sizes[0] != 1 || l.sizes[1] != findUsers {
			t.Errorf("look-ups of %d users", l.sizes)
		}
		if len(f.backlogs) != 0 || f.running != 0 {
			t.Errorf("left behind: %d backlogs, %d running", len(f.backlogs), f.running)
		}
	})
}

func TestLookUpsAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, f := newLooks()
		users := make([]int64, 10*findUsers)
		f.want(1, users...)
		for product := range int64(10) {
			f.want(2+product, 1)
		}
		if _, all := l.now(1); all != findAtOnce {
			t.Errorf("%d look-ups at once, want %d", all, findAtOnce)
		}
		close(l.release)
		synctest.Wait()
		total := 0
		for _, n := range l.sizes {
			total += n
			if n > findUsers {
				t.Errorf("%d users at once", n)
			}
		}
		if total != len(users)+10 {
			t.Errorf("%d users looked up, want %d", total, len(users)+10)
		}
	})
}
