package register

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// joint is what stands between a token and the one before it.
type joint uint8

const (
	apart  joint = iota // punctuation that separates, something ignored, or the start of the text
	blank               // blanks, or one line break
	sign                // a dot or the like without a blank: may split one word, or not
	hyphen              // a hyphen or underscore without a blank: one written word
)

// token is a word or number of a text.
type token struct {
	from, to   int // bytes of the folded page
	start, end int // bytes of the text
	letters    int // of the text: ü is one
	sentence   int
	joint      joint
	capital    bool // the first letter is one
	hangs      bool // a hyphen and a blank follow: "Preis- und"
	leads      bool // a blank and a hyphen stand before: "und -senkung"
}

// page is a text as the matcher reads it: lower-case letters and digits only, words without anything in between, so
// that a term split over several tokens is found as easily as a whole one. Umlauts are written ae, oe, ue.
type page struct {
	folded  []byte
	tokens  []token
	digital bool // digits or signs stand among letters: they may mean letters
}

// reading says what signs that look like letters are taken for.
type reading uint8

const (
	plainly   reading = iota
	signsWith         // digits and signs among letters are letters, 1 is l
	signsAsI          // the same, 1 is i
)

// folder builds a page.
type folder struct {
	page
	text     string
	reading  reading
	open     bool // the last token is not finished
	blanks   int  // since the last token, as are the following
	breaks   int  // line breaks
	hyphens  int
	signs    int
	others   int
	ends     bool // the end of a sentence was seen
	first    byte // first separator after the token: '-' for a hyphen
	last     byte // last separator: '-' for a hyphen, ' ' for a blank
	sentence int
}

// fold reads a text; spans are left out, in ascending order.
func (f *folder) fold(spans []Span) {
	for i := 0; i < len(f.text); {
		for len(spans) > 0 && spans[0].Start <= i {
			i = max(i, spans[0].End)
			spans = spans[1:]
			f.open, f.others = false, f.others+1
		}
		limit := len(f.text)
		if len(spans) > 0 {
			limit = spans[0].Start
		}
		for i < limit {
			switch c := f.text[i]; {
			case c >= utf8.RuneSelf:
				i += f.foldRune(i)
			case letters[c] != 0 && f.reading == plainly:
				i = f.run(i, limit)
			case letters[c] != 0:
				f.add(i, f.readAs(i, letters[c]))
				i++
				f.close(i)
			default:
				if f.reading == plainly || !f.letterSign(i) {
					f.separate(i, rune(c))
				}
				i++
			}
		}
	}
}

// run folds the ASCII letters and digits from byte i on and returns the byte behind them.
func (f *folder) run(i, limit int) int {
	if !f.open {
		f.begin(i)
		f.open = true
	}
	t := &f.tokens[len(f.tokens)-1]
	var kinds byte
	for ; i < limit; i++ {
		c := f.text[i]
		if c >= utf8.RuneSelf || letters[c] == 0 {
			break
		}
		kinds |= c & 0x40 // set in letters, not in digits
		if kinds != 0 && (c < 'A' || (c == 'I' || c == 'l') && f.swapped(i) != c) {
			f.digital = true
		}
		f.folded = append(f.folded, letters[c])
	}
	t.letters += len(f.folded) - t.to
	t.to = len(f.folded)
	t.end = i
	if kinds != 0 && f.folded[t.from] < 'a' {
		f.digital = true
	}
	return i
}

// letters holds the lower-case form of each ASCII letter and digit, 0 for all else.
var letters = func() (t [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			t[c] = c
		case c >= 'A' && c <= 'Z':
			t[c] = c + 'a' - 'A'
		}
	}
	return t
}()

// add appends a folded letter that stands at byte i, and begins a token where none is open.
func (f *folder) add(i int, letter byte) {
	if !f.open {
		f.begin(i)
	}
	f.open = true
	f.folded = append(f.folded, letter)
	t := &f.tokens[len(f.tokens)-1]
	t.to++
	if letter < 'a' != (f.folded[t.from] < 'a') {
		f.digital = true
	}
}

// close notes that the letter just added ends before byte i.
func (f *folder) close(i int) {
	t := &f.tokens[len(f.tokens)-1]
	t.letters++
	t.end = i
}

