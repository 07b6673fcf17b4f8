package admission

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// The scripts, each with its keys, its arguments and its answer at its head.
var (
	//go:embed script/admit.lua
	admitSource string
	//go:embed script/apply.lua
	applySource string
	//go:embed script/settle.lua
	settleSource string
	//go:embed script/close.lua
	closeSource string
	//go:embed script/open.lua
	openSource string
	//go:embed script/read.lua
	readSource string
	//go:embed script/correct.lua
	correctSource string
	//go:embed script/aside.lua
	asideSource string
	//go:embed script/lock.lua
	lockSource string
	//go:embed script/flying.lua
	flyingSource string
	//go:embed script/retire.lua
	retireSource string
	//go:embed script/resend.lua
	resendSource string

	applyScript   = redis.NewScript(applySource)
	settleScript  = redis.NewScript(settleSource)
	closeScript   = redis.NewScript(closeSource)
	openScript    = redis.NewScript(openSource)
	readScript    = redis.NewScript(readSource)
	correctScript = redis.NewScript(correctSource)
	lockScript    = redis.NewScript(lockSource)
	flyingScript  = redis.NewScript(flyingSource)
	retireScript  = redis.NewScript(retireSource)
	resendScript  = redis.NewScript(resendSource)
)

// admitKeys is how many keys stand before those of request IDs in a call of admit.lua.
const admitKeys = 6

// admitSizes are for how many request IDs there is a variant of admit.lua: few, so that
// Redis has to keep few, and close enough that little is read in vain.
var admitSizes = []int{0, 1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192, maxBatch}

var (
	admitOnce     = make([]sync.Once, len(admitSizes))
	admitVariants = make([]*redis.Script, len(admitSizes))
)

// admitScript returns the variant of admit.lua for a number of request IDs, and how many
// keys more than that it has.
func admitScript(requests int) (script *redis.Script, padding int) {
	at, _ := slices.BinarySearch(admitSizes, requests)
	admitOnce[at].Do(func() { admitVariants[at] = redis.NewScript(admitVariant(admitSizes[at])) })
	return admitVariants[at], admitSizes[at] - requests
}

// admitPage is how many keys are read in one command; Lua passes no more than some 250
// values to a function.
const admitPage = 64

// admitVariant is admit.lua with its two lines for the keys of request IDs written out.
func admitVariant(requests int) string {
	var read, written strings.Builder
	for from := 0; from < requests; from += admitPage {
		to := min(from+admitPage, requests)
		read.WriteString("for i, id in ipairs(redis.call('MGET'")
		for n := from; n < to; n++ {
			fmt.Fprintf(&read, ", KEYS[%d]", admitKeys+1+n)
		}
		fmt.Fprintf(&read, ")) do remembered[%d + i] = id end\n", from)
	}
	for n := range requests {
		fmt.Fprintf(&written, "if minted[%d] then redis.call('SET', KEYS[%d], minted[%d], 'EX', ARGV[2]) end\n",
			n+1, admitKeys+1+n, n+1)
	}
	return strings.NewReplacer(
		"-- EACH read: remembered[1…] = what the keys of request IDs hold\n", read.String(),
		"-- EACH written: the keys of request IDs = minted[1…]\n", written.String(),
	).Replace(admitSource)
}
