package seckill

// Books are the accounts of a product, as they stand at one moment.
type Books struct {
	ProductID      int64
	StockTotal     *int64 // nil of a record-only product
	StockLeft      *int64
	LiveOrders     int64
	OrdersByStatus map[OrderStatus]int64
	LogsByStatus   map[Status]int64
}

// Drift is by how many units total differs from left plus live orders; 0 when the
// books balance, and of a record-only product.
func (b Books) Drift() int64 {
	if b.StockTotal == nil || b.StockLeft == nil {
		return 0
	}
	return *b.StockTotal - *b.StockLeft - b.LiveOrders
}
