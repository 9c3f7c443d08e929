package register

import (
	"bytes"
	"slices"
	"strings"
)

// sighting is a part of a term that stands in a text.
type sighting struct {
	part        int
	first, last int // tokens; of a compound taken apart they have others in between
}

// scan returns the parts that stand in a page, about in the order of their places.
func (m *Matcher) scan(p *page) []sighting {
	var seen []sighting
	const mask = 1<<(8*gram) - 1
	var g uint64
	single := 0
	for i := range p.tokens {
		t := &p.tokens[i]
		h := uint64(hashSeed)
		var before, earlier uint64 // hashes without the last letter and the last two
		for k := t.from; k < t.to; k++ {
			c := p.folded[k]
			earlier, before = before, h
			h = (h ^ uint64(c)) * hashPrime
			g = (g<<8 | uint64(c)) & mask
			if m.starts.has(g) && k >= gram-1 {
				seen = m.begin(p, i, k-gram+1, g, seen)
			}
		}
		if m.short.has(h) {
			for _, part := range m.words[string(p.folded[t.from:t.to])] {
				seen = append(seen, sighting{part, i, i})
			}
		}
		if t.to-t.from >= half && (m.fronts.has(h) || m.fronts.has(before) || m.fronts.has(earlier)) {
			seen = m.together(p, i, seen)
		}
		if single = singles(p, i, single); single > 1 {
			seen = m.spelled(p, i, single, seen)
		}
		if t.hangs || t.leads {
			seen = m.suspended(p, i, seen)
		}
	}
	return seen
}

// begin looks for the cores that begin with g at byte at of the page, which lies in the token near or before it.
func (m *Matcher) begin(p *page, near int, at int, g uint64, seen []sighting) []sighting {
	cores := m.grams[g]
	if cores == nil {
		return seen
	}
	for p.tokens[near].from > at {
		near--
	}
	for _, i := range cores {
		c := &m.cores[i]
		if !bytes.HasPrefix(p.folded[at:], []byte(c.text)) {
			continue
		}
		end := at + len(c.text)
		last := near
		for p.tokens[last].to < end {
			last++
		}
		if last > near {
			ok := false
			if last, ok = joins(p, near, last, at); !ok {
				continue
			}
		}
		front, rest := p.folded[p.tokens[near].from:at], p.folded[end:p.tokens[last].to]
		whole := p.folded[p.tokens[near].from:p.tokens[last].to]
		if c.fits(string(front), string(rest)) && !strange(string(whole), c.text, len(front)) {
			seen = append(seen, sighting{c.part, near, last})
		}
	}
	return seen
}

// joins reports whether the tokens from first to last, in which a core begins at byte at, may be one word, and where it
// ends: letters by themselves belong to it as long as there are some.
func joins(p *page, first, last int, at int) (int, bool) {
	letters, written := isSingle(p, first), true
	for i := first + 1; i <= last; i++ {
		j := p.tokens[i].joint
		if j == apart {
			return last, false
		}
		letters, written = letters && isSingle(p, i), written && j >= sign
	}
	if letters {
		for last+1 < len(p.tokens) && p.tokens[last+1].joint != apart && isSingle(p, last+1) {
			last++
		}
		return last, true
	}
	if written {
		return last, true
	}
	a, b := p.word(first), p.word(last)
	return last, last == first+1 && at == p.tokens[first].from && len(a) > 2 && len(b) > 2 &&
		!functional[a] && !functional[b] && !particles[a]
}

// word returns a folded token.
func (p *page) word(i int) string { return string(p.folded[p.tokens[i].from:p.tokens[i].to]) }

// functional reports whether token i carries no meaning of its own.
func (p *page) functional(i int) bool {
	t := &p.tokens[i]
	return functional[string(p.folded[t.from:t.to])]
}

// isSingle reports whether a token is one letter.
func isSingle(p *page, i int) bool {
	t := &p.tokens[i]
	return t.letters == 1 && p.folded[t.from] >= 'a'
}

