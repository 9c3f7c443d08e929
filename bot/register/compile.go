package register

import (
	"fmt"
	"slices"
	"strings"
)

// Entry is what the matcher knows of a flag.
type Entry struct {
	ID       string   // comes back in hits
	Label    string   // the public name, comes back in hits
	Terms    []string // secret words and phrases
	Excluded []string // phrases inside which the terms are not meant
}

// gram is how many letters of a core lead to it.
const gram = 6

// Matcher finds the terms of a register's entries. It never changes: a new register is a new Matcher, which the
// caller puts in the place of the old one. All methods may be called concurrently. The zero value finds nothing.
type Matcher struct {
	entries []Entry // without terms
	phrases []phrase
	leads   [][]int // by part: the phrases that it leads

	cores  []core
	grams  map[uint64][]int // the first letters of cores
	starts bitmap           // of grams

	words map[string][]int // short forms: their parts
	short bitmap           // hashes of short forms

	wholes map[uint64]int // hashes of cores that could be written apart: one of them
	joined bitmap         // the same hashes
	fronts bitmap         // hashes of their first halves
	backs  bitmap         // hashes of their last halves
}

// phrase is one way in which a term is written: parts that stand together.
type phrase struct {
	entry, term int // term is negative for an excluded phrase
	parts       []int
	order       order
}

// order is how the parts of a phrase stand.
type order uint8

const (
	anyOrder  order = iota // within one sentence, few words between them
	inTouch                // one after the other
	inOrder                // one after the other, few words and no comma between them
	separated              // a verb, and its particle at the end of the clause
)

// builder compiles entries.
type builder struct {
	m     *Matcher
	parts map[word]int
	split []string // first and last halves of words that could be written apart, in turn
}

// Compile prepares a register for matching. It reports terms in which there is nothing to find; whether a term is a
// good one is for [Check] to say. The entries are not kept.
func Compile(entries []Entry) (*Matcher, error) {
	b := builder{m: &Matcher{
		grams: map[uint64][]int{}, words: map[string][]int{}, wholes: map[uint64]int{},
	}, parts: map[word]int{}}
	for i, e := range entries {
		b.m.entries = append(b.m.entries, Entry{ID: strings.Clone(e.ID), Label: strings.Clone(e.Label)})
		for k, t := range e.Terms {
			if !b.term(i, k, t) {
				return nil, fmt.Errorf("flag %q: %w", e.ID, &Fault{Reason: Empty, Place: InTerms, Index: k})
			}
		}
		for k, t := range e.Excluded {
			if !b.term(i, -1-k, t) {
				return nil, fmt.Errorf("flag %q: %w", e.ID, &Fault{Reason: Empty, Place: InExcluded, Index: k})
			}
		}
	}
	b.finish()
	return b.m, nil
}

// term adds the ways in which a term is written; false if it holds no word.
func (b *builder) term(entry, term int, text string) bool {
	ws := wordsOf(text)
	if len(ws) == 0 {
		return false
	}
	add := func(o order, parts ...int) {
		b.phrase(phrase{entry: entry, term: term, parts: parts, order: o})
	}
	parts := make([]int, len(ws))
	for i, w := range ws {
		parts[i] = b.part(w)
	}
	add(orderOf(ws), parts...)
	if joined := join(ws); len(joined) > 0 {
		add(anyOrder, b.joined(joined))
	}
	for i, w := range ws {
		particle, stem, ok := w.apart()
		if !ok {
			continue
		}
		apart := slices.Clone(parts)
		apart[i] = b.part(word{text: stem + "en", small: true, phrase: true})
		apart = append(apart, b.part(word{text: particle, phrase: true}))
		add(separated, apart...)
	}
	if pieces := digits(ws); len(pieces) > 1 {
		parts = parts[:0:0]
		for _, p := range pieces {
			parts = append(parts, b.part(p))
		}
		add(inTouch, parts...)
	}
	return true
}

