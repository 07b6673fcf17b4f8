package consumer

import (
	"context"
	"sync"

	"seckill/model"
)

// known is what a consumer knows of the books: nothing is stored in others. A database that
// was put back, or taken over by a standby that lagged, lacks what has been acknowledged; so
// the next batch itself finds that out, in its own transaction.
type known struct {
	reader Reader
	ledger Ledger

	mu    sync.Mutex
	sure  bool
	books model.Known
	last  string // an entry that a transaction has written, "" = none since older books were found
}

// get returns what is known. At first, and after forget, Redis and PostgreSQL are asked.
func (k *known) get(ctx context.Context) (model.Known, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sure {
		return k.books, nil
	}
	// The database first: should it be replaced in between, its name is of the one before.
	server, err := k.ledger.Server(ctx)
	if err != nil {
		return model.Known{}, err
	}
	stored, err := k.reader.Stored(ctx)
	if err != nil {
		return model.Known{}, err
	}
	k.books, k.sure = model.Known{Stored: stored, Server: server}, true
	return k.books, nil
}

// stored notes an entry that has been written, unless it is "".
func (k *known) stored(id string) {
	if id == "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last, k.books.Stored = id, []string{id}
}

// mark returns an entry that has been written of late, "" = none.
func (k *known) mark() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// forget has the servers asked again.
func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sure, k.books = false, model.Known{}
}

// lose notes that what has been written may not be there any more.
func (k *known) lose() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = ""
}
