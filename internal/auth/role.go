package auth

import (
	"net/http"
	"path"
	"strings"
)

// Role is the claim `role` of a token (contract section 6, "Tokens").
type Role string

// The roles, from the smallest to the greatest.
const (
	// RoleBFF may call everything under /api/v1.
	RoleBFF Role = "bff"
	// RoleViewer may read everything under /api/v1 and /admin/v1.
	RoleViewer Role = "viewer"
	// RoleOperator may call everything.
	RoleOperator Role = "operator"
)

const (
	apiPrefix   = "/api/v1"
	adminPrefix = "/admin/v1"
)

// Known reports whether r is one of the three roles.
func (r Role) Known() bool {
	return r == RoleBFF || r == RoleViewer || r == RoleOperator
}

// Allows reports whether a caller of this role may call method on the path of a
// request. The path is cleaned as go-zero's router cleans it: judged as it came,
// /api/v1/../../admin/v1/logs would pass for a path under /api/v1.
func (r Role) Allows(method, requestPath string) bool {
	cleaned := path.Clean(requestPath)
	api, admin := under(cleaned, apiPrefix), under(cleaned, adminPrefix)
	switch r {
	case RoleOperator:
		return true
	case RoleViewer:
		return (api || admin) && (method == http.MethodGet || method == http.MethodHead)
	case RoleBFF:
		return api
	default:
		return false
	}
}

// under reports whether p is prefix or stands below it.
func under(p, prefix string) bool {
	return p == prefix || strings.HasPrefix(p, prefix+"/")
}
