package model_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"seckill/internal/servertest"
	"seckill/model"
)

// TestOfAllSQLStatesTwoTellOfTheEntrysOwnText: a trigger's errors carry the context of its
// function and are never held against an entry, so what a server says by itself is asked
// for here.
func TestOfAllSQLStatesTwoTellOfTheEntrysOwnText(t *testing.T) {
	held := map[string]bool{"22021": true, "22P05": true}
	for _, state := range servertest.SQLStates() {
		err := fmt.Errorf("store: %w", errors.Join(&pgconn.PgError{Code: state}))
		if model.IsRejection(err) != held[state] {
			t.Errorf("%s: held against the entry: %v", state, model.IsRejection(err))
		}
	}
}
