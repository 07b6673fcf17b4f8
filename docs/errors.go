package docs

import "embed"

// Errors is the reference of error codes, at LANGUAGE/reference/errors.md, for seckillctl.
//
//go:embed en/reference/errors.md zh/reference/errors.md
var Errors embed.FS
