package live

import (
	"encoding/json"
	"strconv"
)

// wireOf returns a server-sent event (WHATWG HTML, "Server-sent events"); id 0 = it has none.
// JSON has no line breaks, so its data is one line.
func wireOf(name string, id int64, data ...[]byte) []byte {
	size := 64
	for _, part := range data {
		size += len(part)
	}
	wire := make([]byte, 0, size)
	if id != 0 {
		wire = append(strconv.AppendInt(append(wire, "id: "...), id, 10), '\n')
	}
	wire = append(append(append(wire, "event: "...), name...), "\ndata: "...)
	for _, part := range data {
		wire = append(wire, part...)
	}
	return append(wire, "\n\n"...)
}

// whole are the parts of the JSON of a sample with its seconds.
func (e *entry) whole() [][]byte {
	if e.seconds == nil {
		return [][]byte{e.body}
	}
	return [][]byte{e.body[:len(e.body)-1], []byte(`,"seconds":`), e.seconds, []byte("}")}
}

// event is the sample as an event.
func (e *entry) event() []byte {
	if e.wire != nil {
		return e.wire
	}
	return wireOf("sample", e.id, e.whole()...)
}

// historyWire is the event that begins the stream of a product. The seconds of the samples
// are those of the history.
func historyWire(seconds []Second, samples []entry) ([]byte, error) {
	known, err := json.Marshal(seconds)
	if err != nil {
		return nil, err
	}
	parts := [][]byte{[]byte(`{"seconds":`), known, []byte(`,"samples":[`)}
	var id int64
	for n := range samples {
		if n > 0 {
			parts = append(parts, []byte(","))
		}
		id = samples[n].id
		parts = append(parts, samples[n].body[:len(samples[n].body)-1], []byte(`,"seconds":[]}`))
	}
	return wireOf("history", id, append(parts, []byte("]}"))...), nil
}
