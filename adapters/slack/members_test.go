package slack_test

import (
	"slices"
	"testing"
	"time"

	"standleitung/adapters/slack"
	"standleitung/adapters/slack/slacktest"
	"standleitung/bot"
)

// Who is in a room that gives a role is told at the start, people only; who comes and goes afterwards as it happens.
func TestMembers(t *testing.T) {
	h := newHouse(t, overHTTP)
	guest := h.AddUser(slacktest.User{Name: "gast", RealName: "Gast", Email: "gast@elsewhere.example", Guest: true})
	late := h.AddUser(slacktest.User{Name: "lea", RealName: "Lea Blum", Email: "lea@example.com"})
	room := h.rooms[0].ID
	h.Join(guest.ID, room, h.staff[0].ID)
	h.following = []string{room}
	w := newTownOf(t, h)
	var ids []string
	for patience := time.After(30 * time.Second); len(ids) != 3; {
		ids = nil
		for _, i := range w.core.MembersOf(slack.RoomPlace(room)) {
			ids = append(ids, i.ID)
			if i.ID == guest.ID && !i.Guest {
				t.Error("a guest is told as one of the company")
			}
		}
		select {
		case <-patience:
			t.Fatalf("told are %v, want three people", ids)
		case <-time.After(5 * time.Millisecond):
		}
	}
	if !slices.Contains(ids, h.staff[0].ID) || slices.Contains(ids, slacktest.BotUser) {
		t.Errorf("told are %v, want people and not the bot", ids)
	}

	if !h.Join(late.ID, room, h.staff[0].ID).Acked || !h.Leave(guest.ID, room).Acked {
		t.Fatal("coming and going were not acknowledged")
	}
	h.Join(late.ID, h.rooms[1].ID, h.staff[0].ID)
	var moved []string
	for _, m := range w.core.Effects() {
		if m.Kind == bot.Joined || m.Kind == bot.Left {
			moved = append(moved, string(m.Kind)+" "+m.From.ID+" "+m.From.Email+" "+m.Place.ID)
		}
	}
	want := []string{"joined " + late.ID + " lea@example.com " + room, "left " + guest.ID + "  " + room}
	if !slices.Equal(moved, want) {
		t.Errorf("the core heard %q, want %q", moved, want)
	}
}
