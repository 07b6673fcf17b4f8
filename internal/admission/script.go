package admission

import (
	_ "embed"

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

	admitScript   = redis.NewScript(admitSource)
	applyScript   = redis.NewScript(applySource)
	settleScript  = redis.NewScript(settleSource)
	closeScript   = redis.NewScript(closeSource)
	openScript    = redis.NewScript(openSource)
	readScript    = redis.NewScript(readSource)
	correctScript = redis.NewScript(correctSource)
	lockScript    = redis.NewScript(lockSource)
	flyingScript  = redis.NewScript(flyingSource)
	retireScript  = redis.NewScript(retireSource)
)
