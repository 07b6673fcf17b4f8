package devstack

import (
	"context"
	"fmt"
	"sync"

	"github.com/alicebob/miniredis/v2"
)

// miniRedis is the substitute where there is no redis-server. Its data are in
// our memory, and keys with a time to live do not expire.
type miniRedis struct {
	mini *miniredis.Miniredis
	host string

	mu              sync.Mutex
	paused, stopped bool
}

func startMiniRedis(port int) (*miniRedis, error) {
	var err error
	for range portAttempts {
		try := port
		if try == 0 {
			if try, err = FreePort(); err != nil {
				return nil, err
			}
		}
		m := miniredis.NewMiniRedis()
		if err = m.StartAddr(address(try)); err == nil {
			return &miniRedis{mini: m, host: m.Addr()}, nil
		}
		if port != 0 {
			break
		}
	}
	return nil, err
}

func (m *miniRedis) addr() string { return m.host }

func (m *miniRedis) pause(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped {
		return fmt.Errorf("pause miniredis: %w", errStopped)
	}
	if !m.paused {
		m.mini.Close()
		m.paused = true
	}
	return nil
}

func (m *miniRedis) resume(_ context.Context, empty bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped {
		return fmt.Errorf("resume miniredis: %w", errStopped)
	}
	if !m.paused {
		return nil
	}
	if empty {
		m.mini.FlushAll()
	}
	if err := m.mini.Restart(); err != nil {
		return fmt.Errorf("resume miniredis: %w", err)
	}
	m.paused = false
	return nil
}

func (m *miniRedis) stop(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.stopped && !m.paused {
		m.mini.Close()
	}
	m.stopped = true
	return nil
}
