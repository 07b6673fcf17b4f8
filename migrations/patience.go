package migrations

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// lockWait is the longest that one statement of a migration waits for a lock of a
	// table. Everybody else who wants the table waits behind it meanwhile, also for what
	// the present holder of the lock would not keep from them.
	lockWait = 500 * time.Millisecond
	// Between two tries the others go on.
	firstPause, longestPause = time.Second, 8 * time.Second
)

// patience is SQL by which the rest of a transaction waits for a lock no longer than
// wait (0 = for ever), and may take as long as it needs: the limits that a role has
// are meant for other work. A limit that this version of PostgreSQL does not have is
// passed over.
func patience(wait time.Duration) string {
	return fmt.Sprintf(`SELECT set_config(name, CASE name WHEN 'lock_timeout' THEN '%d' ELSE '0' END, true)
  FROM pg_catalog.pg_settings WHERE name IN
       ('lock_timeout', 'statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout');
`, wait.Milliseconds())
}

var (
	upMark            = []byte("-- +goose Up\n")
	noTransactionMark = []byte("-- +goose NO TRANSACTION")
)

// patientFiles are migrations with patience at the beginning of each, as the service runs
// them; for psql they stay as they are. A file without a transaction is left alone: what
// it would set would outlive it on a pooler's connection. Such a file holds statements
// that work CONCURRENTLY, which nobody waits behind.
type patientFiles struct{ fs.FS }

// Open implements fs.FS.
func (p patientFiles) Open(name string) (fs.File, error) {
	file, err := p.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if before, after, found := bytes.Cut(text, upMark); found && !bytes.Contains(text, noTransactionMark) {
		text = slices.Concat(before, upMark, []byte(patience(lockWait)), after)
	}
	return patientFile{File: file, text: bytes.NewReader(text)}, nil
}

// patientFile is a file with another text.
type patientFile struct {
	fs.File

	text io.Reader
}

// Read implements fs.File.
func (f patientFile) Read(p []byte) (int, error) { return f.text.Read(p) }

// passes reports whether a migration has failed by what others do at the same time
// (appendix A of PostgreSQL's manual): a lock that was not to be had, a deadlock, a
// conflict of transactions. It has left nothing behind and is repeated.
func passes(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	switch pgErr.Code {
	case "55P03", "40P01", "40001":
		return true
	default:
		return false
	}
}
