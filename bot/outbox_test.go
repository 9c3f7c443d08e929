package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// steps is a store that counts the durable steps that take rows, and can hold them up.
type steps struct {
	bot.Store

	mu   sync.Mutex
	made int
	// gate, when not nil, holds up each step, when it is durable, until something comes over it.
	gate chan struct{}
	// fault, when not nil, is what the next step is undone with.
	fault error
	// missing, when not nil, is called once when a view has found that something is not there.
	missing func()
}

func (s *steps) View(ctx context.Context, fn func(bot.Reader) error) error {
	err := s.Store.View(ctx, fn)
	if errors.Is(err, bot.ErrNotFound) {
		s.mu.Lock()
		then := s.missing
		s.missing = nil
		s.mu.Unlock()
		if then != nil {
			then()
		}
	}
	return err
}

func (s *steps) Next(ctx context.Context, t bot.Taking) (bot.Taken, error) {
	s.mu.Lock()
	gate, fault := s.gate, s.fault
	s.fault = nil
	s.mu.Unlock()
	if first := t.First; fault != nil {
		t.First = func(tx bot.Tx) error { return errors.Join(first(tx), fault) }
	}
	taken, err := s.Store.Next(ctx, t)
	s.mu.Lock()
	s.made++
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	return taken, err
}

// hold has all further steps held up, by what they wait for; nil lets them go.
func (s *steps) hold(gate chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = gate
}

// spoil has the next step undone.
func (s *steps) spoil(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
}

func (s *steps) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made
}

// sender is a platform on which deliveries are under way for as long as a test wants.
type sender struct {
	chat

	mu     sync.Mutex
	begun  []string      // the places of the deliveries that have begun
	answer chan struct{} // what each of them waits for; nil for nothing
	last   bot.Delivery  // the newest one
	fault  error         // what they end with
}

func (s *sender) Send(_ context.Context, d bot.Delivery) (bot.Sent, error) {
	s.mu.Lock()
	s.begun = append(s.begun, d.Place.ID)
	answer, fault := s.answer, s.fault
	s.last = d
	s.mu.Unlock()
	if answer != nil {
		<-answer
	}
	return bot.Sent{IDs: []string{d.Post}}, fault
}

// fail has all further deliveries end with an error, and returns the newest one so far.
func (s *sender) fail(fault error) bot.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
	return s.last
}

// slow has all further deliveries wait for what is returned.
func (s *sender) slow() (answer chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = make(chan struct{})
	return s.answer
}

// sent are the places of the deliveries that have begun since the last call.
func (s *sender) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	places := s.begun
	s.begun = nil
	slices.Sort(places)
	return places
}

// running is a bot with a line of the rooms a, b and c, in a bubble.
type running struct {
	t      *testing.T
	bot    *bot.Bot
	steps  *steps
	sender *sender
	other  *sender // a second platform, without rooms
	stop   context.CancelFunc
	ended  chan error
}

