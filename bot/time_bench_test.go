package bot_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/bot/when"
	"standleitung/store/bolt"
)

// benchStore is a store of a size, filled once.
type benchStore struct {
	path string
	now  time.Time
}

const (
	benchSmall, benchLarge = 1_000, 1_000_000 // pending reminders
	benchTopics            = 100_000          // topics beside the large number
	benchDue               = 20               // reminders that fall due at one tick, whatever the size
)

// fill makes a store with n milestones, whose reminders come in the next years, and topics, in few large units of work.
func fill(b *testing.B, n, topics int) benchStore {
	b.Helper()
	s := benchStore{filepath.Join(b.TempDir(), "time.db"), time.Date(2026, 11, 24, 7, 0, 0, 0, time.UTC)}
	core, done := s.open(b)
	defer done()
	const unit = 20_000
	for from := 0; from < n; from += unit {
		err := core.store.Update(b.Context(), func(tx bot.Tx) error {
			for i := from; i < min(from+unit, n); i++ {
				day := when.DateOf(s.now).AddDays(7 + i%700)
				m := &bot.Milestone{
					ID: uint64(i + 1), Title: fmt.Sprintf("Step %d", i), Day: day.String(), Owner: "lea", Setter: "lena", At: s.now, State: bot.MilestoneOpen,
					Wake: when.At(day.AddDays(-2), 9*60, time.UTC),
				}
				if err := bot.Milestones.Put(tx, m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for from := 0; from < topics; from += unit {
		err := core.store.Update(b.Context(), func(tx bot.Tx) error {
			for i := from; i < min(from+unit, topics); i++ {
				t := &bot.Topic{ID: uint64(i + 1), Text: fmt.Sprintf("Idea %d", i), Author: "lea", At: s.now.Add(-time.Hour), State: bot.TopicNew}
				if err := bot.Topics.Put(tx, t); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// benchCore is a core on a filled store; at is its clock.
type benchCore struct {
	*bot.Bot
	store bot.Store
	at    *time.Time
}

// open opens the store and plans, as at a start.
func (s benchStore) open(b *testing.B) (benchCore, func()) {
	b.Helper()
	at := s.now
	clock := func() time.Time { return at }
	log := slog.New(slog.DiscardHandler)
	store, err := bolt.Open(b.Context(), bolt.Config{Path: s.path, Now: clock, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	member := func(id string, roles bot.Roles) bot.Member {
		return bot.Member{ID: id, Name: id, Roles: roles, Identities: []bot.Identity{{Adapter: "chat", ID: id}}}
	}
	core, err := bot.New(bot.Config{
		Store: store, Now: clock, Log: log, Adapters: []bot.Adapter{&chat{}},
		People: []bot.Member{member("lena", bot.Lead), member("lea", bot.Social)},
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := core.Plan(b.Context()); err != nil {
		b.Fatal(err)
	}
	return benchCore{core, store, &at}, func() {
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTime measures what time does in a store with a million pending reminders and a hundred thousand topics, beside
// one with a thousand of each: xsmall is how many times as long the large one takes. Each does the same work.
func BenchmarkTime(b *testing.B) {
	small, large := fill(b, benchSmall, benchSmall), fill(b, benchLarge, benchTopics)
	compare := func(name string, once func(b *testing.B, s benchStore, n int) time.Duration) {
		b.Run(name, func(b *testing.B) {
			var took [2]time.Duration
			for i := range b.N {
				for which, s := range []benchStore{small, large} {
					took[which] += once(b, s, i)
				}
			}
			b.ReportMetric(float64(took[1].Nanoseconds())/float64(b.N), "ns/op")
			b.ReportMetric(float64(took[0].Nanoseconds())/float64(b.N), "small-ns/op")
			b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "xsmall")
		})
	}
	compare("start", func(b *testing.B, s benchStore, _ int) time.Duration {
		began := time.Now()
		_, done := s.open(b)
		took := time.Since(began)
		done()
		return took
	})
	// Of which: to find out whether anything must be planned anew. The rest keeps both stores open.
	cores := map[string]benchCore{}
	for _, s := range []benchStore{small, large} {
		core, done := s.open(b)
		defer done()
		cores[s.path] = core
	}
	compare("plan", func(b *testing.B, s benchStore, _ int) time.Duration {
		began := time.Now()
		if err := cores[s.path].Plan(b.Context()); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	})
	compare("idle-tick", func(b *testing.B, s benchStore, _ int) time.Duration {
		core := cores[s.path]
		began := time.Now()
		for range 100 {
			if err := core.Remind(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(began) / 100
	})
	compare("tick-with-20-due", func(b *testing.B, s benchStore, n int) time.Duration {
		core := cores[s.path]
		core.due(b, n)
		began := time.Now()
		if err := core.Remind(b.Context()); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	})
	compare("lage", func(b *testing.B, s benchStore, n int) time.Duration {
		began := time.Now()
		if _, err := cores[s.path].Receive(b.Context(), direct("lena", fmt.Sprintf("lage-%s-%d", s.path, time.Now().UnixNano()+int64(n)), "lage")); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	})
	compare("briefing", func(b *testing.B, s benchStore, _ int) time.Duration {
		core := cores[s.path]
		next := core.nextBriefing(b)
		*core.at = next
		began := time.Now()
		if err := core.Brief(b.Context()); err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		if !core.nextBriefing(b).After(next) {
			b.Fatal("no briefing was made")
		}
		*core.at = s.now
		return took
	})
}

// due makes the reminders of twenty milestones fall due now.
func (c benchCore) due(b *testing.B, n int) {
	b.Helper()
	err := c.store.Update(b.Context(), func(tx bot.Tx) error {
		for i := range benchDue {
			m, err := bot.Milestones.Get(tx, bot.Serial(uint64(i+1)))
			if err != nil {
				return err
			}
			m.Day, m.Sent, m.Step = when.DateOf(*c.at).String(), 0, bot.RungBefore
			m.Wake = c.at.Add(-time.Duration(n+1) * time.Nanosecond)
			if err := bot.Milestones.Put(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// nextBriefing is when the lead's next briefing is due.
func (c benchCore) nextBriefing(b *testing.B) (next time.Time) {
	b.Helper()
	err := c.store.View(context.Background(), func(r bot.Reader) error {
		d, err := bot.Readers.Get(r, "lena")
		if err == nil {
			next = d.Next
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return next
}
