// Code scaffolded by goctl. Safe to edit.
// goctl {{.version}}

package {{.pkgName}}

import (
	{{.imports}}
)

// {{.logic}} serves one request: {{if .hasDoc}}{{slice .doc 3}}{{else}}{{.function}}{{end}}.
type {{.logic}} struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// New{{.logic}} makes the logic of one request.
func New{{.logic}}(ctx context.Context, svcCtx *svc.ServiceContext) *{{.logic}} {
	return &{{.logic}}{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// {{.function}} answers: {{if .hasDoc}}{{slice .doc 3}}{{else}}{{.function}}{{end}}.
func (l *{{.logic}}) {{.function}}({{.request}}) {{.responseType}} {
	{{.returnString}}
}
