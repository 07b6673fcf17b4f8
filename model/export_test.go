package model

// What the tests look at from outside, where they can use packages that import
// this one.
var (
	FindResult     = findResult
	CountByOutcome = countByOutcome
	FindProductIDs = findProductIDs
	FindProducts   = findProducts
	Statement      = LogFilter.statement
	OrderStatement = OrderFilter.statement
)

// Of the query of a batch.
const (
	BatchMark  = batchMark
	CopyOfLogs = copyLogs
)
