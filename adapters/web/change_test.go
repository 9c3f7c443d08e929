package web_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"standleitung/adapters/web"
	"standleitung/bot"
	"standleitung/bot/markup"
)

// written lets somebody write in pr and waits until it is shown.
func (s *setting) written(person, thread, text string) string {
	s.Helper()
	id := pageID()
	if r := s.act("say", map[string]any{"person": person, "id": id, "place": "pr", "thread": thread, "text": text}); r.Status != 200 {
		s.Fatalf("say: %+v", r)
	}
	s.until("it is shown", func() bool { _, ok := s.byID(person, id); return ok })
	return id
}

// change sends an act of somebody on a post in pr.
func (s *setting) change(act, person, id, post, text string) reply {
	s.Helper()
	return s.act(act, map[string]any{"person": person, "id": id, "place": "pr", "post": post, "text": text})
}

func TestOnlyOnesOwnPostsChange(t *testing.T) {
	s := newSetting(t)
	own := s.written("ines", "", "von Ines")
	foreign := s.written("jan", "", "von Jan")
	s.bot("p", "vom Bot")
	card := postOf(t, s, "p")
	s.until("it is shown", func() bool { _, ok := s.byID("ines", card); return ok })
	for _, act := range []string{"edit", "delete"} {
		for _, c := range []struct {
			name, person, post, place, text string
			status                          int
			code                            string
		}{
			{"somebody else's", "ines", foreign, "pr", "neu", 403, "not_yours"},
			{"the bot's", "ines", card, "pr", "neu", 403, "not_yours"},
			{"in another room", "ines", own, "social", "neu", 404, "unknown_post"},
		} {
			r := s.act(act, map[string]any{"person": c.person, "id": pageID(), "place": c.place, "post": c.post, "text": c.text})
			if r.Status != c.status || r.Error.Code != c.code || !strings.Contains(r.Error.Text, "nichts geändert") {
				t.Errorf("%s, %s: %+v, want %d %s", act, c.name, r, c.status, c.code)
			}
		}
	}
	if r := s.change("edit", "jan", pageID(), own, "x"); !strings.HasPrefix(r.Error.Text, "Somebody else wrote this") {
		t.Errorf("Jan, who speaks English, reads %q", r.Error.Text)
	}
	if r := s.change("edit", "ines", pageID(), own, " \n"); r.Error.Code != "empty" {
		t.Errorf("an empty edit: %+v", r)
	}
	if r := s.change("edit", "ines", pageID(), own, strings.Repeat("x", 40_001)); r.Error.Code != "too_long" {
		t.Errorf("a long edit: %+v", r)
	}
	if n := len(s.core.Received()); n != 2 {
		t.Errorf("%d refused changes reached the core", n-2)
	}
}

func TestWhatIsGoneStaysGone(t *testing.T) {
	s := newSetting(t)
	post := s.written("ines", "", "bald weg")
	id := pageID()
	if r := s.change("delete", "ines", id, post, ""); r.Status != 200 {
		t.Fatalf("delete: %+v", r)
	}
	s.until("it is gone", func() bool { p, _ := s.byID("mara", post); return p.Deleted && p.Text == "" })
	if r := s.change("delete", "ines", id, post, ""); r.Status != 200 || !r.Seen {
		t.Errorf("the same deletion again: %+v, want it taken and seen", r)
	}
	for _, act := range []string{"edit", "delete"} {
		if r := s.change(act, "ines", pageID(), post, "doch"); r.Status != 409 || r.Error.Code != "deleted" {
			t.Errorf("%s of what is gone: %+v, want 409", act, r)
		}
	}
	if n := len(s.core.Effects()); n != 2 {
		t.Errorf("%d effects, want the message and its deletion", n)
	}
}

func TestEditIsNoCommand(t *testing.T) {
	s := newSetting(t)
	post := s.written("ines", "", "/thema Pumpe")
	for _, text := range []string{"/thema Pumpe ohne Cloud", "@Standleitung lage", "thema"} {
		if r := s.change("edit", "ines", pageID(), post, text); r.Status != 200 {
			t.Fatalf("edit: %+v", r)
		}
		all := s.core.Effects()
		if m := all[len(all)-1]; m.Kind != bot.Edited || m.Addressed || m.Text != text || !m.Body.IsZero() {
			t.Errorf("the core got %+v, want %q as it stands, addressed to nobody", m, text)
		}
	}
}

func TestEditLandsWithItsEffect(t *testing.T) {
	s := newSetting(t)
	root := s.written("mara", "", "Wurzel")
	post := s.written("ines", root, "alt")
	s.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errors.New("disk full") })
	id := pageID()
	if r := s.change("edit", "ines", id, post, "neu"); r.Status != 503 {
		t.Errorf("an edit that was not stored: %+v, want 503", r)
	}
	s.bot("p", "danach")
	s.until("what came later is shown", func() bool { return len(s.posts("ines", "pr")) == 3 })
	if p, _ := s.byID("ines", post); p.Text != "alt" || p.Edited {
		t.Errorf("shown is %+v although the core has not taken the edit", p)
	}
	s.core.Answer(nil)
	if r := s.change("edit", "ines", id, post, "neu"); r.Status != 200 {
		t.Errorf("the same edit again: %+v", r)
	}
	s.until("the edit is shown", func() bool { p, _ := s.byID("mara", post); return p.Text == "neu" && p.Edited && p.Thread == root })
	all := s.core.Effects()
	m := all[len(all)-1]
	if m.Turn != "edit/"+id || m.ID != post || m.Place.Thread != root || len(m.Notes) != 1 {
		t.Errorf("the core got %+v, want turn, id, thread and note of the edit", m)
	}
}

// TestEditsAtOnce has several pages edit one post at the same time: what is shown is what the core holds for the newest.
func TestEditsAtOnce(t *testing.T) {
	s := newSetting(t)
	post := s.written("ines", "", "alt")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { s.change("edit", "ines", pageID(), post, fmt.Sprint("Fassung ", i)) })
	}
	wg.Wait()
	all := s.core.Effects()
	newest := all[1]
	for _, m := range all[1:] {
		if !m.At.Before(newest.At) {
			newest = m
		}
	}
	s.until("the newest is shown", func() bool { p, _ := s.byID("mara", post); return p.Text == newest.Text })
}

func TestCopyOfNobodyKnown(t *testing.T) {
	s := newSetting(t)
	d := bot.Delivery{Post: "c", Op: bot.OpPost, Revision: 1, Place: web.RoomPlace("pr"), Copy: &bot.Copy{Body: markup.FromPlain("x")}}
	if _, err := s.a.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	s.until("it is shown", func() bool { return len(s.posts("ines", "pr")) == 1 })
	if p := s.posts("ines", "pr")[0]; p.From == nil || p.Card != nil {
		t.Errorf("shown is %+v, want a post that is not the bot's", p)
	}
}
