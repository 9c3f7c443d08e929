package register

import (
	"cmp"
	"slices"
)

const (
	widest   = 3  // words between two words of a phrase, articles and the like not counted
	comma    = 3  // words that a comma between two words counts for
	farthest = 9  // tokens from one word of a phrase to the next
	clause   = 14 // tokens from a verb to its particle
)

// Hit is a place of a text that an entry's terms are about.
type Hit struct {
	Entry string // its ID
	Label string // its public label
	Term  int    // index of the term; for PR and for counting only
	// Start and End are the bytes of the text that hold the writer's own words, from the first to the last that belongs
	// to the term.
	Start, End int
}

// Words returns the writer's own words.
func (h Hit) Words(text string) string { return text[h.Start:h.End] }

// Match returns the hits of a text in the order of their place; hits of one entry do not overlap. Links, mail
// addresses and code between backticks are not read, nor are the given spans, which must not overlap.
func (m *Matcher) Match(text string, ignored ...Span) []Hit {
	return m.match(text, unread(text, ignored))
}

func (m *Matcher) match(text string, spans []Span) []Hit {
	if len(m.phrases) == 0 {
		return nil
	}
	f := folder{text: text}
	f.folded = make([]byte, 0, len(text)+len(text)/8)
	f.tokens = make([]token, 0, len(text)/5)
	f.fold(spans)
	hits := m.hits(&f.page)
	if f.digital {
		for _, r := range []reading{signsWith, signsAsI} {
			again := folder{text: text, reading: r}
			again.fold(spans)
			hits = append(hits, m.hits(&again.page)...)
		}
	}
	return merge(hits)
}

// reach is more tokens than a phrase can span.
const reach = MaxWords * (farthest + clause)

// around returns the sightings that may belong to one phrase with s; seen is in order.
func around(seen []sighting, s sighting) []sighting {
	at := func(token int) int {
		i, _ := slices.BinarySearchFunc(seen, token, func(s sighting, t int) int { return cmp.Compare(s.first, t) })
		return i
	}
	return seen[at(s.first-reach):at(s.last+reach)]
}

// found is a phrase that stands in a page.
type found struct {
	*phrase
	tokens []int // ascending
}

// hits returns the hits of a page that no excluded phrase takes back.
func (m *Matcher) hits(p *page) []entryHit {
	seen := m.scan(p)
	if len(seen) == 0 {
		return nil
	}
	slices.SortFunc(seen, func(a, b sighting) int { return cmp.Compare(a.first, b.first) })
	var all, excluded []found
	for _, s := range seen {
		for _, i := range m.leads[s.part] {
			switch tokens, ok := m.phrases[i].complete(p, s, around(seen, s)); {
			case !ok:
			case m.phrases[i].term < 0:
				excluded = append(excluded, found{&m.phrases[i], tokens})
			default:
				all = append(all, found{&m.phrases[i], tokens})
			}
		}
	}
	slices.SortFunc(excluded, func(a, b found) int { return cmp.Compare(a.tokens[0], b.tokens[0]) })
	var hits []entryHit
	for _, f := range all {
		if f.excused(excluded) {
			continue
		}
		first, last := p.written(f.tokens[0], f.tokens[len(f.tokens)-1])
		hits = append(hits, entryHit{f.entry, Hit{
			Entry: m.entries[f.entry].ID, Label: m.entries[f.entry].Label, Term: f.term,
			Start: p.tokens[first].start, End: p.tokens[last].end,
		}})
	}
	return hits
}

// excused reports whether an excluded phrase of the same entry holds f; excluded is in order.
func (f found) excused(excluded []found) bool {
	first, last := f.tokens[0], f.tokens[len(f.tokens)-1]
	i, _ := slices.BinarySearchFunc(excluded, first-reach, func(e found, t int) int { return cmp.Compare(e.tokens[0], t) })
	for ; i < len(excluded) && excluded[i].tokens[0] <= first; i++ {
		e := excluded[i]
		if e.entry == f.entry && last <= e.tokens[len(e.tokens)-1] {
			return true
		}
	}
	return false
}

// written widens a range of tokens to the hyphenated words that they belong to.
func (p *page) written(first, last int) (int, int) {
	for first > 0 && p.tokens[first].joint == hyphen {
		first--
	}
	for last+1 < len(p.tokens) && p.tokens[last+1].joint == hyphen {
		last++
	}
	return first, last
}

// near reports whether tokens i and j may belong to one phrase, whatever stands between them.
func (p *page) near(i, j int) bool {
	return p.tokens[i].sentence == p.tokens[j].sentence && max(i-j, j-i) <= farthest
}

