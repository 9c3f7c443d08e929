package when

import "standleitung/bot/say"

// Shift is a distance on the calendar, such as the "+2t" that moves a milestone. The zero value moves nothing.
type Shift struct {
	Months   int
	Days     int
	Workdays int
	Minutes  int // elapsed time, not clock time
}

// maxShift bounds every number of units: nobody plans further ahead.
const maxShift = 2000

// ParseShift reads a distance by itself: "+2t", "+1 Woche", "+3 Werktage", "-2d", "2 Tage", "in 2 days". The sign may be
// left out; a minus turns it back. Anything else, a date too, is refused, and so are minutes and hours.
func ParseShift(text string, lang say.Language) (Shift, bool) {
	if len(text) > maxRunes {
		return Shift{}, false
	}
	g := newGrammar(text, lang)
	i, back := 0, g.sign(0, "-")
	if back || g.sign(0, "+") || g.is(0, kIn) {
		i++
	}
	s, end, ok := g.amount(i)
	switch {
	case !ok || s.wide || s.shift.Minutes != 0 || g.tail(end) != len(g.toks):
		return Shift{}, false
	case back:
		return s.shift.back(), true
	}
	return s.shift, true
}

// Apply returns the day that lies s after d: months first, then days, then working days of cal, which may be nil.
// Minutes are left out.
func (s Shift) Apply(d Date, cal *Calendar) Date {
	if s.Months != 0 {
		d = d.AddMonths(s.Months)
	}
	return cal.AddWorkdays(d.AddDays(s.Days), s.Workdays)
}

func (s Shift) back() Shift { return Shift{-s.Months, -s.Days, -s.Workdays, -s.Minutes} }

func (s Shift) plus(t Shift) Shift {
	return Shift{s.Months + t.Months, s.Days + t.Days, s.Workdays + t.Workdays, s.Minutes + t.Minutes}
}

// of returns n units as a distance.
func (u unit) of(n int) Shift {
	switch u {
	case minutes:
		return Shift{Minutes: n}
	case hours:
		return Shift{Minutes: 60 * n}
	case days:
		return Shift{Days: n}
	case workdays:
		return Shift{Workdays: n}
	case weeks, weekends:
		return Shift{Days: 7 * n}
	case fortnights:
		return Shift{Days: 14 * n}
	case months:
		return Shift{Months: n}
	case quarters:
		return Shift{Months: 3 * n}
	}
	return Shift{Months: 12 * n}
}

// half returns half of a unit, and false for those whose half is not in use.
func (u unit) half() (Shift, bool) {
	switch u {
	case hours:
		return Shift{Minutes: 30}, true
	case years:
		return Shift{Months: 6}, true
	}
	return Shift{}, false
}
