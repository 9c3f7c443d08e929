package bot

import (
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// day reads an argument as a day in the person's zone; see moment.
func (r *Request) day(arg string) (when.Date, error) {
	m, err := r.moment(arg)
	return m.Date, err
}

// moment reads an argument as a day or an instant in the person's zone. A date that could be several is asked for, with
// the candidates as buttons that say the same command again.
func (r *Request) moment(arg string) (when.Moment, error) {
	said := r.Text(arg)
	now := r.Now.In(r.Person.In())
	read := when.Parse(said, when.Options{Now: now, Calendar: r.bot.calendar})
	fail := &Error{Code: Invalid, Field: arg}
	switch read.Kind {
	case when.WholeDay, when.Instant:
		return read.Moment, nil
	case when.Unclear:
		fail.Text = say.T("„{text}“: {why} Nichts geändert.", "“{text}”: {why} Nothing changed.")
		fail.Args = []any{"text", shorten(said, 40), "why", read.Reason.Text()}
		fail.Buttons = r.dayButtons(arg, now, read.Candidates)
	default:
		fail.Text = say.T("„{text}“ verstehe ich nicht als Datum. So geht es: 15.1., nächste Woche, KW 50. Nichts geändert.",
			"I don't read “{text}” as a date. It works like this: 15 Jan, next week, week 50. Nothing changed.")
		fail.Args = []any{"text", shorten(said, 40)}
	}
	return when.Moment{}, fail
}

// today is the day in the person's zone.
func (r *Request) today() when.Date { return when.DateOf(r.Now.In(r.Person.In())) }

// dayButtons offer the days that could have been meant.
func (r *Request) dayButtons(arg string, now time.Time, candidates []when.Moment) func(say.Voice) []Button {
	return func(v say.Voice) (buttons []Button) {
		for _, c := range candidates {
			args := []string{}
			for _, a := range r.Command.Args {
				if a.Kind == ArgRef {
					args = append(args, r.Text(a.Name))
				}
				if a.Name == arg {
					args = append(args, a.key(say.English)+":"+typed(c))
				}
			}
			buttons = append(buttons, Button{Label: when.SpeakShort(c, now, v.Language), Do: r.Command.do(args...)})
		}
		return buttons
	}
}

// typed writes a moment so that it is read as the same one.
func typed(m when.Moment) string {
	if m.IsDay() {
		return m.Date.String()
	}
	return m.Time.Format("2006-01-02T15:04")
}

// sayDay speaks a stored day (2006-01-02), with its weekday; "" for none.
func sayDay(v say.Voice, day string, now time.Time) string {
	d, err := when.ParseDate(day)
	if err != nil {
		return ""
	}
	return when.Day(d, when.DateOf(now), v.Language)
}

// sayNear speaks a stored day like sayDay; one that is over not long ago needs no year.
func sayNear(v say.Voice, day string, now time.Time) string {
	d, err := when.ParseDate(day)
	if err != nil {
		return ""
	}
	return sayDay(v, day, asOf(when.At(d, 0, now.Location()), now))
}

// shortDay speaks the day of an instant that is in the reader's zone.
func shortDay(v say.Voice, t, now time.Time) string {
	return when.ShortDay(when.DateOf(t), when.DateOf(asOf(t, now).In(t.Location())), v.Language)
}

// sayTime speaks an instant in the person's zone; of today the time is enough.
func sayTime(p *Person, t, now time.Time) string {
	if when.DateOf(t.In(p.In())) == when.DateOf(now.In(p.In())) {
		return clock(t.In(p.In()))
	}
	return when.ShortDayTime(t.In(p.In()), asOf(t, now).In(p.In()), p.Speaks().Language)
}

// asOf is the present for speaking of an instant: the last half-year is as clear without its year as the next.
func asOf(t, now time.Time) time.Time {
	const clear = 182 * 24 * time.Hour
	if past := now.Sub(t); past > 0 && past < clear {
		return t
	}
	return now
}
