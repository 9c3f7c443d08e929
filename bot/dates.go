package bot

import (
	"strings"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// day reads an argument as a day in the person's zone; see moment.
func (r *Request) day(arg string) (when.Date, error) {
	m, err := r.moment(arg)
	return m.Date, err
}

// moment reads an argument as a day, or an instant, in the person's zone. A date that could be several is asked for, with
// the candidates as buttons that say the same command again.
func (r *Request) moment(arg string) (when.Moment, error) {
	said := r.Text(arg)
	now := r.Now.In(r.Person.In())
	read := when.Parse(said, when.Options{Now: now, Calendar: r.bot.calendar})
	switch read.Kind {
	case when.WholeDay, when.Instant:
		return read.Moment, nil
	case when.Unclear:
		return when.Moment{}, r.unclear(arg, said, read)
	}
	return when.Moment{}, &Error{
		Code: Invalid, Field: arg,
		Text: say.T("„{text}“ verstehe ich nicht als Datum. So geht es: 15.1., nächste Woche, KW 50. Nichts geändert.",
			"I don't read “{text}” as a date. It works like this: 15 Jan, next week, week 50. Nothing changed."),
		Args: []any{"text", shorten(said, 40)},
	}
}

// unclear asks which date was meant.
func (r *Request) unclear(arg, said string, read when.Result) error {
	now := r.Now.In(r.Person.In())
	return &Error{
		Code: Invalid, Field: arg, Text: say.T("„{text}“: {why} Nichts geändert.", "“{text}”: {why} Nothing changed."),
		Args:    []any{"text", shorten(said, 40), "why", read.Reason.Text()},
		Buttons: r.dayButtons(arg, now, read.Candidates),
	}
}

// today is the day in the person's zone.
func (r *Request) today() when.Date { return when.DateOf(r.Now.In(r.Person.In())) }

// longestDo is the most bytes of a button's action; see [Button].
const longestDo = 200

// dayButtons offer the dates that could have been meant and are not over: each says the same command again.
func (r *Request) dayButtons(arg string, now time.Time, candidates []when.Moment) func(say.Voice) []Button {
	return func(v say.Voice) (buttons []Button) {
		for _, c := range candidates {
			if c.Date.Before(when.DateOf(now)) || !c.IsDay() && c.Time.Before(now) {
				continue
			}
			date := c.Date.String()
			if !c.IsDay() {
				date += c.Time.Format(" 15:04")
			}
			if do := r.again(arg, date); len(do) <= longestDo {
				buttons = append(buttons, Button{Label: when.SpeakShort(c, now, v.Language), Do: do})
			}
		}
		return buttons
	}
}

// again is the action that gives the same command with another value of one argument.
func (r *Request) again(arg, value string) string {
	var free, keyed []string
	for _, a := range r.Command.Args {
		text := r.Text(a.Name)
		switch {
		case a.Name == arg:
			keyed = append(keyed, a.key(say.English)+`:"`+value+`"`)
		case text == "", r.Command.Private && a.Kind != ArgRef: // what is private stands in no button
		case a.Kind == ArgRef && a.Free:
			free = append([]string{text}, free...)
		case a.Free:
			free = append(free, text)
		default:
			keyed = append(keyed, a.key(say.English)+`:"`+strings.ReplaceAll(text, `"`, "'")+`"`)
		}
	}
	for _, theme := range r.themes {
		keyed = append(keyed, "#"+theme)
	}
	return r.Command.do(append(free, keyed...)...)
}

// sayDay speaks a stored day (2006-01-02), with its weekday; "" for none.
func sayDay(v say.Voice, day string, now time.Time) string {
	d, err := when.ParseDate(day)
	if err != nil {
		return ""
	}
	return when.Day(d, asOfDay(d, when.DateOf(now)), v.Language)
}

// asOfDay is the present for speaking of a day: the last half-year is as clear without its year as the next.
func asOfDay(d, today when.Date) when.Date {
	const clear = 182
	if past := d.DaysUntil(today); past > 0 && past < clear {
		return d
	}
	return today
}

// dayText is a stored day as a text of its own, for placeholders.
func dayText(day string, now time.Time) say.Text {
	return say.Both(sayDay(say.Voice{Language: say.German}, day, now), sayDay(say.Voice{Language: say.English}, day, now))
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
