package when

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word, a number or a single sign.
type token struct {
	text       string
	senses     []sense // of a word
	num        int     // value of a number; only its first nine digits count
	digits     int     // how many digits a number has; 0 for words and signs
	start, end int     // bytes of the input
	glued      bool    // no blank stands before it
	upper      bool    // begins with a capital
	word       bool
	guessed    bool // the senses are those of a similar word
}

// tokenise cuts text into tokens and looks the words up. Apostrophes vanish, so that "o'clock" and "Year's" are one
// word each.
func tokenise(text string, lang language) []token {
	var toks []token
	last := byte(' ') // class of the rune before
	for _, f := range foldRunes(text) {
		class := classOf(f.text)
		switch {
		case f.text == "'":
			continue
		case class == ' ':
		case len(toks) > 0 && class == last && class != 's':
			t := &toks[len(toks)-1]
			t.text += f.text
			t.end = f.end
		default:
			toks = append(toks, token{
				text: f.text, start: f.start, end: f.end, glued: last != ' ', upper: f.upper, word: class == 'w',
			})
		}
		last = class
	}
	return lookUp(toks, lang)
}

// classOf returns the class of a rune: 'w' for letters, 'n' for digits, 's' for signs, or a blank.
func classOf(s string) byte {
	r, _ := utf8.DecodeRuneInString(s)
	switch {
	case unicode.IsSpace(r):
		return ' '
	case r >= '0' && r <= '9':
		return 'n'
	case unicode.IsLetter(r):
		return 'w'
	}
	return 's'
}

// lookUp fills in what tokens mean, and splits words that are two, such as "freitagnachmittag".
func lookUp(toks []token, lang language) []token {
	out := make([]token, 0, len(toks))
	for _, t := range toks {
		if classOf(t.text) == 'n' {
			t.digits = len(t.text)
			for _, c := range t.text[:min(9, len(t.text))] {
				t.num = t.num*10 + int(c-'0')
			}
		}
		if t.word {
			t.senses = sensesOf(t.text, lang)
		}
		if !t.word || t.senses != nil {
			out = append(out, t)
		} else if day, part, ok := splitDayPart(t, lang); ok {
			out = append(out, day, part)
		} else {
			t.senses = similar(t.text, lang)
			t.guessed = t.senses != nil
			out = append(out, t)
		}
	}
	return out
}

// splitDayPart splits "montagmorgen", "heuteabend" and "spätnachmittag".
func splitDayPart(t token, lang language) (day, part token, ok bool) {
	for cut := 4; cut < len(t.text)-2; cut++ {
		head, tail := sensesOf(t.text[:cut], lang), keepKind(sensesOf(t.text[cut:], lang), kPart)
		if len(tail) == 0 || !slices.ContainsFunc(head, func(s sense) bool {
			return s.kind == kNear || s.kind == kWeekday || s.kind == kLate
		}) {
			continue
		}
		day, part = t, t
		day.text, day.senses = t.text[:cut], head
		part.text, part.senses, part.glued = t.text[cut:], tail, true
		return day, part, true
	}
	return t, t, false
}

func keepKind(senses []sense, k kind) []sense {
	var out []sense
	for _, s := range senses {
		if s.kind == k {
			out = append(out, s)
		}
	}
	return out
}

// similar returns the meaning of the one name of a weekday or month that a long word differs from by one letter or
// one swap. A letter too many at the end does not count: "Montage" is no Monday.
func similar(word string, lang language) []sense {
	if len(word) < 6 {
		return nil
	}
	var found []sense
	for _, name := range lexicon().names {
		if name[0] != word[0] || strings.HasPrefix(word, name) || !oneEdit(word, name) {
			continue
		}
		if senses := sensesOf(name, lang); senses != nil {
			if found != nil && found[0].kind != senses[0].kind {
				return nil
			}
			found = senses
		}
	}
	return found
}

// oneEdit reports whether a and b differ by one inserted, missing or wrong letter, or by two neighbours swapped.
func oneEdit(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch {
	case a == "" || b == "":
		return len(a)+len(b) == 1
	case len(a) == len(b):
		return a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
	}
	return a[1:] == b || a == b[1:]
}
