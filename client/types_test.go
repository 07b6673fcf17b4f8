package client_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"seckill/client"
	"seckill/internal/types"
)

// shapes pairs each shape of seckill.api with the client's own.
var shapes = [][2]reflect.Type{
	{reflect.TypeFor[types.AttemptResponse](), reflect.TypeFor[client.Attempt]()},
	{reflect.TypeFor[types.AttemptItem](), reflect.TypeFor[client.NewAttempt]()},
	{reflect.TypeFor[types.ResultResponse](), reflect.TypeFor[client.Result]()},
	{reflect.TypeFor[types.ResultOrder](), reflect.TypeFor[client.ResultOrder]()},
	{reflect.TypeFor[types.Log](), reflect.TypeFor[client.Log]()},
	{reflect.TypeFor[types.LogPage](), reflect.TypeFor[client.Page[client.Log]]()},
	{reflect.TypeFor[types.LogChange](), reflect.TypeFor[client.LogChange]()},
	{reflect.TypeFor[types.LogOutcome](), reflect.TypeFor[client.LogOutcome]()},
	{reflect.TypeFor[types.SummaryResponse](), reflect.TypeFor[client.Summary]()},
	{reflect.TypeFor[types.StreamState](), reflect.TypeFor[client.Stream]()},
	{reflect.TypeFor[types.StreamConsumer](), reflect.TypeFor[client.StreamConsumer]()},
	{reflect.TypeFor[types.PendingEntry](), reflect.TypeFor[client.PendingEntry]()},
	{reflect.TypeFor[types.OrderResponse](), reflect.TypeFor[client.Order]()},
	{reflect.TypeFor[types.AuditEntry](), reflect.TypeFor[client.AuditEntry]()},
	{reflect.TypeFor[types.AuditPage](), reflect.TypeFor[client.Page[client.AuditEntry]]()},
	{reflect.TypeFor[types.SessionResponse](), reflect.TypeFor[client.Session]()},
	{reflect.TypeFor[types.OrderEvent](), reflect.TypeFor[client.OrderEvent]()},
	{reflect.TypeFor[types.OrderEventPage](), reflect.TypeFor[client.OrderEventPage]()},
	{reflect.TypeFor[types.CreateProductRequest](), reflect.TypeFor[client.NewProduct]()},
	{reflect.TypeFor[types.ChangeProductRequest](), reflect.TypeFor[client.ProductChange]()},
	{reflect.TypeFor[types.ProductResponse](), reflect.TypeFor[client.Product]()},
	{reflect.TypeFor[types.DeadLetter](), reflect.TypeFor[client.DeadLetter]()},
	{reflect.TypeFor[types.DeadLetterPage](), reflect.TypeFor[client.Page[client.DeadLetter]]()},
	{reflect.TypeFor[types.DeadLetterDetail](), reflect.TypeFor[client.DeadLetterDetail]()},
	{reflect.TypeFor[types.DeadLetterAct](), reflect.TypeFor[client.DeadLetterAct]()},
	{reflect.TypeFor[types.DeadLetterOutcome](), reflect.TypeFor[client.DeadLetterOutcome]()},
	{reflect.TypeFor[types.DeadLetterGroup](), reflect.TypeFor[client.DeadLetterGroup]()},
	{reflect.TypeFor[types.DeadLetterPreview](), reflect.TypeFor[client.DeadLetterPreview]()},
	{reflect.TypeFor[types.DeadLetterDecision](), reflect.TypeFor[client.DeadLetterDecision]()},
	{reflect.TypeFor[types.ReplayDeadLettersRequest](), reflect.TypeFor[client.DeadLetterReplay]()},
	{reflect.TypeFor[types.DeadLetterReplays](), reflect.TypeFor[client.DeadLetterReplays]()},
	{reflect.TypeFor[types.DiscardDeadLettersRequest](), reflect.TypeFor[client.DeadLetterDiscard]()},
	{reflect.TypeFor[types.DeadLetterDiscards](), reflect.TypeFor[client.DeadLetterDiscards]()},
	{reflect.TypeFor[types.BooksResponse](), reflect.TypeFor[client.Books]()},
	{reflect.TypeFor[types.LiveSecond](), reflect.TypeFor[client.LiveSecond]()},
	{reflect.TypeFor[types.LiveSample](), reflect.TypeFor[client.LiveSample]()},
	{reflect.TypeFor[types.LiveHistory](), reflect.TypeFor[client.LiveHistory]()},
	{reflect.TypeFor[types.LiveReplica](), reflect.TypeFor[client.LiveReplica]()},
	{reflect.TypeFor[types.LiveOverview](), reflect.TypeFor[client.LiveOverview]()},
	{reflect.TypeFor[types.PreflightResponse](), reflect.TypeFor[client.Preflight]()},
	{reflect.TypeFor[types.PreflightCheck](), reflect.TypeFor[client.PreflightCheck]()},
	{reflect.TypeFor[types.RunbookItem](), reflect.TypeFor[client.Runbook]()},
}

// jsonNames returns the names of the fields of a struct in JSON, sorted. go-zero's options
// stand behind the name.
func jsonNames(of reflect.Type) []string {
	var names []string
	for field := range of.Fields() {
		if field.Anonymous {
			names = append(names, jsonNames(field.Type)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestTheClientKnowsEveryFieldOfTheService(t *testing.T) {
	for _, pair := range shapes {
		if service, own := jsonNames(pair[0]), jsonNames(pair[1]); !slices.Equal(service, own) {
			t.Errorf("%v has %v, %v has %v", pair[0], service, pair[1], own)
		}
	}
}
