package register

import (
	"slices"
	"strings"
)

// ending names a set of endings.
type ending uint8

const (
	nominal   ending = iota // of a noun without its plural
	nominalE                // of a noun that lost its e: "Übernahm|en", never "übernahm"
	looseE                  // the same for a word of a phrase, where "Preise" is also "Preis"
	plural                  // of a noun whose vowel changed: "Verträg|en"
	adjective               // of a word written small
	verbal                  // of a German verb, its participles and its noun in -ung
	english                 // of an English verb
	englishE                // the same after a lost e: "merg|ing"
	englishY                // the same after a lost y: "bankruptc|ies"
	whole                   // none
)

var endings = [...][]string{
	nominal:   {"", "e", "en", "n", "s", "es", "er", "ern", "ens", "se", "sen", "nen", "in", "innen"},
	nominalE:  {"e", "en", "es", "ens"},
	looseE:    {"", "e", "en", "es", "s", "n"},
	plural:    {"", "e", "en", "er", "ern", "n"},
	adjective: {"", "e", "en", "er", "es", "em", "ere", "eren", "erer", "ste", "sten", "ster"},
	verbal: {
		"", "e", "st", "t", "en", "n", "te", "test", "ten", "tet", "ter", "tes", "tem", "est", "et", "ete", "eten", "eter", "etes",
		"end", "ende", "enden", "ender", "endes", "endem", "ene", "enen", "ener", "enes", "enem", "ung", "ungen",
	},
	english:  {"", "s", "es", "ed", "ing", "ings", "ers"},
	englishE: {"e", "es", "ed", "ing", "ings"},
	englishY: {"y", "ies", "ied", "ys"},
	whole:    {""},
}

// core is what a word's forms have in common, with the endings that make forms of it.
type core struct {
	text     string
	part     int
	ending   ending
	compound bool // may be part of a longer word
	last     bool // of a compound only the last part
}

// vowels of a term that may be written in several ways stand in capitals while forms are made: A for ä and ae.
var (
	spelledOut = strings.NewReplacer("A", "ae", "O", "oe", "U", "ue")
	undotted   = strings.NewReplacer("A", "a", "O", "o", "U", "u")
)

// marked turns a folded word's umlauts to capitals. Letters that are two sounds stay: "neue", "Quelle".
func marked(word string) string {
	var b strings.Builder
	for i := 0; i < len(word); i++ {
		k := strings.IndexByte("aou", word[i])
		if k >= 0 && i+1 < len(word) && word[i+1] == 'e' && (i == 0 || strings.IndexByte("aeq", word[i-1]) < 0) {
			b.WriteByte("AOU"[k])
			i++
			continue
		}
		b.WriteByte(word[i])
	}
	return b.String()
}

// word is one word of a term.
type word struct {
	text   string // folded
	small  bool   // written with a small letter: may be a verb, an adjective or English
	phrase bool   // stands with others
}

// cores returns what the forms of a word begin with.
func (w word) cores() []core {
	if strings.IndexFunc(w.text, func(r rune) bool { return r >= '0' && r <= '9' }) >= 0 {
		return []core{{text: w.text, ending: whole}, {text: w.text + "s", ending: whole}}
	}
	var all []core
	m := marked(w.text)
	all = append(all, w.nouns(m)...)
	if stem, ok := w.verb(m); ok {
		for _, s := range verbStems(stem) {
			all = append(all, verbs(s)...)
		}
	}
	if w.small || w.phrase {
		all = append(all, englishVerbs(w.text)...)
		if len(m) > 4 && w.small {
			all = append(all, core{text: m, ending: adjective})
		}
	}
	return spellings(all)
}

// spellings writes marked vowels out, and plain where the word is long enough to be recognised without its dots.
func spellings(marked []core) []core {
	var all []core
	for _, c := range marked {
		text := c.text
		c.text = spelledOut.Replace(text)
		all = append(all, c)
		if plain := undotted.Replace(text); plain != c.text && len(c.text) >= 6 {
			c.text = plain
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b core) int {
		return strings.Compare(a.text, b.text)*4 + int(a.ending) - int(b.ending)
	})
	return slices.Compact(all)
}

// nouns returns the cores of a word as a noun, singular or plural.
func (w word) nouns(m string) []core {
	long := len(w.text) >= 6
	var all []core
	switch base, lost := singular(m); {
	case lost == "e" && w.phrase:
		all = append(all, core{text: base, ending: looseE, compound: long})
	case lost == "e" && w.small:
		all = append(all, core{text: base, ending: nominalE, compound: long}, core{text: m, ending: adjective})
	case lost == "e":
		all = append(all, core{text: base, ending: nominalE, compound: long})
	case lost == "en" && len(base) < 6:
		all = append(all, core{text: base, ending: nominalE}, core{text: m, ending: nominal, compound: long})
	case lost == "ies":
		all = append(all, core{text: base, ending: englishY, compound: long})
	case lost == "s":
		all = append(all, core{text: base, ending: nominal, compound: long})
		if strings.HasSuffix(base, "e") {
			all = append(all, core{text: strings.TrimSuffix(base, "e"), ending: nominalE, compound: long})
		}
	case len(w.text) < 4:
		all = append(all, core{text: m, ending: whole}, core{text: m + "s", ending: whole}, core{text: m + "en", ending: whole})
	default:
		all = append(all, core{text: base, ending: nominal, compound: long})
		if strings.HasSuffix(m, "y") {
			all = append(all, core{text: strings.TrimSuffix(m, "y"), ending: englishY})
		}
	}
	if long && len(all[0].text) < 6 {
		all = append(all, core{text: m, ending: nominal, compound: true})
	}
	for _, c := range slices.Clone(all) {
		all = append(all, mutated(c, m)...)
	}
	return all
}

