package slack_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/faketest"
	"standleitung/adapters/slack"
	"standleitung/adapters/slack/slacktest"
	"standleitung/bot"
)

// absence is a house whose adapter comes and goes. What the core was told outlives it.
type absence struct {
	*house
	core  *adaptertest.Core
	later atomic.Int64 // how far all clocks are ahead
	look  func()
	stop  func()
}

// newAbsence is an absence in which the adapter runs.
func newAbsence(t *testing.T, way way) *absence {
	a := &absence{house: newHouse(t, way), core: adaptertest.NewCore()}
	a.now = func() time.Time { return time.Now().Add(time.Duration(a.later.Load())) }
	a.run()
	return a
}

// passes lets time pass, for Slack and for the adapter.
func (a *absence) passes(d time.Duration) {
	a.later.Add(int64(d))
	a.Advance(d)
}

// run runs the adapter until stop is called, or the test ends.
func (a *absence) run() {
	a.t.Helper()
	before := a.Calls("conversations.history")
	adapter := a.adapter()
	ctx, cancel := context.WithCancel(a.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- adapter.Run(ctx, a.core) }()
	a.look = func() { adapter.Look(ctx) }
	a.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			a.t.Errorf("Run = %v, want nil", err)
		}
		ended <- nil
	}
	a.t.Cleanup(a.stop)
	a.until("it has looked into the histories", func() bool {
		marks, _ := a.core.Kept(a.t.Context(), "mark/")
		return adapter.Ready() == nil && len(marks) >= len(a.rooms) && a.Calls("conversations.history") >= before+len(a.rooms)
	})
}

func (a *absence) until(what string, ok func() bool) {
	a.t.Helper()
	if !faketest.Await(10*time.Second, ok) {
		a.t.Fatalf("waited in vain until %s", what)
	}
}

// says has somebody say something in the first room, in a thread unless that is empty.
func (a *absence) says(thread string) string { return a.speaks(slacktest.Speech{Thread: thread}) }

func (a *absence) speaks(sp slacktest.Speech) string {
	a.t.Helper()
	if sp.Channel == "" {
		sp.Channel = a.rooms[0].ID
	}
	sp.By, sp.Text = a.staff[0].ID, "Nachricht"
	said := a.Server.Say(sp)
	if !said.Acked {
		a.t.Fatalf("not taken: %+v", said)
	}
	return said.TS
}

// deletes has somebody delete what they said.
func (a *absence) deletes(ts ...string) {
	a.t.Helper()
	for _, ts := range ts {
		if d := a.Server.Delete(a.staff[0].ID, a.rooms[0].ID, ts); d.Refused != "" {
			a.t.Fatalf("not deleted: %+v", d)
		}
	}
}

