package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/zeromicro/go-zero/core/conf"
	"go.yaml.in/yaml/v3"
)

// Load reads the configuration file at path. Every ${NAME} in a value is replaced
// by the environment variable of that name ("" when it is not set); inside braces
// YAML wants it quoted. A key that is not known, a value of the wrong kind and a
// value out of range are errors that name the key with its path. All keys that are
// not known are reported together, and when there are none all values.
//
// The file is read into go-zero's conf by way of a map: on its own conf passes
// over keys that it does not know, expands ${NAME} before it parses (so that a
// value can break the file), and takes a secret of digits for a number.
func Load(path string) (Config, error) {
	c, err := load(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	return c, nil
}

func load(path string) (c Config, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read file: %w", err)
	}
	given, err := parse(text)
	if err != nil {
		return c, err
	}
	setDefaults(given)
	content, err := json.Marshal(given)
	if err != nil {
		return c, fmt.Errorf("encode: %w", err)
	}
	if err := conf.LoadFromJsonBytes(content, &c); err != nil {
		return c, err
	}
	c.resolve(filepath.Dir(path))
	return c, c.validate()
}

// parse reads YAML into a map of the keys of Config, as Go spells them.
func parse(text []byte) (map[string]any, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return map[string]any{}, nil
	}
	r := reader{}
	value := r.read(document.Content[0], reflect.TypeFor[Config](), "")
	if err := errors.Join(r.problems...); err != nil {
		return nil, err
	}
	given, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("the file must hold keys and values")
	}
	return given, nil
}

// resolve makes what is relative to the configuration file independent of the
// folder that the binary runs in.
func (c *Config) resolve(folder string) {
	if c.DevStack != nil && !filepath.IsAbs(c.DevStack.Dir) {
		c.DevStack.Dir = filepath.Join(folder, c.DevStack.Dir)
	}
	c.Redis.TLS.resolve(folder)
}
