package view

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"seckill/internal/types"
	"seckill/model"
)

// exportPage is how many rows an answer of all rows reads at once. Each page is a query of
// its own: a client that reads slowly holds neither a connection nor a snapshot.
const exportPage = 1000

// EachPage reads all rows of a list that descends, page by page, and hands each page to
// send; fetch returns the rows from the given ID down, at most limit.
func EachPage[T any](fetch func(last int64, limit int) ([]T, error), id func(T) int64, send func([]T) error) error {
	for last := int64(math.MaxInt64); ; {
		rows, err := fetch(last, exportPage)
		if err != nil {
			return err
		}
		if err := send(rows); err != nil || len(rows) < exportPage {
			return err
		}
		last = id(rows[len(rows)-1]) - 1
	}
}

// NDJSON writes values, one JSON object a line.
func NDJSON[T any](values []T) ([]byte, error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, v := range values {
		if err := encoder.Encode(v); err != nil {
			return nil, fmt.Errorf("encode line: %w", err)
		}
	}
	return lines.Bytes(), nil
}

// orderNames are the columns of orders in CSV, as JSON names them.
var orderNames = []string{
	"orderId", "productId", "userId", "streamId", "status", "expiresAt", "paidAt", "paymentRef", "createdAt", "updatedAt",
}

// OrdersCSV writes orders as rows of CSV, with the names of the columns before them if
// they are the first.
func OrdersCSV(orders []*types.OrderResponse, first bool) ([]byte, error) {
	var rows bytes.Buffer
	writer := csv.NewWriter(&rows)
	if first {
		_ = writer.Write(orderNames) // a buffer takes everything; Error tells all the same
	}
	for _, o := range orders {
		_ = writer.Write([]string{
			strconv.FormatInt(o.OrderId, 10), strconv.FormatInt(o.ProductId, 10), strconv.FormatInt(o.UserId, 10),
			o.StreamId, o.Status, o.ExpiresAt, o.PaidAt, o.PaymentRef, o.CreatedAt, o.UpdatedAt,
		})
	}
	writer.Flush()
	if err := writer.Error(); err != nil {
		return nil, fmt.Errorf("encode rows: %w", err)
	}
	return rows.Bytes(), nil
}

// Orders returns the shapes of orders.
func Orders(rows []*model.SeckillOrders) []*types.OrderResponse {
	orders := make([]*types.OrderResponse, len(rows))
	for i, row := range rows {
		orders[i] = Order(row)
	}
	return orders
}