// run runs a bot in a bubble until the test has ended; everything that it says by itself has been said.
func run(t *testing.T, test func(r *running)) {
	synctest.Test(t, func(t *testing.T) {
		store, err := bolt.Open(t.Context(), bolt.Config{Path: filepath.Join(t.TempDir(), "bot.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		r := &running{t: t, steps: &steps{Store: store}, sender: &sender{}, other: &sender{chat: chat{name: "other"}}, ended: make(chan error, 1)}
		c := bot.Config{
			Store: r.steps, Now: time.Now, Log: slog.New(slog.DiscardHandler), Adapters: []bot.Adapter{r.sender, r.other},
			Lines: []bot.Line{{Name: "main", Rooms: []string{"a", "b", "c"}}},
		}
		for _, name := range c.Lines[0].Rooms {
			c.Rooms = append(c.Rooms, bot.Room{Name: name, Party: name, Place: bot.Place{Adapter: "chat", ID: name}})
		}
		if r.bot, err = bot.New(c); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		r.stop = stop
		go func() { r.ended <- r.bot.Run(ctx) }()
		r.want("the announcements", "a", "b", "c")
		test(r)
		stop()
		if err := errors.Join(<-r.ended, store.Close()); err != nil {
			t.Error(err)
		}
	})
}

// want waits until nothing happens by itself any more, and compares which deliveries have begun meanwhile.
func (r *running) want(what string, places ...string) {
	r.t.Helper()
	synctest.Wait()
	if got := r.sender.sent(); !slices.Equal(got, places) {
		r.t.Errorf("%s: deliveries to %q, want %q", what, got, places)
	}
}

// left is how many rows wait and how many are being sent.
func (r *running) left() (queued, sending int) {
	r.t.Helper()
	stats, err := r.steps.Stats(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return stats.Queued, stats.Sending
}

// say has somebody write in room a; it returns before the message is taken in.
func (r *running) say(n int) {
	id := fmt.Sprint(n)
	go func() {
		_, err := r.bot.Receive(r.t.Context(), bot.Message{
			Turn: id, ID: id, Kind: bot.Said, Text: "Text " + id,
			Place: bot.Place{Adapter: "chat", ID: "a"}, From: bot.Identity{Adapter: "chat", ID: "mara", Name: "Mara"},
		})
		if err != nil {
			r.t.Error(err)
		}
	}()
}

// A copy is on its way as soon as its message is durable: the step that stores the message takes the rows of its copies.
func TestCopiesLeaveWithTheStepOfTheirMessage(t *testing.T) {
	run(t, func(r *running) {
		answer, before := r.sender.slow(), r.steps.count()
		r.say(1)
		r.want("a message", "b", "c")
		if n := r.steps.count() - before; n != 1 {
			t.Errorf("the copies left after %d durable steps, want 1", n)
		}
		close(answer)
		synctest.Wait()
		if queued, sending := r.left(); queued+sending != 0 {
			t.Errorf("%d rows wait and %d are being sent, want none", queued, sending)
		}
	})
}

// Nothing leaves before the step that stores it is durable.
func TestNothingLeavesBeforeItIsDurable(t *testing.T) {
	run(t, func(r *running) {
		gate := make(chan struct{})
		r.steps.hold(gate)
		r.say(1)
		r.want("a message whose step has not returned")
		r.steps.hold(nil)
		close(gate)
		r.want("a message whose step has returned", "b", "c")
	})
}

// What ends while a step is on its way to the disk is noted by another one, which does not wait for it.
func TestResultsDoNotWaitForTheStepBefore(t *testing.T) {
	run(t, func(r *running) {
		answer, gate := r.sender.slow(), make(chan struct{})
		r.say(1)
		r.want("a message", "b", "c")
		r.steps.hold(gate)
		for left := 1; left >= 0; left-- {
			answer <- struct{}{}
			synctest.Wait()
			if _, sending := r.left(); sending != left {
				t.Errorf("%d rows are being sent, want %d: the result waits for a step that has not returned", sending, left)
			}
		}
		close(gate)
	})
}

// The row that follows in a lane leaves with the step that notes the one before.
func TestTheNextRowLeavesWithTheResultBefore(t *testing.T) {
	run(t, func(r *running) {
		answer := r.sender.slow()
		r.say(1)
		r.want("a message", "b", "c")
		r.say(2)
		r.want("one behind it")
		before := r.steps.count()
		answer <- struct{}{}
		synctest.Wait()
		if got, n := r.sender.sent(), r.steps.count()-before; len(got) != 1 || n != 1 {
			t.Errorf("after one result %q left, after %d steps, want one room and one step", got, n)
		}
		close(answer)
	})
}

// What has something to say again, between the moment in which its row was found to have nothing and the one in which that is
// noted, does not lose its turn.
func TestWhatIsEmptyForAMomentKeepsItsTurn(t *testing.T) {
	run(t, func(r *running) {
		change := func(kind bot.MessageKind, after time.Duration) {
			_, err := r.bot.Receive(t.Context(), bot.Message{
				Turn: string(kind), ID: "2", Kind: kind, Text: "Text 2", At: time.Now().Add(after),
				Place: bot.Place{Adapter: "chat", ID: "a"}, From: bot.Identity{Adapter: "chat", ID: "mara", Name: "Mara"},
			})
			if err != nil {
				t.Error(err)
			}
		}
		answer := r.sender.slow()
		r.say(1)
		r.want("a message", "b", "c")
		r.say(2)
		synctest.Wait()
		change(bot.Deleted, time.Second)
		r.steps.mu.Lock()
		r.steps.missing = func() { change(bot.Restored, 2*time.Second) }
		r.steps.mu.Unlock()
		close(answer)
		time.Sleep(time.Minute)
		r.want("a message that was deleted and restored while it waited", "b", "c")
		if queued, sending := r.left(); queued+sending != 0 {
			t.Errorf("%d rows wait and %d are being sent, want none", queued, sending)
		}
	})
}

// A result that the store did not take is noted later, and nothing is sent again.
func TestResultsAreKeptUntilTheStoreTakesThem(t *testing.T) {
	run(t, func(r *running) {
		answer := r.sender.slow()
		r.say(1)
		r.want("a message", "b", "c")
		r.steps.spoil(errors.New("disk full"))
		close(answer)
		time.Sleep(time.Minute)
		r.want("a minute later")
		if queued, sending := r.left(); queued+sending != 0 {
			t.Errorf("%d rows wait and %d are being sent, want none", queued, sending)
		}
	})
}

// A message that the store did not take sends nothing.
func TestWhatIsUndoneDoesNotLeave(t *testing.T) {
	run(t, func(r *running) {
		r.steps.spoil(errors.New("disk full"))
		_, err := r.bot.Receive(t.Context(), bot.Message{
			Turn: "1", ID: "1", Kind: bot.Said, Text: "Text",
			Place: bot.Place{Adapter: "chat", ID: "a"}, From: bot.Identity{Adapter: "chat", ID: "mara"},
		})
		if err == nil {
			t.Error("a message that was not stored was taken")
		}
		r.want("a message that was not stored")
	})
}

// When the program stops, what is under way ends and is noted, and nothing else begins.
func TestStopNotesWhatIsUnderWay(t *testing.T) {
	run(t, func(r *running) {
		answer := r.sender.slow()
		r.say(1)
		r.want("a message", "b", "c")
		r.say(2)
		r.want("one behind it")
		r.stop()
		synctest.Wait()
		close(answer)
		r.want("after the stop")
		if queued, sending := r.left(); queued != 2 || sending != 0 {
			t.Errorf("%d rows wait and %d are being sent, want the two that had not begun", queued, sending)
		}
	})
}

// No more deliveries are under way than may be, and each that ends makes room for one that waits.
func TestDeliveriesUnderWayAreBounded(t *testing.T) {
	run(t, func(r *running) {
		answer := r.sender.slow()
		const people, most = 300, 256
		for i := range people {
			who := fmt.Sprint("p", i)
			go func() {
				if _, err := r.bot.Receive(t.Context(), direct(who, who, "hilfe")); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		if n := len(r.sender.sent()); n != most {
			t.Errorf("%d deliveries are under way, want %d", n, most)
		}
		for range 10 {
			answer <- struct{}{}
		}
		synctest.Wait()
		if n := len(r.sender.sent()); n != 10 {
			t.Errorf("%d began when 10 had ended", n)
		}
		before := r.steps.count()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := r.steps.count() - before; n > 40 {
			t.Errorf("%d durable steps in half a minute in which nothing could be done", n)
		}
		close(answer)
		synctest.Wait()
		if n := len(r.sender.sent()); n != people-most-10 {
			t.Errorf("%d began at last, want %d", n, people-most-10)
		}
	})
}

// A platform that hangs, with more to say on it than may be under way, keeps nothing from another one.
func TestAHangingPlatformKeepsNothingFromOthers(t *testing.T) {
	run(t, func(r *running) {
		answer := r.sender.slow()
		for i := range 600 {
			who := fmt.Sprint("p", i)
			go func() {
				if _, err := r.bot.Receive(t.Context(), direct(who, who, "hilfe")); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		began := time.Now()
		for i := range 10 {
			m := direct("kim", fmt.Sprint("other", i), "hilfe")
			m.Place.Adapter, m.From.Adapter = "other", "other"
			if _, err := r.bot.Receive(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := r.other.sent(); len(got) != 1 || time.Since(began) > 0 {
				t.Fatalf("the other platform was sent %d messages after %v, want one at once", len(got), time.Since(began))
			}
		}
		close(answer)
	})
}

// An adapter can find out what became of a copy of unknown fate: it is told since when it was tried and which other copies have arrived;
// and whose copy it was when it is deleted before anybody knows.
func TestWhatMayHaveArrivedCanBeFound(t *testing.T) {
	run(t, func(r *running) {
		began := time.Now()
		r.say(1)
		r.want("a message", "b", "c")
		known := r.sender.fail(&bot.SendError{Fate: bot.Unknown, Reason: "gateway", Err: errors.New("no answer")})
		if known.Unsure || !known.Since.Equal(began) {
			t.Errorf("the first is unsure: %v, since %v, want %v", known.Unsure, known.Since, began)
		}
		time.Sleep(time.Minute)
		tried := time.Now()
		r.say(2)
		r.want("another", "b", "c")
		unknown := r.sender.fail(nil)
		for _, place := range []string{"a", "b", "c"} {
			got, err := r.sender.core.Arrived(t.Context(), bot.Place{ID: place}, known.Post, unknown.Post, "elsewhere")
			if err != nil || got[known.Post] != (place == known.Place.ID) || got[unknown.Post] || got["elsewhere"] {
				t.Errorf("in %s have arrived %v (%v)", place, got, err)
			}
		}
		_, err := r.bot.Receive(t.Context(), bot.Message{
			Turn: "gone", ID: "2", Kind: bot.Deleted, At: time.Now(), Place: bot.Place{Adapter: "chat", ID: "a"}, From: bot.Identity{Adapter: "chat", ID: "mara", Name: "Mara"},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r.want("its deletion", "b", "c")
		d := r.sender.fail(nil)
		if d.Op != bot.OpDelete || !d.Unsure || len(d.IDs) != 0 || !d.Since.Equal(tried) || d.Copy == nil || d.Copy.Author != unknown.Copy.Author || len(d.Copy.Body.Blocks) != 0 {
			t.Errorf("it is deleted by %+v", d)
		}
	})
}
