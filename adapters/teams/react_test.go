package teams_test

import (
	"testing"
	"time"

	"standleitung/adapters/teams"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
)

// TestMarks: the bot's mark is found in a thread and in a chat, and replaced, not piled up.
func TestMarks(t *testing.T) {
	for _, kind := range []teamstest.Kind{teamstest.Channel, teamstest.GroupChat} {
		h := newTenant(t, kind)
		a, core := h.open(t)
		root := h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: h.rooms[0].ID, Text: "Wurzel"}).ID
		at := h.rooms[0].ID
		if kind == teamstest.Channel {
			at = teamstest.Thread(at, root)
		}
		id := h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: at, Text: "Antwort"}).ID
		place := core.Received()[1].Place
		for n, emoji := range []string{"⏳", "✅", "🚀", ""} {
			if _, err := a.Send(t.Context(), bot.Delivery{Post: "m", Op: bot.OpReact, Revision: n + 1, Place: place, IDs: []string{id}, Reaction: emoji}); err != nil {
				t.Fatal(err)
			}
			for _, m := range h.Server.Shown(h.rooms[0].ID, h.staff[0].ID) {
				if want := map[string]int{"⏳": 1, "✅": 1, "🚀": 1}[emoji]; m.ID == id && len(m.Reactions) != want {
					t.Errorf("%s: after %q there are %v, want %d", kind, emoji, m.Reactions, want)
				}
			}
		}
	}
}

// TestMarksRefused: a tenant that takes no reactions of bots is asked once; nothing is tried again, and nothing is parked. One that
// asks for a pause gets it.
func TestMarksRefused(t *testing.T) {
	for _, fault := range []teamstest.Fault{{Status: 404, Code: "NotFound"}, {Status: 405}, {Status: 501}, {Status: 400}} {
		h := newTenant(t, teamstest.Channel)
		a, _ := h.open(t)
		id := h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: h.rooms[0].ID, Text: "Wurzel"}).ID
		d := bot.Delivery{Post: "m", Op: bot.OpReact, Revision: 1, Place: teams.RoomPlace(h.rooms[0].ID), IDs: []string{id}, Reaction: "⏳"}
		h.Fault(teamstest.Fault{Call: "react", RetryAfter: 3})
		if got, reason, _ := fate(t, a, d); got != bot.Retry || reason != "throttled" {
			t.Errorf("in a pause it is %q (%s)", got, reason)
		}
		b, _ := h.open(t)
		h.Advance(time.Minute)
		fault.Call, fault.Times = "react", -1
		h.Fault(fault)
		calls := h.Calls("react")
		for n := range 3 {
			d.Revision = n + 1
			if got, reason, _ := fate(t, b, d); got != "" {
				t.Errorf("%d: it is %q (%s), want nothing to do", fault.Status, got, reason)
			}
		}
		if n := h.Calls("react") - calls; n != 1 {
			t.Errorf("%d: asked %d times, want once", fault.Status, n)
		}
		if got, reason, _ := fate(t, b, copied("c", d.Place, "hallo")); got != "" {
			t.Errorf("%d: a copy is %q (%s)", fault.Status, got, reason)
		}
	}
}
