package register

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"standleitung/bot/say"
)

// The sizes of an entry.
const (
	MaxTerms   = 100 // terms, and as many excluded phrases
	MaxRunes   = 100 // of a term, an excluded phrase or a label
	MaxWords   = 6   // of a term or an excluded phrase
	minLetters = 2   // of a term
)

// Reason says what is wrong with an entry.
type Reason string

// The reasons.
const (
	Empty    Reason = "empty"    // no word in it
	TooLong  Reason = "too_long" // more than MaxRunes or MaxWords
	TooMany  Reason = "too_many" // more than MaxTerms
	General  Reason = "general"  // would be found in a large part of all messages
	Revealed Reason = "revealed" // the label contains a term, in any form
	Silenced Reason = "silenced" // an excluded phrase takes back every hit of a term
	Double   Reason = "double"   // the same term twice
	NoTerms  Reason = "no_terms" // nothing to look for
)

// Place is the part of an entry that is at fault.
type Place string

// The places.
const (
	InLabel    Place = "label"
	InTerms    Place = "terms"
	InExcluded Place = "excluded"
)

// Fault is one thing that is wrong with an entry, as an error. Its error text does not repeat the words at fault, as
// it may be logged; [Fault.Text] does, as it is for PR.
type Fault struct {
	Reason Reason
	Place  Place
	Index  int    // of the term or the excluded phrase
	Words  string // as they were given; for Revealed the words of the label
}

// Error implements error.
func (f *Fault) Error() string {
	if f.Place == InLabel {
		return fmt.Sprintf("%s: %s", f.Place, f.Reason)
	}
	return fmt.Sprintf("%s %d: %s", f.Place, f.Index+1, f.Reason)
}

// Text says what is wrong to the person who sets the entry.
func (f *Fault) Text() say.Text {
	return faultTexts[f.Reason].With("words", f.Words, "terms", MaxTerms, "runes", MaxRunes, "count", MaxWords)
}

var faultTexts = map[Reason]say.Text{
	Empty: say.T("„{words}“ enthält kein Wort, nach dem gesucht werden kann.",
		`“{words}” has no word that can be looked for.`),
	TooLong: say.T("„{words}“ ist zu lang: höchstens {runes} Zeichen und {count} Wörter.",
		`“{words}” is too long: at most {runes} characters and {count} words.`),
	TooMany: say.T("Das sind zu viele: höchstens {terms} Begriffe und ebenso viele Ausnahmen.",
		"These are too many: at most {terms} terms, and as many exceptions."),
	General: say.T("„{words}“ ist zu allgemein und träfe zu viele Nachrichten. Ein zweites Wort dazu macht den Begriff genauer.",
		`“{words}” is too general and would be found in too many messages. A second word makes it more precise.`),
	Revealed: say.T("„{words}“ in der Bezeichnung verrät einen geheimen Begriff. Die Bezeichnung ist für alle sichtbar.",
		`“{words}” in the label gives a secret term away. The label is visible to everyone.`),
	Silenced: say.T("„{words}“ würde nie gefunden: Eine Ausnahme nimmt jeden Treffer zurück.",
		`“{words}” would never be found: an exception takes back every hit.`),
	Double:  say.T("„{words}“ steht zweimal da.", `“{words}” is there twice.`),
	NoTerms: say.T("Es fehlt ein Begriff, nach dem gesucht werden kann.", "There is no term to look for."),
}

// Check returns everything that is wrong with an entry, in the order of label, terms and excluded phrases; nil if
// nothing is.
func Check(e Entry) []*Fault {
	faults := CheckLabel(e.Label, e.Terms)
	if len(e.Terms) == 0 {
		faults = append(faults, &Fault{Reason: NoTerms, Place: InTerms})
	}
	lists := []struct {
		place Place
		terms []string
	}{{InTerms, e.Terms}, {InExcluded, e.Excluded}}
	for _, l := range lists {
		if len(l.terms) > MaxTerms {
			faults = append(faults, &Fault{Reason: TooMany, Place: l.place, Index: MaxTerms})
			continue
		}
		for i, t := range l.terms {
			f := CheckTerm(t)
			switch {
			case f != nil && f.Reason == General && l.place == InExcluded:
				continue
			case f == nil && slices.ContainsFunc(l.terms[:i], func(u string) bool { return sameTerm(t, u) }):
				f = &Fault{Reason: Double, Words: t}
			case f == nil && l.place == InTerms && silenced(t, e.Excluded):
				f = &Fault{Reason: Silenced, Words: t}
			}
			if f != nil {
				f.Place, f.Index = l.place, i
				faults = append(faults, f)
			}
		}
	}
	return faults
}

// CheckTerm returns what is wrong with a single term: [Empty], [TooLong] or [General]; nil if nothing is. A term is too
// general if it is made of words that stand in every other message, or of one or two letters.
func CheckTerm(term string) *Fault {
	fault := func(r Reason) *Fault { return &Fault{Reason: r, Place: InTerms, Words: term} }
	words := wordsOf(term)
	switch {
	case len(words) == 0:
		return fault(Empty)
	case utf8.RuneCountInString(term) > MaxRunes || len(words) > MaxWords:
		return fault(TooLong)
	}
	for _, w := range words {
		if !common(w) {
			return nil
		}
	}
	return fault(General)
}

// common reports whether a word stands in so many messages that it says nothing, in this form or another.
func common(w word) bool {
	if len(w.text) <= minLetters || len(w.text) <= 3 && w.text[0] <= '9' {
		return true
	}
	if functional[w.text] || frequent[w.text] {
		return true
	}
	for _, c := range w.cores() {
		if c.ending == verbal || c.ending == whole {
			continue
		}
		for _, e := range endings[c.ending] {
			if frequent[c.text+e] && len(e) < 3 {
				return true
			}
		}
	}
	return false
}

// CheckLabel returns what is wrong with a public label: [Empty], [TooLong], or [Revealed] for each place that gives a
// term away.
func CheckLabel(label string, terms []string) []*Fault {
	fault := func(r Reason, words string) *Fault { return &Fault{Reason: r, Place: InLabel, Words: words} }
	switch {
	case strings.TrimSpace(label) == "":
		return []*Fault{fault(Empty, label)}
	case utf8.RuneCountInString(label) > MaxRunes:
		return []*Fault{fault(TooLong, label)}
	}
	var faults []*Fault
	for _, h := range matchAll(label, Entry{Terms: terms}) {
		faults = append(faults, fault(Revealed, h.Words(label)))
	}
	return faults
}

// matchAll looks for an entry in all of a text, links and code too. Terms without a word are passed over.
func matchAll(text string, e Entry) []Hit {
	blank := func(t string) bool { return len(wordsOf(t)) == 0 }
	e.Terms = slices.DeleteFunc(slices.Clone(e.Terms), blank)
	e.Excluded = slices.DeleteFunc(slices.Clone(e.Excluded), blank)
	m, err := Compile([]Entry{e})
	if err != nil {
		return nil // cannot be: Compile refuses blank terms only
	}
	return m.match(text, nil)
}

// silenced reports whether excluded phrases take back even the bare term.
func silenced(term string, excluded []string) bool {
	return len(matchAll(term, Entry{Terms: []string{term}, Excluded: excluded})) == 0
}

// sameTerm reports whether two terms fold to the same words.
func sameTerm(a, b string) bool {
	return slices.EqualFunc(wordsOf(a), wordsOf(b), func(a, b word) bool { return a.text == b.text })
}
