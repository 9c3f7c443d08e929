package when

import "time"

// day finds the day that was meant.
func (r resolver) day(s said) answer {
	if s.wide {
		return ask(TooWide, r.shifted(s))
	}
	switch has := s.has & dayFacts; {
	case has&fDate != 0:
		return r.checked(s, r.date(s))
	case has&fFeast != 0:
		return r.checked(s, r.feast(s))
	case has&fNear != 0, has == fShift:
		return r.checked(s, r.nearby(s))
	case has&fAnchor != 0:
		return r.anchored(s)
	case has&fNth != 0:
		return r.nth(s)
	case has&fEdge != 0:
		return r.edge(s)
	case has&fSpan != 0:
		return r.span(s)
	}
	return r.weekday(s)
}

// shifted returns the day some distance from today, or from the day near it that was said.
func (r resolver) shifted(s said) Date { return s.shift.Apply(r.today.AddDays(s.near), r.cal) }

func (r resolver) nearby(s said) answer {
	if s.which == whichEvery {
		return ask(Repeats)
	}
	if s.ago {
		return one(s.shift.back().Apply(r.today, r.cal))
	}
	d := r.shifted(s)
	if d == r.today {
		return answer{days: []Date{d}, later: []Date{d.AddDays(1)}}
	}
	return one(d)
}

// checked asks when a weekday, or a day near today, contradicts the date that was said with it.
func (r resolver) checked(s said, a answer) answer {
	if len(a.days) == 0 || a.reason != "" {
		return a
	}
	d := a.days[0]
	switch {
	case s.has&fWeekday != 0 && d.Weekday() != s.weekday:
		days := append(a.days, nearest(d, s.weekday))
		if s.has&fDate != 0 && s.month == 0 {
			days = append(days, r.dayOnWeekday(s.day, s.weekday))
		}
		return answer{reason: Mismatch, days: days, fixed: a.fixed}
	case s.has&fDate != 0 && s.has&fFeast != 0 && d != s.feast.in(d.Year):
		return answer{reason: Mismatch, days: []Date{d, s.feast.in(d.Year)}, fixed: a.fixed}
	case s.has&(fDate|fFeast) != 0 && s.has&fNear != 0 && d != r.today.AddDays(s.near):
		return ask(Mismatch, r.today.AddDays(s.near), d)
	case s.has&fDate != 0 && s.has&fSpan != 0 && s.month != 0:
		monday, last := r.bounds(s.span, 0)
		if d.Before(monday) || last.Before(d) {
			return ask(Mismatch, d)
		}
	}
	return a
}

// nearest returns the day with that weekday that is closest to d.
func nearest(d Date, w time.Weekday) Date {
	off := (int(w) - int(d.Weekday()) + 7) % 7
	if off > 3 {
		off -= 7
	}
	return d.AddDays(off)
}

// dayOnWeekday returns the next "Friday the 13th"; within five years there is one of every kind.
func (r resolver) dayOnWeekday(day int, w time.Weekday) Date {
	first := Date{r.today.Year, r.today.Month, 1}
	for n := range 60 {
		m := first.AddMonths(n)
		if d := (Date{m.Year, m.Month, day}); d.exists() && d.Weekday() == w && !d.Before(r.today) {
			return d
		}
	}
	return r.today
}

// date finds a day of a month.
func (r resolver) date(s said) answer {
	switch {
	case s.month == 0 && s.has&fSpan != 0:
		return r.inMonth(s)
	case s.month == 0:
		return r.dayOfMonth(s.day)
	case s.year != 0:
		if d := (Date{s.year, s.month, s.day}); d.exists() {
			return answer{days: []Date{d}, fixed: true}
		}
		return answer{reason: NoSuch, days: r.instead(s, s.year), fixed: true}
	}
	d := Date{r.today.Year, s.month, s.day}
	if isMonth(d.Month) && (Date{d.Year, d.Month, min(d.Day, daysIn(d.Year, d.Month))}).Before(r.today) {
		d.Year++
	}
	if !d.exists() {
		return ask(NoSuch, r.instead(s, d.Year)...)
	}
	return answer{days: []Date{d}, later: []Date{{d.Year + 1, d.Month, d.Day}}}
}

func isMonth(m time.Month) bool { return m >= time.January && m <= time.December }

// instead returns what can be offered for a date that does not exist: the month's last day and the day after it, the
// next leap year's day, or the date read month first.
func (r resolver) instead(s said, year int) []Date {
	if swapped := (Date{year, time.Month(s.day), int(s.month)}); s.swapped && swapped.exists() {
		if s.year == 0 && swapped.Before(r.today) {
			swapped.Year++
		}
		return []Date{swapped}
	}
	if !isMonth(s.month) || s.day < 29 || s.day > 31 {
		return nil
	}
	last := Date{year, s.month, daysIn(year, s.month)}
	days := []Date{last, last.AddDays(1)}
	if leap := (Date{(year/4 + 1) * 4, s.month, s.day}); leap.exists() {
		days = append(days, leap)
	}
	return days
}

