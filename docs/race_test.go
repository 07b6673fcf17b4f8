//go:build race

package docs

func init() { raceFlags = []string{"-race"} }
