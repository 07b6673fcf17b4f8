package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"seckill/client"
)

func (a *App) letterEdit() *cobra.Command {
	var note string
	cmd := a.callLetter("edit LETTER", "Correct the fields of a dead letter in $EDITOR, and replay it",
		func(ctx context.Context, c *client.Client, letterID int64) error {
			letter, err := c.DeadLetter(ctx, letterID)
			if err != nil {
				return err
			}
			correction, err := a.edit(ctx, c, letter)
			if err != nil {
				return err
			}
			return a.replay(ctx, c, letterID, correction, note)
		})
	cmd.Flags().StringVar(&note, "note", "", "why, for the audit")
	return cmd
}

// edit lets the user edit the fields until a replay would take them. A text that is saved
// as it was ends it.
func (a *App) edit(ctx context.Context, c *client.Client, letter client.DeadLetterDetail) (client.Correction, error) {
	text, err := fieldsYAML(letter.Fields)
	if err != nil {
		return nil, err
	}
	why := "its reason is " + letter.Reason
	for {
		shown := heading(letter.ID, why) + string(text)
		edited, err := a.runEditor(ctx, []byte(shown))
		if err != nil {
			return nil, err
		}
		if bytes.Equal(edited, []byte(shown)) {
			return nil, nof("nothing was changed, and nothing done: %s", why)
		}
		text = withoutComments(edited)
		correction, err := correctionOf(letter.Fields, edited)
		if err != nil {
			why = err.Error()
			continue
		}
		preview, err := c.PreviewDeadLetter(ctx, letter.ID, correction)
		if err != nil && client.CodeOf(err) != client.CodeInvalidArgument {
			return nil, err
		}
		if err != nil {
			why = explain(err)
			continue
		}
		if preview.Valid {
			return correction, nil
		}
		why = "it would still be " + string(preview.Reason)
	}
}

// heading says in comments what is edited.
func heading(letterID int64, why string) string {
	return fmt.Sprintf("# Dead letter %d: %s.\n# Correct its fields; a line that is taken away takes the field away.\n"+
		"# Saved without a change, nothing is done.\n", letterID, oneLine(why))
}

func oneLine(text string) string {
	return string(bytes.ReplaceAll([]byte(text), []byte("\n"), []byte(" ")))
}

// withoutComments takes the lines that begin with # off.
func withoutComments(text []byte) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte("#")) {
			out = append(out, line...)
		}
	}
	return out
}

// fieldsYAML writes fields as YAML, in the shapes of the API.
func fieldsYAML(fields client.Fields) ([]byte, error) {
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode the fields: %w", err)
	}
	var plain map[string]any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, fmt.Errorf("encode the fields: %w", err)
	}
	text, err := yaml.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("encode the fields: %w", err)
	}
	return text, nil
}

// correctionOf reads edited fields, and returns what is different.
func correctionOf(fields client.Fields, edited []byte) (client.Correction, error) {
	var given map[string]yaml.Node
	if err := yaml.Unmarshal(edited, &given); err != nil {
		return nil, fmt.Errorf("this is no YAML: %w", err)
	}
	correction := client.Correction{}
	for name, node := range given {
		field, err := fieldOf(node)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		if before, found := fields[name]; !found || before != field {
			correction[name] = &field
		}
	}
	for name := range fields {
		if _, kept := given[name]; !kept {
			correction[name] = nil
		}
	}
	return correction, nil
}

// fieldOf reads the value of a field: a text, a number as it is written, or base64.
func fieldOf(node yaml.Node) (client.Field, error) {
	if node.Kind == yaml.ScalarNode {
		return client.Field(node.Value), nil
	}
	var encoded map[string]string
	if err := node.Decode(&encoded); err != nil || len(encoded) != 1 || encoded["base64"] == "" {
		return "", errors.New("a value is a text or {base64: …}")
	}
	raw, err := json.Marshal(encoded)
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	var field client.Field
	err = json.Unmarshal(raw, &field)
	return field, err
}

// runEditor lets the user edit a text in a file that nobody else can read.
func (a *App) runEditor(ctx context.Context, text []byte) ([]byte, error) {
	folder, err := os.MkdirTemp("", "seckillctl")
	if err != nil {
		return nil, fmt.Errorf("edit: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "dead-letter.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("edit: %w", err)
	}
	editor := a.editor()
	run := exec.CommandContext(ctx, "sh", "-c", editor+` "$1"`, "sh", path) //nolint:gosec // the user's own editor, with its options
	run.Stdin, run.Stdout, run.Stderr = a.Stdin, a.Stderr, a.Stderr
	if err := run.Run(); err != nil {
		return nil, usagef("editor %s: %w", editor, err)
	}
	edited, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("edit: %w", err)
	}
	return edited, nil
}

// editor returns the user's editor, as git looks for it.
func (a *App) editor() string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if editor := a.Getenv(name); editor != "" {
			return editor
		}
	}
	return "vi"
}
