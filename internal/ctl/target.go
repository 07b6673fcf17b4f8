package ctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"seckill/client"
	"seckill/internal/ctl/contexts"
)

// target is the service that is called.
type target struct {
	name       string // of its context; "" without one
	address    string
	token      client.TokenSource // nil without one
	production bool
}

// String names the target for people.
func (t *target) String() string {
	if t.name == "" {
		return t.address
	}
	return t.name
}

// resolve decides which service is called, once: that of --address, else that of
// --context, else that of $SECKILL_ADDR, of $SECKILL_CONTEXT, or of the current context. A
// token never goes to an address that it was not given with: that of a context goes to the
// context's, that of $SECKILL_TOKEN and --token-file to wherever the command goes.
func (a *App) resolve() (*target, error) {
	if a.target != nil {
		return a.target, nil
	}
	if a.options.address != "" && a.options.context != "" {
		return nil, usagef("--address and --context are two services; give one")
	}
	file, err := a.loadContexts()
	if err != nil {
		return nil, err
	}
	t, err := a.chosen(file)
	if err != nil {
		return nil, err
	}
	if given := a.givenToken(); given != nil {
		t.token = given
	}
	a.target = t
	return t, nil
}

// chosen returns the target without the tokens of this run.
func (a *App) chosen(file contexts.File) (*target, error) {
	if a.options.address != "" {
		return bare(a.options.address, file), nil
	}
	name := a.options.context
	if address := a.Getenv("SECKILL_ADDR"); name == "" && address != "" {
		return bare(address, file), nil
	}
	for _, other := range []string{a.Getenv("SECKILL_CONTEXT"), file.Current} {
		if name == "" {
			name = other
		}
	}
	if name == "" {
		return nil, usagef("which service? Give --address or $SECKILL_ADDR, or add a context: seckillctl context add NAME --address URL")
	}
	c, found := file.Find(name)
	if !found {
		return nil, usagef("there is no context %q; seckillctl context list", name)
	}
	return &target{name: c.Name, address: c.Address, token: tokenOf(c), production: c.Production}, nil
}

// bare is a target without a context. It is a production when a context says so of its
// address, so that the mark cannot be gone around by chance.
func bare(address string, file contexts.File) *target {
	t := &target{address: address}
	for _, c := range file.Contexts {
		if strings.TrimRight(c.Address, "/") == strings.TrimRight(address, "/") && c.Production {
			t.production = true
		}
	}
	return t
}

// givenToken returns the token that was given to this run, nil without one.
func (a *App) givenToken() client.TokenSource {
	if path := a.options.tokenFile; path != "" {
		return tokenFile(path)
	}
	if token := a.Getenv("SECKILL_TOKEN"); token != "" {
		return client.StaticToken(strings.TrimSpace(token))
	}
	return nil
}

// tokenOf returns the token of a context, nil without one.
func tokenOf(c contexts.Context) client.TokenSource {
	switch {
	case c.Token != "":
		return client.StaticToken(c.Token)
	case c.TokenFile != "":
		return tokenFile(c.TokenFile)
	case c.TokenCommand != "":
		return tokenCommand(c.TokenCommand)
	default:
		return nil
	}
}

// tokenFile reads the token anew for each try, so that it can be replaced meanwhile.
func tokenFile(path string) client.TokenSource {
	return func(context.Context) (string, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", usagef("token: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
}

// tokenTime bounds the command that prints a token; it may ask its user something.
const tokenTime = time.Minute

// tokenCommand runs a command of the shell once, and takes what it prints for the token.
func tokenCommand(command string) client.TokenSource {
	var token string
	return func(ctx context.Context) (string, error) {
		if token != "" {
			return token, nil
		}
		ctx, cancel := context.WithTimeout(ctx, tokenTime)
		defer cancel()
		run := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // the user's own command
		run.Stdin, run.Stderr = os.Stdin, os.Stderr
		out, err := run.Output()
		if err != nil {
			return "", usagef("token: %s: %w", command, err)
		}
		token = strings.TrimSpace(string(out))
		return token, nil
	}
}

// loadContexts reads the contexts of the user, who may have no place for any.
func (a *App) loadContexts() (contexts.File, error) {
	path, err := contexts.Path(a.Getenv("SECKILL_CONTEXTS"))
	if errors.Is(err, contexts.ErrHomeless) {
		return contexts.File{}, nil
	}
	if err != nil {
		return contexts.File{}, usagef("%w", err)
	}
	file, err := contexts.Load(path)
	if err != nil {
		return contexts.File{}, usagef("%w", err)
	}
	return file, nil
}

// How calls are repeated: an operator sees soon that nothing answers.
const (
	tries = 4
	pause = 300 * time.Millisecond
)

// api returns the client of the target.
func (a *App) api() (*client.Client, error) {
	if a.client != nil {
		return a.client, nil
	}
	c, err := a.clientOf(client.Retry{Tries: tries, Pause: pause})
	a.client = c
	return c, err
}

// clientOf makes a client of the target that repeats calls like this.
func (a *App) clientOf(retry client.Retry) (*client.Client, error) {
	t, err := a.resolve()
	if err != nil {
		return nil, err
	}
	if a.options.timeout <= 0 {
		return nil, usagef("--timeout must be more than 0")
	}
	c, err := client.New(client.Config{
		URL: t.address, Token: t.token, HTTP: a.HTTP, Timeout: a.options.timeout, Retry: retry, UserAgent: "seckillctl",
	})
	if err != nil {
		return nil, usagef("%s: %w", t, err)
	}
	return c, nil
}

// productionName returns the words by which a production is named in a question.
func (t *target) productionName() string {
	if !t.production {
		return t.String()
	}
	return fmt.Sprintf("%s, a production", t)
}
