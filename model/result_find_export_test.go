package model

// FindResults is the statement, for the test of its plan.
var FindResults = findResults
