package teams_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"standleitung/adapters/faketest"
	"standleitung/adapters/teams"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
)

// TestIsolation: a channel that is throttled or hangs, however it is posted to, delays nobody but itself.
func TestIsolation(t *testing.T) {
	for name, call := range map[string]string{"new posts": "create", "answers": "post", "changes": "update"} {
		t.Run(name, func(t *testing.T) {
			h := newTenant(t, teamstest.Channel)
			a, _ := h.open(t)
			sick, well := teams.RoomPlace(h.rooms[0].ID), teams.RoomPlace(h.rooms[1].ID)
			in := func(p bot.Place, n string) bot.Delivery {
				d := copied(n+p.ID, p, "hallo")
				if call == "create" {
					return d
				}
				sent, err := a.Send(t.Context(), card("root"+n+p.ID, p, "Wurzel"))
				if err != nil {
					t.Fatal(err)
				}
				d.Place.Thread = sent.IDs[0]
				if call == "update" {
					d.Place.Thread, d.Op, d.Revision, d.IDs = "", bot.OpEdit, 2, sent.IDs
				}
				return d
			}
			throttled, next, others := in(sick, "a"), in(sick, "b"), []bot.Delivery{in(well, "c"), in(well, "d"), in(well, "e")}
			h.Fault(teamstest.Fault{Call: call, At: sick.ID, RetryAfter: 30})
			if fate, reason, after := fate(t, a, throttled); fate != bot.Retry || reason != "throttled" || after != 30*time.Second {
				t.Errorf("the throttled one is %q (%s), after %v", fate, reason, after)
			}
			calls := h.Calls(call)
			if fate, reason, _ := fate(t, a, next); fate != bot.Retry || reason != "throttled" || h.Calls(call) != calls {
				t.Errorf("the next one there is %q (%s), after %d calls", fate, reason, h.Calls(call)-calls)
			}
			for _, d := range others {
				if fate, reason, _ := fate(t, a, d); fate != "" {
					t.Errorf("one in another channel is %q (%s)", fate, reason)
				}
			}
			h.Advance(time.Minute)
		})
	}
}

// TestIsolationHanging: while the connector does not answer for one channel, the others' posts go on.
func TestIsolationHanging(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	sick, well := teams.RoomPlace(h.rooms[0].ID), teams.RoomPlace(h.rooms[1].ID)
	if _, err := a.Send(t.Context(), card("warm", well, "hallo")); err != nil {
		t.Fatal(err)
	}
	h.Fault(teamstest.Fault{Call: "create", At: sick.ID, Hang: true, Times: -1})
	h.Fault(teamstest.Fault{Call: "member", At: sick.ID, Hang: true, Times: -1})
	ctx, cancel := context.WithCancel(t.Context())
	var hanging sync.WaitGroup
	began := h.Calls("create")
	const posts = 40 // more than the idle connections that are kept
	for range posts {
		hanging.Go(func() {
			if _, err := a.Send(ctx, copied("hangs", sick, "hallo")); err == nil {
				t.Error("one that hangs has arrived")
			}
		})
	}
	said := make(chan teamstest.Act)
	go func() { said <- h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: sick.ID, Text: "wer bin ich"}) }()
	if !faketest.Await(10*time.Second, func() bool { return h.Calls("create") >= began+posts && h.Calls("member") > 0 }) {
		t.Fatal("nothing hangs")
	}
	start := time.Now()
	for range 20 {
		if fate, reason, _ := fate(t, a, copied("goes", well, "hallo")); fate != "" {
			t.Fatalf("one in another channel is %q (%s)", fate, reason)
		}
	}
	if a := h.Server.Say(teamstest.Speech{By: h.staff[1].ID, At: well.ID, Text: "hallo"}); !a.Acked {
		t.Errorf("what is said in another channel is not taken: %+v", a)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("the others took %v", took)
	}
	cancel()
	hanging.Wait()
	h.Heal()
	<-said
}
