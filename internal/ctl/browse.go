package ctl

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
)

// browse opens an address in the user's browser.
func browse(ctx context.Context, address string) error {
	program, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		program = "open"
	case "windows":
		program, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	if err := exec.CommandContext(ctx, program, args...).Run(); err != nil { //nolint:gosec // the address is the user's own
		return fmt.Errorf("open the browser: %w", err)
	}
	return nil
}
