package preflight

import (
	"fmt"
	"time"

	"seckill/internal/seckill"
)

func productStream(f *Facts) Finding {
	p, key := f.Product, seckill.StreamKey(f.Product.ProductID)
	create := f.Settings.redisCLI(f.redisAddr(), "XGROUP", "CREATE", key, f.Settings.Group, "0", "MKSTREAM")
	switch {
	case p.StreamErr != nil:
		return Finding{
			Level: LevelFail, Observed: "it cannot be read: " + reasonOf(p.StreamErr),
			Action: f.Settings.redisCLI(f.redisAddr(), "DEL", key),
		}
	case !p.Stream.Exists:
		return Finding{Level: LevelFail, Observed: "no stream", Action: create}
	case !p.Stream.Joined:
		return Finding{Level: LevelFail, Observed: "no group " + f.Settings.Group, Action: create}
	default:
		return seen(fmt.Sprintf("%d entries, %d consumers", p.Stream.Length, len(p.Stream.Consumers)))
	}
}

func productStreamIDs(f *Facts) Finding {
	s := &f.Product.Stream
	if s.Ahead <= aheadAtMost {
		return seen("last ID " + s.LastID)
	}
	found := Finding{
		Level: LevelFail, Observed: fmt.Sprintf("last ID %s, ahead by %s", s.LastID, s.Ahead.Round(time.Second)),
		Action: f.Settings.redisCLI(f.redisAddr(), "DEL", s.Stream),
	}
	if s.Exhausted() {
		found.Observed = "the highest ID that there is: nothing can be added"
	}
	found.Message = "IDs of " + s.Stream + " are ahead of Redis's clock (last ID " + s.LastID + "). Once nothing of it waits, delete the stream: " +
		"consumers make it anew, and what was stored stays."
	return found
}

func productBacklog(f *Facts) Finding {
	s := &f.Product.Stream
	if s.Lag != nil && *s.Lag == 0 && s.Pending == 0 {
		return seen("lag 0, pending 0")
	}
	observed := fmt.Sprintf("pending %d", s.Pending)
	if s.Lag == nil {
		observed = "lag not known, " + observed
	} else {
		observed = fmt.Sprintf("lag %d, %s", *s.Lag, observed)
	}
	stream := f.curl("GET", fmt.Sprintf("/admin/v1/streams/%d", f.Product.ProductID), "")
	return Finding{
		Level: LevelFail, Observed: observed,
		Action: "until " + stream + ` | grep -q '"lag":0,"pending":0'; do sleep 1; done`,
		Message: "Entries wait (" + observed + "): wait until they are settled, which the command does; if their number does not fall, " +
			"look at what SERVICE_REPLICAS and the log say.",
	}
}
