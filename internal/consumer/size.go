package consumer

import (
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/ledger"
)

// passesToGrow is how many transactions of a bounded size have to pass before the bound is
// doubled: while a server has little time or memory for a transaction, each try of more
// costs what it takes to fail.
const passesToGrow = 10

// sizeLogPause is the least time, in milliseconds, between two lines about the size of a
// product's transactions.
const sizeLogPause = 10_000

// size bounds how many entries one transaction stores, while the database does not let
// more of them pass.
type size struct {
	full   int // the most entries of a batch
	most   int // 0 = no bound
	passed int // transactions since the bound was set
	log    *logx.LessLogger
}

func newSize(full int) size { return size{full: full, log: logx.NewLessLogger(sizeLogPause)} }

// cut returns the part of a batch that may go into one transaction, and the rest.
func (s *size) cut(b ledger.Batch) (part, rest ledger.Batch) {
	if s.most == 0 || entriesOf(b) <= s.most {
		return b, ledger.Batch{}
	}
	part, rest = b, b
	attempts := min(s.most, len(b.Attempts))
	dead := min(s.most-attempts, len(b.Dead))
	part.Attempts, rest.Attempts = b.Attempts[:attempts], b.Attempts[attempts:]
	part.Dead, rest.Dead = b.Dead[:dead], b.Dead[dead:]
	return part, rest
}

// halve bounds transactions to half of n entries that did not pass; it reports false when
// there is nothing to halve.
func (s *size) halve(productID int64, n int, err error) bool {
	if n < 2 {
		return false
	}
	s.most, s.passed = n/2, 0
	s.log.Errorf("product %d: %d entries in one transaction are too many for the database now, "+
		"storing at most %d: %v", productID, n, s.most, err)
	return true
}

// pass tells that n entries have passed in one transaction. Once enough of them have,
// more are tried.
func (s *size) pass(productID int64, n int) {
	if s.most == 0 || n < s.most {
		return
	}
	if s.passed++; s.passed < passesToGrow {
		return
	}
	s.most, s.passed = 2*s.most, 0
	if s.most >= s.full {
		s.most = 0
		logx.Infof("product %d: whole batches pass again", productID)
	}
}

// pace is how long the last transaction took for each of its entries; 0 = there was none.
type pace time.Duration

// note tells that a transaction of n entries took d.
func (p *pace) note(n int, d time.Duration) { *p = pace(max(1, d/time.Duration(max(1, n)))) }

// most returns how many entries the next transaction may store of reads that wait, so that
// it takes no longer than joinFor. One read is stored however long it takes.
func (p *pace) most(c Config) int {
	if *p == 0 {
		return c.Count
	}
	return min(c.MaxBatch, int(joinFor/time.Duration(*p)))
}

func entriesOf(b ledger.Batch) int { return len(b.Attempts) + len(b.Dead) }
