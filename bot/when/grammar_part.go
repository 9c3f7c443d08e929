package when

// daypart is a time of day in words.
type daypart struct {
	minute      int
	early, late int // minutes that "am frühen", "late" move it
	half        half
}

// half says how a part of the day completes a clock that leaves its half open.
type half uint8

const (
	beforeNoon half = iota
	aroundNoon
	afterNoon
	atNight
	noClock // combines with none
)

// The parts of the day, by index. "Morgen" is an hour earlier than "morning", as offices in the two languages are.
const (
	partEarly = iota
	partMorning
	partForenoon
	partNoon
	partAfternoon
	partEvening
	partNight
	partMidnight
	partClose
)

var dayparts = [...]daypart{
	partEarly:     {8 * 60, -60, 60, beforeNoon},
	partMorning:   {9 * 60, -120, 120, beforeNoon},
	partForenoon:  {10 * 60, -60, 60, beforeNoon},
	partNoon:      {12 * 60, 0, 60, aroundNoon},
	partAfternoon: {15 * 60, -60, 120, afterNoon},
	partEvening:   {19 * 60, -60, 120, afterNoon},
	partNight:     {23 * 60, 0, 0, atNight},
	partMidnight:  {0, 0, 0, atNight},
	partClose:     {17 * 60, 0, 0, noClock},
}

// partPhrases are parts of the day of several words; near says that they also name today.
var partPhrases = []struct {
	lang  language
	words string
	part  int
	near  bool
}{
	{english, "end of day", partClose, false},
	{english, "end of the day", partClose, false},
	{english, "end of business", partClose, false},
	{english, "close of business", partClose, false},
	{english, "close of play", partClose, false},
	{english, "end of play", partClose, false},
	{german, "ende des tages", partClose, false},
	{german, "ende des arbeitstages", partClose, false},
	{german, "am morgen", partEarly, false},
	{german, "in der frueh", partEarly, false},
	{english, "in the morning", partMorning, false},
	{english, "first thing", partMorning, false},
	{english, "tonight", partEvening, true},
}

// partRule reads parts of the day: "Nachmittag", "am frühen Abend", "this morning", "tonight", "end of day".
func (g *grammar) partRule(i int) []hit {
	var hits []hit
	for _, p := range partPhrases {
		if end, ok := g.spelled(i, p.words); ok && p.lang&g.lang != 0 {
			h := hit{end: end, said: said{has: fPart, part: p.part}}
			if p.near {
				h.said.has |= fNear
			}
			hits = append(hits, h)
		}
	}
	if g.is(i+1, kNear) && (g.is(i, kEarly) || g.is(i, kLate)) {
		return append(hits, g.aroundDay(i)...)
	}
	early, late, near := g.is(i, kEarly), g.is(i, kLate), g.is(i, kThis)
	s, ok := g.sense(i, kPart)
	if ok {
		hits = append(hits, hit{end: i + 1, cost: 1, said: said{has: fPart, part: s.n, weak: true}})
	}
	if s, ok = g.sense(i+1, kPart); !ok || !early && !late && !near {
		return hits
	}
	h := hit{end: i + 2, said: said{has: fPart, part: s.n, partOff: g.partOff(i, s.n)}}
	if near {
		h.said.has |= fNear
	}
	return append(hits, h)
}

// partOff returns how far "early" or "late" at i moves a part of the day.
func (g *grammar) partOff(i, part int) int {
	switch {
	case g.is(i, kEarly):
		return dayparts[part].early
	case g.is(i, kLate):
		return dayparts[part].late
	}
	return 0
}

// aroundDay reads "late tomorrow afternoon", where the day stands inside.
func (g *grammar) aroundDay(i int) []hit {
	part, ok := g.sense(i+2, kPart)
	if !ok {
		return nil
	}
	day, _ := g.sense(i+1, kNear)
	return []hit{{end: i + 3, said: said{has: fNear | fPart, near: day.n, part: part.n, partOff: g.partOff(i, part.n)}}}
}
