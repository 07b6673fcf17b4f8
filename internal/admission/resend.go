package admission

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"seckill/internal/seckill"
	"seckill/internal/stream"
)

// mostResent is how many fields an entry that is written again has at most; Lua passes no
// more than some thousand values to a function.
const mostResent = 1000

// Resend writes the entry of a dead letter into its product's stream again, as a BFF does,
// and returns its ID: the same one, however often and by whomever it is asked for a letter.
// Of an entry with more than 1,000 fields those that the service knows are written.
func (g *Gate) Resend(ctx context.Context, productID, letterID int64, fields map[string]any) (streamID string, err error) {
	k := keysOf(productID)
	names := slices.Sorted(maps.Keys(fields))
	if len(names) > mostResent {
		names = slices.DeleteFunc(names, func(name string) bool { return !seckill.KnownField(name) })
	}
	args := append(make([]any, 0, 1+2*len(names)), strconv.FormatInt(letterID, 10))
	for _, name := range names {
		args = append(args, name, fields[name])
	}
	streamID, err = resendScript.Run(ctx, g.client, []string{k.resent, k.stream}, args...).Text()
	if err == nil {
		if _, problem := seckill.ParseStreamID(streamID); problem != nil {
			err = fmt.Errorf("%w: %w", problem, stream.ErrReply)
		}
	}
	if err != nil {
		return "", fmt.Errorf("send the entry of dead letter %d to product %d again: %w", letterID, productID, err)
	}
	return streamID, nil
}
