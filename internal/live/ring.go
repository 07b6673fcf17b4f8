package live

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"time"
)

const (
	// keep is for how long samples are kept, and seconds told of.
	keep = 15 * time.Minute
	// packAt is how many samples are kept as they are; when there are so many, half of them
	// are packed together: one is much like the next, and takes a tenth then.
	packAt = 32
)

// entry is a sample of one watch.
type entry struct {
	id      int64  // its time, in Unix milliseconds
	given   int64  // the last second that has been told of with it
	body    []byte // JSON of the sample, without seconds
	seconds []byte // JSON of its seconds; nil in the overview
	wire    []byte // the event, shared by all who are sent it; nil of a packed one
}

// ring keeps the samples of a watch, oldest first.
type ring struct {
	packs  []pack
	recent []entry
}

// pack is some samples, compressed.
type pack struct {
	first, last int64 // IDs
	packed      []byte
}

// add adds a sample, and drops those that are too old.
func (r *ring) add(e entry) {
	if len(r.recent) == packAt {
		const half = packAt / 2
		r.packs = append(r.packs, newPack(r.recent[:half]))
		n := copy(r.recent, r.recent[half:])
		clear(r.recent[n:])
		r.recent = r.recent[:n]
	}
	r.recent = append(r.recent, e)
	oldest, old := e.id-keep.Milliseconds(), 0
	for old < len(r.packs) && r.packs[old].last < oldest {
		old++
	}
	r.packs = r.packs[old:]
	for len(r.packs) == 0 && r.recent[0].id < oldest { // after a time in which nobody watched
		r.recent = r.recent[1:]
	}
}

// last returns the ID of the last sample, 0 when there is none.
func (r *ring) last() int64 {
	if len(r.recent) == 0 {
		return 0
	}
	return r.recent[len(r.recent)-1].id
}

// has reports whether there is a sample of an ID.
func (r *ring) has(id int64) bool {
	entries := r.after(id - 1)
	return len(entries) > 0 && entries[0].id == id
}

// after returns the samples after the one of an ID.
func (r *ring) after(id int64) []entry {
	var found []entry
	for _, p := range r.packs {
		if p.last > id {
			found = appendAfter(found, p.entries(), id)
		}
	}
	return appendAfter(found, r.recent, id)
}

func appendAfter(found, entries []entry, id int64) []entry {
	for _, e := range entries {
		if e.id > id {
			found = append(found, e)
		}
	}
	return found
}

// newPack packs samples. What is compressed into memory cannot fail.
func newPack(entries []entry) pack {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestSpeed)
	var head []byte
	for _, e := range entries {
		head = binary.AppendVarint(binary.AppendVarint(head[:0], e.id), e.given)
		head = binary.AppendVarint(binary.AppendVarint(head, int64(len(e.body))), int64(len(e.seconds)))
		for _, part := range [][]byte{head, e.body, e.seconds} {
			_, _ = w.Write(part)
		}
	}
	_ = w.Close()
	return pack{first: entries[0].id, last: entries[len(entries)-1].id, packed: bytes.Clone(packed.Bytes())}
}

// entries unpacks the samples.
func (p *pack) entries() []entry {
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(p.packed)))
	var entries []entry
	for err == nil && len(text) > 0 {
		var head [4]int64
		for i := range head {
			value, n := binary.Varint(text)
			head[i], text = value, text[n:]
		}
		e := entry{id: head[0], given: head[1], body: text[:head[2]:head[2]]}
		if text = text[head[2]:]; head[3] > 0 {
			e.seconds = text[:head[3]:head[3]]
		}
		text = text[head[3]:]
		entries = append(entries, e)
	}
	return entries
}
