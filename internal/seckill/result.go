package seckill

import "strings"

// ResultID names a state of a result, by which a client of events says what it has got.
type ResultID struct {
	StreamID string // of the attempt
	Status   Status // of the attempt
}

// String returns the ID as it is sent, such as 1526919030474-0:SUCCESS.
func (r ResultID) String() string { return r.StreamID + ":" + string(r.Status) }

// ParseResultID reads an ID; what is none is the zero ID.
func ParseResultID(text string) ResultID {
	streamID, status, _ := strings.Cut(text, ":")
	known := Status(status) == StatusProcessing || Status(status).Terminal()
	if _, err := ParseStreamID(streamID); err != nil || !known {
		return ResultID{}
	}
	return ResultID{StreamID: streamID, Status: Status(status)}
}

// Final reports whether nothing follows the state: its attempt is decided.
func (r ResultID) Final() bool { return r.Status.Terminal() }

// Last reports whether r, which a client has got, is the last that there is to tell:
// it is final, and the present state is not that of a later attempt. present is the zero
// ID when nothing is known of it.
func (r ResultID) Last(present ResultID) bool {
	if !r.Final() {
		return false
	}
	seen, err := ParseStreamID(r.StreamID)
	if err != nil {
		return false
	}
	now, err := ParseStreamID(present.StreamID)
	return err != nil || now.Compare(seen) <= 0
}
