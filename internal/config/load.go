package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/zeromicro/go-zero/core/conf"
	"go.yaml.in/yaml/v3"
)

// Load reads the configuration file at path. Every ${NAME} in a value is replaced
// by the environment variable of that name, as [expand] says; inside braces YAML
// wants it quoted. A key that is not known, a value of the wrong kind and a
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
	if err := c.validate(); err != nil {
		return c, err
	}
	c.schedule()
	c.DevServer.Host = bracketed(c.DevServer.Host)
	c.Prometheus.Host = bracketed(c.Prometheus.Host) //nolint:staticcheck // go-zero still serves it
	return c, nil
}

// parse reads YAML into a map of the keys of Config, as Go spells them.
func parse(text []byte) (map[string]any, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, notYAML(text, err)
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

// quoted is what YAML's errors quote of the file, which may be a secret.
var quoted = regexp.MustCompile(`['"\x60].*['"\x60]`)

// yamlKey is the key at the beginning of a line.
var yamlKey = regexp.MustCompile(`^[\s-]*(\w+):`)

// notYAML says where a file is no YAML, which YAML's own errors often do not: behind the
// longest beginning that is, of whole lines.
func notYAML(text []byte, err error) error {
	lines := strings.SplitAfter(string(text), "\n")
	good := len(lines) - 1
	for ; good > 0; good-- {
		var ignored yaml.Node
		if yaml.Unmarshal([]byte(strings.Join(lines[:good], "")), &ignored) == nil {
			break
		}
	}
	where := fmt.Sprintf("line %d", good+1)
	if key := yamlKey.FindStringSubmatch(lines[good]); key != nil {
		where += ", " + key[1]
	}
	return fmt.Errorf("%s: not YAML, a value with : # [ { or quotes in it wants quotes around it: %s",
		where, quoted.ReplaceAllString(err.Error(), "…"))
}

// resolve makes what is relative to the configuration file independent of the
// folder that the binary runs in.
func (c *Config) resolve(folder string) {
	if c.DevStack != nil && !filepath.IsAbs(c.DevStack.Dir) {
		c.DevStack.Dir = filepath.Join(folder, c.DevStack.Dir)
	}
	c.Redis.TLS.resolve(folder)
}

// schedule turns the times of a stop into those of go-zero, whose WrapUpTime is that
// from the signal until everything is told to stop, and whose WaitTime that until the
// process is killed: never before all that has had its time.
func (c *Config) schedule() {
	times := &c.RestConf.Shutdown
	if times.WrapUpTime == 0 {
		times.WrapUpTime = defaultWrapUp
	}
	times.WrapUpTime += c.Shutdown.Drain
	times.WaitTime = max(times.WaitTime, times.WrapUpTime+c.Consumer.Block+minShutdown)
}
