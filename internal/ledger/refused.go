package ledger

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"seckill/model"
)

// longestTarget is the most bytes of a target in the audit that a client has made up.
const longestTarget = 256

// RecordRefused writes into the audit that a caller may not do what he asked for; request
// is its method and path.
func (l *Ledger) RecordRefused(ctx context.Context, actor, role, request string) error {
	if len(request) > longestTarget {
		request = request[:longestTarget]
	}
	request = strings.ReplaceAll(strings.ToValidUTF8(request, "\uFFFD"), "\x00", "\uFFFD") // PostgreSQL holds neither
	err := l.pool.InTx(ctx, func(tx pgx.Tx) error {
		return model.InsertAudit(ctx, tx, actor, "request.refused", request, map[string]any{"role": role})
	})
	if err != nil {
		return fmt.Errorf("record refused request of %q: %w", actor, err)
	}
	return nil
}
