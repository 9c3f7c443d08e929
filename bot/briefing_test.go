package bot_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// timeFixture is a core whose clock the test sets, with a lead, an owner and somebody of PR.
type timeFixture struct {
	fixture
	now time.Time
	n   int
}

func newTimeFixture(t *testing.T) *timeFixture {
	t.Helper()
	f := &timeFixture{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return f.now }
	log := slog.New(slog.DiscardHandler)
	store, err := bolt.Open(t.Context(), bolt.Config{Path: t.TempDir() + "/time.db", Now: clock, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	member := func(id string, roles bot.Roles) bot.Member {
		return bot.Member{ID: id, Name: id, Roles: roles, Identities: []bot.Identity{{Adapter: "chat", ID: id}}}
	}
	f.store = store
	f.bot, err = bot.New(bot.Config{
		Store: store, Now: clock, Log: log, Adapters: []bot.Adapter{&chat{}},
		People: []bot.Member{member("lena", bot.Lead), member("lea", bot.Social), member("ines", bot.PR)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.bot.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *timeFixture) receive(t *testing.T, who, text string, zone string) {
	t.Helper()
	f.n++
	m := direct(who, strings.Repeat("x", f.n), text)
	m.From.Zone = zone
	if _, err := f.bot.Receive(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// TestPreviewsLeakNothing holds that what a lock screen shows has numbers and times, but no titles.
func TestPreviewsLeakNothing(t *testing.T) {
	f := newTimeFixture(t)
	f.receive(t, "lea", "thema Geheimplan Nordsee", "")
	f.receive(t, "lena", "meilenstein Geheimplan drucken bis:24.11. 12:00", "")
	f.receive(t, "lena", "meilenstein Geheimplan verteilen bis:26.11. an:lea", "")
	f.receive(t, "ines", "vermerk Geheimplan begriffe:nordsee stufe:gelb bis:25.11. prüfung:in 60 Tagen", "")
	f.now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	if err := f.bot.Remind(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.bot.Brief(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.receive(t, "lena", "lage", "")
	cards := f.said(t, "lena")
	want := "Lage: 1 wartet, Frist 12:00"
	found := 0
	for _, c := range append(cards, f.said(t, "lea")...) {
		if strings.Contains(c.Preview, "Geheim") || c.Preview == "" {
			t.Errorf("preview %q", c.Preview)
		}
		if c.Preview == want {
			found++
		}
	}
	if found != 2 {
		t.Errorf("the preview %q came %d times, want with the briefing and with the answer", want, found)
	}
}

// TestMovedZone holds that reminders follow their owner to another zone.
func TestMovedZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newTimeFixture(t)
		f.receive(t, "lena", "meilenstein Bild bis:3.12. an:lea", "")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- f.bot.Run(ctx) }()
		f.receive(t, "lea", "M-1", "America/New_York")
		synctest.Wait()
		want := time.Date(2026, 12, 1, 14, 0, 0, 0, time.UTC)
		if m := f.bot.MilestoneOf(t, "M-1"); !m.Wake.Equal(want) {
			t.Errorf("wakes %v, want nine o'clock in New York, %v", m.Wake, want)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestClockAhead sets the clock a year ahead and back: the briefing comes again on the next morning.
func TestClockAhead(t *testing.T) {
	f := newTimeFixture(t)
	brief := func(at time.Time, want int) {
		t.Helper()
		f.now = at
		if err := f.bot.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := f.bot.Brief(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got := 0
		for _, c := range f.said(t, "lena") {
			if strings.HasPrefix(c.Text+c.Title, "Lage") {
				got++
			}
		}
		if got != want {
			t.Errorf("at %v %d briefings, want %d", at, got, want)
		}
	}
	day := func(year int, m time.Month, d, hour int) time.Time {
		return time.Date(year, m, d, hour, 0, 0, 0, time.UTC)
	}
	brief(day(2026, 11, 24, 8), 1)
	brief(day(2027, 11, 24, 8), 1)
	brief(day(2026, 11, 24, 9), 0)
	brief(day(2026, 11, 25, 7), 0)
	brief(day(2026, 11, 25, 8), 1)
	brief(day(2026, 11, 28, 8), 0) // a Saturday
}