// orderOf returns how the words of a term stand: in their order, if some are articles and the like ("lay off", "um
// Rückruf"); auxiliary verbs move.
func orderOf(ws []word) order {
	for _, w := range ws {
		if functional[w.text] && !auxiliary[w.text] {
			return inOrder
		}
	}
	return anyOrder
}

// wordsOf returns the words of a term. Articles and the like are left out where two other words remain.
func wordsOf(text string) []word {
	f := folder{text: text}
	f.fold(nil)
	var all, bearing []word
	for _, t := range f.tokens {
		c := text[t.start]
		w := word{text: string(f.folded[t.from:t.to]), small: c >= 'a' && c <= 'z' || strings.HasPrefix(text[t.start:], "ü") ||
			strings.HasPrefix(text[t.start:], "ä") || strings.HasPrefix(text[t.start:], "ö"), phrase: len(f.tokens) > 1}
		all = append(all, w)
		if !functional[w.text] {
			bearing = append(bearing, w)
		}
	}
	switch {
	case len(bearing) > 1 && !isInitials(bearing):
		return bearing
	case isInitials(all):
		joined := word{}
		for _, w := range all {
			joined.text += w.text
		}
		return []word{joined}
	}
	return all
}

// isInitials reports whether words are several single letters, such as "K. I."
func isInitials(ws []word) bool {
	return len(ws) > 1 && !slices.ContainsFunc(ws, func(w word) bool { return len(w.text) > 1 })
}

// apart returns the halves of a separable verb written small.
func (w word) apart() (particle, stem string, ok bool) {
	stem, ok = strings.CutSuffix(w.text, "en")
	if !ok || !w.small {
		return "", "", false
	}
	return separate(stem)
}

// join returns the forms of a phrase of two or three words as one word: "Preise erhöhen" as "Preiserhöhung", "job cuts"
// as "jobcuts".
func join(ws []word) []word {
	if len(ws) < 2 || len(ws) > 3 {
		return nil
	}
	var front strings.Builder
	for _, w := range ws[:len(ws)-1] {
		front.WriteString(w.text)
	}
	last, f := ws[len(ws)-1], front.String()
	if len(f) < 3 || len(f)+len(last.text) < gram {
		return nil
	}
	base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(f, "s"), "n"), "e")
	fronts := []string{f}
	for _, link := range []string{"", "s", "e", "n", "en", "er"} {
		if len(base) > 3 && base+link != f {
			fronts = append(fronts, base+link)
		}
	}
	var all []word
	for _, f := range fronts {
		all = append(all, word{text: f + last.text, small: last.small})
		if stem, ok := strings.CutSuffix(last.text, "en"); ok && last.small {
			all = append(all, word{text: f + stem + "ung"})
		}
	}
	return all
}

// digits takes words of letters and digits apart: "R290" as "R 290". It returns nothing where there are none.
func digits(ws []word) []word {
	var all []word
	for _, w := range ws {
		from := 0
		for i := 1; i <= len(w.text); i++ {
			if i == len(w.text) || (w.text[i] < 'a') != (w.text[i-1] < 'a') {
				all = append(all, word{text: w.text[from:i], phrase: true})
				from = i
			}
		}
	}
	if len(all) == len(ws) {
		return nil
	}
	return all
}

// part returns the number of a word, the same for all terms that share it.
func (b *builder) part(w word) int {
	if p, ok := b.parts[w]; ok {
		return p
	}
	p := b.newPart()
	b.parts[w] = p
	for i := b.forms(p, w); i < len(b.m.cores); i++ {
		if !w.phrase {
			b.apart(i)
		}
	}
	return p
}

// joined makes one part of several ways to write a word.
func (b *builder) joined(ws []word) int {
	p := b.newPart()
	for _, w := range ws {
		b.forms(p, w)
	}
	return p
}

func (b *builder) newPart() int {
	b.m.leads = append(b.m.leads, nil)
	return len(b.m.leads) - 1
}

