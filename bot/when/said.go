package when

import (
	"slices"
	"time"
)

// fact names one thing that a phrase has said.
type fact uint16

const (
	fNear    fact = 1 << iota // days from today
	fWeekday                  // a weekday, with or without "next"
	fNth                      // the first, the last of a span
	fSpan                     // a week, weekend, month, quarter or year
	fEdge                     // the beginning, middle or end of a span
	fDate                     // a day of a month, or of any month
	fFeast                    // a day with a name
	fShift                    // so much later
	fAnchor                   // so much before or after another day
	fNow
	fClock
	fPart // of the day
	fZone
)

const dayFacts = fNear | fWeekday | fNth | fSpan | fEdge | fDate | fFeast | fShift | fAnchor | fNow

// which tells the weekdays and spans of the same name apart.
type which uint8

const (
	whichAny which = iota
	whichThis
	whichComing
	whichNext
	whichAfterNext
	whichLast
	whichEvery
)

type edge uint8

const (
	atBegin edge = iota + 1
	atMiddle
	atEnd
)

// span is a stretch of the calendar. Named ones have a number, others lie some units from now.
type span struct {
	unit  unit
	num   int  // week, month or quarter; for a year the year itself; 0: counted from now
	year  int  // of a number; 0: the next one
	from  int  // units from now
	rolls bool // "des Monats": next month's when this month's is over
}

// clock is a time of day as it was said.
type clock struct {
	minute int  // after midnight, to 24:00
	open   bool // morning or evening was left open; minute lies before 12:00
}

// said is what the parts of a phrase have said so far. Fields count only when has names them.
type said struct {
	has fact

	near    int
	weekday time.Weekday
	which   which // of the weekday or the weekend
	nth     int   // 1…31 from the front, -1 the last; of weekdays, else of nthUnit
	nthUnit unit  // days or workdays
	span    span
	edge    edge
	day     int
	month   time.Month // 0: any month
	year    int        // of a date or feast; 0: the next one
	feast   *feast
	shift   Shift
	anchor  *said
	before  bool // the shift goes back from the anchor
	amount  bool // there is a shift from the anchor; else it is only a limit
	week    bool // the week around the anchor, shifted: its Monday
	clock   clock
	part    int // index of parts
	partOff int // minutes from the part's usual time: "am späten Nachmittag"
	zone    int // minutes east of UTC

	wide    bool // "ein paar Tage"
	ago     bool // the shift goes back from now
	bad     bool // a number that cannot be: 25:00
	swapped bool // the date exists when read month first
	weak    bool // needs company or a preposition to count inside a longer text
	lone    bool // means nothing by itself: "May", "so"
	bare    bool // a bare number for an hour, good only after a day
	loose   bool // an hour that could count something: "bis 3"
}

// joined returns what two parts say together, and false when both speak of the same thing.
func (s said) joined(t said) (said, bool) {
	if s.has&t.has != 0 {
		return said{}, false
	}
	u := s
	u.has |= t.has
	u.wide, u.ago, u.bad, u.bare = s.wide || t.wide, s.ago || t.ago, s.bad || t.bad, s.bare || t.bare
	u.weak, u.lone, u.swapped, u.loose = s.weak && t.weak, false, s.swapped || t.swapped, s.loose || t.loose
	u.joinDay(t)
	if t.has&fClock != 0 {
		u.clock = t.clock
	}
	if t.has&fPart != 0 {
		u.part, u.partOff = t.part, t.partOff
	}
	if t.has&fZone != 0 {
		u.zone = t.zone
	}
	return u, true
}

func (s *said) joinDay(t said) {
	if t.has&fNear != 0 {
		s.near = t.near
	}
	if t.has&fWeekday != 0 {
		s.weekday = t.weekday
	}
	if t.which != whichAny {
		s.which = t.which
	}
	if t.has&fNth != 0 {
		s.nth, s.nthUnit = t.nth, t.nthUnit
	}
	if t.has&fSpan != 0 {
		s.span = t.span
	}
	if t.has&fEdge != 0 {
		s.edge = t.edge
	}
	if t.has&fDate != 0 {
		s.day, s.month = t.day, t.month
	}
	if t.has&fFeast != 0 {
		s.feast = t.feast
	}
	if t.year != 0 {
		s.year = t.year
	}
	if t.has&fShift != 0 {
		s.shift = t.shift
	}
	if t.has&fAnchor != 0 {
		s.anchor, s.before, s.amount, s.week, s.shift = t.anchor, t.before, t.amount, t.week, t.shift
	}
}

// combinations are the sets of facts that together name a day.
var combinations = []fact{
	0, fNow, fNear, fWeekday, fDate, fFeast, fShift, fAnchor, fSpan,
	fNear | fWeekday, fNear | fDate, fNear | fWeekday | fDate, fNear | fFeast,
	fNear | fShift, fWeekday | fShift, fWeekday | fAnchor,
	fWeekday | fSpan, fWeekday | fDate, fWeekday | fFeast, fWeekday | fDate | fSpan, fWeekday | fDate | fFeast,
	fDate | fFeast, fDate | fSpan,
	fNth | fSpan, fNth | fWeekday | fSpan,
	fEdge | fSpan,
}

// sensible reports whether the facts so far are a complete phrase.
func (s said) sensible() bool {
	day, rest := s.has&dayFacts, s.has&^dayFacts
	switch {
	case s.lone, s.has == 0, rest&fZone != 0 && rest&fClock == 0:
		return false
	case s.bare && day&(fNear|fWeekday) == 0 && rest&fPart == 0:
		return false
	case day == fNow && rest != 0, day == fNth|fSpan && s.nthUnit == 0:
		return false
	case day&fShift != 0 && s.shift.Minutes != 0 && s.has != fShift && s.has != fShift|fNear:
		return false
	case day&fSpan != 0 && !s.fitsSpan(day):
		return false
	}
	return slices.Contains(combinations, day)
}

// fitsSpan reports whether the span is one in which the other facts can be found.
func (s said) fitsSpan(day fact) bool {
	switch day {
	case fWeekday | fSpan:
		return s.span.unit == weeks
	case fDate | fSpan, fWeekday | fDate | fSpan:
		return s.month == 0 && s.span.unit == months || s.month != 0 && s.span.unit == weeks
	case fEdge | fSpan:
		return s.span.unit != weekends
	case fNth | fWeekday | fSpan:
		return s.span.unit >= months
	}
	return true
}
