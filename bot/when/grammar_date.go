package when

import "time"

// stampRule reads year first: 2026-12-15, 2026/12/15, 2026-12-15T09:00:00+01:00, 2026-W50, 2026-W50-5.
func (g *grammar) stampRule(i int) []hit {
	year := g.at(i)
	sep := g.at(i + 1).text
	if year.digits != 4 || !g.at(i+1).glued || sep != "-" && sep != "/" && sep != "." {
		return nil
	}
	if sep == "-" && g.at(i+2).text == "w" {
		return g.isoWeek(i, year.num)
	}
	month, day := g.at(i+2), g.at(i+4)
	if month.digits == 0 || month.digits > 2 || day.digits == 0 || day.digits > 2 || g.at(i+3).text != sep {
		return nil
	}
	h := hit{end: i + 5, said: dated(year.num, month.num, day.num)}
	if g.sign(h.end, "t") && g.at(h.end).glued {
		return g.stampTime(h)
	}
	return []hit{h}
}

func (g *grammar) isoWeek(i, year int) []hit {
	num := g.at(i + 3)
	if num.digits == 0 || num.digits > 2 {
		return nil
	}
	h := hit{end: i + 4, said: said{has: fSpan, span: span{unit: weeks, num: num.num, year: year}}}
	if day := g.at(i + 5); g.glued(i+4, "-") && day.digits == 1 && day.num >= 1 && day.num <= 7 {
		h.end, h.said.has, h.said.weekday = i+6, fSpan|fWeekday, time.Weekday(day.num%7)
	}
	return []hit{h}
}

// stampTime reads the time after the T of RFC 3339. Seconds are dropped.
func (g *grammar) stampTime(h hit) []hit {
	hour, minute := g.at(h.end+1), g.at(h.end+3)
	if hour.digits != 2 || minute.digits != 2 || !g.glued(h.end+2, ":") || hour.num > 24 || minute.num > 59 {
		return nil
	}
	h.said.has |= fClock
	h.said.clock.minute = hour.num*60 + minute.num
	h.end += 4
	if g.glued(h.end, ":") && g.at(h.end+1).digits == 2 {
		h.end += 2
		if g.glued(h.end, ".") && g.at(h.end+1).digits > 0 {
			h.end += 2
		}
	}
	sign := g.at(h.end)
	switch {
	case sign.text == "z" && sign.glued:
		h.said.has |= fZone
		h.end++
	case (sign.text == "+" || sign.text == "-") && sign.glued && g.at(h.end+1).digits == 2 && g.glued(h.end+2, ":") && g.at(h.end+3).digits == 2:
		h.said.has |= fZone
		h.said.zone = g.at(h.end+1).num*60 + g.at(h.end+3).num
		if sign.text == "-" {
			h.said.zone = -h.said.zone
		}
		h.end += 4
	}
	return []hit{h}
}

// dated returns a date said in numbers.
func dated(year, month, day int) said {
	s := said{has: fDate, year: year, month: time.Month(month), day: day}
	s.swapped = month > 12 && month <= 31 && day <= 12 && day > 0
	return s
}

// dateRule reads numbers with the day first: 3.12., 3. 12., 03.12.2026, 3/12, 3/12/26, 3-12-2026.
func (g *grammar) dateRule(i int) []hit {
	day, sep, month := g.at(i), g.at(i+1), g.at(i+2)
	if day.digits == 0 || day.digits > 2 || month.digits == 0 || month.digits > 2 || !sep.glued {
		return nil
	}
	if sep.text != "." && (sep.text != "/" && sep.text != "-" || !month.glued) || day.num == 0 || month.num == 0 {
		return nil
	}
	if after := g.at(i + 3); after.text == ":" && after.glued || day.glued && (g.sign(i-1, ".") || g.sign(i-1, ",") || g.sign(i-1, "/")) {
		return nil
	}
	h := hit{end: i + 3}
	year, closed := 0, false
	if g.glued(h.end, sep.text) && sep.text != "-" || g.sign(h.end, "-") && sep.text == "-" {
		if y, end, ok := g.shortYear(h.end + 1); ok {
			year, closed, h.end = y, true, end
		} else if sep.text == "." {
			closed = true
			h.end++
		} else {
			return nil
		}
	}
	if year == 0 {
		if y, end, ok := g.year(h.end); ok {
			year, h.end = y, end
		}
	}
	h.said = dated(year, month.num, day.num)
	return g.numericDate(h, sep.text, closed, day, month)
}

