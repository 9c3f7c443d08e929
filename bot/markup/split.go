package markup

import (
	"unicode"
	"unicode/utf8"
)

// Split cuts a text into parts that fit, each a whole text: what is open at a cut ends there and begins again in the
// next part. It cuts between blocks where it can, then between entries and lines, then between words, and in a word,
// a link or code only where there is nothing better; never in a name. A part that does not fit although it holds a
// single character, because its link is that long, stays as it is. An ordered list that was cut goes on with its numbers.
//
// fits tells whether what a part becomes is short enough; it is asked a few times per part.
func Split(d Doc, fits func(Doc) bool) []Doc {
	d = Normalize(d)
	var parts []Doc
	for {
		total, places := measure(d)
		most := longestFit(d, total, fits)
		if most >= total {
			return append(parts, d)
		}
		head, tail := cutAt(d, place(places, most))
		parts = append(parts, Normalize(head))
		d = Doc{append(Normalize(Doc{tail.Blocks[:1]}).Blocks, tail.Blocks[1:]...)} // the others are normal
	}
}

// longestFit is how many units from the beginning fit, at least one.
func longestFit(d Doc, total int, fits func(Doc) bool) int {
	ok := func(n int) bool {
		head, _ := cutAt(d, n)
		return fits(Normalize(head))
	}
	low, high := 1, min(256, total)
	for high <= total && ok(high) {
		if high == total {
			return total
		}
		low, high = high, min(high*2, total)
	}
	for low+1 < high {
		if mid := (low + high) / 2; ok(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// spot is a place between two units where a text may be cut.
type spot struct{ at, rank int }

// The ranks of places: between words, lines, entries and what stands in quotes, blocks.
const (
	betweenWords = iota
	betweenLines
	betweenParts
	betweenBlocks
	ranks
)

// place is the best place to cut, with at most the given number of units before it: a better one may cost up to half
// of the part.
func place(spots []spot, most int) int {
	best := [ranks]int{}
	for _, s := range spots {
		if s.at <= most {
			best[s.rank] = s.at
		}
	}
	for rank := ranks - 1; rank >= 0; rank-- {
		if best[rank] > 0 && best[rank] >= most/2 {
			return best[rank]
		}
	}
	return most
}

// measure counts the units of a text, which are its characters, names and breaks, and finds the places between them.
func measure(d Doc) (int, []spot) {
	var m measurer
	m.blocks(d.Blocks, betweenBlocks)
	return m.at, m.spots
}

type measurer struct {
	at    int
	spots []spot
}

func (m *measurer) spot(rank int) { m.spots = append(m.spots, spot{m.at, rank}) }

func (m *measurer) blocks(list []Block, rank int) {
	for _, b := range list {
		m.spot(rank)
		switch b.Kind {
		case Quote:
			m.blocks(b.Blocks, betweenParts)
		case List:
			for _, item := range b.Items {
				m.spot(betweenParts)
				m.blocks(item, betweenLines)
			}
		case CodeBlock:
			m.text(b.Text, '\n', betweenLines)
		default:
			m.inlines(b.Inlines, false)
		}
	}
}

// text counts characters; behind each of a kind is a place.
func (m *measurer) text(s string, behind byte, rank int) {
	for s != "" {
		n := character(s)
		m.at++
		if n == 1 && s[0] == behind {
			m.spot(rank)
		}
		s = s[n:]
	}
}

// characters is how many of them a text has.
func characters(s string) int {
	n := 0
	for ; s != ""; n++ {
		s = s[character(s):]
	}
	return n
}

// mostRunes bounds what counts as one character: what goes on longer is no letter and no emoji.
const mostRunes = 24

// character is how many bytes the first character of a text has, as people see it: with its accents, and an emoji with its skin
// tone, its colour, and all of a family; the name of an emoji such as :pumpe: is one, too.
func character(s string) int {
	if s[0] == ':' {
		if m := emojiForm.FindStringIndex(s[:min(len(s), 120)]); m != nil {
			return m[1]
		}
	}
	first, n := utf8.DecodeRuneInString(s)
	flag := isRegional(first)
	for range mostRunes {
		r, size := utf8.DecodeRuneInString(s[n:])
		switch {
		case size == 0:
			return n
		case flag && isRegional(r): // two make a flag
			flag = false
		case r == zeroWidthJoiner:
			_, next := utf8.DecodeRuneInString(s[n+size:])
			size += next
		case !goesOn(r):
			return n
		}
		n += size
	}
	return n
}

const zeroWidthJoiner = '\u200d'

func isRegional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// goesOn reports whether a rune belongs to the character before it: accents, skin tones, the tags of flags.
func goesOn(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f
}

// inlines counts a line; whole says that it is better not to cut in it.
func (m *measurer) inlines(list []Inline, whole bool) {
	for _, in := range list {
		switch {
		case in.Kind == Break:
			m.spot(betweenLines)
			m.at++
		case in.Kind == Mention:
			m.at++
		case in.Kind == Code || in.Kind == Text && whole:
			m.at += characters(in.Text)
		case in.Kind == Text:
			m.text(in.Text, ' ', betweenWords)
		default:
			m.inlines(in.Children, whole || in.Kind == Link)
		}
	}
}

// cutAt cuts a text behind a number of units. The parts are not normal yet.
func cutAt(d Doc, n int) (head, tail Doc) {
	c := cutter{n}
	h, t := c.blocks(d.Blocks)
	return Doc{h}, Doc{t}
}

// cutter takes units for the head until none is left to take.
type cutter struct{ left int }

// rest is what was cut before with all that stands behind it.
func rest[T any](cut, behind []T) []T {
	if len(cut) == 0 {
		return behind
	}
	return append(cut, behind...)
}

func (c *cutter) blocks(list []Block) (head, tail []Block) {
	for i, b := range list {
		if c.left == 0 {
			return head, rest(tail, list[i:])
		}
		h, t := b, b
		switch b.Kind {
		case Quote:
			h.Blocks, t.Blocks = c.blocks(b.Blocks)
		case List:
			h.Items, t.Items = c.items(b.Items)
			t.Start = b.number(len(b.Items) - len(t.Items))
		case CodeBlock:
			h.Text, t.Text = c.text(b.Text)
		default:
			h.Inlines, t.Inlines = c.inlines(b.Inlines)
		}
		head = append(head, h)
		if c.left == 0 {
			tail = append(tail, t)
		}
	}
	return head, tail
}

func (c *cutter) items(list [][]Block) (head, tail [][]Block) {
	for i, item := range list {
		if c.left == 0 {
			return head, rest(tail, list[i:])
		}
		h, t := c.blocks(item)
		head = append(head, h)
		if c.left == 0 && len(normalBlocks(t)) > 0 { // an entry that ends here is none of the rest
			tail = append(tail, t)
		}
	}
	return head, tail
}

func (c *cutter) text(s string) (head, tail string) {
	for i := 0; i < len(s); i += character(s[i:]) {
		if c.left == 0 {
			return s[:i], s[i:]
		}
		c.left--
	}
	return s, ""
}

func (c *cutter) inlines(list []Inline) (head, tail []Inline) {
	for i, in := range list {
		if c.left == 0 {
			return head, rest(tail, list[i:])
		}
		h, t := in, in
		switch in.Kind {
		case Text, Code:
			h.Text, t.Text = c.text(in.Text)
		case Break, Mention:
			c.left--
			head = append(head, in)
			continue
		default:
			h.Children, t.Children = c.inlines(in.Children)
		}
		head = append(head, h)
		if c.left == 0 && (t.Text != "" || len(t.Children) > 0) { // a link of nothing would show its address
			tail = append(tail, t)
		}
	}
	return head, tail
}
