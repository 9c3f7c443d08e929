package web_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/markup"
)

// react puts an emoji on a post in pr, or takes it away.
func (s *setting) react(person, post, emoji string, removed bool) reply {
	s.Helper()
	return s.act("react", map[string]any{"person": person, "id": pageID(), "place": "pr", "post": post, "emoji": emoji, "removed": removed})
}

// shows waits until somebody sees these reactions on a post, written "👍 ines jan | ❤️ mara".
func (s *setting) shows(person, post, want string) {
	s.Helper()
	got := ""
	s.until("the reactions are "+want, func() bool {
		p, _ := s.byID(person, post)
		var parts []string
		for _, r := range p.Reactions {
			parts = append(parts, r.Emoji+" "+strings.Join(r.By, " "))
		}
		got = strings.Join(parts, " | ")
		return got == want
	})
}

func TestReactionsAreShownToTheRoom(t *testing.T) {
	s := newSetting(t)
	post := s.written("ines", "", "Läuft ohne Cloud")
	for _, c := range []struct {
		person, emoji string
		removed       bool
		want          string
	}{
		{"jan", "👍", false, "👍 jan"},
		{"jan", "👍", false, "👍 jan"}, // once
		{"ines", "👍", false, "👍 jan ines"},
		{"mara", "🎉", false, "👍 jan ines | 🎉 mara"},
		{"jan", "👍", true, "👍 ines | 🎉 mara"},
		{"jan", "👍", true, "👍 ines | 🎉 mara"},
		{"ines", "👍", true, "🎉 mara"},
	} {
		if r := s.react(c.person, post, c.emoji, c.removed); r.Status != 200 {
			t.Fatalf("%+v: %+v", c, r)
		}
		s.shows("ines", post, c.want)
		s.shows("mara", post, c.want)
	}
	if r := s.change("edit", "ines", pageID(), post, "Läuft ganz ohne Cloud"); r.Status != 200 {
		t.Fatalf("edit: %+v", r)
	}
	s.until("the edit is shown", func() bool { p, _ := s.byID("mara", post); return p.Edited })
	s.shows("mara", post, "🎉 mara")
	s.change("delete", "ines", pageID(), post, "")
	s.shows("mara", post, "")
	if r := s.react("mara", post, "👍", false); r.Status != 409 || r.Error.Code != "deleted" {
		t.Errorf("a reaction to what is gone: %+v, want 409", r)
	}
}

func TestReactionsSurvive(t *testing.T) {
	s := newSetting(t)
	d := bot.Delivery{Post: "c", Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr"), Copy: &bot.Copy{Author: bot.Author{Name: "Mara"}, Body: markup.FromPlain("Kopie")}}
	if _, err := s.a.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	post := postOf(t, s, "c")
	s.until("it is shown", func() bool { _, ok := s.byID("ines", post); return ok })
	s.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errors.New("disk full") })
	if r := s.react("jan", post, "✅", false); r.Status != 503 {
		t.Errorf("a reaction that was not stored: %+v, want 503", r)
	}
	s.core.Answer(nil)
	var wg sync.WaitGroup
	for _, person := range []string{"ines", "jan", "mara"} {
		wg.Go(func() { s.react(person, post, "👀", false) })
	}
	wg.Wait()
	s.until("all are shown", func() bool {
		p, _ := s.byID("mara", post)
		return len(p.Reactions) == 1 && len(p.Reactions[0].By) == 3
	})
	before, _ := s.byID("mara", post)
	again := newAdapter(t, config(newClock().Now))
	run(t, again, s.core)
	h := newHost(t, again)
	defer h.close()
	after := newBrowser(t, h)
	s.until("it is shown again", func() bool { return len(after.posts("mara", "pr")) == 1 })
	if diff := cmp.Diff(before.Reactions, after.posts("mara", "pr")[0].Reactions); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
}

func TestWhatCannotBeDoneWithAPost(t *testing.T) {
	s := newSetting(t)
	post := s.written("ines", "", "von Ines")
	private := bot.Delivery{Post: "p", Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr"), Reader: "jan", Card: bot.Card{Text: "nur für Jan"}}
	if _, err := s.a.Send(t.Context(), private); err != nil {
		t.Fatal(err)
	}
	card := postOf(t, s, "p")
	s.until("it is shown", func() bool { _, ok := s.byID("jan", card); return ok })
	before := len(s.core.Received())
	for _, c := range []struct {
		name   string
		change map[string]any
		status int
		code   string
	}{
		{"another emoji", map[string]any{"emoji": "<b>"}, 400, "bad_request"},
		{"another command", map[string]any{"do": "flag.lift"}, 400, "bad_request"},
		{"another room", map[string]any{"place": "social"}, 404, "unknown_post"},
		{"no such room", map[string]any{"place": "attic"}, 404, "unknown_room"},
		{"the direct conversation", map[string]any{"place": "direct"}, 400, "rooms_only"},
		{"nothing there", map[string]any{"post": pageID()}, 404, "unknown_post"},
		{"what one alone sees", map[string]any{"post": card}, 404, "unknown_post"},
		{"what somebody else alone sees", map[string]any{"post": card, "person": "ines"}, 404, "unknown_post"},
	} {
		for _, act := range []string{"react", "shortcut"} {
			body := map[string]any{"person": "jan", "id": pageID(), "place": "pr", "post": post, "emoji": "👍", "do": "line.all"}
			for key, value := range c.change {
				body[key] = value
			}
			if act == "react" && c.change["do"] != nil || act == "shortcut" && c.change["emoji"] != nil {
				continue
			}
			if r := s.act(act, body); r.Status != c.status || r.Error.Code != c.code || r.Error.Text == "" {
				t.Errorf("%s, %s: %+v, want %d %s", act, c.name, r, c.status, c.code)
			}
		}
	}
	if n := len(s.core.Received()) - before; n != 0 {
		t.Errorf("%d refused acts reached the core", n)
	}
}
