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
	{reflect.TypeFor[types.CreateProductRequest](), reflect.TypeFor[client.NewProduct]()},
	{reflect.TypeFor[types.ChangeProductRequest](), reflect.TypeFor[client.ProductChange]()},
	{reflect.TypeFor[types.ProductResponse](), reflect.TypeFor[client.Product]()},
	{reflect.TypeFor[types.BooksResponse](), reflect.TypeFor[client.Books]()},
	{reflect.TypeFor[types.PreflightResponse](), reflect.TypeFor[client.Preflight]()},
	{reflect.TypeFor[types.PreflightCheck](), reflect.TypeFor[client.PreflightCheck]()},
}

// jsonNames returns the names of the fields of a struct in JSON, sorted. go-zero's options
// stand behind the name.
func jsonNames(of reflect.Type) []string {
	var names []string
	for field := range of.Fields() {
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
