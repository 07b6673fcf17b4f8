// Package bench measures the service, as a process of its own, against the limit of
// the machine in the same run. What counts are the ratios; the absolute numbers
// belong to the machine. Run it with `make bench`.
package bench
