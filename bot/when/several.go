package when

import "slices"

// several reads two dates or times with "oder" or "bis" between them: "Montag oder Dienstag", "3. bis 5. Dezember",
// "morgen 10-12 Uhr". What one side leaves out it takes from the other.
func (g *grammar) several(r resolver) Result {
	from := 0
	if g.is(0, kBetween) || g.sign(0, "am") {
		from = 1
	}
	for i := from + 1; i < len(g.toks)-1; i++ {
		reason := Choice
		switch {
		case g.is(i, kUntil), g.sign(i, "-"), g.is(i, kAnd) && g.hasBetween(i):
			reason = Range
		case !g.is(i, kOr) && !g.is(i, kAnd) && !g.sign(i, "/"):
			continue
		}
		if a, b, ok := pair(grammarOf(g.toks[from:i], g.lang), grammarOf(g.toks[i+1:], g.lang)); ok {
			return r.both(reason, a, b)
		}
	}
	return Result{}
}

func (g *grammar) hasBetween(i int) bool {
	return slices.ContainsFunc(g.toks[:i], func(t token) bool { return len(keepKind(t.senses, kBetween)) > 0 })
}

// pair reads both sides, and lends each what only the other one says.
func pair(left, right *grammar) (a, b said, ok bool) {
	first, isLeft := left.whole()
	second, isRight := right.whole()
	a, b, ok = first.said, second.said, isLeft || isRight
	switch {
	case isLeft && !isRight:
		b, ok = right.lend(a)
	case isRight && !isLeft:
		a, ok = left.lend(b)
	}
	if !ok {
		return a, b, false
	}
	switch aDay, bDay := a.has&dayFacts != 0, b.has&dayFacts != 0; {
	case aDay && !bDay:
		b, ok = dayOf(a).joined(b)
	case bDay && !aDay:
		a, ok = dayOf(b).joined(a)
	}
	return a, b, ok
}

// dayOf returns what was said of the day alone.
func dayOf(s said) said {
	s.has &= dayFacts
	return s
}

// lend reads a side that is only a number, or ends in one, as the other side b is meant: the "3." of "3. bis 5.
// Dezember", the "10" of "morgen 10-12 Uhr", the "5" of "March 1-5".
func (g *grammar) lend(b said) (said, bool) {
	last := len(g.toks) - 1
	if last > 0 && g.sign(last, ".") {
		last--
	}
	num := g.at(last)
	if num.digits == 0 || num.digits > 2 {
		return said{}, false
	}
	var a said
	switch {
	case b.has&fDate != 0 && b.has&fClock == 0:
		a = said{has: fDate, day: num.num, month: b.month, year: b.year}
	case b.has&fClock != 0 && num.num <= 24:
		a = said{has: fClock, clock: clock{minute: num.num * 60, open: b.clock.open && num.num < 12}}
	default:
		return said{}, false
	}
	if last == 0 {
		return a, true
	}
	if g.is(last-1, kBetween) {
		last--
	}
	head, ok := grammarOf(g.toks[:last], g.lang).whole()
	if !ok {
		return said{}, false
	}
	return head.said.joined(a)
}

// both resolves the two sides into one question. When a side is unclear itself, that is asked first.
func (r resolver) both(reason Reason, a, b said) Result {
	out := Result{Kind: Unclear, Reason: reason}
	for _, s := range []said{a, b} {
		side := r.result(s)
		switch side.Kind {
		case None:
			return Result{}
		case Unclear:
			return Result{Kind: Unclear, Reason: side.Reason}
		}
		out.Candidates = append(out.Candidates, side.Moment)
	}
	return out
}
