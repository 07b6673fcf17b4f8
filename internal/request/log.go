package request

import (
	"seckill/internal/seckill"
	"seckill/internal/types"
	"seckill/model"
)

// Logs reads which attempts a list is of; the page is left to the caller.
func Logs(req *types.LogsRequest) (f model.LogFilter, err error) {
	f = model.LogFilter{
		ProductID: req.ProductId, UserID: req.UserId, Status: req.Status, StreamID: req.StreamId, RequestID: req.RequestId,
		Oldest: req.Order == "asc",
	}
	if err := OptionalStreamID(req.StreamId); err != nil {
		return f, err
	}
	if req.RequestId != "" {
		if !seckill.ValidRequestID(req.RequestId) {
			return f, invalid("requestId must be 1 to %d characters of ASCII from 0x21 to 0x7E", seckill.MaxRequestIDLength)
		}
		if req.UserId == 0 && req.StreamId == "" && req.From == "" {
			return f, invalid("requestId goes with userId, streamId or from: all attempts of a time are read for it")
		}
	}
	f.From, f.To, err = TimeRange(req.From, req.To)
	return f, err
}

// OptionalStreamID checks the ID of an entry, where that may be left out.
func OptionalStreamID(text string) error {
	if text == "" {
		return nil
	}
	if _, err := seckill.ParseStreamID(text); err != nil {
		return invalid("streamId must be of the form ms-seq, such as 1234567890123-0")
	}
	return nil
}
