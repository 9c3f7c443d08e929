package bot

import (
	"cmp"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/register"
	"standleitung/bot/say"
)

// Flag is an entry of PR's register of sensitive subjects. Its terms are secret: nobody but PR ever sees them.
type Flag struct {
	ID uint64 `json:"id"`
	// Label is what everybody may read; it contains none of the terms.
	Label    string   `json:"label"`
	Terms    []string `json:"terms"`
	Excluded []string `json:"excluded,omitempty"`
	Level    Level    `json:"level"`
	// Wording is how the company says it. It stands in the language in which PR wrote it.
	Wording string `json:"wording,omitempty"`
	Reason  string `json:"reason,omitempty"` // only PR reads it
	// Contact and Deputy are the people who decide.
	Contact string `json:"contact"`
	Deputy  string `json:"deputy,omitempty"`
	// Until is the day on which PR asks whether it still holds, or the day on which an embargo lifts (2006-01-02); Review
	// is when it must be looked at again at the latest.
	Until  string    `json:"until,omitempty"`
	Review string    `json:"review"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Lifted time.Time `json:"lifted,omitzero"`
	// Misfits counts how often people said that a hit did not fit.
	Misfits int `json:"misfits,omitempty"`
}

// Level is how sensitive a subject is.
type Level string

// The levels.
const (
	Green   Level = "green"   // say it like this
	Yellow  Level = "yellow"  // ask first
	Red     Level = "red"     // say nothing
	Embargo Level = "embargo" // not before a day
)

// levels names the levels for people and orders them by their weight.
var levels = []struct {
	level Level
	text  say.Text
	words []string
}{
	{Green, say.T("grün: so sagen", "green: say it like this"), []string{"grün", "green", "sprachregelung", "guidance"}},
	{Yellow, say.T("gelb: erst abstimmen", "yellow: ask first"), []string{"gelb", "yellow", "abstimmen"}},
	{Embargo, say.T("Sperrfrist", "embargo"), []string{"sperrfrist", "embargo"}},
	{Red, say.T("rot: nichts sagen", "red: say nothing"), []string{"rot", "red"}},
}

func (l Level) text() say.Text {
	for _, row := range levels {
		if row.level == l {
			return row.text
		}
	}
	return say.Text{}
}

func (l Level) weight() int {
	return slices.IndexFunc(levels, func(row struct {
		level Level
		text  say.Text
		words []string
	},
	) bool {
		return row.level == l
	})
}

// parseLevel reads a level as people write it.
func parseLevel(word string) (Level, bool) {
	for _, row := range levels {
		for _, w := range row.words {
			if foldVerb(w) == foldVerb(word) {
				return row.level, true
			}
		}
	}
	return "", false
}

// Ref is the reference as people read it.
func (f *Flag) Ref() string { return formatRef("F", f.ID) }

// holds reports whether a hit stops a text.
func (f *Flag) holds() bool { return f.Level != Green }

var flags = &Kind[Flag]{
	Name: "flag", Version: 1,
	Key: func(f *Flag) string { return Serial(f.ID) },
	Indexes: []Index[Flag]{{"active", func(f *Flag) []string {
		if !f.Lifted.IsZero() {
			return nil
		}
		return []string{Serial(f.ID)}
	}}},
}

// edition counts the changes of the register.
type edition struct {
	N uint64 `json:"n"`
}

var editions = &Kind[edition]{Name: "edition", Version: 1, Key: func(*edition) string { return "register" }}

// guard is the register, ready to be asked. It never changes; a changed register is a new guard.
type guard struct {
	edition uint64
	matcher *register.Matcher
	flags   map[string]*Flag
}

// guards keeps the newest guard, so that it is compiled once for each edition.
type guards struct{ newest atomic.Pointer[guard] }

// guard returns the register as this unit of work sees it. An error means that it cannot be read: then nothing
// crosses a line.
func (k *books) guard() (*guard, error) {
	var n uint64
	e, err := editions.Get(k.r, "register")
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return nil, err
	default:
		n = e.N
	}
	if g := k.bot.guards.newest.Load(); g != nil && g.edition == n {
		return g, nil
	}
	g := &guard{edition: n, flags: map[string]*Flag{}}
	var entries []register.Entry
	for f, err := range flags.All(k.r, Query{Index: "active"}) {
		if err != nil {
			return nil, err
		}
		g.flags[f.Ref()] = f
		entries = append(entries, register.Entry{ID: f.Ref(), Label: f.Label, Terms: f.Terms, Excluded: f.Excluded})
	}
	if g.matcher, err = register.Compile(entries); err != nil {
		return nil, err
	}
	for {
		old := k.bot.guards.newest.Load()
		if old != nil && old.edition > g.edition || k.bot.guards.newest.CompareAndSwap(old, g) {
			break // an older state of the store does not make an older register the newest
		}
	}
	return g, nil
}

// Hit is a place in a text that met the register, in the writer's own words.
type Hit struct {
	Flag  string `json:"flag"` // reference
	Words string `json:"words"`
}

// ask matches a text, its links and code left out. Of several hits of one flag the first counts; the weightiest flag comes first.
func (g *guard) ask(body markup.Doc) []Hit {
	text := markup.Matchable(body)
	var hits []Hit
	for _, h := range g.matcher.Match(text) {
		if !slices.ContainsFunc(hits, func(o Hit) bool { return o.Flag == h.Entry }) {
			hits = append(hits, Hit{Flag: h.Entry, Words: h.Words(text)})
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Compare(g.flags[b.Flag].Level.weight(), g.flags[a.Flag].Level.weight())
	})
	return hits
}
