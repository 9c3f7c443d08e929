package when

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
)

// Calendar knows the working days of a region. A nil Calendar is usable and knows weekends only. It is never
// changed after NewCalendar.
type Calendar struct {
	region string
	rules  []*cal.Holiday
	fixes  []fix
	extra  []Date // month and day of a company's own days, each year
}

// NewCalendar returns the calendar of a country or of a region in it, such as "DE", "DE-BY", "AT" or "CH-ZH". Days on
// which a company or a town rests besides may follow as "+MM-DD": "DE-BY +08-15 +12-24" adds Assumption Day, which is
// a holiday in the Catholic towns of Bavaria only, and Christmas Eve. The empty text knows weekends only. For an
// unknown region the error lists the known ones.
//
// "DE" and "CH" alone hold what rests in the whole country.
func NewCalendar(text string) (*Calendar, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return &Calendar{}, nil
	}
	c := &Calendar{region: strings.ToUpper(fields[0])}
	rules, ok := regions()[c.region]
	if !ok {
		return nil, fmt.Errorf("unknown region %q for holidays: want one of %s", fields[0], strings.Join(Regions(), ", "))
	}
	c.rules = rules
	for _, f := range corrections {
		if f.region == c.region {
			c.fixes = append(c.fixes, f)
		}
	}
	for _, day := range fields[1:] {
		t, err := time.Parse("2006+01-02", "2000"+day)
		if err != nil {
			return nil, fmt.Errorf("read day %q of holidays: want +MM-DD, such as +12-24", day)
		}
		c.extra = append(c.extra, Date{Month: t.Month(), Day: t.Day()})
	}
	return c, nil
}

// Regions returns the names that NewCalendar knows, sorted.
func Regions() []string { return slices.Sorted(maps.Keys(regions())) }

// Region returns the name of the region, empty when only weekends are known.
func (c *Calendar) Region() string {
	if c == nil {
		return ""
	}
	return c.region
}

// String returns the text from which NewCalendar makes an equal calendar; empty when only weekends are known.
func (c *Calendar) String() string {
	text := c.Region()
	if c != nil {
		for _, d := range c.extra {
			text += fmt.Sprintf(" +%02d-%02d", int(d.Month), d.Day)
		}
	}
	return text
}

// Holiday returns the name of the holiday on d in a language of its country, and whether there is one. A company's own
// day has an empty name.
func (c *Calendar) Holiday(d Date) (name string, ok bool) {
	if c == nil {
		return "", false
	}
	for _, f := range c.fixes {
		if f.on(d) {
			return f.name, f.name != ""
		}
	}
	for _, rule := range c.rules {
		actual, observed := rule.Calc(d.Year)
		if DateOf(actual) == d || DateOf(observed) == d {
			return rule.Name, true
		}
	}
	return "", slices.Contains(c.extra, Date{Month: d.Month, Day: d.Day})
}

// IsWorkday reports whether d is neither a Saturday nor a Sunday nor a holiday.
func (c *Calendar) IsWorkday(d Date) bool {
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	_, free := c.Holiday(d)
	return !free
}

// NextWorkday returns the first working day after d.
func (c *Calendar) NextWorkday(d Date) Date { return c.AddWorkdays(d, 1) }

// PreviousWorkday returns the last working day before d.
func (c *Calendar) PreviousWorkday(d Date) Date { return c.AddWorkdays(d, -1) }

// WorkdayAtOrBefore returns d itself when it is a working day, else the last one before it: where a reminder
// goes that falls on a holiday.
func (c *Calendar) WorkdayAtOrBefore(d Date) Date {
	if c.IsWorkday(d) {
		return d
	}
	return c.PreviousWorkday(d)
}

// AddWorkdays returns the n-th working day after d, or before it when n is negative; the count begins with the next
// day. With n = 0 it is d itself, whatever day that is.
func (c *Calendar) AddWorkdays(d Date, n int) Date {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		if d = d.AddDays(step); c.IsWorkday(d) {
			n--
		}
	}
	return d
}

// WorkdaysUntil returns how many working days lie after d up to and including other; 0 when other is not later.
func (c *Calendar) WorkdaysUntil(d, other Date) int {
	n := 0
	for d.Before(other) {
		if d = d.AddDays(1); c.IsWorkday(d) {
			n++
		}
	}
	return n
}
