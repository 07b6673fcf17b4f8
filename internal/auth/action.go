package auth

import "net/http"

// actions are what a caller may be allowed to do: reading each part of the API, and each change,
// by the name that the audit has for it where it has one. The route decides who may.
var actions = []struct{ name, method, path string }{
	{"api.read", http.MethodGet, apiPrefix},
	{"admin.read", http.MethodGet, adminPrefix},
	{"attempt.create", http.MethodPost, apiPrefix + "/products/1/attempts"},
	{"order.pay", http.MethodPost, apiPrefix + "/orders/1/pay"},
	{"order.cancel", http.MethodPost, apiPrefix + "/orders/1/cancel"},
	{"product.create", http.MethodPost, adminPrefix + "/products"},
	{"product.change", http.MethodPut, adminPrefix + "/products/1"},
	{"product.pause", http.MethodPost, adminPrefix + "/products/1/pause"},
	{"product.resume", http.MethodPost, adminPrefix + "/products/1/resume"},
	{"product.end", http.MethodPost, adminPrefix + "/products/1/end"},
	{"product.stock", http.MethodPost, adminPrefix + "/products/1/stock"},
	{"product.delete", http.MethodDelete, adminPrefix + "/products/1"},
	{"books.repair", http.MethodPost, adminPrefix + "/products/1/books/repair"},
	{"logs.status", http.MethodPut, adminPrefix + "/logs/status"},
	{"dead_letter.preview", http.MethodPost, adminPrefix + "/dead-letters/1/preview"},
	{"dead_letter.replay", http.MethodPost, adminPrefix + "/dead-letters/1/replay"},
	{"dead_letter.discard", http.MethodPost, adminPrefix + "/dead-letters/1/discard"},
	{"dead_letter.reopen", http.MethodPost, adminPrefix + "/dead-letters/1/reopen"},
}

// Allowed names the actions that a role may do, such as product.pause.
func (r Role) Allowed() []string {
	allowed := []string{}
	for _, action := range actions {
		if r.Allows(action.method, action.path) {
			allowed = append(allowed, action.name)
		}
	}
	return allowed
}
