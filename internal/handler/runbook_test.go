package handler_test

import (
	"net/http"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

func TestRunbooksAreShownInTheLanguageOfTheReader(t *testing.T) {
	w := newWorld(t)
	viewer, chinese := with("Authorization", "Bearer "+w.token("viewer")), with("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")
	for path, want := range map[string]string{
		"SeckillBooksDrift":         "# SeckillBooksDrift: ",
		"SeckillBooksDrift?lang=zh": "# SeckillBooksDrift：",
		"REDIS_EVICTION":            "# REDIS_EVICTION: Redis evicts nothing\n",
	} {
		a := w.get("/admin/v1/runbooks/"+path, viewer)
		if a.status != http.StatusOK || !strings.HasPrefix(a.body, want) || a.header.Get("Content-Type") != "text/markdown; charset=utf-8" {
			t.Errorf("%s: %d %s %.80q", path, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
	a := w.get("/admin/v1/runbooks/SeckillNoConsumer", chinese)
	if !strings.Contains(a.body, "## 诊断") || a.header.Get("Content-Language") != "zh" || a.header.Get("Vary") == "" {
		t.Errorf("in Chinese: %v %.80q", a.header, a.body)
	}
	if a = w.get("/admin/v1/runbooks/SeckillNoConsumer?lang=en", chinese); !strings.Contains(a.body, "## Diagnosis") {
		t.Errorf("in English all the same: %.80q", a.body)
	}
	if a = w.send(http.MethodHead, "/admin/v1/runbooks/SeckillNoConsumer", nil); a.status != http.StatusOK || a.body != "" {
		t.Errorf("HEAD: %d %q", a.status, a.body)
	}

	var list types.RunbookList
	w.get("/admin/v1/runbooks", viewer).into(t, http.StatusOK, &list)
	kinds := map[string]int{}
	for _, item := range list.Items {
		kinds[item.Kind]++
	}
	if kinds["alert"] < 20 || kinds["check"] < 40 || len(kinds) != 2 {
		t.Errorf("%v", kinds)
	}
	w.get("/admin/v1/runbooks/none").refused(t, http.StatusNotFound, seckill.CodeRunbookNotFound, "")
	w.get("/admin/v1/runbooks?lang=fr").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "lang")
	w.get("/admin/v1/runbooks", with("Authorization", "Bearer "+w.token("bff"))).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
}
