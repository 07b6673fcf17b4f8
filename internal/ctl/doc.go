// Package ctl is seckillctl, the command line of operators: one file for each group of
// commands, each a thin layer over the methods of package client.
//
// # Where things go
//
// Data goes to standard output, in the format of -o; everything else to standard error.
// JSON is that of the API, field for field: commands keep the answer as it came
// ([client.KeepAnswer]) and print that; tables are made of what client has decoded.
//
// # How it ends
//
// [Run] returns the exit code; the codes are in exit.go. A command ends with an error, and
// exitCode alone says which code that is.
//
// # What it asks
//
// Acts that cannot be taken back go through confirm, which wants the number of the product
// typed. Which service is called, with which token, and whether it is a production, is
// decided in target.go alone.
package ctl
