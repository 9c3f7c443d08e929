package when_test

import (
	"testing"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

func TestFind(t *testing.T) {
	now := present(t, "2026-11-25T10:20 Europe/Berlin")
	for _, c := range []struct{ text, want, rest string }{
		{"morgen 10:00 Bild prüfen", "2026-11-26T10:00", "Bild prüfen"},
		{"morgen 10:00: Bild prüfen", "2026-11-26T10:00", "Bild prüfen"},
		{"3.12. Bild prüfen", "2026-12-03", "Bild prüfen"},
		{"am 3.12 Bild prüfen", "2026-12-03", "Bild prüfen"},
		{"Mo 30.11. 9:00 – Interview mit Lena", "2026-11-30T09:00", "Interview mit Lena"},
		{"nächsten Freitag Bild prüfen", "?which", "Bild prüfen"},
		{"Freitag nächster Woche Bild prüfen", "2026-12-04", "Bild prüfen"},
		{"KW 50 Newsletter", "2026-12-07", "Newsletter"},
		{"in zwei Wochen Rückblick schreiben", "2026-12-09", "Rückblick schreiben"},
		{"Ende des Monats Zahlen holen", "2026-11-30", "Zahlen holen"},
		{"2026-12-15 14:30 Dreh in Halle 9", "2026-12-15T14:30", "Dreh in Halle 9"},
		{"15. Dezember 12 Bilder sichten", "2026-12-15", "12 Bilder sichten"},
		{"morgen 3 Bilder prüfen", "2026-11-26", "3 Bilder prüfen"},
		{"morgen um 3 Bilder prüfen", "2026-11-26T15:00", "Bilder prüfen"},
		{"30.2. Bild prüfen", "?nodate", "Bild prüfen"},
		{"next Friday at 10am check the picture", "?which", "check the picture"},
		{"tomorrow 3pm check the picture", "2026-11-26T15:00", "check the picture"},
		{"the day after tomorrow, check the picture", "2026-11-27", "check the picture"},
		{"Bild prüfen bis Freitag", "2026-11-27", "Bild prüfen"},
		{"Bild prüfen, morgen 10 Uhr", "2026-11-26T10:00", "Bild prüfen"},
		{"Bild prüfen bis Freitag 12 Uhr!", "2026-11-27T12:00", "Bild prüfen"},
		{"check the picture by Friday", "2026-11-27", "check the picture"},
		{"check the picture in 3 days", "2026-11-28", "check the picture"},
		{"3.12. bis 5.12.", "?range", ""},
		{"bis Freitag", "2026-11-27", ""},

		{"Mai-Kampagne planen", "-", ""},
		{"May campaign", "-", ""},
		{"Weihnachten planen", "-", ""},
		{"Version 3.12", "-", ""},
		{"Version 3.12 testen", "-", ""},
		{"3 Bilder prüfen", "-", ""},
		{"2 Tage Workshop planen", "-", ""},
		{"So geht das nicht", "-", ""},
		{"Do it yourself", "-", ""},
		{"Guten Morgen", "-", ""},
		{"Allen einen guten Morgen", "-", ""},
		{"Next steps", "-", ""},
		{"Ende gut, alles gut", "-", ""},
		{"10:1 gewonnen", "-", ""},
		{"Der Weg nach Berlin", "-", ""},
		{"Montage der Pumpe", "-", ""},
		{"24/7 Support", "-", ""},
		{"", "-", ""},
	} {
		m := when.Find(c.text, when.Options{Now: now})
		if got := answer(m.Result); got != c.want {
			t.Errorf("Find(%q) = %s at %d:%d, want %s", c.text, got, m.Start, m.End, c.want)
		} else if got := m.Rest(c.text); m.Kind != when.None && got != c.rest {
			t.Errorf("Find(%q) leaves %q, want %q", c.text, got, c.rest)
		}
	}
}

func TestFindTwice(t *testing.T) {
	opt := when.Options{Now: present(t, "2026-11-25T10:20 Europe/Berlin")}
	text := "am 3.12. bis 5.12. Messe in Köln"
	first := when.Find(text, opt)
	second := when.Find(first.Rest(text), opt)
	if answer(first.Result) != "2026-12-03" || answer(second.Result) != "2026-12-05" || second.Rest(first.Rest(text)) != "Messe in Köln" {
		t.Errorf("Find(%q) = %v, then %v of %q", text, first, second, first.Rest(text))
	}
}

func TestCandidates(t *testing.T) {
	now := present(t, "2026-11-25T10:20 Europe/Berlin")
	for _, c := range []struct {
		phrase string
		want   []string
	}{
		{"nächsten Freitag", []string{"Fr 27.11.", "Fr 4.12."}},
		{"nächsten Freitag 10 Uhr", []string{"Fr 27.11. 10:00", "Fr 4.12. 10:00"}},
		{"Freitag, 3.12.", []string{"Do 3.12.", "Fr 4.12."}},
		{"Freitag der 13.", []string{"Fr 11.12.", "So 13.12.", "Fr 13.8."}},
		{"31.11.", []string{"Mo 30.11.", "Di 1.12."}},
		{"29.2.", []string{"So 28.2.", "Mo 1.3.", "Di 29.2.2028"}},
		{"12/15/2026", []string{"Di 15.12."}},
		{"heute 9 Uhr", []string{"Mi 25.11. 09:00", "Do 26.11. 09:00"}},
		{"25.11. 9 Uhr", []string{"Mi 25.11. 09:00", "Do 25.11.2027 09:00"}},
		{"gestern", []string{"Di 24.11.2026"}},
		{"diese Woche", []string{"Mi 25.11.", "Do 26.11.", "Fr 27.11."}},
		{"im Januar", []string{"Fr 1.1.", "Fr 15.1.", "So 31.1."}},
		{"vor Weihnachten", []string{"Do 24.12."}},
		{"Montag oder Dienstag 14 Uhr", []string{"Mo 30.11.", "Di 1.12. 14:00"}},
		{"3. bis 5. Dezember", []string{"Do 3.12.", "Sa 5.12."}},
		{"morgen 10-12 Uhr", []string{"Do 26.11. 10:00", "Do 26.11. 12:00"}},
		{"Freitag Mitternacht", []string{"Fr 27.11. 00:00", "Sa 28.11. 00:00"}},
		{"KW 54", nil},
	} {
		r := when.Parse(c.phrase, when.Options{Now: now})
		var got []string
		for _, m := range r.Candidates {
			got = append(got, when.SpeakShort(m, now, say.German))
		}
		if r.Kind != when.Unclear || !equal(got, c.want) {
			t.Errorf("Parse(%q) offers %q (%s), want %q", c.phrase, got, answer(r), c.want)
		}
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestLanguage(t *testing.T) {
	now := present(t, "2026-11-25T10:20 Europe/Berlin")
	for _, c := range []struct {
		phrase string
		lang   say.Language
		want   string
	}{
		{"tomorrow", say.German, "-"},
		{"übermorgen", say.English, "-"},
		{"morgen 10am", say.German, "2026-11-26T10:00"},
		{"EOD", say.German, "2026-11-25T17:00"},
		{"15.12. 14 Uhr", say.English, "2026-12-15T14:00"},
		{"Dec 15", say.German, "-"},
		{"2 am Friday", say.English, "2026-11-27T02:00"},
		{"um 2 am Freitag", say.German, "2026-11-27T14:00"},
		{"Sat", say.English, "2026-11-28"},
	} {
		if got := answer(when.Parse(c.phrase, when.Options{Now: now, Language: c.lang})); got != c.want {
			t.Errorf("Parse(%q) in %s = %s, want %s", c.phrase, c.lang, got, c.want)
		}
	}
}

func TestReasonsSpeakBothLanguages(t *testing.T) {
	for _, r := range []when.Reason{
		when.Which, when.NoSuch, when.Mismatch, when.Past, when.TooWide, when.Limit, when.Choice, when.Range, when.Repeats,
	} {
		if german, english := r.Text().Forms(); german == "" || english == "" {
			t.Errorf("reason %s has no text: %q, %q", r, german, english)
		}
	}
}

func TestParseShift(t *testing.T) {
	for _, c := range []struct {
		text string
		want when.Shift
		ok   bool
	}{
		{"+2t", when.Shift{Days: 2}, true},
		{"+2d", when.Shift{Days: 2}, true},
		{"+ 2 Tage", when.Shift{Days: 2}, true},
		{"-2d", when.Shift{Days: -2}, true},
		{"+1 Woche", when.Shift{Days: 7}, true},
		{"+1w", when.Shift{Days: 7}, true},
		{"+3 Werktage", when.Shift{Workdays: 3}, true},
		{"+3 working days", when.Shift{Workdays: 3}, true},
		{"2 Tage", when.Shift{Days: 2}, true},
		{"in einer Woche", when.Shift{Days: 7}, true},
		{"+1 Monat", when.Shift{Months: 1}, true},
		{"+2h", when.Shift{}, false},
		{"+ein paar Tage", when.Shift{}, false},
		{"+", when.Shift{}, false},
		{"morgen", when.Shift{}, false},
		{"+2 Kunden", when.Shift{}, false},
		{"+99999 Tage", when.Shift{}, false},
	} {
		if got, ok := when.ParseShift(c.text, ""); got != c.want || ok != c.ok {
			t.Errorf("ParseShift(%q) = %+v, %t, want %+v, %t", c.text, got, ok, c.want, c.ok)
		}
	}
	friday := when.Date{Year: 2026, Month: 12, Day: 18}
	if got := (when.Shift{Workdays: 2}).Apply(friday, nil).String(); got != "2026-12-22" {
		t.Errorf("Friday +2 working days = %s, want 2026-12-22", got)
	}
}
