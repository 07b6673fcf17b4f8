package rehearsal_test

import (
	"os"
	"testing"

	"seckill/internal/servertest"
)

func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }
