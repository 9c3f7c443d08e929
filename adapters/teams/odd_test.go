package teams_test

import (
	"fmt"
	"strings"
	"testing"

	"standleitung/adapters/teams"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
	"standleitung/bot/markup"
)

// numbered is a text of 40,000 characters in which each word can be found again.
func numbered() string {
	var b strings.Builder
	for n := 0; b.Len() < 40_000; n++ {
		fmt.Fprintf(&b, "Wort%d ", n)
	}
	return b.String()[:40_000]
}

// TestLongMessage: 40,000 characters arrive whole, live and out of the history; their copy is whole, in order, in one thread, also
// when it is changed, and gone with all its parts when it is deleted.
func TestLongMessage(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	long := numbered()
	o.up()
	o.say(long)
	o.marked()
	o.down()
	o.say(long)
	o.up()
	o.until("it is caught up", func() bool { return len(o.core.Effects()) == 2 })
	for _, m := range o.core.Effects() {
		if got := strings.TrimSpace(m.Text); got != strings.TrimSpace(long) {
			t.Errorf("%d characters arrived, want %d", len(got), len(long))
		}
	}
	room := teams.RoomPlace(o.rooms[1].ID)
	root, err := o.adapter.Send(t.Context(), card("root", room, "Wurzel"))
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]bot.Place{"at the top": room, "in a thread": {Adapter: room.Adapter, ID: room.ID, Thread: root.IDs[0]}} {
		d := copied(name, at, long)
		sent, err := o.adapter.Send(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.shownParts(sent.IDs); got != words(long) {
			t.Errorf("%s: the words are not there, or not in order", name)
		}
		d.Op, d.Revision, d.IDs = bot.OpEdit, 2, sent.IDs
		d.Copy.Body = markup.FromPlain(long + long)
		if sent, err = o.adapter.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if got := o.shownParts(sent.IDs); got != words(long+long) {
			t.Errorf("%s: changed, the words are not there, or not in order", name)
		}
		d.Op, d.Revision, d.IDs = bot.OpDelete, 3, sent.IDs
		if _, err = o.adapter.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if got := o.shownParts(sent.IDs); got != "" {
			t.Errorf("%s: of what was deleted %d characters are left", name, len(got))
		}
	}
}

// shownParts are the words that can be read on the parts of a message in the second room, in the order in which they are shown.
func (o *outage) shownParts(ids []string) string {
	parts := map[string]bool{}
	for _, id := range ids {
		_, last, ok := strings.Cut(id, "/")
		if !ok {
			last = id
		}
		parts[last] = true
	}
	var all []string
	thread := map[string]bool{}
	for _, m := range o.Server.Shown(o.rooms[1].ID, o.staff[0].ID) {
		if parts[m.ID] && !m.Deleted {
			all = append(all, m.Text)
			if m.Thread != "" {
				thread[m.Thread] = true
			}
		}
	}
	if len(thread) > 1 {
		o.t.Errorf("the parts are in %d threads", len(thread))
	}
	return words(strings.Join(all, " "))
}

// words are the numbered words of a text.
func words(s string) string {
	var all []string
	for _, w := range strings.Fields(s) {
		if strings.HasPrefix(w, "Wort") {
			all = append(all, w)
		}
	}
	return strings.Join(all, " ")
}

// TestManyFiles: a message with a hundred files arrives with all of them, and a copy that has twenty and says how many more there
// are is taken.
func TestManyFiles(t *testing.T) {
	o := newOutage(t, teamstest.Channel)
	o.up()
	o.say("eins")
	o.marked()
	o.down()
	o.say("anbei", func(s *teamstest.Speech) {
		for n := range 100 {
			s.Files = append(s.Files, teamstest.Upload{Name: fmt.Sprintf("bild %d & mehr.png", n), Bytes: []byte("x")})
		}
	})
	o.up()
	o.until("it is caught up", func() bool { return len(o.core.Effects()) == 2 })
	files := o.core.Effects()[1].Files
	if len(files) != 100 || files[99].Name != "bild 99 & mehr.png" || !strings.HasPrefix(files[0].URL, "https://") {
		t.Fatalf("%d files arrived, want 100 with names and links", len(files))
	}
	d := copied("c", teams.RoomPlace(o.rooms[1].ID), "anbei")
	d.Copy.Files, d.Copy.More = files[:20], "80 weitere Dateien"
	if _, err := o.adapter.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	seen := o.Server.Shown(o.rooms[1].ID, o.staff[0].ID)
	if text := seen[len(seen)-1].Text; !strings.Contains(text, "bild 19 & mehr.png") || !strings.Contains(text, "80 weitere Dateien") {
		t.Errorf("shown is %q", text)
	}
}

// TestPurgedThread: an answer for a thread that a retention policy has removed is posted in the channel, changed and deleted there;
// what was in the thread needs no change any more; and the room is not said to be gone.
func TestPurgedThread(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, core := h.open(t)
	room := teams.RoomPlace(h.rooms[0].ID)
	root := h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: h.rooms[0].ID, Text: "uralt"}).ID
	in := core.Received()[0].Place
	in.Thread = root
	before, err := a.Send(t.Context(), copied("before", in, "vorher"))
	if err != nil {
		t.Fatal(err)
	}
	h.Purge(h.rooms[0].ID, root)
	sent, err := a.Send(t.Context(), copied("after", in, "nachher"))
	if err != nil {
		t.Fatal(err)
	}
	if seen := h.Server.Shown(h.rooms[0].ID, h.staff[0].ID); len(seen) != 1 || !strings.Contains(seen[0].Text, "nachher") {
		t.Errorf("shown is %+v", seen)
	}
	for _, ids := range [][]string{before.IDs, sent.IDs} {
		for n, op := range []bot.Op{bot.OpEdit, bot.OpDelete} {
			d := copied("x", in, "geändert")
			d.Op, d.Revision, d.IDs = op, n+2, ids
			if got, reason, _ := fate(t, a, d); got != "" {
				t.Errorf("%s of %q is %q (%s)", op, ids, got, reason)
			}
		}
	}
	if code := a.Trouble(room); code != "" {
		t.Errorf("the room is said to be in trouble: %s", code)
	}
	if seen := h.Server.Shown(h.rooms[0].ID, h.staff[0].ID); len(seen) != 1 || !seen[0].Deleted {
		t.Errorf("after the deletion shown is %+v", seen)
	}
}
