package request

import (
	"seckill/internal/types"
	"seckill/model"
)

// Letters reads which dead letters a list is of; the page is left to the caller.
func Letters(req *types.DeadLettersRequest) (f model.LetterFilter, err error) {
	f = model.LetterFilter{ProductID: req.ProductId, Reason: req.Reason, Status: req.Status, StreamID: req.StreamId}
	if err := OptionalStreamID(req.StreamId); err != nil {
		return f, err
	}
	f.From, f.To, err = TimeRange(req.From, req.To)
	return f, err
}

// OptionalNote checks why something is done, where that may be left out.
func OptionalNote(note string) error {
	if note == "" {
		return nil
	}
	return Note(note)
}

// Note checks why something is done.
func Note(note string) error { return checkLine("note", note, maxNoteLength) }
