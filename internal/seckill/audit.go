package seckill

import "strconv"

// ServiceActor is who the service itself is in the audit: what nobody has asked for.
const ServiceActor = "seckill"

// LetterTarget begins the name of a dead letter in the audit; its ID follows.
const LetterTarget = "dead_letter:"

// ProductTarget names a product in the audit.
func ProductTarget(productID int64) string { return "product:" + strconv.FormatInt(productID, 10) }

// OrderTarget names an order in the audit.
func OrderTarget(orderID int64) string { return "order:" + strconv.FormatInt(orderID, 10) }
