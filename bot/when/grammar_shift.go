package when

// amount reads a number of units, also several: "drei Tage", "half an hour", "1,5 Stunden", "2h 30min", "a few days".
func (g *grammar) amount(i int) (s said, end int, ok bool) {
	s, end, ok = g.oneAmount(i)
	for ok {
		j := end
		if g.is(j, kAnd) || g.sign(j, ",") {
			j++
		}
		if half, is := g.spelled(j, "a half"); is && j > end && s.shift == hours.of(1) {
			return said{shift: Shift{Minutes: 90}}, half, true
		}
		more, after, is := g.oneAmount(j)
		if !is {
			break
		}
		s.shift, s.wide, end = s.shift.plus(more.shift), s.wide || more.wide, after
	}
	return s, end, ok
}

func (g *grammar) oneAmount(i int) (s said, end int, ok bool) {
	n, j, counted := g.number(i)
	if !counted {
		j = i
	}
	if k, ok := g.sense(j, kHalfUnit); ok && (counted || i == j) {
		return said{shift: Shift{Minutes: k.n * max(n, 1)}}, j + 1, n <= maxShift
	}
	if s, end, ok := g.fraction(i, j, n); ok {
		return s, end, true
	}
	if g.is(j, kFew) {
		j++
		if g.sign(j, "of") {
			j++
		}
		u, end, ok := g.unit(j)
		return said{shift: u.of(3), wide: true}, end, ok
	}
	u, end, isUnit := g.unit(j)
	if !counted || !isUnit || n > maxShift || g.at(j).upper && len(g.at(j).text) == 1 {
		return said{}, i, false
	}
	return said{shift: u.of(n)}, end, true
}

// fraction reads halves and quarters: "einer halben Stunde", "half an hour", "anderthalb Stunden", "1,5 Stunden", "a
// quarter of an hour". The number n that was read between i and j stands before them.
func (g *grammar) fraction(i, j, n int) (s said, end int, ok bool) {
	sum := func(whole, k int) (said, int, bool) {
		u, end, ok := g.unit(k)
		half, halves := u.half()
		return said{shift: u.of(whole).plus(half)}, end, ok && halves && whole <= maxShift
	}
	k := j + 1
	end, and := g.spelled(j, "and a half")
	switch {
	case and && j > i:
		return sum(n, end)
	case g.is(j, kHalf):
		if g.is(k, kNumber) {
			k++
		}
		return sum(0, k)
	case g.is(j, kOneHalf):
		whole, _ := g.sense(j, kOneHalf)
		return sum(whole.n, k)
	case j > i && (g.glued(j, ",") || g.glued(j, ".")) && g.glued(k, "5"):
		return sum(n, k+1)
	case g.is(j, kQuarter) || g.is(j, kThree):
		for g.sign(k, "of") || g.sign(k, "an") {
			k++
		}
		if end, ok := g.isUnit(k, hours); ok && g.is(j, kThree) {
			return said{shift: Shift{Minutes: 45}}, end, true
		} else if ok {
			return said{shift: Shift{Minutes: 15}}, end, true
		}
	}
	return said{}, i, false
}

// shiftRule reads a distance from today: "in zwei Wochen", "+2t", "three days from now", "within 3 working days", "vor
// zwei Tagen".
func (g *grammar) shiftRule(i int) []hit {
	ago := g.sign(i, "vor")
	if ago || g.sign(i, "+") || g.is(i, kIn) || g.is(i, kWithin) {
		return g.ledShift(i, ago)
	}
	s, end, ok := g.amount(i)
	if !ok {
		return g.weekLater(i)
	}
	s.has = fShift
	switch {
	case g.is(end, kAgo):
		s.ago = true
		return []hit{{end: end + 1, said: s}}
	case g.is(end, kFrom) && (g.is(end+1, kNow) || g.is(end+1, kNear)):
		if near, ok := g.sense(end+1, kNear); ok {
			s.has |= fNear
			s.near = near.n
		}
		return []hit{{end: end + 2, said: s}}
	case g.lang&english != 0 && g.is(end, kNear) && s.shift.Days > 0 && s.shift.Days%7 == 0:
		near, _ := g.sense(end, kNear) // "a week today"
		s.has |= fNear
		s.near = near.n
		return []hit{{end: end + 1, said: s}}
	case g.sign(end, "later"), g.sign(end, "spaeter"):
		return []hit{{end: end + 1, said: s}}
	}
	return nil
}

// ledShift reads a distance behind the word or sign at i that makes it one.
func (g *grammar) ledShift(i int, ago bool) []hit {
	j := i + 1
	for g.sign(j, "von") || g.sign(j, "of") || g.sign(j, "den") || g.sign(j, "the") || g.sign(j, "about") || g.sign(j, "ca") || g.sign(j, "etwa") {
		j++
	}
	near := g.is(j, kNext) // "in den nächsten drei Tagen" is any of them
	if near {
		j++
	}
	s, end, ok := g.amount(j)
	if !ok {
		return nil
	}
	s.has, s.wide, s.ago = fShift, s.wide || near, ago
	if g.sign(end, "time") {
		end++
	}
	return []hit{{end: end, said: s}}
}

// weekLater reads the British "tomorrow week" and "today fortnight" after their day.
func (g *grammar) weekLater(i int) []hit {
	if u, end, ok := g.unit(i); ok && g.lang&english != 0 && g.is(i-1, kNear) && (g.sign(i, "week") || g.sign(i, "fortnight")) {
		return []hit{{end: end, said: said{has: fShift, shift: u.of(1)}}}
	}
	return nil
}

// anchorRule reads a distance from another day: "zwei Tage vor Weihnachten", "a week from Friday", "am Tag nach
// Ostern"; without a distance it is a limit: "vor Weihnachten".
func (g *grammar) anchorRule(i int) []hit {
	s, j, counted := g.amount(i)
	if u, end, ok := g.unit(i); !counted && ok && (u == days || u == workdays || u == weeks) {
		s, j, counted = said{shift: u.of(1), week: u == weeks}, end, true
	}
	before, after := g.is(j, kBefore), g.is(j, kAfter)
	from := counted && (g.is(j, kFrom) || g.sign(j, "on") && s.shift.Days > 0 && s.shift.Days%7 == 0)
	if s.shift.Minutes != 0 || !before && !after && !from {
		return nil
	}
	s.has, s.before, s.amount = fAnchor, before, counted
	if before {
		s.shift = s.shift.back()
	}
	s.weak = !counted
	var hits []hit
	for _, r := range g.days(j + 1) {
		h := hit{end: r.end, cost: r.cost, said: s}
		h.said.anchor = &r.said
		hits = append(hits, h)
	}
	return hits
}