// forms enters the forms of a word, short ones each by itself, and returns the number of the first core.
func (b *builder) forms(p int, w word) int {
	first := len(b.m.cores)
	for _, c := range w.cores() {
		c.part = p
		if len(c.text) >= gram {
			b.m.cores = append(b.m.cores, c)
			continue
		}
		for _, e := range endings[c.ending] {
			if form := c.text + e; len(form) > 1 || form == w.text {
				b.short(form, p)
			}
		}
	}
	return first
}

func (b *builder) short(form string, p int) {
	if parts := b.m.words[form]; !slices.Contains(parts, p) {
		b.m.words[form] = append(parts, p)
	}
}

// half is the least length of each half of a compound that is also found taken apart.
const half = 4

// apart enters a core that could be written as two words.
func (b *builder) apart(core int) {
	c := b.m.cores[core]
	if len(c.text) < 2*half || c.last {
		return
	}
	h := hash(c.text)
	if _, ok := b.m.wholes[h]; ok {
		return
	}
	b.m.wholes[h] = core
	for i := half; i <= len(c.text)-half; i++ {
		if front := c.text[:i]; !functional[front] && !particles[front] {
			b.split = append(b.split, front, c.text[i:])
		}
	}
}

// phrase enters a way to write a term. Its first part leads to it: the one with the fewest other phrases.
func (b *builder) phrase(p phrase) {
	lead := p.parts[0]
	for i, q := range p.parts[1:] {
		if p.order == inTouch || p.order == inOrder || p.order == separated && i+2 == len(p.parts) {
			break // led by their first part, which is in any case not the particle
		}
		if len(b.m.leads[q]) < len(b.m.leads[lead]) {
			lead = q
		}
	}
	b.m.leads[lead] = append(b.m.leads[lead], len(b.m.phrases))
	b.m.phrases = append(b.m.phrases, p)
}

// finish fills the tables that lead to the cores.
func (b *builder) finish() {
	m := b.m
	m.starts = newBitmap(len(m.cores))
	for i, c := range m.cores {
		g := gramOf(c.text)
		m.grams[g] = append(m.grams[g], i)
		m.starts.set(g)
	}
	m.short = newBitmap(len(m.words))
	for w := range m.words {
		m.short.set(hash(w))
	}
	m.joined = newBitmap(len(m.wholes))
	for h := range m.wholes {
		m.joined.set(h)
	}
	m.fronts, m.backs = newBitmap(len(b.split)/2), newBitmap(len(b.split)/2)
	for i := 0; i < len(b.split); i += 2 {
		m.fronts.set(hash(b.split[i]))
		m.backs.set(hash(b.split[i+1]))
	}
}

// gramOf returns the first letters of a core as a number.
func gramOf(s string) uint64 {
	var g uint64
	for i := range gram {
		g = g<<8 | uint64(s[i])
	}
	return g
}

// The hash of words is FNV-1a.
const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

func hash(s string) uint64 { return extend(hashSeed, s) }

// extend returns the hash of a word with more letters from that of its beginning.
func extend(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * hashPrime
	}
	return h
}

// bitmap says of most numbers that they are not in a set.
type bitmap struct {
	bits  []uint64
	shift uint8
}

// newBitmap makes room for n numbers, of which at most a sixteenth of the others is taken for members.
func newBitmap(n int) bitmap {
	size := 10
	for 1<<size < n*16 {
		size++
	}
	return bitmap{make([]uint64, 1<<(size-6)), uint8(64 - size)}
}

const spread = 0x9E3779B97F4A7C15

func (b *bitmap) set(x uint64) {
	x = x * spread >> b.shift
	b.bits[x>>6] |= 1 << (x & 63)
}

func (b *bitmap) has(x uint64) bool {
	x = x * spread >> (b.shift & 63)
	return b.bits[x>>6]>>(x&63)&1 != 0
}
