package bot_test

import (
	"context"
	"log/slog"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"standleitung/bot"
	"standleitung/bot/when"
	"standleitung/store/bolt"
)

// TestRules reads the phrases that repeat, and the days that follow.
func TestRules(t *testing.T) {
	bavaria, err := when.NewCalendar("DE-BY")
	if err != nil {
		t.Fatal(err)
	}
	today := when.Date{Year: 2026, Month: time.November, Day: 23} // a Monday
	for _, c := range []struct{ text, first, second string }{
		{"jeden Montag", "2026-11-30", "2026-12-07"},
		{"every Tuesday", "2026-11-24", "2026-12-01"},
		{"freitags", "2026-11-27", "2026-12-04"},
		{"jede Woche", "2026-11-30", "2026-12-07"},
		{"wöchentlich", "2026-11-30", "2026-12-07"},
		{"alle zwei Wochen", "2026-12-07", "2026-12-21"},
		{"every other week", "2026-12-07", "2026-12-21"},
		{"every 3 weeks", "2026-12-14", "2027-01-04"},
		{"monatlich am 1.", "2026-12-01", "2027-01-01"},
		{"monthly on the 31st", "2026-11-30", "2026-12-31"},
		{"jeden Monat", "2026-12-23", "2027-01-23"},
		{"jedes Quartal", "2027-02-23", "2027-05-23"},
		{"jährlich", "2027-11-23", "2028-11-23"},
		{"jeden Werktag", "2026-11-24", "2026-11-25"},
	} {
		rule, first, ok := bot.ParseRule(c.text, today, bavaria)
		if !ok {
			t.Errorf("%q was not understood", c.text)
			continue
		}
		if second := rule.After(first, bavaria); first.String() != c.first || second.String() != c.second {
			t.Errorf("%q: %s, then %s; want %s, then %s", c.text, first, second, c.first, c.second)
		}
	}
	for _, text := range []string{"", "jede", "jeden", "alle null Wochen", "alle 99 Wochen", "monatlich am 32.", "wöchentlich am 3.", "jedes Mal", "every now and then", "Montag"} {
		if rule, _, ok := bot.ParseRule(text, today, bavaria); ok {
			t.Errorf("%q was read as %+v", text, rule)
		}
	}
	// From Friday the 23rd of December on: no working day before Tuesday the 27th.
	daily, _, _ := bot.ParseRule("werktags", today, bavaria)
	if got := daily.After(when.Date{Year: 2027, Month: time.March, Day: 25}, bavaria).String(); got != "2027-03-30" {
		t.Errorf("after Maundy Thursday comes %s, want the Tuesday after Easter", got)
	}
}

// ladderFixture is a core without people, for the ladder alone.
func ladderFixture(t *testing.T, region string, r bot.Reminders, now func() time.Time) *bot.Bot {
	calendar, err := when.NewCalendar(region)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	store, err := bolt.Open(t.Context(), bolt.Config{Path: t.TempDir() + "/ladder.db", Now: now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	core, err := bot.New(bot.Config{Store: store, Now: now, Log: log, Calendar: calendar, Reminders: &r, Adapters: []bot.Adapter{&chat{}}, People: []bot.Member{
		{ID: "lea", Name: "Lea", Identities: []bot.Identity{{Adapter: "chat", ID: "lea"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return core
}

// TestLadder computes the rungs of days around weekends, holidays and changes of the clock.
func TestLadder(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	core := ladderFixture(t, "DE-BY", bot.DefaultReminders(), time.Now)
	for _, c := range []struct{ day, clock, before, on, after string }{
		{"2026-12-03", "", "01.12. 09:00", "03.12. 09:00", "04.12. 09:00"},
		{"2026-12-05", "", "03.12. 09:00", "04.12. 09:00", "07.12. 09:00"}, // a Saturday
		{"2026-12-25", "", "23.12. 09:00", "24.12. 09:00", "28.12. 09:00"}, // Christmas
		{"2027-01-06", "", "04.01. 09:00", "05.01. 09:00", "07.01. 09:00"}, // Epiphany rests in Bavaria
		{"2027-03-28", "", "24.03. 09:00", "25.03. 09:00", "30.03. 09:00"}, // Easter Sunday, and the clocks change
		{"2027-10-31", "", "28.10. 09:00", "29.10. 09:00", "02.11. 09:00"}, // All Saints' on Monday
		{"2026-12-03", "05:30", "01.12. 09:00", "03.12. 06:30", "04.12. 09:00"},
	} {
		want := map[bot.Rung]string{bot.RungBefore: c.before, bot.RungDay: c.on, bot.RungAfter: c.after}
		got := map[bot.Rung]string{}
		for rung, at := range core.RungsOf(&bot.Milestone{Day: c.day, Clock: c.clock}, berlin) {
			got[rung] = at.In(berlin).Format("02.01. 15:04")
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s %s: got %v, want %v", c.day, c.clock, got, want)
		}
	}
}

// TestTwoRunners lets two look at the same moment: each reminder goes out once.
func TestTwoRunners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
		core := ladderFixture(t, "", bot.DefaultReminders(), func() time.Time { return now })
		core.Seed(t, &bot.Milestone{ID: 1, Title: "x", Day: "2026-12-03", Owner: "lea", State: bot.MilestoneOpen, Wake: now})
		for range 4 {
			go func() { _ = core.Remind(context.Background()) }()
		}
		synctest.Wait()
		if err := core.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := core.MilestoneOf(t, "M-1")
		if m.Sent != 1 || m.Step != bot.RungBefore || !m.Wake.Equal(time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("sent %d, step %d, wakes %v; want one, and the next on the day", m.Sent, m.Step, m.Wake)
		}
	})
}

// TestFailingMilestone holds that one that cannot be worked on does not stand in the way of the others.
func TestFailingMilestone(t *testing.T) {
	now := time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC)
	core := ladderFixture(t, "", bot.DefaultReminders(), func() time.Time { return now })
	core.Seed(t,
		&bot.Milestone{ID: 1, Title: "bad", Day: "2026-12-03", Owner: "lea", State: bot.MilestoneOpen, Wake: now.Add(-time.Second), Rule: &bot.Rule{Unit: "week", N: 0}},
		&bot.Milestone{ID: 2, Title: "good", Day: "2026-12-03", Owner: "lea", State: bot.MilestoneOpen, Wake: now},
	)
	now = now.AddDate(0, 0, 1).Add(-time.Hour) // the day is over: the first must roll, by a rule that is broken
	if err := core.Remind(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := core.MilestoneOf(t, "M-2"); m.Sent != 1 {
		t.Errorf("the good one was reminded %d times, want once", m.Sent)
	}
	if m := core.MilestoneOf(t, "M-1"); !m.Wake.Equal(now.Add(time.Minute)) {
		t.Errorf("the bad one wakes %v, want in a minute", m.Wake)
	}
}