// complete looks for the other parts of a phrase around its leading one.
func (f *phrase) complete(p *page, lead sighting, seen []sighting) ([]int, bool) {
	if len(f.parts) == 1 {
		return lead.tokens(), true
	}
	switch f.order {
	case anyOrder:
		return gather(p, lead, f.parts, seen)
	case separated:
		n := len(f.parts) - 1
		tokens, ok := gather(p, lead, f.parts[:n], seen)
		if !ok {
			return nil, false
		}
		return f.next(p, tokens, n, seen)
	}
	if lead.part != f.parts[0] {
		return nil, false
	}
	tokens, ok := lead.tokens(), true
	for i := 1; i < len(f.parts) && ok; i++ {
		tokens, ok = f.next(p, tokens, i, seen)
	}
	return tokens, ok
}

// tokens returns the tokens of a sighting, ascending.
func (s sighting) tokens() []int {
	if s.first == s.last {
		return []int{s.first}
	}
	return []int{s.first, s.last}
}

// gather looks for parts in any order.
func gather(p *page, lead sighting, parts []int, seen []sighting) ([]int, bool) {
	tokens := lead.tokens()
	missing := slices.Clone(parts)
	for at := lead.part; ; {
		i := slices.Index(missing, at)
		if missing = slices.Delete(missing, i, i+1); len(missing) == 0 {
			return tokens, true
		}
		s, ok := nearest(p, tokens, missing, seen)
		if !ok {
			return nil, false
		}
		at = s.part
		tokens = append(tokens, s.tokens()...)
		slices.Sort(tokens)
	}
}

// nearest returns the sighting of a missing part that stands closest to the tokens, within reach of them.
func nearest(p *page, tokens, missing []int, seen []sighting) (sighting, bool) {
	best, least := sighting{}, widest+1
	for _, s := range seen {
		if s.last < tokens[0]-farthest || s.first > tokens[len(tokens)-1]+farthest || !slices.Contains(missing, s.part) ||
			slices.Contains(tokens, s.first) || slices.Contains(tokens, s.last) {
			continue
		}
		gap := widest + 1
		for _, t := range tokens {
			gap = min(gap, p.gap(t, s.first), p.gap(t, s.last))
		}
		if gap < least {
			best, least = s, gap
		}
	}
	return best, least <= widest
}

// gap counts the words between two tokens, a comma as several; more than the widest gap if they are too far apart.
func (p *page) gap(i, j int) int {
	if !p.near(i, j) {
		return widest + 1
	}
	n := 0
	for k := min(i, j) + 1; k <= max(i, j); k++ {
		if p.tokens[k].joint == apart {
			n += comma
		}
		if k < max(i, j) && !p.functional(k) {
			n++
		}
		if n > widest {
			break
		}
	}
	return n
}

// next adds the tokens of part i, which must stand behind the others.
func (f *phrase) next(p *page, tokens []int, i int, seen []sighting) ([]int, bool) {
	last := tokens[len(tokens)-1]
	k := slices.IndexFunc(seen, func(s sighting) bool {
		return s.part == f.parts[i] && s.first > last && f.reaches(p, last, s.first)
	})
	if k < 0 {
		return nil, false
	}
	return append(slices.Clone(tokens), seen[k].tokens()...), true
}

// reaches reports whether a part at token j may follow one at token i.
func (f *phrase) reaches(p *page, i, j int) bool {
	switch {
	case p.tokens[i].sentence != p.tokens[j].sentence || j-i > clause:
		return false
	case f.order == inTouch:
		return j == i+1
	case f.order == inOrder:
		return p.gap(i, j) < comma
	}
	return j+1 == len(p.tokens) || p.tokens[j+1].joint == apart || conjunctions[p.word(j+1)]
}

var conjunctions = set("und oder aber sondern weil dass wenn ob and or")

// entryHit is a hit with the number of its entry.
type entryHit struct {
	entry int
	Hit
}

// merge puts hits in order and keeps one of those of the same entry that overlap: the first, and of those that begin
// together the longest.
func merge(hits []entryHit) []Hit {
	if len(hits) == 0 {
		return nil
	}
	slices.SortFunc(hits, func(a, b entryHit) int {
		return cmp.Or(cmp.Compare(a.entry, b.entry), cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End),
			cmp.Compare(a.Term, b.Term))
	})
	kept := make([]Hit, 0, len(hits))
	for i, h := range hits {
		if i > 0 && hits[i-1].entry == h.entry && h.Start < kept[len(kept)-1].End {
			continue
		}
		kept = append(kept, h.Hit)
	}
	slices.SortStableFunc(kept, func(a, b Hit) int { return cmp.Compare(a.Start, b.Start) })
	return kept
}
