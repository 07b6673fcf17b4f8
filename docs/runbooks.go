package docs

import "embed"

// Runbooks are the runbooks of alerts, each at LANGUAGE/runbooks/ALERT.md, as the service
// shows them; what a go:embed names must lie below the package.
//
//go:embed en/runbooks zh/runbooks
var Runbooks embed.FS