// singles counts the single letters in a row that end with token i.
func singles(p *page, i, before int) int {
	switch {
	case !isSingle(p, i):
		return 0
	case p.tokens[i].joint == apart:
		return 1
	}
	return before + 1
}

// spelled looks up a short word spelled out in the last of n letters that end with token i, such as "B ä r".
func (m *Matcher) spelled(p *page, i, n int, seen []sighting) []sighting {
	if i+1 < len(p.tokens) && isSingle(p, i+1) && p.tokens[i+1].joint != apart {
		return seen // not yet its end
	}
	const longest = 2 * gram // longer ones are found by their core
	for first := i - min(n, longest) + 1; first < i; first++ {
		for _, part := range m.words[string(p.folded[p.tokens[first].from:p.tokens[i].to])] {
			seen = append(seen, sighting{part, first, i})
		}
	}
	return seen
}

// fits reports whether a core between front and rest is a form of its word, or a part of a compound.
func (c *core) fits(front, rest string) bool {
	ends := slices.Contains(endings[c.ending], rest)
	switch {
	case front == "" && ends:
		return true
	case !c.compound || front != "" && !leads(front, c.text):
		return false
	case ends:
		return true
	}
	return !c.last && follows(rest)
}

// leads reports whether front can be the first part of a compound with the word that follows.
func leads(front, word string) bool {
	n := len(front)
	if n < 3 || particles[front] || !strings.ContainsAny(front, "aeiouy") || strings.HasSuffix(front, "ver") {
		return false
	}
	switch front[n-1] {
	case 'j', 'q':
		return false
	case 'v':
		return front[n-2] == 'i'
	}
	return !strings.HasSuffix(word, "ion") || n > 3 && !strings.HasSuffix(front, "trans")
}

// follows reports whether rest can be the last part of a compound.
func follows(rest string) bool {
	return len(rest) > 2 && strings.ContainsAny(rest, "aeiouy") && !strings.HasPrefix(rest, "ung")
}

// strange reports whether the core at byte at of a word belongs to another word that holds it by accident.
func strange(word, core string, at int) bool {
	if len(word) == len(core) {
		return false
	}
	for _, s := range strangers {
		i := strings.Index(word, s)
		if i >= 0 && i < at+len(core) && at < i+len(s) && !strings.Contains(core, s) {
			return true
		}
	}
	return false
}

// suspended completes a word of which a part stands with another: "Preis- und Gebührenerhöhung", "Preissenkung und
// -erhöhung".
func (m *Matcher) suspended(p *page, i int, seen []sighting) []sighting {
	const reach = 4
	t := p.tokens[i]
	if t.hangs {
		for j := i + 1; j < len(p.tokens) && j <= i+reach && p.tokens[j].sentence == t.sentence; j++ {
			w := p.word(j)
			for cut := 1; cut <= len(w)-half; cut++ {
				seen = m.complete(p.word(i), w[cut:], i, j, seen)
			}
		}
	}
	if t.leads {
		for j := i - 1; j >= 0 && j >= i-reach && p.tokens[j].sentence == t.sentence; j-- {
			w := p.word(j)
			for cut := 3; cut < len(w); cut++ {
				seen = m.complete(w[:cut], p.word(i), j, i, seen)
			}
		}
	}
	return seen
}

// complete looks for terms that two pieces make together.
func (m *Matcher) complete(front, back string, i, j int, seen []sighting) []sighting {
	if len(front) < 3 || len(back) < half {
		return seen
	}
	word := front + back
	if len(word) < gram {
		return seen
	}
	for _, k := range m.grams[gramOf(word)] {
		c := &m.cores[k]
		if len(c.text) > len(front) && strings.HasPrefix(word, c.text) && c.fits("", word[len(c.text):]) {
			seen = append(seen, sighting{c.part, i, j})
		}
	}
	return seen
}
