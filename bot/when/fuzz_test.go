package when_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"standleitung/bot/when"
)

// FuzzParse holds what must be true of every text: no panic, no past without a year, bounds within the text, and one
// form after folding.
func FuzzParse(f *testing.F) {
	for _, phrase := range phrases(f) {
		f.Add(phrase, int64(1795602000))
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		now := time.Unix(unix%(1<<32), 0).In(zone)
		opt := when.Options{Now: now}
		check(t, text, now, when.Parse(text, opt))
		m := when.Find(text, opt)
		check(t, text, now, m.Result)
		if m.Start < 0 || m.Start > m.End || m.End > len(text) {
			t.Fatalf("Find(%q) spans %d:%d of %d bytes", text, m.Start, m.End, len(text))
		}
		if rest := m.Rest(text); utf8.ValidString(text) && !utf8.ValidString(rest) {
			t.Fatalf("Find(%q) cuts a letter: %q", text, rest)
		}
		if once := when.Fold(text); when.Fold(once) != once {
			t.Fatalf("folding %q twice: %q, then %q", text, once, when.Fold(once))
		}
	})
}

// check refuses results that contradict themselves or the present.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string, now time.Time, r when.Result,
) {
	t.Helper()
	switch r.Kind {
	case when.None:
		if r.Reason != "" || r.Candidates != nil {
			t.Fatalf("%q: nothing, with a reason: %+v", text, r)
		}
		return
	case when.Unclear:
		if r.Reason.Text().IsZero() {
			t.Fatalf("%q: unclear without a reason", text)
		}
		return
	case when.Instant:
		if when.DateOf(r.Moment.Time) != r.Moment.Date {
			t.Fatalf("%q: %s is not on %s", text, r.Moment.Time, r.Moment.Date)
		}
	}
	over := r.Moment.Date.Before(when.DateOf(now)) || !r.Moment.IsDay() && r.Moment.Time.Before(now)
	if over && !strings.ContainsAny(when.Fold(text), "0123456789") {
		t.Fatalf("%q: %+v is before %s", text, r.Moment, now)
	}
}

// phrases returns the phrases of all tables.
func phrases(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if phrase, _, ok := strings.Cut(line, "\t"); ok {
				all = append(all, phrase)
			}
		}
	}
	return all
}

// Whatever known phrases are joined to, at whatever time, without a year nothing lies in the past.
func TestNeverPast(t *testing.T) {
	all := phrases(t)
	zone := present(t, "2026-11-25T10:20 Europe/Berlin").Location()
	year := func(s string) bool {
		digits := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		for i, d := range digits {
			if len(d) == 4 || i > 0 && len(d) == 2 {
				return true
			}
		}
		return false
	}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1767225600, 2051222400).Draw(t, "now"), 0).In(zone)
		text := rapid.SampledFrom(all).Draw(t, "first")
		if rapid.Bool().Draw(t, "two") {
			text += " " + rapid.SampledFrom(all).Draw(t, "second")
		}
		if r := when.Parse(text, when.Options{Now: now}); !year(text) {
			check(t, strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return -1
				}
				return r
			}, text), now, r)
		}
	})
}

// Texts made to have many readings come back at once: the search is bounded.
func TestLongText(t *testing.T) {
	opt := when.Options{Now: present(t, "2026-11-25T10:20 Europe/Berlin")}
	if r := when.Parse("morgen"+strings.Repeat(" ", 195), opt); r.Kind != when.None {
		t.Errorf("201 runes are understood as %s", answer(r))
	}
	for _, unit := range []string{"zwei Tage vor ", "freitag morgen 10:00 ", "am um ", "1.", "halb ", "a ", "ä"} {
		when.Parse(strings.Repeat(unit, 200/utf8.RuneCountInString(unit)), opt)
		when.Find(strings.Repeat(unit, 3000), opt)
	}
}

func BenchmarkParse(b *testing.B) {
	all := phrases(b)
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	opt := when.Options{Now: time.Date(2026, 11, 25, 10, 20, 0, 0, zone)}
	for i := 0; b.Loop(); i++ {
		when.Parse(all[i%len(all)], opt)
	}
}
