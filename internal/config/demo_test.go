package config_test

import (
	"testing"

	"seckill/internal/config"
)

// TestTheDemoIsDevelopmentWithASale keeps etc/demo.yaml beside etc/dev.yaml: the same servers, and
// a sale.
func TestTheDemoIsDevelopmentWithASale(t *testing.T) {
	demo, err := config.Load("../../etc/demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dev, err := config.Load("../../etc/dev.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !demo.DevStack.Demo || dev.DevStack.Demo || demo.DevStack.Dir != dev.DevStack.Dir || demo.Port != dev.Port || demo.Host != dev.Host {
		t.Errorf("demo %+v at %s:%d, dev %+v at %s:%d", demo.DevStack, demo.Host, demo.Port, dev.DevStack, dev.Host, dev.Port)
	}
}
