package when

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is one rune of the input as the grammar sees it: no letter case, no width, umlauts as ae, oe, ue. One input
// rune becomes none (invisible ones, combining marks), one, or more letters.
type folded struct {
	text       string
	start, end int  // bytes of the input
	upper      bool // written as a capital
}

// foldRunes folds text. It is idempotent: folding its output changes nothing.
func foldRunes(text string) []folded {
	out := make([]folded, 0, len(text))
	for i, r := range text {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(text[i:])
		}
		if n := len(out); r == '\u0308' && n > 0 && strings.Contains("aou", out[n-1].text) && out[n-1].end == i {
			out[n-1].text += "e" // a decomposed umlaut
			out[n-1].end = i + size
			continue
		}
		if s := foldRune(r); s != "" {
			out = append(out, folded{s, i, i + size, unicode.IsUpper(r)})
		}
	}
	return out
}

func foldRune(r rune) string {
	switch {
	case r < utf8.RuneSelf:
		return string(unicode.ToLower(r))
	case unicode.IsSpace(r):
		return " "
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Mn, r):
		return ""
	case unicode.Is(unicode.Pd, r), r == '−':
		return "-"
	case r == '’', r == '‘', r == '´', r == 'ʼ':
		return "'"
	}
	return plain(r)
}

// plain spells a rune in letters or digits without marks, or leaves it alone where compatibility forms would turn
// one sign into several kinds ("½").
func plain(r rune) string {
	var b strings.Builder
	for _, c := range norm.NFKD.String(umlauts.Replace(strings.ToLower(string(r)))) {
		if !unicode.Is(unicode.Mn, c) {
			b.WriteRune(unicode.ToLower(c))
		}
	}
	s := b.String()
	for i, c := range s {
		if k := classOf(string(c)); k == 's' && len(s) > i+utf8.RuneLen(c) || k == ' ' || k != classOf(s) {
			return string(r)
		}
	}
	return s
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")
