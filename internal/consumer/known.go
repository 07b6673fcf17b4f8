package consumer

import (
	"context"

	"seckill/model"
)

// known is what a consumer knows of the books: nothing is stored in others. A database that
// was put back, or taken over by a standby that lagged, lacks what has been acknowledged; so
// the next batch itself finds that out, in its own transaction.
type known struct {
	reader Reader
	ledger Ledger
	sure   bool
	books  model.Known
}

// get returns what is known. At first, and after forget, Redis and PostgreSQL are asked.
func (k *known) get(ctx context.Context) (model.Known, error) {
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

// stored notes an entry that has been written last.
func (k *known) stored(id string) { k.books.Stored = []string{id} }

// forget has the servers asked again.
func (k *known) forget() { *k = known{reader: k.reader, ledger: k.ledger} }
