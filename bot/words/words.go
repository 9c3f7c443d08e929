// Package words reduces German and English text to comparable stems, for search and for finding similar texts.
//
// A word is folded first (case, umlauts and their spellings ae, oe, ue, ß, accents, invisible characters), then
// stemmed by Snowball's German rules and, where those change nothing, by its English ones. Stems are keys of
// stored indexes: a change here needs a migration.
package words

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/german"
	"golang.org/x/text/unicode/norm"
)

// longest is the length in runes beyond which a word is cut: nobody searches for the rest.
const longest = 40

// Stems returns the distinct stems of the words of a text in the order of their first use, at most limit of them.
// Words that say nothing by themselves, and single letters, are left out.
func Stems(text string, limit int) []string {
	var stems []string
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !unicode.Is(unicode.Cf, r)
	}) {
		w = Fold(w)
		if len(w) < 2 || stop[w] {
			continue
		}
		if s := stem(w); !seen[s] {
			seen[s] = true
			stems = append(stems, s)
		}
		if len(stems) == limit {
			break
		}
	}
	return stems
}

// Fold makes spellings of one word equal: lower case, without accents and invisible characters, umlauts and ß
// written out in one way.
func Fold(word string) string {
	plain := true
	for i := 0; i < len(word); i++ {
		if c := word[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			plain = false
			break
		}
	}
	if !plain {
		word = foldRunes(word)
	}
	if strings.Contains(word, "e") {
		word = fold(word)
	}
	if len(word) > longest {
		if r := []rune(word); len(r) > longest {
			word = string(r[:longest])
		}
	}
	return word
}

// fold turns the spellings ae, oe and ue into plain vowels, but not where the letters belong to two sounds, as in
// "neue", "Frauen" or "Quelle".
func fold(word string) string {
	var b strings.Builder
	for i := 0; i < len(word); i++ {
		b.WriteByte(word[i])
		if i+1 < len(word) && word[i+1] == 'e' && strings.IndexByte("aou", word[i]) >= 0 &&
			(i == 0 || strings.IndexByte("aeq", word[i-1]) < 0) {
			i++
		}
	}
	return b.String()
}

func foldRunes(word string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(word) {
		switch {
		case r == 'ß' || r == 'ẞ':
			b.WriteString("ss")
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func stem(word string) string {
	env := snowballstem.NewEnv(word)
	german.Stem(env)
	if s := env.Current(); s != word {
		return s
	}
	env = snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}

// Alike compares two sets of stems: 0 for nothing in common, 1 for the same. It is the share of common stems
// among all, or three quarters of the share in the shorter one, whichever is more, so that a short text that is
// contained in a long one is found.
func Alike(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	in := make(map[string]bool, len(a))
	for _, s := range a {
		in[s] = true
	}
	common := 0
	for _, s := range b {
		if in[s] {
			common++
		}
	}
	jaccard := float64(common) / float64(len(a)+len(b)-common)
	if common < 2 {
		return jaccard
	}
	return max(jaccard, 0.75*float64(common)/float64(min(len(a), len(b))))
}

// stop lists folded words that say nothing by themselves.
var stop = set(`
ab aber alle als am an auch auf aus bei bin bis da das dass dem den der des die dir doch du ein eine einem einen einer
eines er es fur ganz gar gibt hat hatte hatten haben ich ihr im in ist ja jetzt kann kein keine konnen man mal mehr
mein mit mir mussen nach neu neue neuen neuer neues nicht noch nun nur ob oder ohne schon sehr sein seine sich sie sind so soll sollte sollten
thema uber um und uns unser unsere vom von vor war warum was weil wenn wer werden wie wieder wir wird wo wollen zu
zum zur
a about all also an and are as at be been but by can could do does for from had has have how i if in is it its just
me more my no not of on one or our out she should so some than that the their them then there they this to too up us
was we were what when where which who why will with would you your topic
`)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}
