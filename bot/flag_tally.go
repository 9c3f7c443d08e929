package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// tally counts how often the terms of a flag were met and how often somebody said that this did not fit: by term, never
// by person.
type tally struct {
	Flag    string         `json:"flag"` // reference
	Hits    map[string]int `json:"hits,omitempty"`
	Misfits map[string]int `json:"misfits,omitempty"`
}

var tallies = &Kind[tally]{Name: "tally", Version: 1, Key: func(t *tally) string { return t.Flag }}

// termKey is the fingerprint of a term, under which it is counted: it outlives a change of the flag's other terms and
// tells nobody what the term is.
func termKey(term string) string {
	sum := sha256.Sum256([]byte(term))
	return fmt.Sprintf("%x", sum[:6])
}

// tally reads the counts of a flag; empty when nothing was counted yet.
func (k *books) tally(flag string) (*tally, error) {
	t, err := tallies.Get(k.r, flag)
	if errors.Is(err, ErrNotFound) {
		t, err = &tally{Flag: flag}, nil
	}
	if err != nil {
		return nil, err
	}
	if t.Hits == nil {
		t.Hits = map[string]int{}
	}
	if t.Misfits == nil {
		t.Misfits = map[string]int{}
	}
	return t, nil
}

// countHits counts each flag that a text met.
func (r *Request) countHits(hits []Hit) error {
	return r.count(hits, func(t *tally) map[string]int { return t.Hits })
}

// countMisfits counts what did not fit.
func (r *Request) countMisfits(hits []Hit) error {
	return r.count(hits, func(t *tally) map[string]int { return t.Misfits })
}

func (r *Request) count(hits []Hit, of func(*tally) map[string]int) error {
	for _, h := range hits {
		t, err := r.books.tally(h.Flag)
		if err != nil {
			return err
		}
		of(t)[h.Term]++
		if err := tallies.Put(r.Tx, t); err != nil {
			return err
		}
	}
	return nil
}

// runMisfit notes that the words of a held message do not fit the flag, for the writer or somebody who decides on it.
func runMisfit(_ context.Context, r *Request) ([]Reply, error) {
	a, c, err := r.held()
	if err != nil {
		return nil, err
	}
	if !r.Person.hasID(c.Person) {
		if a, _, err = r.asked(); err != nil {
			return nil, err
		}
	}
	if a.Misfit {
		return nil, fault(Conflict, say.T("Das ist schon gezählt. Nichts geändert.", "This was counted already. Nothing changed."))
	}
	a.Misfit = true
	if err := errors.Join(r.countMisfits(a.Hits), approvals.Put(r.Tx, a), refresh(r, a.Ref())); err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Danke, gezählt: Das passt nicht. PR sieht nur die Zahl. An der Entscheidung ändert es nichts.",
		"Thanks, counted: it doesn't fit. PR sees the number only. The decision is still open."))}, nil
}

// endsSoon is from when on a flag's end is pointed out, in days.
const endsSoon = 14

// runReviewFlags shows which flags need care: overdue reviews first, then what ends soon, then what often does not fit.
func runReviewFlags(_ context.Context, r *Request) ([]Reply, error) {
	type row struct {
		weight int
		item   Item
	}
	var rows []row
	for f, err := range flags.All(r.Tx, Query{Index: "active", Reverse: true}) {
		if err != nil {
			return nil, err
		}
		t, err := r.books.tally(f.Ref())
		if err != nil {
			return nil, err
		}
		weight, item := r.reviewItem(f, t)
		rows = append(rows, row{weight, item})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.weight, a.weight) })
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{Title: say.T("Vermerke pflegen", "Flags in review").In(v), Preview: textPreviewAnswer.In(v)}
		for _, row := range rows[:min(len(rows), mostListed)] {
			card.Items = append(card.Items, row.item)
		}
		if more := len(rows) - mostListed; more > 0 {
			card.Note = textMore.In(v, "n", more)
		}
		if len(rows) == 0 {
			card.Text = say.T("Hier ist noch nichts.", "There is nothing here yet.").In(v)
		}
		return card
	}}}, nil
}

var textMore = say.T("+{n} weitere", "+{n} more")

// reviewItem is a flag with its counts and what is due; the weightiest come first.
func (r *Request) reviewItem(f *Flag, t *tally) (weight int, item Item) {
	v, today := r.Voice, r.today()
	var parts []string
	if review, err := when.ParseDate(f.Review); err == nil && review.Before(today) {
		weight += 1 << 30
		parts = append(parts, say.T("Prüfung überfällig seit {day}", "review overdue since {day}").In(v, "day", sayDay(v, f.Review, r.Now)))
	}
	if end := f.ends(r.Person.In()); !end.IsZero() && end.Before(r.Now.AddDate(0, 0, endsSoon)) {
		weight += 1 << 20
		parts = append(parts, say.T("endet {day}", "ends {day}").In(v, "day", f.sayUntil(v, r.Person.In(), r.Now)))
	}
	var terms []string
	for _, term := range f.Terms {
		hits, misfits := t.Hits[termKey(term)], t.Misfits[termKey(term)]
		weight += misfits
		text := say.T("{term}: {n} {n:Treffer|Treffer}", "{term}: {n} {n:hit|hits}").In(v, "term", term, "n", hits)
		if misfits > 0 {
			text += say.T(", {n} passten nicht", ", {n} didn't fit").In(v, "n", misfits)
		}
		terms = append(terms, text)
	}
	parts = append(parts, strings.Join(terms, "; "))
	show := r.bot.commands.byName["flag.show"]
	return weight, Item{
		Ref: f.Ref(), Text: f.Label, Meta: strings.Join(parts, " · "),
		Button: &Button{Label: show.Label.In(v), Do: show.do(f.Ref())},
	}
}
