package preflight

import (
	"slices"
	"time"
)

// Area is what a check is about.
type Area string

// The areas, in the order in which they are shown.
const (
	AreaRedis    Area = "redis"
	AreaPostgres Area = "postgres"
	AreaService  Area = "service"
	AreaProduct  Area = "product"
)

// Level is what a check has come to.
type Level string

// The levels. Only LevelFail says no to a sale.
const (
	LevelOK      Level = "ok"
	LevelWarn    Level = "warn"    // it can be sold, but somebody should look; or we cannot
	LevelFail    Level = "fail"    // no sale like this
	LevelSkipped Level = "skipped" // what it depends on has failed
)

// Check is one thing that has to be right before a sale.
type Check struct {
	Code      string   // its name for good, and that of its runbook
	Area      Area     // what it is about
	Level     Level    // the worst that it comes to: LevelFail or LevelWarn
	DependsOn []string // codes of checks without which it means nothing
	Name      string   // what holds when it is well
	Expected  string   // what should be seen
	Impact    string   // what happens to a sale when it does not hold
	Action    string   // what mends it, where the facts do not say better

	Run func(f *Facts) Finding // decides over the facts alone
}

// Finding is what a check has seen. The zero Level is LevelOK.
type Finding struct {
	Level    Level
	Observed string
	Action   string // the command that mends it; "" = the check's own
	Message  string // in a sentence; "" = made of the rest
}

// Result is a check with what it has come to.
type Result struct {
	Code     string
	Area     Area
	Level    Level
	Name     string
	Observed string
	Expected string
	Impact   string
	Action   string // "" where nothing has to be done
	Runbook  string
	Message  string
}

// Report is the whole of one pre-flight.
type Report struct {
	Go        bool      // no check has failed
	ProductID int64     // 0 = of no product
	StartsAt  time.Time // of the sale; zero = it has no start, or no product was asked for
	RanAt     time.Time
	Took      time.Duration
	Results   []Result // in the order of the checks
}

// Checks are all checks, each behind those that it depends on.
func Checks() []Check {
	return slices.Concat(redisChecks, postgresChecks, serviceChecks, productChecks)
}

// Judge decides over facts. The checks of a product are left out where there are no facts
// of one.
func Judge(f *Facts) Report {
	report := Report{Go: true, RanAt: f.RanAt}
	if f.Product != nil {
		report.ProductID, report.StartsAt = f.Product.ProductID, f.Product.Sale.StartsAt
	}
	levels := map[string]Level{}
	for _, check := range Checks() {
		if check.Area == AreaProduct && f.Product == nil {
			continue
		}
		result := check.judge(f, levels)
		levels[check.Code] = result.Level
		report.Go = report.Go && result.Level != LevelFail
		report.Results = append(report.Results, result)
	}
	return report
}

// judge runs a check unless one of those that it depends on has not held.
func (c *Check) judge(f *Facts, levels map[string]Level) Result {
	for _, code := range c.DependsOn {
		if levels[code] == LevelFail || levels[code] == LevelSkipped {
			return c.result(Finding{Level: LevelSkipped, Observed: "not looked at", Message: "Not looked at: " + code + " comes first."})
		}
	}
	return c.result(c.Run(f))
}

func (c *Check) result(found Finding) Result {
	r := Result{
		Code: c.Code, Area: c.Area, Level: found.Level, Name: c.Name, Observed: found.Observed, Expected: c.Expected,
		Impact: c.Impact, Action: found.Action, Runbook: c.Code, Message: found.Message,
	}
	if r.Level == "" {
		r.Level = LevelOK
	}
	if r.Level == LevelOK || r.Level == LevelSkipped {
		r.Action = ""
	} else if r.Action == "" {
		r.Action = c.Action
	}
	if r.Message == "" {
		r.Message = c.message(&r)
	}
	return r
}

func (c *Check) message(r *Result) string {
	if r.Level == LevelOK {
		return c.Name + ": " + r.Observed + "."
	}
	return "Expected " + c.Expected + "; found " + r.Observed + ". It means: " + c.Impact + "."
}

// seen is a finding that all is well.
func seen(observed string) Finding { return Finding{Observed: observed} }

// unseen is a finding that the server does not let us look. It is never more than a warning:
// whoever operates the server has to look.
func unseen(what string, err error) Finding {
	return Finding{
		Level: LevelWarn, Observed: "not visible",
		Message: "The service may not look at " + what + " (" + reasonOf(err) + "): look yourself, with the rights of an administrator.",
	}
}
