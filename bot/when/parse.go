package when

import (
	"time"
	"unicode/utf8"

	"standleitung/bot/say"
)

// Options say for whom a phrase is read.
type Options struct {
	// Now is the present in the person's zone: its location decides what "heute" and "9 Uhr" are.
	Now time.Time
	// Language restricts the words to one language; empty understands both. Numbers, "10am", "EOD" and the like are
	// always understood.
	Language say.Language
	// Calendar counts working days; nil knows weekends only.
	Calendar *Calendar
}

// Parse reads a text that is nothing but a date. Anything that it does not understand in full holds none, and so does a
// text of more than 200 runes.
func Parse(phrase string, opt Options) Result {
	if len(phrase) > utf8.UTFMax*maxRunes || utf8.RuneCountInString(phrase) > maxRunes {
		return Result{}
	}
	g := newGrammar(phrase, opt.Language)
	if len(g.toks) > maxTokens {
		return Result{}
	}
	r := newResolver(opt)
	if h, ok := g.whole(); ok {
		return r.result(h.said)
	}
	return g.several(r)
}

// whole returns the cheapest reading that leaves nothing over.
func (g *grammar) whole() (hit, bool) { return g.wholeFrom(0) }

func (g *grammar) wholeFrom(i int) (hit, bool) {
	best, ok := hit{}, false
	for end, h := range g.readings(i) {
		if g.tail(end) == len(g.toks) && (!ok || h.cost < best.cost || h.cost == best.cost && end > best.end) {
			best, ok = h, true
		}
	}
	return best, ok
}
