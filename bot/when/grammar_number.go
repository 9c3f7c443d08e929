package when

// number reads digits or a word for a whole number.
func (g *grammar) number(i int) (n, end int, ok bool) {
	t := g.at(i)
	if t.digits > 0 {
		return t.num, i + 1, t.digits <= 9
	}
	s, ok := g.sense(i, kNumber)
	if !ok {
		return 0, i, false
	}
	j := i + 1
	if g.sign(j, "-") {
		j++
	}
	if ones, more := g.sense(j, kNumber); more && s.n >= 20 && s.n%10 == 0 && ones.n > 0 && ones.n < 10 {
		return s.n + ones.n, j + 1, true
	}
	return s.n, i + 1, true
}

// ordinal reads "15.", "15th" and "fünfzehnter". Digits need their dot or ending.
func (g *grammar) ordinal(i int) (n, end int, ok bool) {
	if t := g.at(i); t.digits > 0 {
		after := g.at(i + 1)
		if t.digits > 2 || !after.glued {
			return 0, i, false
		}
		switch after.text {
		case ".", "st", "nd", "rd", "th", "te", "ten", "ter":
			return t.num, i + 2, true
		}
		return 0, i, false
	}
	if s, ok := g.sense(i, kOrdinal); ok {
		return s.n, i + 1, true
	}
	tens, ok := g.sense(i, kNumber)
	if !ok || tens.n != 20 && tens.n != 30 {
		return 0, i, false
	}
	j := i + 1
	if g.sign(j, "-") {
		j++
	}
	s, ok := g.sense(j, kOrdinal)
	return tens.n + s.n, j + 1, ok && s.n < 10
}

// year reads a year of four digits between 1900 and 2199, also after a comma.
func (g *grammar) year(i int) (n, end int, ok bool) {
	if g.sign(i, ",") {
		i++
	}
	t := g.at(i)
	if t.digits != 4 || t.num < 1900 || t.num > 2199 || g.is(i+1, kUhr) || g.glued(i+1, ":") {
		return 0, i, false
	}
	return t.num, i + 1, true
}

// shortYear reads a year that follows its date at once: of four digits, or of two, meaning this century.
func (g *grammar) shortYear(i int) (year, end int, ok bool) {
	t := g.at(i)
	clock := g.glued(i+1, ":") || g.is(i+1, kUhr) || g.glued(i+1, ".") && g.at(i+2).digits > 0
	if t.digits == 2 && t.glued && !clock {
		return 2000 + t.num, i + 1, true
	}
	return g.year(i)
}

// unit reads a unit of time; "working days" are two words.
func (g *grammar) unit(i int) (u unit, end int, ok bool) {
	if t := g.at(i).text; t == "working" || t == "business" || t == "work" {
		if s, ok := g.sense(i+1, kUnit); ok && unit(s.n) == days {
			return workdays, i + 2, true
		}
	}
	s, ok := g.sense(i, kUnit)
	return unit(s.n), i + 1, ok
}

// isUnit reports whether that unit begins at i, and where it ends.
func (g *grammar) isUnit(i int, u unit) (end int, ok bool) {
	got, end, ok := g.unit(i)
	return end, ok && got == u
}