// singular cuts a plural's ending off, or the e of a noun in -e.
func singular(m string) (base, lost string) {
	switch {
	case strings.HasSuffix(m, "innen"):
		return m[:len(m)-3], ""
	case strings.HasSuffix(m, "en") && len(m) > 5:
		if base = m[:len(m)-2]; len(base) >= 6 {
			return base, ""
		}
		return base, "en"
	case strings.HasSuffix(m, "ies") && len(m) > 5:
		return m[:len(m)-3], "ies"
	case strings.HasSuffix(m, "s") && len(m) > 3 && strings.IndexByte("suiao", m[len(m)-2]) < 0:
		return m[:len(m)-1], "s"
	case strings.HasSuffix(m, "e") && len(m) > 3:
		return m[:len(m)-1], "e"
	}
	return m, ""
}

// mutated returns the core of the plural with a changed vowel ("Vertrag", "Verträge"), or of the singular if the term is
// such a plural.
func mutated(c core, m string) []core {
	if strings.HasSuffix(m, "ung") || strings.HasSuffix(m, "ion") || strings.HasSuffix(m, "ungen") {
		return nil
	}
	i := strings.LastIndexAny(c.text, "aouAOUei")
	if i > 0 && c.text[i] == 'u' && c.text[i-1] == 'a' {
		i-- // au, äu
	}
	if i > 0 && c.text[i] == 'e' && strings.LastIndexAny(c.text[:i], "aouAOU") >= 0 && i == len(c.text)-2 {
		i = strings.LastIndexAny(c.text[:i], "aouAOU") // "Mangel", "Mängel"
	}
	if i < 0 || len(m) < 4 {
		return nil
	}
	switch k := strings.IndexByte("aouAOU", c.text[i]); {
	case k >= 3 && (len(c.text) < len(m) || strings.HasSuffix(m, "er")):
		return []core{{text: c.text[:i] + "aou"[k-3:k-2] + c.text[i+1:], ending: nominal, compound: c.compound}}
	case k >= 0 && k < 3 && c.ending == nominal:
		return []core{{text: c.text[:i] + "AOU"[k:k+1] + c.text[i+1:], ending: plural, compound: c.compound, last: true}}
	}
	return nil
}

// verb returns the stem of a German verb: of one written small, in a phrase also as "wechselt", or of a long noun in
// -ung, which shares its forms: "Entlassung", "entlassen".
func (w word) verb(m string) (string, bool) {
	for _, end := range []string{"ungen", "ung"} {
		if stem, ok := strings.CutSuffix(m, end); ok {
			return stem, len(spelledOut.Replace(stem)) >= 6 || w.phrase && len(stem) > 3
		}
	}
	if !w.small || len(m) < 5 {
		return "", false
	}
	if stem, ok := strings.CutSuffix(m, "en"); ok {
		return stem, true
	}
	if strings.HasSuffix(m, "eln") || strings.HasSuffix(m, "ern") {
		return m[:len(m)-1], true
	}
	stem, ok := strings.CutSuffix(m, "t")
	return stem, ok && w.phrase && len(stem) > 4
}

// verbs returns the cores of a German verb.
func verbs(stem string) []core {
	var all []core
	add := func(text string) { all = append(all, core{text: text, ending: verbal}) }
	for _, s := range stems(spelledOut.Replace(stem)) {
		s = marked(s)
		add(s)
		particle, rest, apart := separate(spelledOut.Replace(s))
		switch {
		case apart:
			add(particle + "ge" + rest)
			add(particle + "zu" + rest)
		case !bare(spelledOut.Replace(s)):
			add("ge" + s)
		}
	}
	return all
}

// verbStems returns the stem of a verb, or both where an e comes and goes: "ermittl|ung", "ermittel|t".
func verbStems(stem string) []string {
	n := len(stem)
	switch {
	case n > 4 && strings.IndexByte("lr", stem[n-1]) >= 0 && stem[n-2] == 'e':
		return []string{stem, stem[:n-2] + stem[n-1:]}
	case n > 4 && strings.IndexByte("lr", stem[n-1]) >= 0 && !vowel(stem[n-2]):
		return []string{stem, stem[:n-1] + "e" + stem[n-1:]}
	}
	return []string{stem}
}

// englishVerbs returns the cores of a word as an English verb. Its -er is left to nouns.
func englishVerbs(text string) []core {
	n := len(text)
	if n < 3 || strings.IndexFunc(text, func(r rune) bool { return r < 'a' || r > 'z' }) >= 0 {
		return nil
	}
	all := []core{{text: text, ending: english}}
	switch {
	case text[n-1] == 'e':
		all = append(all, core{text: text[:n-1], ending: englishE})
	case text[n-1] == 'y' && !vowel(text[n-2]):
		all = append(all, core{text: text[:n-1], ending: englishY})
	case n < 7 && vowel(text[n-2]) && !vowel(text[n-3]) && !vowel(text[n-1]) && strings.IndexByte("wxy", text[n-1]) < 0:
		double := text + text[n-1:]
		all = append(all, core{text: double + "ed", ending: whole}, core{text: double + "ing", ending: whole})
	}
	for _, f := range irregular[text] {
		all = append(all, core{text: f, ending: whole})
	}
	return all
}

func vowel(c byte) bool { return strings.IndexByte("aeiouyAOU", c) >= 0 }