// dayOfMonth finds the next month that has such a day.
func (r resolver) dayOfMonth(day int) answer {
	if day < 1 || day > 31 {
		return ask(NoSuch)
	}
	var days []Date
	first := Date{r.today.Year, r.today.Month, 1}
	for n := 0; len(days) < 2; n++ {
		m := first.AddMonths(n)
		if d := (Date{m.Year, m.Month, day}); d.exists() && !d.Before(r.today) {
			days = append(days, d)
		}
	}
	return answer{days: days[:1], later: days[1:]}
}

// inMonth finds "the first of next month".
func (r resolver) inMonth(s said) answer {
	first, _ := r.bounds(s.span, 0)
	d := Date{first.Year, first.Month, s.day}
	switch {
	case !d.exists():
		return ask(NoSuch, r.instead(said{day: s.day, month: first.Month}, first.Year)...)
	case d.Before(r.today) && s.span.rolls:
		return r.dayOfMonth(s.day)
	}
	return one(d)
}

func (r resolver) feast(s said) answer {
	if s.year != 0 {
		return answer{days: []Date{s.feast.in(s.year)}, fixed: true}
	}
	d, nextYear := s.feast.in(r.today.Year), s.feast.in(r.today.Year+1)
	if d.Before(r.today) {
		return one(nextYear)
	}
	return answer{days: []Date{d}, later: []Date{nextYear}}
}

// anchored finds the day before or after another.
func (r resolver) anchored(s said) answer {
	base := r.day(*s.anchor)
	if base.reason != "" || len(base.days) == 0 {
		return base
	}
	d := base.days[0]
	out := answer{fixed: base.fixed}
	switch {
	case s.has&fWeekday != 0 && s.amount:
		return r.checked(said{has: fWeekday, weekday: s.weekday}, answer{days: []Date{s.shift.Apply(d, r.cal)}, fixed: base.fixed})
	case s.has&fWeekday != 0:
		out.days = []Date{beside(d, s.weekday, s.before)}
	case s.week:
		out.days = []Date{s.shift.Apply(d, r.cal).monday()}
	case s.amount:
		out.days = []Date{s.shift.Apply(d, r.cal)}
	case s.before:
		out.reason, out.days = Limit, []Date{r.cal.PreviousWorkday(d)}
	default:
		out.reason, out.days = Limit, []Date{r.cal.NextWorkday(d)}
	}
	return out
}

// weekdayLater finds "Freitag in zwei Wochen". "Freitag in acht Tagen" means a week to most and is asked for.
func (r resolver) weekdayLater(s said, first Date) answer {
	if s.ago {
		return one(s.shift.back().Apply(beside(r.today, s.weekday, true), r.cal))
	}
	d := s.shift.Apply(first, r.cal)
	if s.shift.Days%7 != 0 || s.shift.Workdays != 0 {
		return ask(Which, nearest(d, s.weekday), d)
	}
	return one(d)
}

// beside returns the first such weekday after d, or the last before it.
func beside(d Date, w time.Weekday, before bool) Date {
	if before {
		return d.AddDays(-((int(d.Weekday())-int(w)+6)%7 + 1))
	}
	return d.AddDays((int(w)-int(d.Weekday())+6)%7 + 1)
}

// weekday finds a weekday by itself, "nächsten Freitag", and "Freitag in einer Woche".
func (r resolver) weekday(s said) answer {
	first := beside(r.today, s.weekday, false)
	sameWeek := first.monday() == r.today.monday()
	today := r.today.Weekday() == s.weekday
	switch {
	case s.which == whichEvery:
		return ask(Repeats, first)
	case s.has&fShift != 0:
		return r.weekdayLater(s, first)
	case s.which == whichLast:
		return answer{days: []Date{beside(r.today, s.weekday, true)}, later: []Date{first}}
	case s.which == whichNext && sameWeek:
		return ask(Which, first, first.AddDays(7))
	case s.which == whichAfterNext && sameWeek:
		return ask(Which, first.AddDays(7), first.AddDays(14))
	case s.which == whichAfterNext:
		return one(first.AddDays(7))
	case s.which == whichThis && today:
		return answer{days: []Date{r.today}, later: []Date{first}}
	case s.which == whichAny && today && s.has&(fClock|fPart) != 0:
		return answer{days: []Date{r.today, first}}
	}
	return one(first)
}
