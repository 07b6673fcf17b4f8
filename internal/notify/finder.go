package notify

import "sync"

const (
	// findUsers is the most users that are looked up at once: as many as one request may
	// ask for.
	findUsers = 512
	// findAtOnce is the most look-ups at a time. They share the pool of connections
	// with the settlement of attempts.
	findAtOnce = 4
)

// finder runs look-ups, of many users together. Of one product there is one at a
// time, as long as fewer users than a full one wait: what comes meanwhile is looked
// up together afterwards, so that a burst of changes becomes few queries.
//
// Its goroutines live as long as there is work. The users of a product that wait are
// different from each other, because a shard has one look-up of each.
type finder struct {
	find func(productID int64, users []int64)

	mu       sync.Mutex
	backlogs map[int64]*backlog // by product
	running  int
}

type backlog struct {
	users   []int64
	running int
}

// want has users of a product looked up.
func (f *finder) want(productID int64, users ...int64) {
	if len(users) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.backlogs[productID]
	if b == nil {
		b = &backlog{}
		f.backlogs[productID] = b
	}
	b.users = append(b.users, users...)
	for f.running < findAtOnce && b.due() {
		f.running++
		go f.work(productID, b.take())
	}
}

// work looks up until nothing is due.
func (f *finder) work(productID int64, users []int64) {
	for users != nil {
		f.find(productID, users)
		productID, users = f.next(productID)
	}
}

// next ends a look-up of a product and takes the next one, of any product. Without
// one that is due the caller has to end.
func (f *finder) next(ended int64) (productID int64, users []int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.backlogs[ended]
	b.running--
	if b.running == 0 && len(b.users) == 0 {
		delete(f.backlogs, ended)
	}
	// The order of a map is random, so that no product waits for another for ever.
	for productID, b := range f.backlogs {
		if b.due() {
			return productID, b.take()
		}
	}
	f.running--
	return 0, nil
}

func (b *backlog) due() bool {
	return len(b.users) >= findUsers || (b.running == 0 && len(b.users) > 0)
}

func (b *backlog) take() []int64 {
	b.running++
	n := min(len(b.users), findUsers)
	users := b.users[:n:n]
	b.users = b.users[n:]
	return users
}