func (f *folder) begin(i int) {
	n := len(f.folded)
	ended := f.ended(i)
	t := token{from: n, to: n, start: i, joint: f.between(ended), capital: f.capital(i)}
	if k := len(f.tokens); k > 0 {
		f.tokens[k-1].hangs = f.first == '-' && f.blanks > 0 && t.joint == apart
		t.leads = f.last == '-' && f.blanks > 0 && t.joint == apart
	}
	if ended {
		f.sentence++
	}
	t.sentence = f.sentence
	f.tokens = append(f.tokens, t)
	f.blanks, f.breaks, f.hyphens, f.signs, f.others, f.first, f.last, f.ends = 0, 0, 0, 0, 0, 0, 0, false
}

// capital reports whether a capital stands at byte i.
func (f *folder) capital(i int) bool {
	if c := f.text[i]; c < utf8.RuneSelf {
		return c >= 'A' && c <= 'Z'
	}
	r, _ := utf8.DecodeRuneInString(f.text[i:])
	return unicode.IsUpper(r)
}

// between classes the separators since the last token.
func (f *folder) between(ended bool) joint {
	switch {
	case len(f.tokens) == 0 || f.others > 0 || ended:
		return apart
	case f.ends && f.signs > 0 && f.blanks > 0 && f.hyphens == 0:
		return blank // behind an abbreviation
	case f.hyphens > 0 && f.blanks == 0, f.hyphens == 1 && f.breaks == 1 && f.first == '-':
		return hyphen
	case f.hyphens > 0:
		return apart
	case f.blanks > 0 && f.signs == 0:
		return blank
	case f.signs > 0 && f.blanks == 0:
		return sign
	}
	return apart
}

// ended reports whether a sentence ended before the token that begins at byte i.
func (f *folder) ended(i int) bool {
	if len(f.tokens) == 0 {
		return false
	}
	if f.breaks > 1 || f.breaks > 0 && f.last == ' ' && f.hyphens > 0 && f.first != '-' {
		return true // an empty line, or an item of a list
	}
	if !f.ends || f.blanks == 0 {
		return false
	}
	if f.signs == 0 {
		return true // a mark other than the full stop
	}
	prev := f.tokens[len(f.tokens)-1]
	word := string(f.folded[prev.from:prev.to])
	r, _ := utf8.DecodeRuneInString(f.text[i:])
	return len(word) > 1 && word[0] >= 'a' && !abbreviations[word] && !unicode.IsLower(r)
}

var abbreviations = set(`abs bspw bzw ca dr etc evtl ff jr mr ms nr sr st vs
	 ggf inc inkl max min mio mrd mrs nov dez okt sep sept aug jan feb prof
	str tel usw vgl zzgl`)

// separate notes a sign between words.
func (f *folder) separate(i int, r rune) {
	switch r {
	case '\'', '’', '‘', 'ʼ', '´', '`':
		if f.open && followsLetter(f.text[i+utf8.RuneLen(r):]) {
			return // "Müller's" is one word
		}
		f.others++
	case '-', '_', '‐', '‑', '–', '—', '−':
		f.hyphens++
		r = '-'
	case '*', '~', '\r': // emphasis
		if !f.open && f.blanks > 0 {
			break
		}
		if !followsLetter(f.text[i+1:]) {
			return
		}
		f.signs++
	case '.', '·', '+', '•':
		f.signs++
		f.ends = f.ends || r == '.'
	case '!', '?', ';', '…':
		f.ends = true
		f.digital = f.digital || r == '!' && f.beforeLetter(i)
	case '@', '$', '|':
		f.others++
		f.digital = f.digital || f.beforeLetter(i)
	case '\n', '\u2028', '\u2029':
		f.breaks++
		f.blanks++
		r = ' '
	default:
		if r != ' ' && !unicode.IsSpace(r) {
			f.others++
			break
		}
		f.blanks++
		r = ' '
	}
	if f.first == 0 {
		f.first = byte(r)
	}
	f.last = byte(r)
	f.open = false
}

func followsLetter(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsLetter(r)
}

// foldRune reads the rune beyond ASCII at byte i and returns its size.
func (f *folder) foldRune(i int) int {
	r, size := utf8.DecodeRuneInString(f.text[i:])
	if r == utf8.RuneError && size == 1 {
		f.separate(i, ' ')
		return 1
	}
	s, ok := umlaut(r)
	if !ok {
		s, ok = spell(r)
	}
	switch {
	case !ok:
		if unicode.In(r, unicode.Mn, unicode.Me) && f.open {
			t := &f.tokens[len(f.tokens)-1]
			if r == '\u0308' && strings.IndexByte("aou", f.folded[t.to-1]) >= 0 {
				f.add(i, 'e')
			}
			f.tokens[len(f.tokens)-1].end = i + size
		} else if !invisible(r) {
			f.separate(i, r)
		}
	default:
		for k := range len(s) {
			f.add(i, s[k])
		}
		f.close(i + size)
	}
	return size
}

