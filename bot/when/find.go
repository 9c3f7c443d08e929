package when

import (
	"strings"
	"unicode"
)

// Match is a date found in a longer text. The zero value is none.
type Match struct {
	Result
	// Start and End are the bytes that the date spans, with the prepositions that lead to it: "bis Freitag".
	Start, End int
}

// Rest returns the text without the date: "morgen 10:00 Bild prüfen" leaves "Bild prüfen".
func (m Match) Rest(text string) string {
	loose := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;:-–—", r) }
	before, after := strings.TrimRightFunc(text[:m.Start], loose), strings.TrimLeftFunc(text[m.End:], loose)
	switch {
	case before == "":
		return strings.TrimSpace(after)
	case after == "":
		return strings.TrimSpace(before)
	}
	return strings.TrimSpace(before) + " " + strings.TrimSpace(after)
}

// Find looks for the date of a command's argument: the whole text, else its longest beginning, else its longest end. In
// a longer text only what is clearly a date counts: "3.12. Bild prüfen" and "Bild prüfen bis Freitag", but neither "3
// Bilder", "Mai-Kampagne", "Weihnachten planen" nor "Version 3.12". It corrects no typing errors there. Two dates, as for an
// absence, are found one after the other: the second in the first one's Rest.
func Find(text string, opt Options) Match {
	if r := Parse(text, opt); r.Kind != None {
		return Match{r, 0, len(text)}
	}
	toks := tokenise(text, languageOf(opt.Language))
	r := newResolver(opt)
	if m := front(grammarOf(toks[:min(len(toks), maxTokens)], languageOf(opt.Language)), r); m.Kind != None {
		return m
	}
	return back(grammarOf(toks[max(0, len(toks)-maxTokens):], languageOf(opt.Language)), r)
}

// front finds the longest date that the text begins with.
func front(g *grammar, r resolver) Match {
	best := hit{}
	for end, h := range g.readings(0) {
		if end > best.end && !h.said.weak && !h.said.loose && g.endsPhrase(end) {
			best = h
		}
	}
	if best.end == 0 {
		return Match{}
	}
	return Match{r.result(best.said), 0, g.toks[best.end-1].end}
}

// back finds the longest date that the text ends with.
func back(g *grammar, r resolver) Match {
	for i := 1; i < len(g.toks); i++ {
		if g.toks[i].glued || !g.beginsPhrase(i) {
			continue
		}
		if h, ok := g.wholeFrom(i); ok && !h.said.weak {
			return Match{r.result(h.said), g.toks[i].start, g.toks[len(g.toks)-1].end}
		}
	}
	return Match{}
}

// endsPhrase reports whether a phrase can end before i: not within "Mai-Kampagne" or "3.12.1".
func (g *grammar) endsPhrase(i int) bool {
	t := g.at(i)
	if !t.glued {
		return true
	}
	return !t.word && t.digits == 0 && (!g.at(i+1).glued || !strings.Contains("-/.:%€$", t.text))
}

// beginsPhrase keeps greetings from being dates.
func (g *grammar) beginsPhrase(i int) bool {
	switch g.at(i - 1).text {
	case "guten", "guter", "gute", "good", "schoenen", "schoenes", "happy", "herr", "herrn", "frau":
		return false
	}
	return true
}
