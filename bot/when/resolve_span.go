package when

import "time"

// bounds returns the first and the last day of a span, plus some spans of its kind; both are zero when a numbered week
// does not exist.
func (r resolver) bounds(s span, plus int) (first, last Date) {
	n := s.from + plus
	switch s.unit {
	case weeks:
		monday, ok := r.weekOf(s)
		if !ok {
			return Date{}, Date{}
		}
		monday = monday.AddDays(7 * n)
		return monday, monday.AddDays(6)
	case weekends:
		saturday := r.today.monday().AddDays(5 + 7*n)
		return saturday, saturday.AddDays(1)
	case months:
		return r.monthsFrom(s, 1, n)
	case quarters:
		return r.monthsFrom(s, 3, n)
	}
	year := r.today.Year + n
	if s.num != 0 {
		year = s.num
	}
	return Date{year, time.January, 1}, Date{year, time.December, 31}
}

// monthsFrom returns a month or quarter, and the n-th one after it; for a numbered one that is n years later. A numbered one
// without a year is the next that is not over.
func (r resolver) monthsFrom(s span, length, n int) (first, last Date) {
	first = Date{r.today.Year, (r.today.Month-1)/time.Month(length)*time.Month(length) + 1, 1}
	if s.num == 0 {
		first = first.AddMonths(n * length)
		return first, first.AddMonths(length).AddDays(-1)
	}
	first.Month = time.Month((s.num-1)*length + 1)
	if s.year != 0 {
		first.Year = s.year
	} else if first.AddMonths(length).AddDays(-1).Before(r.today) {
		first.Year++
	}
	first.Year += n
	return first, first.AddMonths(length).AddDays(-1)
}

// weekOf returns the Monday of a week; for a number without a year it is the first such week that is not over.
func (r resolver) weekOf(s span) (Date, bool) {
	if s.num == 0 {
		return r.today.monday(), true
	}
	if s.year != 0 {
		return mondayOf(s.year, s.num)
	}
	year, _ := r.today.ISOWeek()
	for y := year; y <= year+1; y++ {
		if monday, ok := mondayOf(y, s.num); ok && !monday.AddDays(6).Before(r.today) {
			return monday, true
		}
	}
	return Date{}, false
}

// span finds a day in a week, or asks which day of a longer span is meant.
func (r resolver) span(s said) answer {
	first, last := r.bounds(s.span, 0)
	fixed := s.span.year != 0
	switch {
	case first.IsZero():
		return ask(NoSuch)
	case last.Before(r.today) && !fixed && s.has&fWeekday == 0:
		return ask(Past)
	case s.span.unit == weekends:
		return r.weekend(s, first)
	case s.has&fWeekday != 0:
		d := first.AddDays((int(s.weekday) + 6) % 7)
		return answer{days: []Date{d}, fixed: fixed, later: []Date{d.AddDays(7)}}
	case s.span.unit != weeks:
		return answer{reason: TooWide, days: []Date{first, middleOf(s.span.unit, first), last}, fixed: fixed}
	case fixed, !first.Before(r.today) && (s.span.num != 0 || s.span.from > 0):
		return answer{days: []Date{first}, fixed: fixed}
	}
	return ask(TooWide, r.restOf(last)...)
}

// restOf returns the working days from today to the last day of the week, or that day when there are none.
func (r resolver) restOf(last Date) []Date {
	var days []Date
	for d := r.today; !last.Before(d); d = d.AddDays(1) {
		if r.cal.IsWorkday(d) {
			days = append(days, d)
		}
	}
	if days == nil {
		return []Date{last}
	}
	return days
}

// weekend finds a Saturday; on a weekend, "this" is today.
func (r resolver) weekend(s said, saturday Date) answer {
	near := r.today.monday().AddDays(5)
	inside := !r.today.Before(near)
	switch {
	case s.which == whichNext && !inside:
		return ask(Which, near, saturday)
	case s.which == whichComing && !inside:
		return one(near)
	case s.span.from == 0 && inside:
		return one(r.today)
	}
	return one(saturday)
}

// edge finds the beginning, middle or end of a span. Of a span that was not told apart from the next one ("Ende des
// Monats", "Mitte Januar") it is the next that is not over; a week is, because its end is near enough to be asked for.
func (r resolver) edge(s said) answer {
	d, ok := r.edgeIn(s, 0)
	if !ok {
		return ask(NoSuch)
	}
	following, _ := r.edgeIn(s, 1)
	switch {
	case s.span.year != 0:
		return answer{days: []Date{d}, fixed: true}
	case s.span.unit != weeks && (s.span.rolls || s.span.num != 0) && d.Before(r.today):
		return one(following)
	}
	return answer{days: []Date{d}, later: []Date{following}}
}

func (r resolver) edgeIn(s said, plus int) (Date, bool) {
	first, last := r.bounds(s.span, plus)
	switch {
	case first.IsZero():
		return Date{}, false
	case s.edge == atBegin:
		return first, true
	case s.edge == atMiddle:
		return middleOf(s.span.unit, first), true
	case s.span.unit == weeks:
		return first.AddDays(4), true
	}
	return last, true
}

// middleOf returns the Wednesday of a week, the 15th of a month or of a quarter's second month, and the first of July.
func middleOf(u unit, first Date) Date {
	switch u {
	case weeks:
		return first.AddDays(2)
	case months:
		return first.AddDays(14)
	case quarters:
		return first.AddMonths(1).AddDays(14)
	}
	return first.AddMonths(6)
}

// nth finds "the first Monday in December", "letzter Werktag des Monats"; the next one where that is left open.
func (r resolver) nth(s said) answer {
	var days []Date
	for plus := range 2 {
		first, last := r.bounds(s.span, plus)
		d, ok := r.nthIn(s, first, last)
		switch {
		case first.IsZero(), !ok:
			return ask(NoSuch)
		case s.span.year != 0:
			return answer{days: []Date{d}, fixed: true}
		case !d.Before(r.today):
			return one(d)
		case !s.span.rolls && s.span.num == 0:
			return answer{days: []Date{d}}
		}
		days = append(days, d)
	}
	return answer{days: days}
}

// nthIn counts from the front of a span, or finds the last.
func (r resolver) nthIn(s said, first, last Date) (Date, bool) {
	d, step, left := first, 1, s.nth
	if s.nth < 0 {
		d, step, left = last, -1, 1
	}
	for ; !d.Before(first) && !last.Before(d); d = d.AddDays(step) {
		if r.counts(s, d) {
			left--
		}
		if left == 0 {
			return d, true
		}
	}
	return Date{}, false
}

func (r resolver) counts(s said, d Date) bool {
	switch {
	case s.has&fWeekday != 0:
		return d.Weekday() == s.weekday
	case s.nthUnit == workdays:
		return r.cal.IsWorkday(d)
	}
	return true
}