// umlaut writes the letters of German out.
func umlaut(r rune) (string, bool) {
	switch r {
	case 'ä', 'Ä':
		return "ae", true
	case 'ö', 'Ö':
		return "oe", true
	case 'ü', 'Ü':
		return "ue", true
	case 'ß', 'ẞ':
		return "ss", true
	}
	return "", false
}

// invisible reports whether a rune shows nothing and takes no room.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Cc) && !unicode.IsSpace(r) ||
		r == '\u3164' || r == '\u115f' || r == '\u1160' || r == '\uffa0'
}

// spell writes a letter or digit beyond ASCII in plain letters where it looks like some; other scripts stay.
func spell(r rune) (string, bool) {
	if invisible(r) || unicode.IsSpace(r) {
		return "", false
	}
	if s, ok := lookalikes[r]; ok {
		return s, true
	}
	var b strings.Builder
	for _, c := range norm.NFKD.String(string(r)) {
		switch l, ok := lookalikes[c]; {
		case ok:
			b.WriteString(l)
		case c == '\u0308' && b.Len() > 0 && strings.IndexByte("aou", b.String()[b.Len()-1]) >= 0:
			b.WriteByte('e')
		case unicode.In(c, unicode.Mn, unicode.Me):
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			b.WriteRune(unicode.ToLower(c))
		default:
			return "", false
		}
	}
	return b.String(), b.Len() > 0
}

// lookalikes are letters of other scripts that are taken for Latin ones, and Latin ones that do not decompose.
var lookalikes = func() map[rune]string {
	m := map[rune]string{
		'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "oe", 'Ø': "oe", 'ł': "l", 'Ł': "l",
		'đ': "d", 'Đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ɑ': "a", 'ɡ': "g", 'ɪ': "i", 'ʟ': "l", 'ɴ': "n", 'ʀ': "r",
	}
	pairs := "аaвbеeкkмmнhоoрpсcтtуyхxіiјjѕsԁdһhԛqԝwөoүy" + "АaВbЕeКkМmНhОoРpСcТtУyХxІiЈjЅsҮyԌg" +
		"αaβbεeιiκkνvοoρpτtυuχxηnγyωw" + "ΑaΒbΕeΖzΗhΙiΚkΜmΝnΟoΡpΤtΥyΧx"
	runes := []rune(pairs)
	for i := 0; i < len(runes); i += 2 {
		m[runes[i]] = string(runes[i+1])
	}
	return m
}()

// readAs returns the letter that a letter or digit among letters stands for.
func (f *folder) readAs(i int, l byte) byte {
	if !f.amongLetters(i) {
		return l
	}
	if c := f.text[i]; c == 'I' || c == 'l' {
		return letters[f.swapped(i)]
	}
	if k := strings.IndexByte("0345781", l); k >= 0 {
		if l == '1' && f.reading == signsAsI {
			return 'i'
		}
		return "oeastbl"[k]
	}
	return l
}

// swapped returns what the I or l at byte i may stand for: an I among small letters for l, an l among capitals for I.
func (f *folder) swapped(i int) byte {
	among := func(k int, from, to byte) bool {
		return k >= 0 && k < len(f.text) && f.text[k] >= from && f.text[k] <= to
	}
	switch c := f.text[i]; {
	case c == 'I' && among(i-1, 'a', 'z'):
		return 'l'
	case c == 'l' && among(i-1, 'A', 'Z') && among(i+1, 'A', 'Z'):
		return 'I'
	default:
		return c
	}
}

// letterSign takes a sign among letters for a letter.
func (f *folder) letterSign(i int) bool {
	k := strings.IndexByte("@$!|", f.text[i])
	if k < 0 || !f.beforeLetter(i) {
		return false
	}
	l := "asll"[k]
	if l == 'l' && f.reading == signsAsI {
		l = 'i'
	}
	f.add(i, l)
	f.close(i + 1)
	return true
}

// beforeLetter reports whether a sign at byte i is the beginning or the middle of a word.
func (f *folder) beforeLetter(i int) bool { return followsLetter(f.text[i+1:]) }

// amongLetters reports whether letters stand on both sides of byte i, or two on one.
func (f *folder) amongLetters(i int) bool {
	ascii := func(k int) bool {
		return k >= 0 && k < len(f.text) && (f.text[k] >= utf8.RuneSelf || letters[f.text[k]] >= 'a')
	}
	return ascii(i-1) && ascii(i+1) || ascii(i+1) && ascii(i+2) || ascii(i-1) && ascii(i-2)
}
