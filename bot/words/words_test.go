package words_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"standleitung/bot/words"
)

func TestSpellingsOfOneWordAreEqual(t *testing.T) {
	for _, same := range [][]string{
		{"Übernahme", "Uebernahme", "übernahme", "ÜBERNAHME", "u\u0308bernahme", "Über\u00adnahme"},
		{"Straße", "Strasse", "STRASSE", "STRAẞE"},
		{"Größe", "Groesse", "groesse"},
		{"Café", "Cafe"},
		{"ﬁnanz", "Finanz"},
	} {
		for _, w := range same[1:] {
			if words.Fold(w) != words.Fold(same[0]) {
				t.Errorf("%q folds to %q, %q to %q", w, words.Fold(w), same[0], words.Fold(same[0]))
			}
		}
	}
	for _, other := range [][2]string{{"neue", "nu"}, {"Frauen", "Fran"}, {"Quelle", "Qulle"}, {"Treue", "Tru"}} {
		if words.Fold(other[0]) == words.Fold(other[1]) {
			t.Errorf("%q and %q fold to the same", other[0], other[1])
		}
	}
}

func TestInflectedWordsShareAStem(t *testing.T) {
	for _, same := range []string{"Pumpe Pumpen", "Kunde Kunden", "Isolierung Isolierungen", "Podcasts Podcast", "customers customer", "heating heated"} {
		if got := words.Stems(same, 10); len(got) != 1 {
			t.Errorf("%q has the stems %q, want one", same, got)
		}
	}
	if got := words.Stems("Wie wird das Thema in der Firma gesehen?", 10); slices.Contains(got, "der") || slices.Contains(got, "thema") || len(got) != 2 {
		t.Errorf("stems %q, want those of Firma and gesehen alone", got)
	}
	if got := words.Stems("eins zwei drei vier", 2); len(got) != 2 {
		t.Errorf("%d stems, want the limit of 2", len(got))
	}
}

func TestAlike(t *testing.T) {
	stems := func(s string) []string { return words.Stems(s, 24) }
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Warum unsere Azubis einen Podcast machen", "Azubis machen Podcast", true},
		{"Kantine in Görlitz eröffnet", "Die Kantine Görlitz eröffnet nach dem Umbau wieder", true},
		{"Pumpe ohne Cloud", "Läuft die Pumpe ohne Cloud?", true},
		{"Pumpen im Winter", "Wärmepumpen für Altbauten", false},
		{"Neue Preise ab Januar", "Neue Kollegen ab Januar", false},
		{"", "Pumpe", false},
	} {
		if got := words.Alike(stems(c.a), stems(c.b)) >= 0.45; got != c.same {
			t.Errorf("%q and %q: alike %.2f", c.a, c.b, words.Alike(stems(c.a), stems(c.b)))
		}
	}
}

func FuzzStems(f *testing.F) {
	for _, s := range []string{"Übernahme der Größe", "e\u0308\u0301 \u200d\u00ad", "\xff\xfe", strings.Repeat("ä", 100), "ue", "aaee"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range words.Stems(text, 24) {
			if s == "" || utf8.ValidString(text) && !utf8.ValidString(s) || strings.ContainsAny(s, " \x00\x1f\n") {
				t.Errorf("stem %q of %q", s, text)
			}
		}
	})
}
