// Package rehearsal drives a sale with made-up buyers and looks into its books afterwards:
// for `seckillctl load`, which rehearses on a real service, and for `make demo`.
//
// # Open loop
//
// Buyers come when the plan says so, whether the ones before them have been answered or
// not, as people do. So a slow service shows as latency and never as fewer attempts, and
// every latency counts from the moment at which the buyer was to come, not from the one at
// which this program got round to it: whoever measures from there leaves out the very
// waits that he looks for (coordinated omission). How late the program itself was is a
// number of its own, [Report].LateMs; where that is large, the machine that rehearses is the
// bottleneck.
//
// # Only what is made for it
//
// Made-up buyers take real stock. A rehearsal runs only on a product whose name begins with
// [Prefix], and the package makes and removes such a product itself: [Create], [Remove].
//
// It calls the service through the public client alone, like any other BFF.
package rehearsal
