package notify

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"seckill/internal/role"
)

const (
	// queuedUsers is the most users that wait to be published. More come only while
	// Redis is slower than all that happens, or away.
	queuedUsers = 200_000
	// pipelined is the most messages that are published in one round trip.
	pipelined = 100
	// publishPause is the least time between two round trips. In a rush each attempt
	// would else have one of its own, and wake every replica, for a result that is read
	// some milliseconds later.
	publishPause = 5 * time.Millisecond
	// publishTimeout bounds one round trip.
	publishTimeout = time.Second
)

var errQueueFull = errors.New("too many changed results wait to be published; some are left out")

// publisher tells the other replicas what has changed. What comes while it sends is
// merged: one message a product, up to its limit.
type publisher struct {
	channel channel
	name    int64 // of the hub
	outage  outage
	wake    chan struct{} // capacity 1

	mu    sync.Mutex
	begun map[int64]*message // by product
	ended [][]byte
	users int
}

type message struct {
	text  []byte
	users int
}

func newPublisher(c channel, name int64) *publisher {
	return &publisher{
		channel: c, name: name, wake: make(chan struct{}, 1), begun: map[int64]*message{},
		outage: outage{what: "publish changed results"},
	}
}

// add enqueues users of a product. It never blocks.
func (p *publisher) add(productID int64, users []int64) {
	p.mu.Lock()
	if room := queuedUsers - p.users; len(users) > room {
		users = users[:room]
		p.outage.observe(errQueueFull)
	}
	p.users += len(users)
	for len(users) > 0 {
		m := p.begun[productID]
		if m == nil {
			m = &message{text: appendNumber(p.heartbeat(), productID)}
			p.begun[productID] = m
		}
		n := min(len(users), usersPerMessage-m.users)
		for _, user := range users[:n] {
			m.text = appendNumber(m.text, user)
		}
		users, m.users = users[n:], m.users+n
		if m.users == usersPerMessage {
			p.ended = append(p.ended, m.text)
			delete(p.begun, productID)
		}
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take returns the messages to be sent.
func (p *publisher) take() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	messages := p.ended
	for _, m := range p.begun {
		messages = append(messages, m.text)
	}
	p.ended, p.users = nil, 0
	clear(p.begun)
	return messages
}

// heartbeat is the message that the hub listens for itself.
func (p *publisher) heartbeat() []byte { return strconv.AppendInt(nil, p.name, 10) }

// run sends until ctx ends, and then what has been enqueued by then.
func (p *publisher) run(ctx context.Context, heartbeat time.Duration) {
	sending, cancel := role.Outlive(ctx, publishTimeout)
	defer cancel()
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for role.Sleep(ctx, publishPause) {
		var beat [][]byte
		select {
		case <-ctx.Done():
		case <-p.wake:
		case <-ticker.C:
			beat = [][]byte{p.heartbeat()}
		}
		p.send(sending, append(p.take(), beat...))
	}
	p.send(sending, p.take())
}

// send publishes messages. What cannot be sent is dropped with all that follows it:
// Redis is away, and each replica looks everything up again when it is back.
func (p *publisher) send(ctx context.Context, messages [][]byte) {
	for chunk := range slices.Chunk(messages, pipelined) {
		err := p.publish(ctx, chunk)
		p.outage.observe(err)
		if err != nil {
			return
		}
	}
}

func (p *publisher) publish(ctx context.Context, messages [][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	return p.channel.publish(ctx, messages)
}
