package response

import (
	"io"
	"net/http"

	"github.com/zeromicro/go-zero/core/logx"
)

const markdownType = "text/markdown; charset=utf-8"

// SetLanguage says which language an answer is in, and that the request has chosen it.
func SetLanguage(w http.ResponseWriter, language string) {
	w.Header().Set("Content-Language", language)
	w.Header().Add("Vary", "Accept-Language")
}

// SendMarkdown answers with a text of Markdown in a language.
func SendMarkdown(w http.ResponseWriter, r *http.Request, language, text string) {
	SetLanguage(w, language)
	w.Header().Set(contentType, markdownType)
	if _, err := io.WriteString(w, text); err != nil {
		logx.WithContext(r.Context()).Infof("write a runbook: %v", err)
	}
}