// numericDate refuses numbers that are more likely something else: a version, a ratio, a part number.
func (g *grammar) numericDate(h hit, sep string, closed bool, day, month token) []hit {
	explicit := h.said.year != 0
	inRange := month.num <= 12 && day.num <= 31
	switch {
	case g.at(h.end).digits > 0 && g.at(h.end).glued && !closed, g.at(h.end).word && g.at(h.end).glued && !closed:
		return nil
	case g.glued(h.end, ".") && g.at(h.end+1).digits > 0 && g.at(h.end+1).glued, g.sign(h.end, "%"):
		return nil
	case sep == "-" && !explicit:
		return nil
	case sep == "/" && !explicit && (day.num == 24 && month.num == 7 || !inRange && !h.said.swapped):
		return nil
	case !explicit && !closed && sep == "." && month.num > 12:
		return nil
	case !explicit && (day.num > 39 || month.num > 31):
		return nil
	}
	if !closed && !explicit {
		h.cost, h.said.weak = 1, true
		if g.is(h.end-4, kClockAt) {
			h.cost = 4 // "um 10.12"
		}
	}
	return []hit{h}
}

// monthRule reads dates with the month in letters: 15. Dezember 2026, 15th of December, Dec 15, December 15th 2026.
func (g *grammar) monthRule(i int) []hit {
	var hits []hit
	day, end, ok := g.ordinal(i)
	if !ok && g.at(i).digits > 0 && g.at(i).digits <= 2 {
		day, end, ok = g.at(i).num, i+1, true
	}
	if ok {
		for _, end := range []int{end, g.skipOf(end)} {
			if m, is := g.sense(end, kMonth); is {
				hits = append(hits, g.withYear(hit{end: end + 1, said: dated(0, m.n, day)}))
				break
			}
		}
	}
	m, ok := g.sense(i, kMonth)
	if !ok {
		return hits
	}
	end = i + 1
	if g.sign(end, ".") {
		end++
	}
	if g.sign(end, "the") {
		end++
	}
	if day, after, ok := g.ordinal(end); ok && !g.is(after, kMonth) && !g.endsSentenceOrTime(end, after) {
		hits = append(hits, g.withYear(hit{end: after, said: dated(0, m.n, day)}))
	} else if t := g.at(end); t.digits > 0 && t.digits <= 2 && !g.timeFollows(end+1) {
		hits = append(hits, g.withYear(hit{end: end + 1, said: dated(0, m.n, t.num)}))
	}
	return hits
}

// endsSentenceOrTime keeps "März 8.30 Uhr" from being the eighth.
func (g *grammar) endsSentenceOrTime(i, after int) bool {
	return g.sign(i+1, ".") && g.at(after).digits > 0 && g.at(after).glued
}

func (g *grammar) skipOf(i int) int {
	if g.sign(i, "of") || g.sign(i, "-") || g.sign(i, "im") {
		return i + 1
	}
	return i
}

func (g *grammar) withYear(h hit) hit {
	if g.sign(h.end, ".") {
		if y, end, ok := g.year(h.end + 1); ok {
			h.said.year, h.end = y, end
		}
		return h
	}
	if y, end, ok := g.year(h.end); ok {
		h.said.year, h.end = y, end
	}
	return h
}

// dayOfMonthRule reads a day without its month: "am 15.", "the 15th", "zum ersten".
func (g *grammar) dayOfMonthRule(i int) []hit {
	day, end, ok := g.ordinal(i)
	if !ok || !g.introduced(i) && !g.is(i-1, kWeekday) {
		return nil
	}
	if t := g.at(end); t.digits > 0 && t.glued || g.is(end, kMonth) || g.is(end, kUnit) || g.is(end, kWeekNo) || day == 0 {
		return nil
	}
	return []hit{{end: end, cost: 2, said: said{has: fDate, day: day, weak: g.at(i).digits == 0}}}
}

// introduced reports whether an article or preposition stands before i.
func (g *grammar) introduced(i int) bool {
	switch g.at(i - 1).text {
	case "am", "den", "dem", "der", "zum", "vom", "the", "ab", "bis":
		return true
	}
	return false
}