// gone are the messages of which the core heard that they are gone.
func (a *absence) gone() (ids []string) {
	for _, m := range a.core.Effects() {
		if m.Kind == bot.Deleted {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// wants waits until the core has heard of deletions, and of no other.
func (a *absence) wants(ts ...string) {
	a.t.Helper()
	slices.Sort(ts)
	if !faketest.Await(10*time.Second, func() bool { return len(a.gone()) >= len(ts) }) || !slices.Equal(a.gone(), ts) {
		a.t.Errorf("gone are %q, want %q", a.gone(), ts)
	}
}

// What people deleted while nobody listened is gone when the program is back: in the room and in threads, also broadcasts; and nothing
// else is.
func TestDeletedMeanwhile(t *testing.T) {
	for _, way := range []way{overSockets, overHTTP} {
		t.Run(string(way), func(t *testing.T) {
			a := newAbsence(t, way)
			a.says("")
			gone, stays, root, lonely := a.says(""), a.says(""), a.says(""), a.says("")
			goneAnswer, answer := a.says(root), a.says(root)
			broadcast := a.speaks(slacktest.Speech{Thread: root, Broadcast: true})
			staysBroadcast := a.speaks(slacktest.Speech{Thread: root, Broadcast: true})
			lonelyAnswer := a.says(lonely)
			a.passes(2 * 24 * time.Hour)
			a.says("")
			a.stop()
			a.deletes(gone, goneAnswer, broadcast, lonelyAnswer)
			a.run()
			a.wants(gone, goneAnswer, broadcast, lonelyAnswer)
			for _, m := range a.core.Effects() {
				if m.Kind == bot.Deleted && (m.Place.Top() != slack.RoomPlace(a.rooms[0].ID) || m.At.Before(slack.TimeOf(stays))) {
					t.Errorf("deletion of %s at %v, %v", m.ID, m.Place, m.At)
				}
			}
			// Once more, and what was the last in its thread is known to be there.
			a.stop()
			a.deletes(answer, staysBroadcast)
			a.run()
			a.wants(gone, goneAnswer, broadcast, lonelyAnswer, answer, staysBroadcast)
		})
	}
}

// In a room where little is said, what is deleted may be all that a reading could have shown: one look further back tells that what is
// older is still there.
func TestDeletedMeanwhileInAQuietRoom(t *testing.T) {
	a := newAbsence(t, overSockets)
	a.says("")
	a.passes(20 * 24 * time.Hour)
	gone := a.says("")
	a.passes(time.Hour)
	a.stop()
	a.deletes(gone)
	a.run()
	a.wants(gone)
}

// In a direct conversation the same holds: what was sent over a line from there can be taken back.
func TestDeletedMeanwhileInDirectConversation(t *testing.T) {
	a := newAbsence(t, overSockets)
	direct := a.Server.Direct(a.staff[0].ID)
	a.speaks(slacktest.Speech{Channel: direct})
	a.passes(time.Hour)
	gone := a.speaks(slacktest.Speech{Channel: direct})
	a.passes(time.Hour)
	a.stop()
	a.Server.Delete(a.staff[0].ID, direct, gone)
	a.run()
	a.wants(gone)
	if all := a.core.Effects(); all[len(all)-1].Place != slack.DirectPlace(a.staff[0].ID) {
		t.Errorf("the deletion is at %v", all[len(all)-1].Place)
	}
}

// What is not shown because of its age is not deleted: a free plan hides it, or the workspace keeps nothing longer. Neither is what
// was there before the bot was invited again.
func TestAgeIsNoDeletion(t *testing.T) {
	for name, ages := range map[string]func(a *absence, before string){
		"hidden by the limit of a free plan": func(a *absence, before string) { a.Hide(a.rooms[0].ID, before) },
		"deleted by a retention":             func(a *absence, before string) { a.Expire(a.rooms[0].ID, before) },
		"before an invitation": func(a *absence, before string) {
			for _, m := range a.core.Effects() {
				if m.ID < before && m.ID != a.core.Effects()[0].ID {
					a.deletes(m.ID)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAbsence(t, overSockets)
			a.says("")
			root := a.says("")
			for range 3 {
				a.says("")
				a.says(root)
			}
			a.passes(24 * time.Hour)
			room := a.rooms[0].ID
			if name == "before an invitation" {
				a.Leave(slacktest.BotUser, room)
				a.Join(slacktest.BotUser, room, a.staff[0].ID)
			}
			first, gone := a.says(""), a.says("")
			a.says(root)
			a.passes(time.Hour)
			a.stop()
			ages(a, first)
			a.deletes(gone)
			a.run()
			want := []string{gone}
			if strings.HasPrefix(name, "deleted") || strings.HasPrefix(name, "before") {
				want = append(want, root) // it left a tombstone
			}
			a.wants(want...)
		})
	}
}

// A history that does not show yet what was just said is waited for.
func TestLagIsNoDeletion(t *testing.T) {
	a := newAbsence(t, overSockets)
	a.says("")
	gone := a.says("")
	a.passes(5 * 24 * time.Hour)
	a.says("")
	a.stop()
	a.Lag(20 * time.Second)
	a.deletes(gone)
	a.run()
	a.wants(gone)
}

// A history that leaves out what is there, and a room in which more is missing than people delete, take nothing away.
func TestTooMuchIsMissing(t *testing.T) {
	a := newAbsence(t, overHTTP)
	a.says("")
	var all []string
	for range 60 {
		all = append(all, a.says(""))
	}
	a.passes(24 * time.Hour)
	last := a.says("")
	a.passes(time.Hour)
	a.stop()
	a.deletes(all...)
	replies := a.Calls("conversations.replies")
	a.run()
	a.until("all were asked for", func() bool { return a.Calls("conversations.replies") >= replies+len(all) })
	a.stop()
	a.wants()
	a.run()
	a.deletes(last)
	a.wants(last)
}

// A deletion that the program could not take in, and Slack gave up on, is found by the next look, however old the message is. One that
// never reached the program is found by a look of the next day.
func TestDeletedWhileRunning(t *testing.T) {
	a := newAbsence(t, overHTTP)
	a.says("")
	refused, unheard, root := a.says(""), a.says(""), a.says("")
	a.says(root)
	unheardAnswer := a.says(root)
	a.passes(24 * time.Hour)
	last := a.says("")

	a.look()
	a.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errors.New("disk full") })
	a.deletes(refused)
	a.core.Answer(nil)
	a.look()
	a.wants(refused)

	unheardOf := func(ts ...string) {
		routes := a.back.Swap(http.HandlerFunc(http.NotFound))
		a.deletes(ts...)
		a.back.Store(routes)
	}
	unheardOf(unheard, unheardAnswer)
	a.look()
	a.wants(refused)
	a.passes(25 * time.Hour)
	a.look()
	a.wants(refused, unheard, unheardAnswer)

	// A thread that showed all that is known is not read again before something comes or goes in it.
	before := a.Calls("conversations.replies")
	for range 3 {
		a.passes(25 * time.Hour)
		a.look()
	}
	unheardOf(last)
	a.passes(25 * time.Hour)
	a.look()
	a.wants(refused, unheard, unheardAnswer, last)
	if n := a.Calls("conversations.replies") - before; n != 2 {
		t.Errorf("%d calls, want one for the thread and one for the message that is gone", n)
	}
}

// What a history leaves out, though it is there, is not taken for deleted: Slack is asked for each message.
func TestAHistoryLies(t *testing.T) {
	a := newAbsence(t, overSockets)
	a.says("")
	there, gone, root := a.says(""), a.says(""), a.says("")
	answer := a.says(root)
	a.passes(time.Hour)
	a.stop()
	a.Omit(there, root, answer)
	a.deletes(gone)
	a.run()
	a.wants(gone)
}

// Where Slack asks for patience, the comparison waits and goes on.
func TestComparisonIsPatient(t *testing.T) {
	a := newAbsence(t, overSockets)
	a.says("")
	gone := a.says("")
	a.passes(time.Hour)
	a.stop()
	a.deletes(gone)
	a.Fault(slacktest.Fault{Method: "conversations.replies", RetryAfter: 1})
	a.run()
	a.wants(gone)
}
