package when

import (
	"strings"

	"standleitung/bot/say"
)

// Bounds of the search: what people write stays far below.
const (
	maxRunes  = 200 // of a phrase
	maxTokens = 40
	maxParts  = 8
	maxFill   = 5    // words that say nothing in a row
	maxDepth  = 2    // "zwei Tage vor dem Freitag vor Ostern"
	maxSteps  = 4000 // parts tried for one text
)

// grammar is one text on its way to a phrase.
type grammar struct {
	toks  []token
	lang  language
	depth int           // of anchors
	known map[int][]hit // parts by where they begin, at this depth
	steps *int          // left for this text
}

func newGrammar(text string, lang say.Language) *grammar {
	set := languageOf(lang)
	return grammarOf(tokenise(text, set), set)
}

func grammarOf(toks []token, lang language) *grammar {
	steps := maxSteps
	return &grammar{toks: toks, lang: lang, known: map[int][]hit{}, steps: &steps}
}

// hit is one reading of the tokens from where a rule was tried up to end. A reading is a hit, or several joined.
type hit struct {
	end  int
	cost int // how far-fetched it is
	said said
}

// readings returns, for each end that a phrase beginning at i can have, its cheapest reading.
func (g *grammar) readings(i int) map[int]hit {
	found := map[int]hit{}
	g.search(i, hit{end: i}, 0, found)
	return found
}

// search extends a reading by every part that fits, in every order that people use.
func (g *grammar) search(i int, got hit, parts int, found map[int]hit) {
	for j := i; j <= min(i+maxFill, len(g.toks)-1) && parts < maxParts; j++ {
		for _, h := range g.parts(j) {
			if *g.steps--; *g.steps < 0 {
				return
			}
			joined, ok := h.said, true
			if parts > 0 {
				joined, ok = got.said.joined(h.said)
			}
			if !ok {
				continue
			}
			if j > i && g.toks[j-1].word {
				joined.weak = false
			}
			r := hit{end: h.end, cost: got.cost + h.cost + 1, said: joined}
			if old, seen := found[r.end]; joined.sensible() && (!seen || r.cost < old.cost) {
				found[r.end] = r
			}
			g.search(r.end, r, parts+1, found)
		}
		if !g.isFill(j) {
			return
		}
	}
}

// parts tries every rule at i.
func (g *grammar) parts(i int) []hit {
	if hits, ok := g.known[i]; ok {
		return hits
	}
	rules := []func(int) []hit{
		g.stampRule, g.dateRule, g.monthRule, g.dayOfMonthRule, g.nearRule, g.weekdayRule, g.nthRule, g.spanRule,
		g.weekRule, g.edgeRule, g.feastRule, g.shiftRule, g.anchorRule, g.clockRule, g.partRule,
	}
	if g.depth > 0 {
		rules = rules[:len(rules)-2] // what lies before or after a day has no time
	}
	var hits []hit
	for _, rule := range rules {
		hits = append(hits, rule(i)...)
	}
	g.known[i] = hits
	return hits
}

// days returns the readings from i that name a day and no time, for what lies before or after it.
func (g *grammar) days(i int) map[int]hit {
	if g.depth == maxDepth {
		return nil
	}
	inner := *g
	inner.depth++
	inner.known = map[int][]hit{}
	return inner.readings(i)
}

// at returns the token at i; outside the text it is empty.
func (g *grammar) at(i int) token {
	if i < 0 || i >= len(g.toks) {
		return token{}
	}
	return g.toks[i]
}

// sense returns the token's meaning of a kind.
func (g *grammar) sense(i int, k kind) (sense, bool) {
	for _, s := range g.at(i).senses {
		if s.kind == k {
			return s, true
		}
	}
	return sense{}, false
}

func (g *grammar) is(i int, k kind) bool {
	_, ok := g.sense(i, k)
	return ok
}

func (g *grammar) sign(i int, text string) bool { return g.at(i).text == text }

// glued reports whether a sign at i follows its neighbour without a blank.
func (g *grammar) glued(i int, text string) bool { return g.sign(i, text) && g.at(i).glued }

func (g *grammar) isFill(i int) bool {
	switch t := g.at(i); t.text {
	case ",", "@", "(", "-":
		return true
	case ".":
		return i > 0 && t.glued && g.at(i-1).word
	}
	return g.is(i, kFill) || g.is(i, kTail)
}

// tail returns where the words and signs end that may follow a date and say nothing.
func (g *grammar) tail(i int) int {
	for i < len(g.toks) {
		switch g.toks[i].text {
		case ".", "!", "?", ",", ";", ":", ")", "…":
			i++
			continue
		}
		if end, ok := g.spelled(i, "at the latest"); ok {
			i = end
		} else if g.is(i, kTail) {
			i++
		} else {
			return i
		}
	}
	return i
}

// spelled reports where a name of several words ends that begins at i. Dots and hyphens between them are passed over.
func (g *grammar) spelled(i int, name string) (end int, ok bool) {
	first := i
	for word := range strings.FieldsSeq(name) {
		if t := g.at(i).text; i > first && (t == "." || t == "-") {
			i++
		}
		if g.at(i).text != word {
			return 0, false
		}
		i++
	}
	return i, true
}
