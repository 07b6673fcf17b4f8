package client_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seckill/client"
)

// exampleClient is what every example calls the service with.
func exampleClient(token string) *client.Client {
	c, err := client.New(client.Config{URL: serviceURL, Token: client.StaticToken(token), Timeout: time.Minute})
	if err != nil {
		panic(err)
	}
	return c
}

// exampleSale puts a product on sale and waits until it can be bought.
func exampleSale(productID, stock int64, paymentWindow time.Duration) {
	ctx, operator := context.Background(), exampleClient(operatorToken)
	defer operator.Close()
	_, err := operator.CreateProduct(ctx, client.NewProduct{
		ProductID: productID, Name: "phone", StockTotal: &stock, PaymentWindowSeconds: int64(paymentWindow.Seconds()),
	})
	for books := (client.Books{}); err == nil && books.RedisLeft == nil; time.Sleep(5 * time.Millisecond) {
		books, err = operator.Books(ctx, productID)
	}
	if err != nil {
		panic(err)
	}
}

// A click of a user, from the attempt to the order.
func ExampleClient_Buy() {
	exampleSale(9001, 1, 0)
	c, err := client.New(client.Config{URL: serviceURL, Token: client.StaticToken(bffToken)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, user := range []int64{42, 43} {
		requestID := client.NewRequestID() // one for each click
		result, err := c.Buy(ctx, 9001, user, requestID, 10*time.Second)
		switch {
		case errors.Is(err, client.CodeSoldOut):
			fmt.Println(user, "comes too late")
		case err != nil:
			fmt.Println(user, "to be repeated under the same request ID:", err)
		case result.Status == client.Success:
			fmt.Println(user, "has an order:", result.Order.Status)
		default:
			fmt.Println(user, "has none:", result.Status, result.Reason)
		}
	}
	// Output:
	// 42 has an order: CONFIRMED
	// 43 comes too late
}

// The same click arrives three times and takes one unit.
func ExampleClient_Attempt() {
	exampleSale(9002, 5, 0)
	c := exampleClient(bffToken)
	defer c.Close()

	ids := map[string]bool{}
	for range 3 {
		attempt, err := c.Attempt(context.Background(), 9002, 42, "0b7c1f9a-42")
		if err != nil {
			fmt.Println(err)
			return
		}
		ids[attempt.StreamID] = true
	}
	fmt.Println(len(ids), "attempt")
	// Output: 1 attempt
}

// What an attempt can be refused with.
func ExampleCodeOf() {
	exampleSale(9003, 0, 0)
	c := exampleClient(bffToken)
	defer c.Close()

	_, err := c.Attempt(context.Background(), 9003, 42, client.NewRequestID())
	switch client.CodeOf(err) {
	case "":
		fmt.Println("queued")
	case client.CodeSoldOut, client.CodeLimitReached, client.CodeNotStarted, client.CodeEnded, client.CodePaused:
		fmt.Println("refused:", client.CodeOf(err))
	default:
		fmt.Println("not known whether it was admitted")
	}
	// Output: refused: SOLD_OUT
}

// A page that shows how it goes.
func ExampleClient_ResultEvents() {
	exampleSale(9004, 5, 0)
	c := exampleClient(bffToken)
	defer c.Close()

	ctx := context.Background()
	if _, err := c.Attempt(ctx, 9004, 42, client.NewRequestID()); err != nil {
		fmt.Println(err)
		return
	}
	var last client.Result
	for result, err := range c.ResultEvents(ctx, 9004, 42) {
		if err != nil {
			fmt.Println(err)
			return
		}
		last = result
	}
	fmt.Println(last.Status)
	// Output: SUCCESS
}

// An order that has to be paid within ten minutes.
func ExampleClient_PayOrder() {
	exampleSale(9005, 5, 10*time.Minute)
	c := exampleClient(bffToken)
	defer c.Close()

	ctx := context.Background()
	result, err := c.Buy(ctx, 9005, 42, client.NewRequestID(), time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Order.Status)
	order, err := c.PayOrder(ctx, result.Order.OrderID, "bank-transfer-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.Status)
	_, err = c.CancelOrder(ctx, order.OrderID)
	fmt.Println(client.CodeOf(err))
	// Output:
	// PENDING_PAYMENT
	// PAID
	// ALREADY_PAID
}

// A product is put on sale, and its books are looked at.
func ExampleClient_CreateProduct() {
	c := exampleClient(operatorToken)
	defer c.Close()

	ctx := context.Background()
	product, err := c.CreateProduct(ctx, client.NewProduct{
		ProductID: 9006, Name: "phone", StockTotal: new(int64(1000)),
		StartsAt: time.Now().Add(time.Hour), EndsAt: time.Now().Add(2 * time.Hour),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(product.Status, product.Mode, *product.StockLeft)
	books, err := c.Books(ctx, 9006)
	fmt.Println(books.LiveOrders, err)
	// Output:
	// ACTIVE SETTLE 1000
	// 0 <nil>
}

// A list is fetched page by page, as it is gone through.
func ExampleList_All() {
	exampleSale(9007, 5, 0)
	c := exampleClient(bffToken)
	defer c.Close()

	ctx := context.Background()
	for user := range int64(3) {
		if _, err := c.Buy(ctx, 9007, 42+user, client.NewRequestID(), time.Minute); err != nil {
			fmt.Println(err)
		}
	}
	for log, err := range c.ProductResults(9007, client.Success).All(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(log.UserID, log.Status)
	}
	// Output:
	// 44 SUCCESS
	// 43 SUCCESS
	// 42 SUCCESS
}
