package when_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

func TestSpeak(t *testing.T) {
	now := present(t, "2027-03-27T22:00 Europe/Berlin")
	for _, c := range []struct {
		at                      string
		german, short, english2 string
		english                 string
	}{
		{"2027-03-28T10:00", "Sonntag, 28. März, 10:00", "So 28.3. 10:00", "Sun 28 Mar 10:00", "Sunday, 28 March, 10:00"},
		{"2027-03-27T22:00", "Samstag, 27. März, 22:00", "Sa 27.3. 22:00", "Sat 27 Mar 22:00", "Saturday, 27 March, 22:00"},
		{"2027-12-06T07:05", "Montag, 6. Dezember, 07:05", "Mo 6.12. 07:05", "Mon 6 Dec 07:05", "Monday, 6 December, 07:05"},
		{"2028-02-26T12:00", "Samstag, 26. Februar, 12:00", "Sa 26.2. 12:00", "Sat 26 Feb 12:00", "Saturday, 26 February, 12:00"},
		{"2028-02-27T12:00", "Sonntag, 27. Februar 2028, 12:00", "So 27.2.2028 12:00", "Sun 27 Feb 2028 12:00", "Sunday, 27 February 2028, 12:00"},
		{"2027-03-26T12:00", "Freitag, 26. März 2027, 12:00", "Fr 26.3.2027 12:00", "Fri 26 Mar 2027 12:00", "Friday, 26 March 2027, 12:00"},
	} {
		at := present(t, c.at+" Europe/Berlin").UTC()
		for _, g := range []struct{ got, want string }{
			{when.DayTime(at, now, say.German), c.german},
			{when.DayTime(at, now, say.English), c.english},
			{when.ShortDayTime(at, now, ""), c.short},
			{when.ShortDayTime(at, now, say.English), c.english2},
		} {
			if g.got != g.want {
				t.Errorf("%s is spoken %q, want %q", c.at, g.got, g.want)
			}
		}
	}
	day := when.Moment{Date: when.Date{Year: 2027, Month: 5, Day: 1}}
	if got := when.Speak(day, now, say.German); got != "Samstag, 1. Mai" {
		t.Errorf("a whole day is spoken %q", got)
	}
}

// What is spoken is understood again, in the language that it was spoken in and in both.
func TestSpokenIsUnderstood(t *testing.T) {
	zone := present(t, "2027-03-27T22:00 Europe/Berlin").Location()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1767225600, 2051222400).Draw(t, "now"), 0).In(zone)
		day := when.DateOf(now).AddDays(rapid.IntRange(-500, 1500).Draw(t, "days"))
		lang := rapid.SampledFrom([]say.Language{say.German, say.English}).Draw(t, "language")
		clock := when.Clock(rapid.IntRange(0, 24*60-1).Draw(t, "clock"))
		at := when.At(day, clock, zone)
		for _, opt := range []when.Options{{Now: now}, {Now: now, Language: lang}} {
			for _, spoken := range []string{when.Day(day, when.DateOf(now), lang), when.ShortDay(day, when.DateOf(now), lang)} {
				if r := when.Parse(spoken, opt); r.Kind != when.WholeDay || r.Moment.Date != day {
					t.Fatalf("%s spoken %q is understood as %s", day, spoken, answer(r))
				}
			}
			for _, spoken := range []string{when.DayTime(at, now, lang), when.ShortDayTime(at, now, lang)} {
				r := when.Parse(spoken, opt)
				if over := at.Before(now) && r.Kind == when.Unclear && r.Reason == when.Past; over {
					continue // today, but earlier
				}
				// The second of two hours that look the same is spoken like the first.
				if off := at.Sub(r.Moment.Time); r.Kind != when.Instant || off != 0 && off != time.Hour {
					t.Fatalf("%s spoken %q is understood as %s", at, spoken, answer(r))
				}
			}
		}
	})
}
