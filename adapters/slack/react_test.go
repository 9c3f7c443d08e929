package slack_test

import (
	"slices"
	"testing"
	"time"

	"standleitung/adapters/slack"
	"standleitung/adapters/slack/slacktest"
	"standleitung/bot"
	"standleitung/bot/markup"
)

// spoken has Ines say something in the first room, and is its ts.
func (w *town) spoken(text string) string {
	w.t.Helper()
	a := w.Server.Say(slacktest.Speech{By: w.staff[0].ID, Channel: w.rooms[0].ID, Text: text})
	if !a.Acked {
		w.t.Fatalf("not acknowledged: %+v", a)
	}
	return a.TS
}

// react has the bot show an emoji on a message of the first room.
func (w *town) react(ts, emoji string, revision int) *bot.SendError {
	w.t.Helper()
	_, err := w.send(bot.Delivery{
		Post: "mark", Op: bot.OpReact, Revision: revision, Place: slack.RoomPlace(w.rooms[0].ID), IDs: []string{ts}, Reaction: emoji,
	})
	return err
}

// marks are the bot's emoji on a message of the first room, by name.
func (w *town) marks(ts string) []string {
	var names []string
	for _, m := range w.Server.Shown(w.rooms[0].ID, w.staff[0].ID) {
		for name, who := range m.Reactions {
			if m.TS == ts && slices.Contains(who, slacktest.BotUser) {
				names = append(names, name)
			}
		}
	}
	return names
}

// The bot's own reaction is found also where so many people reacted that Slack does not name them all, and only it goes.
func TestReactAmongMany(t *testing.T) {
	w := newTown(t, overHTTP)
	ts := w.spoken("Kommt das an?")
	var people []string
	for range 6 {
		u := w.AddUser(slacktest.User{})
		w.Join(u.ID, w.rooms[0].ID, "")
		w.Server.React(u.ID, w.rooms[0].ID, ts, "hourglass_flowing_sand")
		people = append(people, u.ID)
	}
	for n, c := range []struct{ emoji, want string }{{"⏳", "hourglass_flowing_sand"}, {"✅", "white_check_mark"}, {"", ""}} {
		if err := w.react(ts, c.emoji, n+1); err != nil {
			t.Fatalf("%q: %v", c.emoji, err)
		}
		want := []string{c.want}
		if c.want == "" {
			want = nil
		}
		if got := w.marks(ts); !slices.Equal(got, want) {
			t.Errorf("after %q the bot shows %v, want %v", c.emoji, got, want)
		}
	}
	for _, m := range w.Server.Shown(w.rooms[0].ID, w.staff[0].ID) {
		if m.TS == ts && !slices.Equal(m.Reactions["hourglass_flowing_sand"], people) {
			t.Errorf("people's reactions are %v, want all six", m.Reactions)
		}
	}
}

// A reaction of unknown fate is tried again; that it is there already, or gone already, is what was wanted.
func TestReactOfUnknownFate(t *testing.T) {
	w := newTown(t, overHTTP)
	ts := w.spoken("Kommt das an?")
	for _, c := range []struct {
		method, emoji string
		revision      int
	}{{"reactions.add", "⏳", 1}, {"reactions.remove", "✅", 2}, {"reactions.add", "⏳", 3}, {"reactions.get", "", 4}} {
		w.Fault(slacktest.Fault{Method: c.method, Status: 502, After: true})
		if err := w.react(ts, c.emoji, c.revision); err == nil || err.Fate != bot.Retry {
			t.Fatalf("%s breaks: %v, want a retry", c.method, err)
		}
		if err := w.react(ts, c.emoji, c.revision); err != nil {
			t.Fatalf("%s, again: %v", c.method, err)
		}
		var want []string
		if name, ok := markup.EmojiName(c.emoji); ok {
			want = []string{name}
		}
		if got := w.marks(ts); !slices.Equal(got, want) {
			t.Errorf("after %s broke the bot shows %v, want %v", c.method, got, want)
		}
	}
}

// What Slack does not take is no loss: it is not tried again, and nobody hears that the room or the app were in trouble.
func TestReactRefused(t *testing.T) {
	w := newTown(t, overHTTP)
	ts := w.spoken("Kommt das an?")
	for _, code := range []string{"missing_scope", "too_many_emoji", "too_many_reactions", "thread_locked", "not_reactable", "external_channel_migrating", "invalid_name"} {
		w.Fault(slacktest.Fault{Method: "reactions.add", Error: code})
		if err := w.react(ts, "⏳", 1); err == nil || err.Fate != bot.Never || err.Reason != code {
			t.Errorf("%s: %v, want never", code, err)
		}
	}
	if err := w.adapter.Ready(); err != nil {
		t.Errorf("Ready = %v, want no trouble", err)
	}
	if code := w.adapter.(bot.Watcher).Trouble(slack.RoomPlace(w.rooms[0].ID)); code != "" {
		t.Errorf("the room is in trouble: %s", code)
	}
	if err := w.react("1700000000.000001", "⏳", 1); err != nil {
		t.Errorf("a message that is gone: %v, want nothing to do", err)
	}
	for _, d := range []bot.Delivery{
		{IDs: nil, Reaction: "⏳"}, {IDs: []string{"e:" + ts}, Reaction: "⏳"}, {IDs: []string{"F1:x"}, Reaction: "⏳"}, {IDs: []string{ts}, Reaction: "no emoji"},
	} {
		d.Post, d.Op, d.Revision, d.Place = "mark", bot.OpReact, 1, slack.RoomPlace(w.rooms[0].ID)
		if _, err := w.send(d); err == nil || err.Fate != bot.Never {
			t.Errorf("%v: %v, want never", d.IDs, err)
		}
	}
	w.Archive(w.staff[0].ID, w.rooms[0].ID)
	if err := w.react(ts, "⏳", 1); err == nil || err.Fate != bot.Never || err.Reason != "is_archived" {
		t.Errorf("in an archived channel: %v, want never", err)
	}
	if code := w.adapter.(bot.Watcher).Trouble(slack.RoomPlace(w.rooms[0].ID)); code != "is_archived" {
		t.Errorf("the trouble of the room is %q, want what the reaction showed", code)
	}
}

// Reactions and posts have limits of their own: neither waits for the other.
func TestReactWaitsForItself(t *testing.T) {
	w := newTown(t, overHTTP)
	ts := w.spoken("Kommt das an?")
	w.Fault(slacktest.Fault{Method: "reactions.add", RetryAfter: 7})
	if err := w.react(ts, "⏳", 1); err == nil || err.Fate != bot.Retry || err.After != 7*time.Second {
		t.Errorf("limited: %v, want a retry after seven seconds", err)
	}
	if _, err := w.send(w.post("p1")); err != nil {
		t.Errorf("a post while reactions are limited: %v", err)
	}
	w.Fault(slacktest.Fault{Method: "chat.postMessage", RetryAfter: 60})
	if _, err := w.send(w.post("p2")); err == nil || err.Fate != bot.Retry {
		t.Errorf("a limited post: %v", err)
	}
	if err := w.react(ts, "", 2); err != nil {
		t.Errorf("a reaction while posts are limited: %v", err)
	}
}
