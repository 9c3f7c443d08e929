package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/bot/say"
	"standleitung/store/bolt"
)

// fixture is a bot on a real store, without a running outbox: what it wants said stays in the lanes.
type fixture struct {
	bot   *bot.Bot
	store bot.Store
	log   *bytes.Buffer
}

func newFixture(tb testing.TB) *fixture {
	tb.Helper()
	f := &fixture{log: &bytes.Buffer{}}
	store, err := bolt.Open(tb.Context(), bolt.Config{
		Path: filepath.Join(tb.TempDir(), "bot.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	f.store = store
	f.bot, err = bot.New(bot.Config{
		Store: store, Now: time.Now, Log: slog.New(slog.NewTextHandler(f.log, nil)),
		Adapters: []bot.Adapter{&chat{can: bot.Capabilities{Private: true, Threads: true}}},
		People: []bot.Member{
			{ID: "lena", Name: "Lena Brandt", Email: "Lena@example.com", Roles: bot.Lead, Identities: []bot.Identity{{Adapter: "chat", ID: "lena"}}},
			{ID: "paula", Name: "Paula Berg", Email: "paula@example.com"},
		},
		Organisation: []string{"example.com"},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// direct is a message to the bot in the direct conversation.
func direct(who, turn, text string) bot.Message {
	return bot.Message{
		Turn: turn, Kind: bot.Said, ID: turn, Text: text,
		Place: bot.Place{Adapter: "chat", ID: who, Direct: true}, From: bot.Identity{Adapter: "chat", ID: who},
	}
}

// said returns the cards that wait in somebody's lane, in order, by delivering them.
func (f *fixture) said(t *testing.T, who string) []bot.Card {
	t.Helper()
	var cards []bot.Card
	for {
		taken, err := f.store.Next(t.Context(), bot.Taking{Now: time.Now(), Limit: 100, Lease: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if len(taken.Rows) == 0 {
			return cards
		}
		err = f.store.Update(t.Context(), func(tx bot.Tx) error {
			for _, row := range taken.Rows {
				post, err := bot.Posts.Get(tx, row.Post)
				if err != nil {
					return err
				}
				if post.Place.ID == who {
					cards = append(cards, post.Card)
				}
				if err := tx.Settle(row, bot.Settlement{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A handler's panic becomes an answer with a reference and undoes what the handler wrote; the process, the turn and
// the neighbours live on.
func TestPanicBecomesAnAnswer(t *testing.T) {
	f := newFixture(t)
	err := f.bot.Add(bot.Command{
		Name: "test.boom", DE: []string{"bumm"}, EN: []string{"boom"}, Roles: bot.Everyone,
		Run: func(_ context.Context, r *bot.Request) ([]bot.Reply, error) {
			if err := r.Tx.Put("probe", "half", []byte("written"), nil); err != nil {
				return nil, err
			}
			panic("geheim: " + r.Message.Text)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := f.bot.Receive(t.Context(), direct("jan", "t1", "bumm")); err != nil {
			t.Fatalf("receive: %v", err)
		}
	}
	if _, err := f.bot.Receive(t.Context(), direct("jan", "t2", "thema Danach geht es weiter")); err != nil {
		t.Fatal(err)
	}
	err = f.store.View(t.Context(), func(r bot.Reader) error {
		_, err := r.Get("probe", "half")
		return err
	})
	if !errors.Is(err, bot.ErrNotFound) {
		t.Errorf("what the handler wrote is still there: %v", err)
	}
	cards := f.said(t, "jan")
	if len(cards) != 2 || cards[0].Tone != bot.ToneFault || !strings.Contains(cards[1].Title, "T-1") {
		t.Fatalf("said %+v, want one fault for two deliveries, then the topic", cards)
	}
	words := strings.Fields(cards[0].Text)
	if ref := words[len(words)-1]; !strings.Contains(f.log.String(), ref) {
		t.Errorf("the log does not have the reference %q that the person saw", ref)
	}
	if strings.Contains(cards[0].Text, "geheim") {
		t.Error("the person sees the panic")
	}
}

// An error of the store is not the person's business: nothing is stored, and the platform is to deliver again.
func TestStoreErrorKeepsTheTurnOpen(t *testing.T) {
	f := newFixture(t)
	broken := errors.New("disk gone")
	fail := true
	err := f.bot.Add(bot.Command{
		Name: "test.write", DE: []string{"schreib"}, EN: []string{"write"}, Roles: bot.Everyone,
		Look: func(context.Context, *bot.Request) error {
			if fail {
				return broken
			}
			return nil
		},
		Run: func(context.Context, *bot.Request) ([]bot.Reply, error) { return nil, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.bot.Receive(t.Context(), direct("jan", "t1", "schreib")); !errors.Is(err, broken) {
		t.Fatalf("receive = %v, want the store's error", err)
	}
	fail = false
	if out, err := f.bot.Receive(t.Context(), direct("jan", "t1", "schreib")); err != nil || out.Seen {
		t.Errorf("the second delivery = %+v, %v, want it to be the first that counts", out, err)
	}
}

// Messages of one place are handled in the order of their receipt, whatever each costs; other places do not wait.
func TestOneAfterTheOtherInAPlace(t *testing.T) {
	f := newFixture(t)
	entered, release := make(chan string, 10), make(chan struct{})
	err := f.bot.Add(bot.Command{
		Name: "test.slow", DE: []string{"langsam"}, EN: []string{"slow"}, Roles: bot.Everyone,
		Look: func(_ context.Context, r *bot.Request) error {
			entered <- r.Message.Turn
			<-release
			return nil
		},
		Run: func(context.Context, *bot.Request) ([]bot.Reply, error) { return nil, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	send := func(who, turn, text string) {
		all.Go(func() {
			if _, err := f.bot.Receive(t.Context(), direct(who, turn, text)); err != nil {
				t.Error(err)
			}
		})
	}
	send("jan", "jan-1", "langsam")
	if first := <-entered; first != "jan-1" {
		t.Fatalf("first was %s", first)
	}
	send("jan", "jan-2", "langsam")
	send("mara", "mara-1", "langsam")
	if next := <-entered; next != "mara-1" {
		t.Errorf("%s was handled while jan-1 was under way", next)
	}
	close(release)
	all.Wait()
	if last := <-entered; last != "jan-2" {
		t.Errorf("last was %s", last)
	}
}

// Many people at once: everybody gets the number of their own topic, no number twice, none lost.
func TestManyAtOnce(t *testing.T) {
	f := newFixture(t)
	const people, each = 16, 10
	var all sync.WaitGroup
	for p := range people {
		all.Go(func() {
			for n := range each {
				who := fmt.Sprintf("p%d", p)
				m := direct(who, fmt.Sprintf("%s-%d", who, n), fmt.Sprintf("thema wort%dx%d sache%dx%d", p, n, n, p))
				if _, err := f.bot.Receive(t.Context(), m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	err := f.store.View(t.Context(), func(r bot.Reader) error {
		for topic, err := range bot.Topics.All(r, bot.Query{}) {
			if err != nil {
				return err
			}
			seen[topic.Ref()] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != people*each {
		t.Errorf("%d topics, want %d", len(seen), people*each)
	}
}

func TestDoRunsOnce(t *testing.T) {
	f := newFixture(t)
	ran := 0
	for range 3 {
		err := f.bot.Do(t.Context(), "job/test/2026-11-23T07:30", func(_ context.Context, r *bot.Request) ([]bot.Reply, error) {
			ran++
			return nil, r.Tx.Put("probe", "job", []byte("done"), nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if ran != 1 {
		t.Errorf("the job ran %d times", ran)
	}
}

func TestReceiveRefusesWhatNamesNobody(t *testing.T) {
	f := newFixture(t)
	for name, m := range map[string]bot.Message{
		"no turn":   direct("jan", "", "hilfe"),
		"no person": {Turn: "t", Kind: bot.Said, Place: bot.Place{Adapter: "chat", ID: "x", Direct: true}},
		"no place":  {Turn: "t", Kind: bot.Said, From: bot.Identity{Adapter: "chat", ID: "jan"}},
		"no kind":   {Turn: "t", Place: bot.Place{Adapter: "chat", ID: "jan", Direct: true}, From: bot.Identity{Adapter: "chat", ID: "jan"}},
	} {
		if _, err := f.bot.Receive(t.Context(), m); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Guests of other organisations gain nothing by writing to the bot.
func TestGuestsAreToldSo(t *testing.T) {
	f := newFixture(t)
	m := direct("guest", "t1", "thema Etwas von außen")
	m.From.Guest = true
	if _, err := f.bot.Receive(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	cards := f.said(t, "guest")
	if len(cards) != 1 || cards[0].Tone != bot.ToneFault {
		t.Errorf("said %+v, want one refusal", cards)
	}
}

func TestNewRefusesOneIdentityForTwo(t *testing.T) {
	id := []bot.Identity{{Adapter: "chat", ID: "x"}}
	_, err := bot.New(bot.Config{
		Store: newFixture(t).store, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		People: []bot.Member{{ID: "a", Identities: id, Voice: say.Voice{}}, {ID: "b", Identities: id}},
	})
	if err == nil {
		t.Error("two people with one identity were accepted")
	}
}

func TestNewRefusesOnePlaceOrNameForTwoRooms(t *testing.T) {
	at := func(id string) bot.Place { return bot.Place{Adapter: "chat", ID: id} }
	for what, rooms := range map[string][]bot.Room{
		"one place": {{Name: "pr", Place: at("#a")}, {Name: "presse", Place: at("#a")}},
		"one name":  {{Name: "pr", Place: at("#a")}, {Name: "pr", Place: at("#b")}},
	} {
		if _, err := bot.New(bot.Config{Store: newFixture(t).store, Now: time.Now, Log: slog.New(slog.DiscardHandler), Rooms: rooms}); err == nil {
			t.Errorf("two rooms with %s were accepted", what)
		}
	}
}
