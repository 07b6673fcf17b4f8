package view

import (
	"bytes"
	"encoding/json"
	"fmt"

	"seckill/internal/seckill"
	"seckill/internal/types"
	"seckill/model"
)

// Audit returns the shapes of rows of the audit.
func Audit(rows []*model.SeckillAudit) ([]types.AuditEntry, error) {
	entries := make([]types.AuditEntry, len(rows))
	for i, row := range rows {
		detail, err := Object(row.Detail)
		if err != nil {
			return nil, fmt.Errorf("read detail of audit row %d: %w", row.Id, err)
		}
		entries[i] = types.AuditEntry{
			Id: row.Id, Actor: row.Actor, Action: row.Action, Target: row.Target,
			Detail: detail, CreatedAt: seckill.FormatTime(row.CreatedAt),
		}
	}
	return entries, nil
}

// Object reads a JSON object as it is stored, its numbers as they are written: IDs are
// greater than what a float64 holds.
func Object(text string) (map[string]any, error) {
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("read JSON object: %w", err)
	}
	return object, nil
}
