package stream

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/seckill"
)

const (
	// noteLife is how long what was noted of a server counts when it is not seen again.
	noteLife = 10 * time.Second
	// sayAgain is how often the same thing is said in the log, at most.
	sayAgain = time.Minute
)

// health is what is known to be wrong with the servers behind a client.
type health struct {
	mu      sync.Mutex
	notes   map[string]note // by topic
	said    string          // what the log was told last; "" = that all is well
	saidAt  time.Time
	probing bool
	probes  sync.WaitGroup
}

// note is a reason, and when it was seen.
type note struct {
	reason string
	at     time.Time
}

// The topics of notes. Each of them holds for noteLife, whatever a PING is answered.
const (
	topicRights  = "rights"  // a command that is needed was not allowed
	topicSeveral = "several" // there are several servers at one address
	topicProbe   = "probe"   // what a closer look at the address has found
)

// optional are commands that we can do without.
var optional = map[string]bool{
	"info": true, "config": true, "client": true, "command": true, "memory": true, "latency": true, "acl": true, "hello": true,
	"xread": true,
}

// refused takes the error of a command and notes if it tells that rights are missing.
func (h *health) refused(err error, cmds ...redis.Cmder) {
	if err == nil || errors.Is(err, redis.Nil) {
		return
	}
	for _, cmd := range cmds {
		if err := cmd.Err(); err != nil && isRights(err.Error()) && !optional[strings.ToLower(cmd.Name())] {
			h.note(topicRights, Diagnose(err))
			return
		}
	}
}

// NoteRefused notes what went wrong with a subscription, if it tells that rights are
// missing: no hook of a client sees the answer to that. It holds for some seconds.
func (c *Clients) NoteRefused(err error) {
	if err != nil && isRights(err.Error()) {
		c.health.note(topicRights, Diagnose(err))
	}
}

// note notes a reason; "" takes back what was noted.
func (h *health) note(topic, reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if reason == "" {
		delete(h.notes, topic)
		return
	}
	if h.notes == nil {
		h.notes = map[string]note{}
	}
	h.notes[topic] = note{reason: reason, at: time.Now()}
}

// noted returns what was noted of a topic lately.
func (h *health) noted(topic string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := h.notes[topic]; time.Since(n.at) < noteLife {
		return n.reason
	}
	return ""
}

// say tells the log what is wrong, when that changes and then once a minute.
func (h *health) say(err error) {
	reason := ""
	if err != nil {
		reason = err.Error()
		if known, ok := errors.AsType[*seckill.Error](err); ok {
			reason = known.Message // the cause has ports and times in it, which change with each try
		}
	}
	h.mu.Lock()
	changed := reason != h.said
	tell := changed || reason != "" && time.Since(h.saidAt) >= sayAgain
	if tell {
		h.said, h.saidAt = reason, time.Now()
	}
	h.mu.Unlock()
	switch {
	case tell && reason == "":
		logx.Info("redis: works again")
	case tell:
		logx.Errorf("redis: %s (%v)", reason, err)
	}
}

// Ping reports whether Redis answers and is what the configuration says. The error is a
// *seckill.Error with the reason in words where that is known; the log is told, too, when
// it changes.
func (c *Clients) Ping(ctx context.Context) error {
	err := c.look(ctx)
	if !errors.Is(err, context.Canceled) {
		c.health.say(err)
	}
	return err
}

func (c *Clients) look(ctx context.Context) error {
	kind, err := c.kind(ctx)
	if err != nil {
		c.probe()
		reason := c.health.noted(topicProbe)
		if reason == "" {
			reason = Diagnose(err)
		}
		if reason == "" {
			reason = "no answer"
		}
		return seckill.Wrap(err, seckill.CodeUnavailable, "%s", reason)
	}
	c.health.note(topicProbe, "")
	for _, reason := range []string{kind.objection(c.config.mode()), c.health.noted(topicSeveral), c.health.noted(topicRights)} {
		if reason != "" {
			return seckill.Errorf(seckill.CodeUnavailable, "%s", reason)
		}
	}
	return nil
}

// Objection is what forbids to work with the servers at all, whatever they answer; "" when
// nothing does.
func (c *Clients) Objection() string { return c.health.noted(topicSeveral) }
