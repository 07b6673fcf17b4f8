package ctl

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/config"
	"seckill/internal/ctl/printer"
)

func (a *App) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Tokens: issue them, and look at them"}
	cmd.AddCommand(a.tokenIssue(), a.tokenInspect(), a.tokenSession())
	return cmd
}

// newToken is a token to be issued.
type newToken struct {
	file, role, subject string
	lifetime            time.Duration // 0 = that of the file
}

func (a *App) tokenIssue() *cobra.Command {
	var n newToken
	cmd := &cobra.Command{
		Use:   "issue -f CONFIG --role ROLE --sub NAME",
		Short: "Issue a token, signed with the secret of a configuration file",
		Long: `Issue a token, signed with the Auth.AccessSecret of a configuration file of the service, and print it.
It needs no service. The secret does not leave the machine; keep the file where few can read it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			token, err := n.issue(cmd.Flags().Changed("ttl"))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.Stdout, token)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&n.file, "file", "f", "etc/seckill.yaml", "configuration file of the service")
	flags.StringVar(&n.role, "role", "", "bff, viewer or operator")
	flags.StringVar(&n.subject, "sub", "", "whom it is of: the actor of the audit")
	flags.DurationVar(&n.lifetime, "ttl", 0, "how long it is valid, such as 8h; by default Auth.AccessExpire of the file")
	return cmd
}

// issue signs the token; limited says that it has a lifetime of its own.
func (n newToken) issue(limited bool) (string, error) {
	c, err := config.Load(n.file)
	if !limited {
		n.lifetime = time.Duration(c.Auth.AccessExpire) * time.Second
	}
	switch {
	case err != nil:
		return "", usagef("%w", err)
	case c.Auth.AccessSecret == "":
		return "", usagef("%s has no Auth.AccessSecret", n.file)
	case !auth.Role(n.role).Known():
		return "", usagef("--role %q is none of bff, viewer, operator", n.role)
	case n.subject == "":
		return "", usagef("--sub, whom the token is of, is needed")
	case n.lifetime < time.Second:
		return "", usagef("--ttl must be a second at least")
	}
	return auth.IssueToken(c.Auth.AccessSecret, n.subject, n.role, n.lifetime)
}

// inspected is what a token says, and what is to be said of it.
type inspected struct {
	Subject   string    `json:"subject"`
	Role      string    `json:"role"`
	IssuedAt  time.Time `json:"issuedAt,omitzero"`
	ExpiresAt time.Time `json:"expiresAt"`
	Expired   bool      `json:"expired"`
	Signature string    `json:"signature"` // valid, not valid, not checked
}

var inspectedKind = printer.Kind[inspected]{
	Name: "token",
	ID:   func(t inspected) string { return t.Subject },
	Columns: []printer.Column[inspected]{
		{Head: "subject", Value: func(t inspected) string { return t.Subject }},
		{Head: "role", Value: func(t inspected) string { return t.Role }},
		{Head: "issued", Value: func(t inspected) string { return printer.Time(t.IssuedAt) }},
		{Head: "expires", Value: func(t inspected) string { return printer.Time(t.ExpiresAt) }},
		{Head: "expired", Value: func(t inspected) string { return printer.YesNo(t.Expired) }, Paint: func(t inspected) printer.Paint {
			if t.Expired {
				return printer.Bad
			}
			return printer.Plain
		}},
		{Head: "signature", Value: func(t inspected) string { return t.Signature }},
	},
}

func (a *App) tokenInspect() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "inspect [FILE]",
		Short: "Show what a token says; exits with 4 if it is not valid",
		Long: `Show what a token says: that of a file, of standard input (-), or by default the one that would be
used. With -f its signature is checked too. It needs no service; what the service says of it, token session
tells.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			token, err := a.tokenToInspect(cmd.Context(), args)
			if err != nil {
				return err
			}
			t, err := a.inspect(token, file)
			if err != nil {
				return err
			}
			if err := showOwn(a, inspectedKind, t); err != nil {
				return err
			}
			if t.Expired || t.Signature == notValid {
				return &exitError{ExitNotAllowed, errSilent}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "configuration file of the service, to check the signature with")
	return cmd
}

const (
	valid      = "valid"
	notValid   = "not valid"
	notChecked = "not checked"
)

// tokenToInspect returns the token that is named, else the one that would be used.
func (a *App) tokenToInspect(ctx context.Context, args []string) (string, error) {
	if len(args) == 0 {
		t, err := a.resolve()
		if err != nil {
			return "", err
		}
		if t.token == nil {
			return "", usagef("there is no token for %s", t)
		}
		return t.token(ctx)
	}
	if args[0] != "-" {
		return tokenFile(args[0])(ctx)
	}
	text, err := io.ReadAll(io.LimitReader(a.Stdin, 1<<16))
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// inspect reads a token; file is the configuration to check it with, "" = none.
func (a *App) inspect(token, file string) (t inspected, err error) {
	c, err := readClaims(token)
	if err != nil {
		return t, err
	}
	t = inspected{Subject: c.Subject, Role: c.Role, ExpiresAt: time.Unix(c.Expires, 0).UTC(), Signature: notChecked}
	if c.Issued != 0 {
		t.IssuedAt = time.Unix(c.Issued, 0).UTC()
	}
	t.Expired = !a.Now().Before(t.ExpiresAt)
	if file == "" {
		return t, nil
	}
	secrets, err := config.Load(file)
	if err != nil {
		return t, usagef("%w", err)
	}
	t.Signature = valid
	if _, err := auth.NewVerifier(secrets.Auth.AccessSecret, secrets.Auth.PreviousSecret).Verify(token); err != nil && !t.Expired {
		t.Signature = notValid
	}
	return t, nil
}

var sessionKind = printer.Kind[client.Session]{
	Name: "session",
	ID:   func(s client.Session) string { return s.Subject },
	Columns: []printer.Column[client.Session]{
		{Head: "subject", Value: func(s client.Session) string { return s.Subject }},
		{Head: "role", Value: func(s client.Session) string { return s.Role }},
		{Head: "expires", Value: func(s client.Session) string { return printer.Time(s.ExpiresAt) }},
		{Head: "allowed", Value: func(s client.Session) string { return strings.Join(s.Allowed, ", ") }},
	},
}

func (a *App) tokenSession() *cobra.Command {
	return a.call("session", "Ask the service what the token is good for", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) error {
			return show(ctx, a, sessionKind, c.Session)
		})
}
