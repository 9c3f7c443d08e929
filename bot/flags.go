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
	"standleitung/bot/when"
)

// Flag is an entry of PR's register of sensitive subjects. Its terms are secret: nobody but PR ever sees them.
type Flag struct {
	ID uint64 `json:"id"`
	// Label is what everybody may read; it contains none of the terms.
	Label    string   `json:"label"`
	Terms    []string `json:"terms"`
	Excluded []string `json:"excluded,omitempty"`
	Level    Level    `json:"level"`
	// Wordings are how the company says it, Holdings what may be said meanwhile: every version in either language, the
	// oldest first.
	Wordings []Wording `json:"wordings,omitempty"`
	Holdings []Wording `json:"holdings,omitempty"`
	// Scope names the parties, rooms and lines whose messages are meant; empty for all.
	Scope  []string `json:"scope,omitempty"`
	Reason string   `json:"reason,omitempty"` // only PR reads it
	// Contact and Deputy are the people who decide.
	Contact string `json:"contact"`
	Deputy  string `json:"deputy,omitempty"`
	// Until is when PR is asked whether it still holds, or when an embargo lifts: a day (2006-01-02), which means its
	// beginning in the company's zone, or an instant (RFC 3339, UTC). Review is the day on which it must be looked at again
	// at the latest.
	Until  string    `json:"until,omitempty"`
	Review string    `json:"review"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Lifted time.Time `json:"lifted,omitzero"`
	// Recheck is the number of the newest search for it in what was there before; 0 for none.
	Recheck uint64 `json:"recheck,omitempty"`
	// Asked is since when PR is asked whether it still holds; zero while nobody is. KeptBy and Kept say who last said that
	// it stays as it is, and when.
	Asked  time.Time `json:"asked,omitzero"`
	KeptBy string    `json:"kept_by,omitempty"`
	Kept   time.Time `json:"kept,omitzero"`
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

// edition is the present edition of the register; 0 before the first flag.
func (k *books) edition() (*edition, error) {
	e, err := editions.Get(k.r, "register")
	if errors.Is(err, ErrNotFound) {
		e, err = &edition{}, nil
	}
	return e, err
}

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
	e, err := k.edition()
	if err != nil {
		return nil, err
	}
	n := e.N
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
	// Term is the fingerprint of the term, for counting only; see termKey.
	Term string `json:"term,omitempty"`
}

// ask matches a text, its links and code left out, and the names of its files. Of several hits of one flag the first counts; the weightiest flag comes first.
func (g *guard) ask(body markup.Doc, files ...File) []Hit {
	var hits []Hit
	for _, text := range append([]string{markup.Matchable(body)}, fileWords(files)...) {
		for _, h := range g.matcher.Match(text) {
			if !slices.ContainsFunc(hits, func(o Hit) bool { return o.Flag == h.Entry }) {
				hits = append(hits, Hit{Flag: h.Entry, Words: h.Words(text), Term: termKey(g.flags[h.Entry].Terms[h.Term])})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Compare(g.flags[b.Flag].Level.weight(), g.flags[a.Flag].Level.weight())
	})
	return hits
}

// askFrom matches a text that was written in a room: flags that are not meant for the room are left out. A nil room stands
// for a direct conversation, where every flag counts.
func (g *guard) askFrom(b *Bot, room *Room, body markup.Doc, files ...File) []Hit {
	return slices.DeleteFunc(g.ask(body, files...), func(h Hit) bool { return !g.flags[h.Flag].covers(b, room) })
}

// stopping are the hits that hold a text.
func (g *guard) stopping(hits []Hit) []Hit {
	return slices.DeleteFunc(slices.Clone(hits), func(h Hit) bool { f := g.flags[h.Flag]; return f == nil || !f.holds() })
}

// covers reports whether the flag is meant for what is written in a room; nil for a direct conversation.
func (f *Flag) covers(b *Bot, room *Room) bool {
	if len(f.Scope) == 0 || room == nil || slices.Contains(f.Scope, room.Name) || slices.Contains(f.Scope, room.Party) {
		return true
	}
	return slices.ContainsFunc(b.linesOf(room.Name), func(l *Line) bool { return slices.Contains(f.Scope, l.Name) })
}

// decides reports whether somebody is the flag's contact or deputy.
func (f *Flag) decides(who *Person) bool { return who.hasID(f.Contact) || who.hasID(f.Deputy) }

// known reports whether somebody may know all of the flag but its terms: PR, the lead, contact and deputy.
func (f *Flag) known(who *Person) bool { return who.Is(PR|Lead) || f.decides(who) }

// ends is the instant of Until, a day in the given zone; zero for none.
func (f *Flag) ends(zone *time.Location) time.Time {
	if day, err := when.ParseDate(f.Until); err == nil {
		return when.At(day, 0, zone)
	}
	at, err := time.Parse(time.RFC3339, f.Until)
	if err != nil {
		return time.Time{}
	}
	return at
}

// sayUntil speaks the end of the flag for a reader in a zone; "" for none.
func (f *Flag) sayUntil(v say.Voice, zone *time.Location, now time.Time) string {
	if day := sayDay(v, f.Until, now); day != "" || f.Until == "" {
		return day
	}
	return when.DayTime(f.ends(zone), asOf(f.ends(zone), now).In(zone), v.Language)
}
