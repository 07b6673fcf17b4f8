package preflight

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/health"
	"seckill/internal/role"
	"seckill/model"
)

const (
	// beatInterval is how often a replica says that it lives.
	beatInterval = 5 * time.Second
	// beatTimeout bounds one time.
	beatTimeout = 4 * time.Second
	// goodbyeTimeout bounds the last word: the process has to end.
	goodbyeTimeout = 2 * time.Second
	// stalledAfter is how old a batch is of which PostgreSQL waits for the rest when it is first
	// taken notice of; when nothing has come of it until the next beat its session is ended.
	stalledAfter = 5 * time.Second
	// forgetAfter is when the row of a replica that went without a goodbye is deleted.
	forgetAfter = time.Hour
)

// Beats is where heartbeats are written; model.Pool is it.
type Beats interface {
	SayAlive(ctx context.Context, r model.Replica) error
	SayGoodbye(ctx context.Context, run string) error
	ForgetReplicas(ctx context.Context, silent time.Duration) error
	EndStalled(ctx context.Context, seen []model.Stalled, age time.Duration) (stalled []model.Stalled, ended int, err error)
}

// Self returns this process as its heartbeats have it; name, configHash, maxConns and
// openFiles are the configuration's and the system's.
func Self(name, configHash string, maxConns int, openFiles int64) model.Replica {
	host, _ := os.Hostname() // "" where there is none
	return model.Replica{
		Run: rand.Text(), Name: name, Host: host, Version: health.ReadBuild().String(), ConfigHash: configHash, Since: time.Now(),
		MaxConns: maxConns, OpenFiles: openFiles,
	}
}

// Heartbeat makes the role by which a replica says that it lives, and whether it is ready;
// at its end it says goodbye. Replicas that are silent for an hour are forgotten, and what one
// that has frozen holds in the middle of a batch is given back.
func Heartbeat(beats Beats, self model.Replica, checks health.Checks) *role.Role {
	return role.New(func(ctx context.Context) {
		ticker := time.NewTicker(beatInterval)
		defer ticker.Stop()
		var stalled []model.Stalled
		for {
			beat(ctx, beats, self, checks)
			stalled = endStalled(ctx, beats, stalled)
			select {
			case <-ticker.C:
				continue
			case <-ctx.Done():
			}
			goodbye(ctx, beats, self.Run)
			return
		}
	})
}

func beat(ctx context.Context, beats Beats, self model.Replica, checks health.Checks) {
	within, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	failing, _ := checks.Failing(within) // nothing is excluded that could be unknown
	words := make([]string, len(failing))
	for i, f := range failing {
		words[i] = f.String()
	}
	self.Failing = strings.Join(words, ", ")
	err := beats.SayAlive(within, self)
	if err == nil {
		err = beats.ForgetReplicas(within, forgetAfter)
	}
	if err != nil && ctx.Err() == nil {
		logx.Errorf("heartbeat: %v", err)
	}
}

// endStalled ends batches of which nothing has come since the beat before.
func endStalled(ctx context.Context, beats Beats, seen []model.Stalled) []model.Stalled {
	within, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	stalled, ended, err := beats.EndStalled(within, seen, stalledAfter)
	switch {
	case err != nil && ctx.Err() == nil:
		logx.Errorf("heartbeat: %v", err)
	case ended > 0:
		logx.Errorf("%d sessions of PostgreSQL ended that had begun a batch and sent nothing of it for %v: their replica is frozen or cut off",
			ended, beatInterval)
	}
	return stalled
}

// goodbye is said when the process ends already, within a moment.
func goodbye(ctx context.Context, beats Beats, run string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeTimeout)
	defer cancel()
	if err := beats.SayGoodbye(ctx, run); err != nil {
		logx.Errorf("heartbeat: %v", err)
	}
}
