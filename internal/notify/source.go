package notify

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"seckill/internal/seckill"
	"seckill/model"
)

// waitingTimeout bounds the question to Redis, so that results that are stored are
// answered while Redis is away.
const waitingTimeout = time.Second

// Sources are where results come from. Both are asked about many users of one
// product, at most 512; users without an answer are absent.
type Sources struct {
	// Stored returns results that are stored, as [model.Pool.FindResults] does.
	Stored func(ctx context.Context, productID int64, users []int64) (map[int64]*model.UserResult, error)
	// Waiting returns the stream ID of each user's latest admitted attempt that is
	// not stored yet. It may still tell of one that has just been stored, but must
	// tell of each until its commit.
	Waiting func(ctx context.Context, productID int64, users []int64) (map[int64]string, error)
}

// results returns the present results of users. What waits is asked for first: an
// attempt that is stored between the two questions is then found by both, and in the
// other order would be found by neither. When it cannot be asked for, whole is false
// and the results are those that are stored. When what is stored cannot be asked for, err
// says so, and the results are of those users whose attempt waits: it is PROCESSING.
func (s Sources) results(ctx context.Context, productID int64, users []int64, waits *outage) (
	results map[int64]*model.UserResult, whole bool, err error) {
	waiting, waitingErr := s.waiting(ctx, productID, users)
	waits.observe(waitingErr)
	stored, err := s.Stored(ctx, productID, users)
	results = make(map[int64]*model.UserResult, len(users))
	for _, user := range users {
		if result := merge(stored[user], productID, user, waiting[user]); result != nil {
			results[user] = result
		}
	}
	return results, err == nil && waitingErr == nil, err
}

func (s Sources) waiting(ctx context.Context, productID int64, users []int64) (map[int64]string, error) {
	ctx, cancel := context.WithTimeout(ctx, waitingTimeout)
	defer cancel()
	waiting, err := s.Waiting(ctx, productID, users)
	if err != nil {
		return nil, fmt.Errorf("waiting attempts of product %d: %w", productID, err)
	}
	return waiting, nil
}

// merge is the rule of what a user's result is (contract section 6): the attempt
// that holds a live order, else the latest by stream ID, be it stored or in the
// stream still. stored may be nil, and waiting empty.
func merge(stored *model.UserResult, productID, userID int64, waiting string) *model.UserResult {
	if waiting == "" || (stored != nil && seckill.OrderStatus(stored.OrderStatus.String).Live()) {
		return stored
	}
	id, err := seckill.ParseStreamID(waiting)
	if err != nil {
		return stored
	}
	if stored != nil {
		last, err := seckill.ParseStreamID(stored.StreamId)
		if err != nil || id.Compare(last) <= 0 {
			return stored
		}
	}
	admitted := time.UnixMilli(int64(id.Ms)) //nolint:gosec // Redis's clock stays far below 2^63 ms
	return &model.UserResult{SeckillLogs: model.SeckillLogs{
		ProductId: productID, UserId: userID, StreamId: waiting,
		Status: string(seckill.StatusProcessing), CreatedAt: admitted, UpdatedAt: admitted,
	}}
}

// lasting returns how long a result may be remembered from now on: 0 if it is not
// final. An order that may still be paid is not remembered beyond its end; the clock
// is the replica's, which shifts that end by as much as it is wrong and no more.
func lasting(result *model.UserResult, now time.Time) time.Duration {
	if !seckill.Status(result.Status).Terminal() {
		return 0
	}
	pending := sql.NullString{String: string(seckill.OrderPendingPayment), Valid: true}
	if result.OrderStatus != pending || !result.ExpiresAt.Valid {
		return memoryTime
	}
	return max(0, min(memoryTime, result.ExpiresAt.Time.Sub(now)))
}
