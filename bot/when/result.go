package when

import (
	"time"

	"standleitung/bot/say"
)

// Kind says what a phrase turned out to be.
type Kind int

// The kinds. The zero value is None: the text holds no date.
const (
	None     Kind = iota
	WholeDay      // a day without a time of day
	Instant       // a day and a time of day
	Unclear       // a date was meant, but which one must be asked; see Reason and Candidates
)

// Moment is a whole day or an instant on it.
type Moment struct {
	Date Date
	// Time is zero for a whole day; else the instant, in the location of Options.Now, on Date.
	Time time.Time
}

// IsDay reports whether m is a whole day.
func (m Moment) IsDay() bool { return m.Time.IsZero() }

// In returns m as an instant: itself, or for a whole day the clock time that the caller means by one.
func (m Moment) In(zone *time.Location, whole Clock) time.Time {
	if m.IsDay() {
		return At(m.Date, whole, zone)
	}
	return m.Time.In(zone)
}

// Result is what a phrase means. The zero value says that it holds no date.
type Result struct {
	Kind Kind
	// Moment is set for WholeDay and Instant.
	Moment Moment
	// Reason is set for Unclear.
	Reason Reason
	// Candidates are, for Unclear, what could have been meant, in the order of time and at most five; there may be
	// none. For Range they are its two ends. Only Past has candidates that are over: the moment that was named.
	Candidates []Moment
}

// Reason says why a date must be asked for.
type Reason string

// The reasons. The zero value means that nothing is unclear.
const (
	Which    Reason = "which"   // "nächsten Freitag": this week's or next week's
	NoSuch   Reason = "nodate"  // a day, week or time that does not exist: 30 February, week 54, 25:00
	Mismatch Reason = "weekday" // the weekday contradicts the date
	Past     Reason = "past"    // it is over: "gestern", or "heute 9 Uhr" said at noon
	TooWide  Reason = "wide"    // a span without a day: "im Januar", "this week", "in a few days"
	Limit    Reason = "limit"   // only a limit: "vor Weihnachten"
	Choice   Reason = "choice"  // "Montag oder Dienstag"
	Range    Reason = "range"   // "3. bis 5. Dezember"
	Repeats  Reason = "repeats" // "jeden Montag"
)

// Text says to a person why a question comes back; empty for an unknown reason.
func (r Reason) Text() say.Text {
	switch r {
	case Which:
		return say.T("Da kommen mehrere Termine infrage.", "That could be more than one date.")
	case NoSuch:
		return say.T("Dieses Datum oder diese Uhrzeit gibt es nicht.", "That date or time does not exist.")
	case Mismatch:
		return say.T("Wochentag und Datum passen nicht zusammen.", "The weekday does not match the date.")
	case Past:
		return say.T("Das ist schon vorbei.", "That has already passed.")
	case TooWide:
		return say.T("Das ist ein ganzer Zeitraum, es fehlt der Tag.", "That is a whole span of time; the day is missing.")
	case Limit:
		return say.T("Das ist nur eine Grenze, es fehlt der Tag.", "That is only a limit; the day is missing.")
	case Choice:
		return say.T("Das sind mehrere Termine, gebraucht wird einer.", "Those are several dates; one is needed.")
	case Range:
		return say.T("Das ist eine Zeitspanne, gebraucht wird ein Termin.", "That is a range; one date is needed.")
	case Repeats:
		return say.T("Das wiederholt sich, gebraucht wird ein Termin.", "That repeats; one date is needed.")
	}
	return say.Text{}
}
