package client_test

import (
	"encoding/json"
	"testing"

	"seckill/client"
)

func TestAnAnswerIsKeptAsItCame(t *testing.T) {
	newSale(t, 3191, 5)
	c := newClient(t, operatorToken)
	var answer client.Answer
	ctx := client.KeepAnswer(t.Context(), &answer)

	product, err := c.Product(ctx, 3191)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(answer.Body, &fields); err != nil || fields["name"] != product.Name {
		t.Errorf("kept %s: %v", answer.Body, err)
	}
	// Six digits of a second, which a time of Go does not write.
	if created, _ := fields["createdAt"].(string); len(created) != len("2026-11-11T20:00:00.000000Z") {
		t.Errorf("createdAt %q is not as the service wrote it", created)
	}
	if answer.Header.Get("Content-Type") == "" {
		t.Error("the header is not kept")
	}

	before := string(answer.Body)
	if _, err := c.Product(ctx, 3199); client.CodeOf(err) != client.CodeProductNotFound {
		t.Fatal(err)
	}
	if string(answer.Body) != before {
		t.Errorf("a refusal was kept: %s", answer.Body)
	}

	rows := 0
	for entry, err := range c.AuditStream(ctx, client.AuditFilter{Target: "product:3191"}) {
		var line client.AuditEntry
		if err != nil || json.Unmarshal(answer.Body, &line) != nil || line.ID != entry.ID {
			t.Errorf("row %d: %v, kept %s", entry.ID, err, answer.Body)
		}
		rows++
	}
	if rows == 0 {
		t.Error("no row of the audit came")
	}
}
