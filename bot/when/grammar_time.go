package when

// clockRule reads times of day.
func (g *grammar) clockRule(i int) []hit {
	var hits []hit
	if h, ok := g.digital(i); ok {
		hits = append(hits, h)
	}
	hits = append(hits, g.fullHour(i)...)
	hits = append(hits, g.spokenClock(i)...)
	hits = append(hits, g.bareHour(i)...)
	if s, ok := g.sense(i, kZone); ok {
		hits = append(hits, hit{end: i + 1, said: said{has: fZone, zone: s.n}})
	}
	return hits
}

func clocked(end, minute int) hit {
	return hit{end: end, said: said{has: fClock, clock: clock{minute: minute}}}
}

// openClock returns a clock that leaves morning or evening open, unless the hour says it.
func openClock(end, minute int) hit {
	h := clocked(end, minute)
	if minute < 13*60 {
		h.said.clock = clock{minute: minute % (12 * 60), open: true}
	}
	return h
}

// digital reads 14:30, 14:30 Uhr, 14.30 Uhr, 14.30, 3:30pm, 14h30, 1430 Uhr.
func (g *grammar) digital(i int) (hit, bool) {
	hour, sep, minute := g.at(i), g.at(i+1), g.at(i+2)
	if hour.digits == 4 && g.is(i+1, kUhr) && hour.num/100 < 24 && hour.num%100 < 60 {
		return clocked(i+2, hour.num/100*60+hour.num%100), true
	}
	if hour.digits == 0 || hour.digits > 2 || minute.digits != 2 || minute.num > 59 || !sep.glued || !minute.glued || g.insideNumber(i) {
		return hit{}, false
	}
	h := clocked(i+3, hour.num*60+minute.num)
	if sep.text == ":" && g.glued(h.end, ":") && g.at(h.end+1).digits == 2 {
		h.end += 2 // seconds
	}
	if next := g.at(h.end); next.glued && (next.digits > 0 || next.text == "." && g.at(h.end+1).digits > 0 && g.at(h.end+1).glued) {
		return hit{}, false
	}
	switch {
	case sep.text == "." && minute.num <= 12 && (g.glued(h.end, ".") || g.is(i-1, kUntil)):
		return hit{}, false // "bis 5.12."
	case sep.text == "." && !g.is(h.end, kUhr) && !g.meridiem(h.end):
		h.cost, h.said.weak = 4, true // more likely a date or a version
		if g.is(i-1, kClockAt) {
			h.cost = 1
		}
	case sep.text != ":" && sep.text != "." && sep.text != "h":
		return hit{}, false
	}
	return g.clockEnd(h, hour.num)
}

// insideNumber reports whether the number at i continues another: an address, a version, a sum.
func (g *grammar) insideNumber(i int) bool {
	if !g.at(i).glued || g.at(i-2).digits == 0 {
		return false
	}
	switch g.at(i - 1).text {
	case ":", ".", ",", "/":
		return true
	}
	return false
}

// clockEnd reads what may follow a digital time, and refuses hours that no clock shows.
func (g *grammar) clockEnd(h hit, hour int) (hit, bool) {
	if g.meridiem(h.end) {
		return g.withMeridiem(h, hour)
	}
	named := g.is(h.end, kUhr)
	if named {
		h.end++
	}
	h.said.bad = h.said.clock.minute > 24*60
	return h, named || !h.said.bad
}

// meridiem reports whether am, pm, a.m. or p.m. begins at i.
func (g *grammar) meridiem(i int) bool {
	_, end := g.readMeridiem(i)
	return end > i
}

func (g *grammar) readMeridiem(i int) (half, end int) {
	if s, ok := g.sense(i, kMeridiem); ok {
		after := g.at(i+1).digits > 0 || g.is(i+1, kWeekday) || g.is(i+1, kShortDay) || g.is(i+1, kNext) || g.is(i+1, kComing)
		german := s.n == 0 && !g.at(i).glued && after
		if german && g.lang != english {
			return 0, i // "14 am Freitag"
		}
		return s.n, i + 1
	}
	t := g.at(i).text
	if t != "a" && t != "p" || !g.glued(i+1, ".") || !g.sign(i+2, "m") {
		return 0, i
	}
	end = i + 3
	if g.glued(end, ".") {
		end++
	}
	if t == "p" {
		return 12, end
	}
	return 0, end
}

func (g *grammar) withMeridiem(h hit, hour int) (hit, bool) {
	half, end := g.readMeridiem(h.end)
	if h.end = end; hour > 12 {
		return h, half == 12 && hour < 24 // "15:00 pm"
	}
	h.said.clock.minute = h.said.clock.minute%(12*60) + half*60
	return h, true
}

// fullHour reads an hour that says it is one: 9 Uhr, 17h, neun Uhr, 16 Uhr 45, 10am, three o'clock.
func (g *grammar) fullHour(i int) []hit {
	hour, j, ok := g.number(i)
	if !ok || g.at(i).digits > 2 || g.insideNumber(i) {
		return nil
	}
	h := clocked(j, hour*60)
	if minute, end, ok := g.number(j); ok && g.inWords(i, j) && hour > 0 && hour <= 12 && minute >= 10 && minute < 60 {
		j, h = end, openClock(end, hour*60+minute) // "five thirty"
		h.cost = 2
		if !g.meridiem(j) {
			return []hit{h}
		}
	}
	switch {
	case g.meridiem(j):
		if h, ok := g.withMeridiem(h, hour); ok && !g.article(i) {
			return []hit{h}
		}
	case g.is(j, kOclock):
		return []hit{openClock(j+1, hour*60)}
	case g.is(j, kUhr):
		h.end, h.said.bad = j+1, hour > 24
		minute, end, ok := g.number(j + 1)
		spoken := g.at(j+1).digits == 0 && minute > 1 || g.at(j+1).digits == 2
		if ok && spoken && minute < 60 && hour < 24 && g.endsNumber(end) && !g.sign(end, ".") {
			return []hit{clocked(end, hour*60+minute), h}
		}
		return []hit{h}
	}
	return nil
}

