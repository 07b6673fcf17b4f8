package stream

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"
)

// guard is the hook of every client of ours. It makes right what go-redis 9.23 does with
// answers that are none:
//
//   - commands of a pipeline whose connection was refused (a wrong password: the reason is
//     an error of Redis, and those count as the reply of a command) have neither a reply
//     nor an error; here each gets the pipeline's;
//   - a panic over a reply becomes the error of the command. go-redis itself gives up the
//     connection of a command that panics;
//   - lengths that would end the process are found before go-redis makes room for them.
type guard struct{ health *health }

// DialHook implements redis.Hook.
func (g guard) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return checked(conn), nil
	}
}

// ProcessHook implements redis.Hook.
func (g guard) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = panicked(cmd.Name(), p)
				cmd.SetErr(err)
			}
			g.health.refused(err, cmd)
		}()
		if err = strange(next(ctx, cmd)); err != nil {
			cmd.SetErr(err)
		}
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (g guard) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = panicked("a pipeline", p)
				spread(cmds, err, func(cmd redis.Cmder) bool { return cmd.Err() == nil })
			}
			g.health.refused(err, cmds...)
		}()
		if err = next(ctx, cmds); err == nil {
			return nil
		}
		made := false // then each of the others has its reply
		for _, cmd := range cmds {
			if cmd.Err() != nil {
				made = true
				cmd.SetErr(strange(cmd.Err()))
			}
		}
		if made {
			return strange(err)
		}
		spread(cmds, err, func(redis.Cmder) bool { return true })
		return err
	}
}

// strange names an error that is neither an answer of Redis nor one of the way to it, and
// with which go-redis says that it could not read an answer: it has no type for that, and
// no word.
func strange(err error) error {
	if err == nil || Away(err) || errors.As(err, new(redis.Error)) || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrReply, err)
}

// spread gives an error to the commands that are to have it.
func spread(cmds []redis.Cmder, err error, to func(redis.Cmder) bool) {
	for _, cmd := range cmds {
		if to(cmd) {
			cmd.SetErr(err)
		}
	}
}

func panicked(what string, p any) error {
	return fmt.Errorf("%s: %w, on which go-redis panics: %v", what, ErrReply, p)
}
