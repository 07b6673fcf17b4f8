package admission

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Standing is how a gate stands, looked at together with others.
type Standing struct {
	State

	Err error // ErrNotLoaded when the product has no gate; else the server has not answered
}

// States reads the gates of products, each at one moment, in one round trip a server; two
// for one that does not know the script.
func (g *Gate) States(ctx context.Context, productIDs []int64) []Standing {
	all := make([]Standing, len(productIDs))
	asked := make([]int, len(productIDs)) // places in all
	for n := range asked {
		asked[n] = n
	}
	for _, known := range []bool{true, false} {
		if len(asked) == 0 {
			break
		}
		pipe := g.client.Pipeline()
		replies := make([]*redis.Cmd, len(asked))
		for n, at := range asked {
			ask := readScript.Eval
			if known {
				ask = readScript.EvalSha
			}
			replies[n] = ask(ctx, pipe, []string{gateKey(productIDs[at]), inflightKey(productIDs[at])})
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		var unknown []int
		for n, at := range asked {
			values, err := replies[n].Slice()
			if known && redis.HasErrorPrefix(err, "NOSCRIPT") {
				unknown = append(unknown, at)
				continue
			}
			all[at].State, err = stateOf(productIDs[at], values, err)
			all[at].Err = wrapRead(err, len(productIDs))
		}
		asked = unknown
	}
	return all
}

func wrapRead(err error, gates int) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read %d gates: %w", gates, err)
}
