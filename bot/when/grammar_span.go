package when

// spanRule reads a stretch of the calendar: "nächste Woche", "des Monats", "the week after next", "Januar 2027",
// "Q1", and "2027" after an edge.
func (g *grammar) spanRule(i int) []hit {
	var hits []hit
	w, j := g.whichWord(i)
	if w == whichLast || w == whichEvery {
		j = i
	}
	if s, ok := g.sense(j, kMonth); ok {
		h := hit{end: j + 1, said: said{has: fSpan, span: span{unit: months, num: s.n}, weak: true}}
		h.said.lone = i == j && !g.introducedSpan(i) && len(g.at(i).text) < 6
		if y, end, ok := g.year(h.end); ok {
			h.end, h.said.span.year, h.said.lone = end, y, false
		}
		hits = append(hits, h)
	}
	if num := g.at(i + 1); g.sign(i, "q") && num.glued && num.digits == 1 && num.num >= 1 && num.num <= 4 {
		h := hit{end: i + 2, said: said{has: fSpan, span: span{unit: quarters, num: num.num}, weak: true}}
		if y, end, ok := g.yearAfterSlash(h.end); ok {
			h.end, h.said.span.year = end, y
		}
		hits = append(hits, h)
	}
	if y, end, ok := g.year(i); ok && (g.afterEdge(i) || g.is(i-1, kEndOf) || g.is(i-1, kBeginOf)) {
		hits = append(hits, hit{end: end, said: said{has: fSpan, span: span{unit: years, num: y, year: y}}})
	}
	return append(hits, g.relativeSpan(i)...)
}

// yearAfterSlash reads the year of "KW 3/2027", "KW 3/27", "Q1 2027".
func (g *grammar) yearAfterSlash(i int) (year, end int, ok bool) {
	if g.sign(i, "/") {
		return g.shortYear(i + 1)
	}
	return g.year(i)
}

// relativeSpan reads spans counted from now.
func (g *grammar) relativeSpan(i int) []hit {
	w, j := g.whichWord(i)
	s, ok := g.sense(j, kUnit)
	u := unit(s.n)
	switch {
	case ok && w == whichEvery && u >= days && !g.is(i, kNumber):
		return []hit{{end: j + 1, said: said{has: fNear, which: whichEvery}}}
	case !ok || u < weeks || u == fortnights || w == whichEvery:
		return nil
	}
	h := hit{end: j + 1, said: said{has: fSpan, span: span{unit: u}}}
	if u == weekends {
		h.said.which = w
	}
	if y, end, ok := g.year(h.end); ok && u == years && w == whichAny && g.afterEdge(i) {
		return []hit{{end: end, said: said{has: fSpan, span: span{unit: years, num: y, year: y}}}}
	}
	switch w {
	case whichLast:
		h.said.span.from = -1
	case whichNext, whichComing:
		h.said.span.from = 1
	case whichAfterNext:
		h.said.span.from = 2
	case whichAny:
		after, ok := g.spelled(h.end, "after next")
		switch {
		case ok:
			h.end, h.said.span.from = after, 2
		case g.afterEdge(i) || g.inside(i) && u != weeks || u == weekends:
			h.said.span.rolls = true
		default:
			return nil
		}
	}
	return []hit{h}
}

// afterEdge reports whether "Ende", "start of the", "mid" stand before i.
func (g *grammar) afterEdge(i int) bool {
	for i--; i >= 0; i-- {
		if g.is(i, kBegin) || g.is(i, kMiddle) || g.is(i, kEnd) || g.is(i, kEarly) || g.is(i, kLate) {
			return true
		}
		switch g.toks[i].text {
		case "der", "des", "of", "the", "-", "vom", "im", "in":
		default:
			return false
		}
	}
	return false
}

// inside reports whether "im", "of the" or the like stand before i.
func (g *grammar) inside(i int) bool {
	switch g.at(i - 1).text {
	case "im", "des", "der", "vom":
		return true
	case "the":
		return g.sign(i-2, "of") || g.sign(i-2, "in")
	}
	return false
}

// introducedSpan reports whether a preposition makes a month's name a date.
func (g *grammar) introducedSpan(i int) bool {
	switch g.at(i - 1).text {
	case "im", "in", "of", "until", "bis", "by", "ab":
		return true
	}
	return g.afterEdge(i)
}

// weekRule reads weeks with a number: "KW 50", "50. KW", "week 10 2027", "KW 3/2027".
func (g *grammar) weekRule(i int) []hit {
	var h hit
	n, after, ordinal := g.ordinal(i)
	switch num := g.at(i + 1); {
	case g.is(i, kWeekNo) && num.digits > 0 && num.digits <= 2 && !g.timeFollows(i+2):
		n, h.end = num.num, i+2
	case ordinal && g.is(after, kWeekNo) && !g.sign(after, "w"):
		h.end = after + 1
	default:
		return nil
	}
	h.said = said{has: fSpan, bad: n == 0, span: span{unit: weeks, num: n}}
	if y, end, ok := g.yearAfterSlash(h.end); ok {
		h.end, h.said.span.year = end, y
	}
	return []hit{h}
}

// edgeRule reads the beginning, middle and end of a span, also as one word with it: "Monatsende".
func (g *grammar) edgeRule(i int) []hit {
	for k, e := range map[kind]edge{kBeginOf: atBegin, kMiddleOf: atMiddle, kEndOf: atEnd} {
		s, ok := g.sense(i, k)
		switch {
		case !ok:
		case g.at(i+1).digits == 4, g.is(i+1, kMonth):
			return []hit{{end: i + 1, said: said{has: fEdge, edge: e}}}
		default:
			return []hit{{end: i + 1, said: said{has: fEdge | fSpan, edge: e, span: span{unit: unit(s.n), rolls: true}}}}
		}
	}
	if g.lang&english != 0 && (g.sign(i, "year") || g.sign(i, "years")) && g.is(i+1, kEnd) {
		return []hit{{end: i + 2, said: said{has: fEdge | fSpan, edge: atEnd, span: span{unit: years}}}}
	}
	for k, e := range map[kind]edge{kBegin: atBegin, kEarly: atBegin, kMiddle: atMiddle, kEnd: atEnd, kLate: atEnd} {
		if g.is(i, k) {
			return []hit{{end: i + 1, said: said{has: fEdge, edge: e}}}
		}
	}
	return nil
}
