package listener_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"seckill/internal/servertest"
)

func TestMain(m *testing.M) {
	// What go-zero keeps for the life of a process.
	os.Exit(servertest.Run(m, goleak.IgnoreAnyFunction(
		"github.com/zeromicro/go-zero/core/executors.(*PeriodicalExecutor).backgroundFlush.func1")))
}
