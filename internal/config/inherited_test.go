package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"seckill/internal/config"
)

func TestInheritedKeysHaveTheDefaultsThatTheReferenceSays(t *testing.T) {
	c := mustLoad(t, least)
	for _, key := range config.Inherited {
		value := reflect.ValueOf(c.RestConf)
		for name := range strings.SplitSeq(key.Path, ".") {
			if value = value.FieldByName(name); !value.IsValid() {
				t.Fatalf("there is no %s", key.Path)
			}
		}
		got := fmt.Sprint(value.Interface())
		if key.Path == "Shutdown.WrapUpTime" { // Load adds the drain to it
			got = fmt.Sprint(value.Interface().(time.Duration) - c.Shutdown.Drain)
		}
		if got != key.Default {
			t.Errorf("%s = %s, and the reference says %s", key.Path, got, key.Default)
		}
	}
}
