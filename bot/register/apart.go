package register

import "strings"

var (
	frontEndings = []string{"", "e", "n", "en", "s", "es"}
	backEndings  = []string{"", "e", "n", "en", "s", "es", "t", "te", "ten", "et", "ete", "eten", "st"}
	linkers      = []string{"", "s", "n", "en", "e", "es", "er"}
)

// together looks for a compound whose first half is token i and whose other half stands near it, before or after:
// "Abbau von Stellen", "die Preise werden erhöht". No comma stands between them, and a first half written small with
// the other in capitals is no noun: "Ein Auftrag ist groß" is no "Großauftrag".
func (m *Matcher) together(p *page, i int, seen []sighting) []sighting {
	a := p.word(i)
	if functional[a] {
		return seen
	}
	for _, e := range frontEndings {
		front, ok := strings.CutSuffix(a, e)
		if !ok || len(front) < half || !m.fronts.has(hash(front)) {
			continue
		}
		for _, step := range []int{1, -1} {
			for j := i + step; j >= 0 && j < len(p.tokens) && p.gap(i, j) < comma; j += step {
				if p.tokens[j].capital && !p.tokens[i].capital {
					continue
				}
				if part, ok := m.whole(front, p.word(j)); ok {
					seen = append(seen, sighting{part, min(i, j), max(i, j)})
					break
				}
			}
		}
	}
	return seen
}

// whole looks for a word made of the front and the word b, without the endings of b and without the ge and zu of
// "abgebaut" and "abzubauen".
func (m *Matcher) whole(front, b string) (part int, ok bool) {
	if len(b) < half || functional[b] {
		return 0, false
	}
	if part, ok = m.compound(front, b); ok {
		return part, true
	}
	if !strings.Contains(b, "ge") && !strings.Contains(b, "zu") {
		return 0, false
	}
	particle, rest, apart := separate(b)
	if !apart {
		particle, rest = "", b
	}
	for _, infix := range []string{"ge", "zu"} {
		if stem, ok := strings.CutPrefix(rest, infix); ok {
			if part, ok := m.compound(front, particle+stem); ok {
				return part, true
			}
		}
	}
	return 0, false
}

func (m *Matcher) compound(front, b string) (part int, ok bool) {
	for _, e := range backEndings {
		back, ok := strings.CutSuffix(b, e)
		if !ok || len(back) < half || !m.backs.has(hash(back)) {
			continue
		}
		for _, link := range linkers {
			h := extend(extend(hash(front), link), back)
			if !m.joined.has(h) {
				continue
			}
			if i, ok := m.wholes[h]; ok && m.cores[i].text == front+link+back {
				return m.cores[i].part, true
			}
		}
	}
	return 0, false
}
