package openapi

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// published reads the document of the repository.
func published(t *testing.T) (*openapi3.T, string) {
	t.Helper()
	text, err := os.ReadFile("../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return document, string(text)
}

func TestTheDocumentIsValid(t *testing.T) {
	document, text := published(t)
	if err := document.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.") {
		t.Errorf("openapi = %q", document.OpenAPI)
	}
	for _, leftover := range []string{"allowEmptyValue", "x-date", "x-go", "x-www-form-urlencoded", "#/definitions/", "swagger", "formData"} {
		if strings.Contains(text, leftover) {
			t.Errorf("the document has %s in it", leftover)
		}
	}
}

func TestRoutesAskForBearerTokensUnlessTheyAreOpen(t *testing.T) {
	document, _ := published(t)
	scheme := document.Components.SecuritySchemes["token"].Value
	if scheme.Type != "http" || scheme.Scheme != "bearer" || scheme.BearerFormat != "JWT" {
		t.Errorf("scheme = %+v", scheme)
	}
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			open := path == "/healthz" || path == "/readyz" || path == "/openapi.json"
			secured := operation.Security != nil && len(*operation.Security) == 1
			if secured == open {
				t.Errorf("%s %s: secured = %v", method, path, secured)
			}
		}
	}
}

func TestEveryErrorHasABodyWithItsCodes(t *testing.T) {
	document, _ := published(t)
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			for status, response := range operation.Responses.Map() {
				if status < "400" {
					continue
				}
				content := response.Value.Content.Get("application/json")
				if content == nil {
					t.Errorf("%s %s: %s has no body", method, path, status)
				} else if status != "default" && len(content.Schema.Value.AllOf[1].Value.Properties["code"].Value.Enum) == 0 {
					t.Errorf("%s %s: %s has no codes", method, path, status)
				}
			}
		}
	}
	refused := document.Paths.Value("/api/v1/products/{productId}/attempts").Post.Responses.Value("409").Value
	codes := refused.Content.Get("application/json").Schema.Value.AllOf[1].Value.Properties["code"].Value.Enum
	if want := []any{"SOLD_OUT", "LIMIT_REACHED", "NOT_STARTED", "ENDED", "PAUSED"}; !slices.Equal(codes, want) {
		t.Errorf("codes of 409 = %v, want %v", codes, want)
	}
	if later := document.Paths.Value("/api/v1/products/{productId}/attempts").Post.Responses.Value("503").Value; later.Headers["Retry-After"] == nil {
		t.Error("503 has no Retry-After")
	}
}

func TestEventsAreAStream(t *testing.T) {
	document, _ := published(t)
	events := document.Paths.Value("/api/v1/products/{productId}/users/{userId}/result/events").Get.Responses.Value("200").Value
	if events.Content.Get("text/event-stream") == nil || events.Content.Get("application/json") != nil {
		t.Errorf("content of events = %v", events.Content)
	}
}

func TestBodiesAreCheckedByTheirSchemas(t *testing.T) {
	document, _ := published(t)
	for name, c := range map[string]struct {
		schema, body string
		good         bool
	}{
		"a number for an ID":              {"AttemptRequest", `{"userId": 1}`, true},
		"the digits of an ID":             {"AttemptRequest", `{"userId": "9007199254740993"}`, true},
		"an ID below 1":                   {"AttemptRequest", `{"userId": 0}`, false},
		"letters for an ID":               {"AttemptRequest", `{"userId": "one"}`, false},
		"no ID":                           {"AttemptRequest", `{}`, false},
		"an ID in a list":                 {"ChangeLogsRequest", `{"items":[{"productId":"1","streamId":"1-0","status":"SUCCESS"}]}`, true},
		"a status that does not exist":    {"ChangeLogsRequest", `{"items":[{"productId":1,"streamId":"1-0","status":"WON"}]}`, false},
		"a window that is taken away":     {"ChangeProductRequest", `{"startsAt": null}`, true},
		"a time":                          {"CreateProductRequest", `{"productId":1,"name":"x","startsAt":"2026-01-02T03:04:05Z"}`, true},
		"words for a time":                {"CreateProductRequest", `{"productId":1,"name":"x","startsAt":"soon"}`, false},
		"an error":                        {"Error", `{"code":"SOLD_OUT","message":"x"}`, true},
		"an error with a code of nowhere": {"Error", `{"code":"GONE","message":"x"}`, false},
		"a queued attempt":                {"AttemptResponse", `{"streamId":"1-0","status":"PROCESSING"}`, true},
		"an attempt that is not queued":   {"AttemptResponse", `{"streamId":"1-0","status":"SUCCESS"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			var body any
			if err := json.Unmarshal([]byte(c.body), &body); err != nil {
				t.Fatal(err)
			}
			err := document.Components.Schemas[c.schema].Value.VisitJSON(body, openapi3.EnableFormatValidation())
			if (err == nil) != c.good {
				t.Errorf("%s: %v", c.body, err)
			}
		})
	}
}

func TestACodeThatDoesNotExistIsRefused(t *testing.T) {
	for _, text := range []string{"NO_SUCH_CODE", "some words"} {
		swagger := `{"paths":{"/x":{"get":{"responses":{"200":{"description":"yes"},"409":{"description":"` + text + `"}}}}}}`
		if _, err := Convert([]byte(swagger), []string{"SOLD_OUT"}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
