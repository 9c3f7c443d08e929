package bot

import (
	"testing"
	"time"

	"standleitung/bot/when"
)

// The kinds of records that time works on.
var (
	Milestones = milestones
	Readers    = readers
)

// RungsOf is the ladder of a milestone in a zone.
func (b *Bot) RungsOf(m *Milestone, zone *time.Location) map[Rung]time.Time { return b.rungs(m, zone) }

// ParseRule reads a phrase that repeats.
func ParseRule(text string, today when.Date, c *when.Calendar) (*Rule, when.Date, bool) {
	return parseRule(text, today, c)
}

// After is the first day of the series after a day.
func (r *Rule) After(d when.Date, c *when.Calendar) when.Date { return r.after(d, c) }

// Seed stores milestones as they are.
func (b *Bot) Seed(t testing.TB, list ...*Milestone) {
	t.Helper()
	err := b.store.Update(t.Context(), func(tx Tx) error {
		for _, m := range list {
			if err := milestones.Put(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// MilestoneOf reads a milestone.
func (b *Bot) MilestoneOf(t testing.TB, ref string) (m *Milestone) {
	t.Helper()
	err := b.store.View(t.Context(), func(r Reader) (err error) {
		m, err = b.open(r, b.now()).milestone(ref)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
