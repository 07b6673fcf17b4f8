package servertest

import (
	"os/exec"
	"strings"
	"testing"
)

func TestTheProgramHasTheRaceDetectorWhenTheTestHasIt(t *testing.T) {
	path, err := BuildProgram(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "version", "-m", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	if has := strings.Contains(string(out), "-race=true"); has != raceEnabled {
		t.Errorf("the program has the race detector: %v, the test: %v", has, raceEnabled)
	}
}
