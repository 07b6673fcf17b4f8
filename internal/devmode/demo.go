package devmode

import (
	"context"
	"fmt"
	"io"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/config"
	"seckill/internal/demo"
	"seckill/internal/role"
)

// Demo returns what plays a sale on the service, nil unless the configuration asks for it. push
// puts an entry into a stream; w is told what there is to see.
func (s *Stack) Demo(w io.Writer, c config.Config, push func(ctx context.Context, key string, fields ...any) error) (*role.Role, error) {
	if s == nil || !c.DevStack.Demo {
		return nil, nil //nolint:nilnil // nil is the documented "none"
	}
	tokens, err := issue(c)
	if err != nil {
		return nil, err
	}
	operator := tokens[auth.RoleOperator]
	caller, err := client.New(client.Config{
		URL: address(c), Token: client.StaticToken(operator), UserAgent: "seckill-demo", Retry: client.Retry{Tries: 1},
	})
	if err != nil {
		return nil, err
	}
	d := &demo.Demo{
		Client: caller, Console: consoleAddress(c, operator), Script: demo.Full(), Out: w, Push: push,
		Shell: fmt.Sprintf("export SECKILL_ADDR=%s SECKILL_TOKEN=%s", address(c), operator),
	}
	return d.Role(), nil
}
