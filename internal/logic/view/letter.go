package view

import (
	"encoding/json"
	"fmt"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"
)

// Letters returns the shapes of dead letters.
func Letters(rows []*model.SeckillDeadLetters) ([]types.DeadLetter, error) {
	letters := make([]types.DeadLetter, len(rows))
	for i, row := range rows {
		fields, err := Object(row.Fields)
		if err != nil {
			return nil, fmt.Errorf("read fields of dead letter %d: %w", row.Id, err)
		}
		letters[i] = types.DeadLetter{
			Id: row.Id, ProductId: row.ProductId, StreamId: row.StreamId, Fields: fields, Reason: row.Reason,
			Deliveries: row.Deliveries, Status: row.Status, Fingerprint: row.Fingerprint,
			CreatedAt: seckill.FormatTime(row.CreatedAt), UpdatedAt: seckill.FormatTime(row.UpdatedAt),
		}
	}
	return letters, nil
}

// LetterDetail returns the shape of a dead letter with what was done to it.
func LetterDetail(l svc.Letter) (*types.DeadLetterDetail, error) {
	letters, err := Letters([]*model.SeckillDeadLetters{l.Row})
	if err != nil {
		return nil, err
	}
	d := letters[0]
	detail := &types.DeadLetterDetail{
		Id: d.Id, ProductId: d.ProductId, StreamId: d.StreamId, Fields: d.Fields, Reason: d.Reason, Deliveries: d.Deliveries,
		Status: d.Status, Fingerprint: d.Fingerprint, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Outcome: letterOutcome(l),
	}
	detail.History, err = letterActs(l.Acts)
	return detail, err
}

func letterActs(rows []*model.SeckillAudit) ([]types.DeadLetterAct, error) {
	acts := make([]types.DeadLetterAct, len(rows))
	for i, row := range rows {
		detail, err := Object(row.Detail)
		if err != nil {
			return nil, fmt.Errorf("read detail of audit row %d: %w", row.Id, err)
		}
		note, _ := detail["note"].(string)
		before, _ := detail["before"].(map[string]any)
		after, _ := detail["after"].(map[string]any)
		acts[i] = types.DeadLetterAct{
			Actor: row.Actor, Action: row.Action, At: seckill.FormatTime(row.CreatedAt), Note: note, Before: before, After: after,
		}
	}
	return acts, nil
}

// letterOutcome is nil of a letter that is not replayed.
func letterOutcome(l svc.Letter) *types.DeadLetterOutcome {
	if l.Row.Status != string(seckill.LetterReplayed) {
		return nil
	}
	outcome := &types.DeadLetterOutcome{StreamId: l.StreamID}
	if l.Log != nil {
		outcome.Log = new(Log(l.Log))
	}
	if l.Order != nil {
		outcome.Order = Order(l.Order)
	}
	return outcome
}

// LetterGroups returns the shapes of groups of dead letters.
func LetterGroups(groups []*model.LetterGroup) ([]types.DeadLetterGroup, error) {
	items := make([]types.DeadLetterGroup, len(groups))
	for i, g := range groups {
		items[i] = types.DeadLetterGroup{
			ProductId: g.ProductId, Reason: g.Reason, Open: g.Open, Replayed: g.Replayed, Discarded: g.Discarded,
			OldestOpenAt: optionalTime(g.OldestOpenAt), NewestAt: seckill.FormatTime(g.NewestAt),
		}
		if err := json.Unmarshal([]byte(g.SampleIds), &items[i].SampleIds); err != nil {
			return nil, fmt.Errorf("read samples of dead letters: %w", err)
		}
	}
	return items, nil
}

// LetterPreview returns the shape of what a replay would do.
func LetterPreview(p ledger.Preview) (*types.DeadLetterPreview, error) {
	fields, err := Object(string(p.Fields))
	if err != nil {
		return nil, err
	}
	preview := &types.DeadLetterPreview{Valid: p.Refusal == "", Reason: string(p.Refusal), Fields: fields}
	if p.Decision != nil {
		preview.Decision = &types.DeadLetterDecision{Status: string(p.Decision.Status), Reason: string(p.Decision.Reason)}
	}
	return preview, nil
}
