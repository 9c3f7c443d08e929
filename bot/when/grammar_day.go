package when

import "time"

// nearRule reads days counted from today: "übermorgen", "the day after tomorrow", "jetzt".
func (g *grammar) nearRule(i int) []hit {
	var hits []hit
	if s, ok := g.sense(i, kNear); ok {
		hits = append(hits, hit{end: i + 1, said: said{has: fNear, near: s.n, weak: g.at(i).guessed}})
	}
	if end, ok := g.spelled(i, "day after tomorrow"); ok && g.lang&english != 0 {
		hits = append(hits, hit{end: end, said: said{has: fNear, near: 2}})
	}
	if g.is(i, kNow) {
		hits = append(hits, hit{end: i + 1, said: said{has: fNow, weak: true}})
	}
	return hits
}

// whichWord reads what tells days and spans of the same name apart: "nächsten", "this coming", "übernächsten".
func (g *grammar) whichWord(i int) (w which, end int) {
	switch {
	case g.is(i, kComing):
		return whichComing, i + 1
	case g.is(i, kNext):
		return whichNext, i + 1
	case g.is(i, kAfterNext):
		return whichAfterNext, i + 1
	case g.is(i, kLast):
		return whichLast, i + 1
	case g.is(i, kEvery):
		return whichEvery, i + 1
	case g.is(i, kThis) && (g.is(i+1, kComing) || g.is(i+1, kNext)):
		return whichComing, i + 2
	case g.is(i, kThis):
		return whichThis, i + 1
	}
	return whichAny, i
}

// weekdayRule reads a weekday with what stands around it: "nächsten Freitag", "the Monday after next", "Friday week".
func (g *grammar) weekdayRule(i int) []hit {
	w, j := g.whichWord(i)
	if _, end, ok := g.ordinal(j); w == whichEvery && (ok || g.sign(j, "other")) {
		j = max(end, j+1) // every second one repeats, too
	}
	s, lone, ok := g.weekday(j)
	if !ok {
		return nil
	}
	h := hit{end: j + 1, said: said{has: fWeekday, weekday: time.Weekday(s.n), which: w}}
	h.said.weak = g.at(j).guessed || len(g.at(j).text) < 5 && w == whichAny
	if s.kind == kEachDay {
		h.said.which = whichEvery
	}
	if w != whichAny {
		return []hit{h}
	}
	h.said.lone = lone
	if end, ok := g.spelled(h.end, "after next"); ok {
		h.end, h.said.which = end, whichAfterNext
	}
	hits := []hit{h}
	if g.sign(h.end, "week") && g.lang&english != 0 {
		later := h
		later.end++
		later.said.has |= fShift
		later.said.shift = weeks.of(1)
		hits = append(hits, later)
	}
	return hits
}

// weekday reads a name or abbreviation. An abbreviation that is an everyday word is lone unless it is written like a
// name: "So" or "so.", but not "so".
func (g *grammar) weekday(i int) (s sense, lone, ok bool) {
	for _, k := range []kind{kWeekday, kEachDay} {
		if s, ok := g.sense(i, k); ok {
			return s, false, true
		}
	}
	s, ok = g.sense(i, kShortDay)
	everyday := g.sign(i, "so") || g.sign(i, "do")
	return s, everyday && !g.at(i).upper && !g.glued(i+1, "."), ok
}

// nthRule reads the position of a day in a span: "erster Montag", "letzter Werktag", "first day". The next working day
// needs no span.
func (g *grammar) nthRule(i int) []hit {
	n, end, ok := g.ordinal(i)
	if g.is(i, kLast) {
		n, end, ok = -1, i+1, true
	}
	if !ok {
		if after, ok := g.isUnit(i+1, workdays); ok && g.is(i, kNext) {
			return []hit{{end: after, said: said{has: fShift, shift: workdays.of(1)}}}
		}
		return nil
	}
	for _, u := range []unit{workdays, days} {
		if after, ok := g.isUnit(end, u); ok {
			return []hit{{end: after, said: said{has: fNth, nth: n, nthUnit: u}}}
		}
	}
	if s, _, ok := g.weekday(end); ok {
		return []hit{{end: end + 1, said: said{has: fNth | fWeekday, nth: n, weekday: time.Weekday(s.n)}}}
	}
	return nil
}
