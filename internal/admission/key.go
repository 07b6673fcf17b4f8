package admission

import (
	"strconv"

	"seckill/internal/seckill"
)

// keys are the names of a product's keys, all in the slot of its stream.
type keys struct {
	productID                                int64
	gate, holders, inflight, waiting, stream string
	resent                                   string // which letters' entries are in the stream again
	stored, reread                           string // notes of internal/stream
}

func keysOf(productID int64) keys {
	name := func(what string) string { return seckill.CompanionKey(productID, what) }
	return keys{
		productID: productID, gate: gateKey(productID), holders: name("holders"),
		inflight: inflightKey(productID), waiting: name("waiting"), stream: seckill.StreamKey(productID),
		resent: name("resent"), stored: name("stored"), reread: name("reread"),
	}
}

// gateKey and inflightKey are keys alone, for who asks for those of very many products again
// and again.
func gateKey(productID int64) string     { return seckill.CompanionKey(productID, "gate") }
func inflightKey(productID int64) string { return seckill.CompanionKey(productID, "inflight") }

// request is where the answer to a user's request ID is remembered.
func (k keys) request(userID int64, requestID string) string {
	return seckill.CompanionKey(k.productID, "request:"+strconv.FormatInt(userID, 10)+":"+requestID)
}

// reply is where the answers of one call are kept.
func (k keys) reply(call string) string { return seckill.CompanionKey(k.productID, "reply:"+call) }

// aside is where a key's successor is built before the gate opens under epoch.
func (k keys) aside(epoch int64, what string) string {
	return seckill.CompanionKey(k.productID, "aside:"+strconv.FormatInt(epoch, 10)+":"+what)
}