// inWords reports whether two numbers of English are written out.
func (g *grammar) inWords(i, j int) bool {
	return g.lang&english != 0 && g.at(i).digits == 0 && g.at(j).digits == 0 && !g.article(i) && !g.article(j)
}

// article reports whether the number at i is only an article.
func (g *grammar) article(i int) bool {
	switch g.at(i).text {
	case "a", "an", "ein", "eine", "einem", "einer", "einen", "eines":
		return true
	}
	return false
}

// spokenClock reads half hours, quarters and minutes around an hour: halb drei, viertel nach acht, dreiviertel neun,
// fünf vor halb drei, half past two, a quarter to five, 5 minutes to 12.
func (g *grammar) spokenClock(i int) []hit {
	if g.sign(i, "a") && g.is(i+1, kQuarter) {
		i++
	}
	switch {
	case g.is(i, kThree):
		return g.fromHour(i+1, -15)
	case g.is(i, kHalf):
		return g.halfHour(i, 0)
	case g.is(i, kQuarter):
		if side, ok := g.side(i + 1); ok {
			return g.fromHour(i+2, 15*side)
		}
		if g.sign(i, "viertel") {
			return g.fromHour(i+1, -45)
		}
		return nil
	}
	n, j, ok := g.number(i)
	if !ok || n == 0 || n > 29 || g.article(i) || g.insideNumber(i) {
		return nil
	}
	if end, ok := g.isUnit(j, minutes); ok {
		j = end
	} else if g.sign(j, "to") && n%5 != 0 {
		return nil
	}
	side, ok := g.side(j)
	switch {
	case !ok:
		return nil
	case g.is(j+1, kHalf):
		return g.halfHour(j+1, n*side)
	}
	return g.fromHour(j+1, n*side)
}

// halfHour reads "halb drei", "half past two" and "half two", all of them 2:30, moved by some minutes.
func (g *grammar) halfHour(i, off int) []hit {
	switch {
	case g.sign(i, "half") && g.sign(i+1, "past"):
		return g.fromHour(i+2, 30+off)
	case g.sign(i, "half"):
		return g.fromHour(i+1, 30+off)
	case g.sign(i, "halb"):
		return g.fromHour(i+1, -30+off)
	}
	return nil
}

// side tells minutes after the hour from minutes before it.
func (g *grammar) side(i int) (side int, ok bool) {
	switch g.at(i).text {
	case "nach", "past", "after":
		return 1, true
	case "vor", "to", "before", "till":
		return -1, true
	}
	return 0, false
}

// fromHour reads an hour and returns the time some minutes from it.
func (g *grammar) fromHour(i, off int) []hit {
	hour, end, ok := g.number(i)
	if !ok || hour > 24 || g.article(i) || !g.endsNumber(end) {
		return nil
	}
	h := clocked(end, (hour*60+off+24*60)%(24*60))
	if hour <= 12 || hour == 24 {
		h = openClock(end, (hour*60+off+12*60)%(12*60))
	}
	if g.is(end, kUhr) || g.is(end, kOclock) {
		h.end++
	}
	if g.meridiem(h.end) {
		half, after := g.readMeridiem(h.end)
		h = clocked(after, h.said.clock.minute%(12*60)+half*60)
	}
	return []hit{h}
}

// bareHour reads an hour that only a preposition or a day before it tells from any other number.
func (g *grammar) bareHour(i int) []hit {
	if g.is(i, kClockAt) || g.is(i, kAbout) || g.sign(i, "@") {
		hour, end, ok := g.number(i + 1)
		if !ok || hour > 24 || g.at(i+1).digits > 2 || !g.endsNumber(end) || g.article(i+1) {
			return nil
		}
		h := openClock(end, hour*60)
		h.cost, h.said.loose = 2, g.is(i, kAbout)
		h.said.weak = h.said.loose
		return []hit{h}
	}
	hour := g.at(i)
	if hour.digits == 0 || hour.digits > 2 || hour.num > 24 || hour.glued || !g.endsNumber(i+1) {
		return nil
	}
	h := openClock(i+1, hour.num*60)
	h.cost, h.said.weak, h.said.bare, h.said.loose = 6, true, true, true
	return []hit{h}
}

// endsNumber reports whether a number that ends before i stands by itself, and counts nothing.
func (g *grammar) endsNumber(i int) bool {
	if g.is(i, kUhr) || g.is(i, kOclock) {
		return true
	}
	if g.is(i, kMonth) || g.is(i, kUnit) || g.is(i, kWeekNo) {
		return false
	}
	switch t := g.at(i); t.text {
	case ".", ",", ":", "/", "-":
		return !t.glued || !g.at(i+1).glued
	case "%", "€", "$":
		return false
	default:
		return !t.glued || !t.word && t.digits == 0
	}
}

// timeFollows reports whether a number before i belongs to a clock.
func (g *grammar) timeFollows(i int) bool {
	return g.glued(i, ":") || g.is(i, kUhr) || g.meridiem(i) || g.is(i, kOclock)
}
