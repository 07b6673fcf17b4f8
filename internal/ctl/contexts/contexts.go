// Package contexts keeps which services seckillctl knows, in a file of the user's
// configuration folder that nobody else may read: it can hold tokens.
package contexts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Context is a service, and how it is called. Of the three ways to a token it has one at
// most.
type Context struct {
	Name         string `json:"name"                   yaml:"name"`
	Address      string `json:"address"                yaml:"address"`                // such as https://seckill.example
	Token        string `json:"-"                      yaml:"token,omitempty"`        // itself
	TokenFile    string `json:"tokenFile,omitempty"    yaml:"tokenFile,omitempty"`    // path of the file that it is in
	TokenCommand string `json:"tokenCommand,omitempty" yaml:"tokenCommand,omitempty"` // of the shell, which prints it
	Production   bool   `json:"production"             yaml:"production,omitempty"`   // what cannot be taken back is always asked
}

// File is what is kept.
type File struct {
	Current  string    `yaml:"current,omitempty"`
	Contexts []Context `yaml:"contexts"`
}

// name is what a context may be called.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// mode is who may read the file: its owner.
const mode fs.FileMode = 0o600

// ErrHomeless says that this user has no configuration folder, such as in a container.
var ErrHomeless = errors.New("neither $XDG_CONFIG_HOME nor $HOME is set")

// Path returns where the file is: override, if that is not empty, else the user's
// configuration folder ($XDG_CONFIG_HOME, ~/.config); [ErrHomeless] where there is none.
func Path(override string) (string, error) {
	if override != "" {
		return override, nil
	}
	if home, err := os.UserHomeDir(); (err != nil || home == "") && os.Getenv("XDG_CONFIG_HOME") == "" {
		return "", fmt.Errorf("configuration folder: %w", ErrHomeless)
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("configuration folder: %w", err)
	}
	return filepath.Join(folder, "seckillctl", "contexts.yaml"), nil
}

// Load reads the file; where there is none, nothing is kept yet. A file that others may
// read is refused.
func Load(path string) (File, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return File{}, nil
	}
	if err != nil {
		return File{}, fmt.Errorf("contexts: %w", err)
	}
	if err := private(path, info); err != nil {
		return File{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return File{}, fmt.Errorf("contexts: %w", err)
	}
	var f File
	if err := yaml.Unmarshal(text, &f); err != nil {
		return File{}, fmt.Errorf("contexts: %s: %w", path, err)
	}
	return f, nil
}

// Save writes the file anew, in one step, so that a run beside this one reads the old or
// the new one whole.
func Save(path string, f File) error {
	text, err := yaml.Marshal(f)
	if err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	fresh, err := os.CreateTemp(folder, ".contexts-") // has mode 0600
	if err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	defer func() { _ = os.Remove(fresh.Name()) }()
	_, err = fresh.Write(text)
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	if err := os.Rename(fresh.Name(), path); err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	return nil
}

// Find returns the context of a name.
func (f *File) Find(wanted string) (Context, bool) {
	for _, c := range f.Contexts {
		if c.Name == wanted {
			return c, true
		}
	}
	return Context{}, false
}

// Put adds a context, or replaces the one of its name. The first one becomes the current.
func (f *File) Put(c Context) error {
	if !name.MatchString(c.Name) {
		return fmt.Errorf("context %q: a name has letters, digits, . _ and -, and 63 of them at most", c.Name)
	}
	f.drop(c.Name)
	f.Contexts = append(f.Contexts, c)
	slices.SortFunc(f.Contexts, func(a, b Context) int { return strings.Compare(a.Name, b.Name) })
	if len(f.Contexts) == 1 {
		f.Current = c.Name
	}
	return nil
}

// Remove takes a context away, and reports whether it was there. If it was the current one,
// none is.
func (f *File) Remove(unwanted string) bool {
	if f.Current == unwanted {
		f.Current = ""
	}
	return f.drop(unwanted)
}

func (f *File) drop(unwanted string) bool {
	before := len(f.Contexts)
	f.Contexts = slices.DeleteFunc(f.Contexts, func(c Context) bool { return c.Name == unwanted })
	return len(f.Contexts) < before
}
