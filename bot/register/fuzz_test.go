package register_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"standleitung/bot/register"
)

func FuzzMatch(f *testing.F) {
	for _, file := range []string{"labelled_de.txt", "labelled_en.txt"} {
		for _, s := range sentences(f, file) {
			f.Add(s[1], "Übernahme")
		}
	}
	f.Add("Preis- und -erhöhung", "Preiserhöhung")
	f.Add("B ä\u0308 r \u200d R-2 9@0", "R290")
	fixed := matcher(f, "register.txt")
	f.Fuzz(func(t *testing.T, text, term string) {
		check(t, text, fixed.Match(text, register.Span{Start: 3, End: 7}))
		m, err := register.Compile([]register.Entry{{ID: "F-1", Label: "x", Terms: []string{term}, Excluded: nil}})
		if err != nil {
			return
		}
		check(t, text, m.Match(text))
		for _, f := range register.CheckLabel(text, []string{term}) {
			if f.Reason == register.Revealed && !strings.Contains(text, f.Words) {
				t.Fatalf("%q in the label %q gives %q away", f.Words, text, term)
			}
		}
	})
}

// check holds what must be true of all hits.
func check(t *testing.T, text string, hits []register.Hit) {
	t.Helper()
	last := map[string]int{}
	for i, h := range hits {
		if h.Start < 0 || h.Start >= h.End || h.End > len(text) {
			t.Fatalf("%q: hit %d:%d of %d bytes", text, h.Start, h.End, len(text))
		}
		if utf8.ValidString(text) && !utf8.ValidString(h.Words(text)) {
			t.Fatalf("%q: hit %q cuts a letter", text, h.Words(text))
		}
		if h.Start < last[h.Entry] || i > 0 && h.Start < hits[i-1].Start {
			t.Fatalf("%q: hits overlap or are out of order: %+v", text, hits)
		}
		last[h.Entry] = h.End
	}
}

func FuzzReadTerms(f *testing.F) {
	f.Add("Label\tÜbernahme;Fusion\tKernfusion\n\nx\t;\t;;\n")
	f.Add("\ufeffa\tb\tc\td\n\x00\t\xff")
	f.Fuzz(func(t *testing.T, file string) {
		entries, _ := register.ReadTerms(strings.NewReader(file))
		m, err := register.Compile(entries)
		if err != nil {
			return
		}
		check(t, file, m.Match(file))
	})
}

// However a term that is found is disguised, it is found.
func TestDisguise(t *testing.T) {
	bare := []string{"Entlassung", "Übernahmeangebot", "Preiserhöhungen", "Görlitzer Werk", "layoffs", "Bär", "Stellenabbau", "Größenwahn"}
	m := compile(t, "Entlassung", "Übernahme", "Preiserhöhung", "Werk Görlitz", "layoff", "Bär", "Stellenabbau", "Größenwahn")
	latin := strings.NewReplacer("a", "а", "e", "е", "o", "ο", "p", "р", "E", "Е", "B", "В", "i", "і", "s", "ѕ")
	disguises := map[string]func(string, *rapid.T) string{
		"upper": func(s string, _ *rapid.T) string { return strings.ToUpper(s) },
		"lower": func(s string, _ *rapid.T) string { return strings.ToLower(s) },
		"ae": func(s string, _ *rapid.T) string {
			return strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ü", "Ue", "ß", "ss").Replace(s)
		},
		"decomposed": func(s string, _ *rapid.T) string {
			return strings.NewReplacer("ä", "a\u0308", "ö", "o\u0308", "ü", "u\u0308", "Ü", "U\u0308").Replace(s)
		},
		"cyrillic": func(s string, _ *rapid.T) string { return latin.Replace(s) },
		"invisible": func(s string, t *rapid.T) string {
			return insert(s, rapid.SampledFrom([]string{"\u00ad", "\u200b", "\u200d", "\u2060", "\ufe0f", "\u0301"}).Draw(t, "sign"), t)
		},
		"spaced": func(s string, _ *rapid.T) string {
			return strings.Join(strings.Split(strings.Split(s, " ")[0], ""), " ")
		},
		"wide": func(s string, _ *rapid.T) string {
			return strings.Map(func(r rune) rune {
				if r > ' ' && r < 0x7f {
					return r - '!' + '！'
				}
				return r
			}, s)
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(bare).Draw(t, "text")
		name := rapid.SampledFrom([]string{"upper", "lower", "ae", "decomposed", "cyrillic", "invisible", "wide", "spaced"}).Draw(t, "disguise")
		before := rapid.SampledFrom([]string{"", "Die ", "a, ", "„", "(", "1 ", "😀"}).Draw(t, "before")
		if name == "spaced" && (strings.Contains(text, " ") || text == "Übernahmeangebot") {
			return
		}
		disguised := before + disguises[name](text, t) + rapid.SampledFrom([]string{"", ".", "!", " ", "“", "\n"}).Draw(t, "after")
		if len(m.Match(disguised)) != 1 {
			t.Fatalf("%q as %q (%s): %+v", text, disguised, name, m.Match(disguised))
		}
	})
}

// insert puts a sign behind letters of a text.
func insert(s, sign string, t *rapid.T) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
		if unicode.IsLetter(r) && rapid.Bool().Draw(t, "here") {
			b.WriteString(sign)
		}
	}
	return b.String()
}
