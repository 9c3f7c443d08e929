package teams_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/faketest"
	"standleitung/adapters/teams"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// doubter is a tenant in which answers get lost.
type doubter struct {
	*tenant
	adapter *teams.Adapter
	core    *adaptertest.Core
	later   atomic.Int64 // how far the adapter's clock is ahead
	root    string       // the post in the first room that every thread here hangs on
}

// newDoubter makes one; lag is how long Microsoft Graph is taken to need.
func newDoubter(t *testing.T, kind teamstest.Kind, lag time.Duration) *doubter {
	w := &doubter{tenant: newTenant(t, kind)}
	c := w.config()
	c.GraphLag, c.Now = lag, func() time.Time { return time.Now().Add(time.Duration(w.later.Load())) }
	a, err := teams.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w.adapter = a
	w.back.Store(http.HandlerFunc(a.Routes().ServeHTTP))
	_, w.core = running(t, a)
	w.root = w.Server.Say(teamstest.Speech{By: w.staff[0].ID, At: w.rooms[0].ID, Text: "die Wurzel"}).ID
	if !faketest.Await(time.Minute, func() bool { kept, err := w.core.Kept(t.Context(), "mark/"); return err == nil && len(kept) == 2 }) {
		t.Fatal("nobody reads the rooms")
	}
	return w
}

// wait has time go by, everywhere.
func (w *doubter) wait(d time.Duration) {
	w.later.Add(int64(d))
	w.Advance(d)
}

func (w *doubter) room() bot.Place { return teams.RoomPlace(w.rooms[0].ID) }

// at is the room or a thread in it, by its name in a test; a chat has none.
func (w *doubter) at(where string) bot.Place {
	p := w.room()
	if where == "thread" {
		p.Thread = w.root
	}
	return p
}

// lose sends a delivery whose call ends without an answer: the n-th call for it, after it took effect or not.
func (w *doubter) lose(d bot.Delivery, n int, arrives bool) bot.Delivery {
	w.t.Helper()
	calls := []string{"create", "post"}
	if d.Place.Thread != "" || w.rooms[0].Kind == teamstest.GroupChat {
		calls[0] = "post"
	}
	for range n - 1 {
		w.Fault(teamstest.Fault{Call: calls[0], At: d.Place.ID, Slow: time.Nanosecond, After: true})
		calls = calls[1:]
		calls = append(calls, "post")
	}
	w.Fault(teamstest.Fault{Call: calls[0], At: d.Place.ID, Status: http.StatusBadGateway, After: arrives})
	if got, reason, _ := fate(w.t, w.adapter, d); got != bot.Unknown {
		w.t.Fatalf("%s is %q (%s), want unknown", d.Post, got, reason)
	}
	d.Unsure, d.Since = true, time.Now()
	return d
}

// send sends what must succeed.
func (w *doubter) send(d bot.Delivery) []string {
	w.t.Helper()
	sent, err := w.adapter.Send(w.t.Context(), d)
	if err != nil {
		w.t.Fatalf("%s of %s: %v", d.Op, d.Post, err)
	}
	return sent.IDs
}

// later checks that a delivery is to be tried later, and not more than d.
func (w *doubter) isLater(d bot.Delivery, most time.Duration) {
	w.t.Helper()
	if got, reason, after := fate(w.t, w.adapter, d); got != bot.Retry || reason != "looking_up" || after <= 0 || after > most {
		w.t.Errorf("%s of %s is %q (%s) after %v, want it looked up later", d.Op, d.Post, got, reason, after)
	}
}

// shown are the messages of the bot in the first room.
func (w *doubter) shown() []teamstest.Seen {
	return slices.DeleteFunc(w.Server.Shown(w.rooms[0].ID, w.staff[0].ID), func(m teamstest.Seen) bool { return !m.Ours || m.Deleted })
}

// wants checks what the bot shows in the first room, by what each message contains. None may be marked, unless marks is set.
func (w *doubter) wants(texts ...string) {
	w.t.Helper()
	all := w.shown()
	if len(all) != len(texts) {
		for _, m := range all {
			w.t.Logf("shown is %s: %.60q", m.ID, m.Text)
		}
		w.t.Fatalf("%d messages are shown, want %d", len(all), len(texts))
	}
	for i, m := range all {
		if !strings.Contains(m.Text, texts[i]) || strings.Contains(m.Text, "↻") != strings.Contains(texts[i], "↻") {
			w.t.Errorf("message %d is %.80q, want %q", i, m.Text, texts[i])
		}
	}
}

// everywhere runs a test for each kind of place.
func everywhere(t *testing.T, lag time.Duration, test func(w *doubter, at bot.Place)) {
	for _, where := range []string{"top", "thread", "chat"} {
		t.Run(where, func(t *testing.T) {
			kind := teamstest.Channel
			if where == "chat" {
				kind = teamstest.GroupChat
			}
			w := newDoubter(t, kind, lag)
			test(w, w.at(where))
		})
	}
}

// rich is a copy with everything that a copy can have.
func (w *doubter) rich(name string, at bot.Place) bot.Delivery {
	d := copied(name, at, "")
	d.Copy.Body = markup.Doc{Blocks: []markup.Block{
		{Kind: markup.Paragraph, Inlines: []markup.Inline{
			{Kind: markup.Mention, Ref: w.staff[0].ID, Text: "Ines Brandt"},
			{Kind: markup.Text, Text: " schau <b>mal</b> & lies 🎉 "},
			{Kind: markup.Link, Ref: "https://a.example/?a=1&b=2", Children: []markup.Inline{{Kind: markup.Text, Text: "hier"}}},
		}},
		{Kind: markup.List, Items: [][]markup.Block{{{Kind: markup.Paragraph, Inlines: []markup.Inline{{Kind: markup.Code, Text: "x < y"}}}}}},
		{Kind: markup.CodeBlock, Text: "if x {\n  y()\n}"},
	}}
	d.Copy.Quote, d.Copy.More = "Läuft die *Pumpe*?", "2 weitere Dateien"
	d.Copy.Files = []bot.File{{Name: "plan & mehr.pdf", Size: 12_000, URL: "https://files.example/plan.pdf", Note: "Nicht als Datei"}}
	return d
}

// TestFoundAgain: what arrived though nobody heard of it is found, at once, and is neither posted again nor marked.
func TestFoundAgain(t *testing.T) {
	everywhere(t, time.Hour, func(w *doubter, at bot.Place) {
		for i, d := range []bot.Delivery{card("card", at, "steht hier"), copied("copy", at, "von drüben"), w.rich("rich", at)} {
			d = w.lose(d, 1, true)
			all := w.shown()
			if ids := w.send(d); len(all) != i+1 || !slices.Equal(ids, []string{all[i].ID}) {
				t.Errorf("%s has the ids %q, want that of the last of %v", d.Post, ids, all)
			}
			w.core.Know(at, all[i].ID)
			d.Op, d.Unsure, d.IDs, d.Revision = bot.OpEdit, false, []string{all[i].ID}, 2
			w.send(d)
		}
		w.wants("steht hier", "von drüben", "2 weitere Dateien")
	})
}

// TestSurelyNotThere: what is not in the history is posted without a mark once Microsoft Graph has had the time to show it, and not
// before.
func TestSurelyNotThere(t *testing.T) {
	everywhere(t, time.Minute, func(w *doubter, at bot.Place) {
		for _, d := range []bot.Delivery{card("card", at, "steht hier"), copied("copy", at, "von drüben")} {
			before := len(w.shown())
			d = w.lose(d, 1, false)
			for range 5 {
				w.isLater(d, 10*time.Second)
				w.wait(11 * time.Second)
			}
			if len(w.shown()) != before {
				t.Errorf("%s was posted before it could be known", d.Post)
			}
			w.wait(6 * time.Second)
			w.core.Know(at, w.send(d)...)
		}
		w.wants("steht hier", "von drüben")
	})
}

// TestShownLate: what Microsoft Graph shows late is found late.
func TestShownLate(t *testing.T) {
	everywhere(t, time.Minute, func(w *doubter, at bot.Place) {
		d := w.lose(copied("copy", at, "von drüben"), 1, true)
		w.SetGraphLag(time.Hour)
		w.isLater(d, 10*time.Second)
		w.SetGraphLag(0)
		w.send(d)
		w.wants("von drüben")
	})
}

// TestAfterRestart: what a program that was killed had under way is found by the next one, and is waited for.
func TestAfterRestart(t *testing.T) {
	w := newDoubter(t, teamstest.Channel, time.Minute)
	there, missing := copied("there", w.room(), "angekommen"), copied("missing", w.room(), "nicht angekommen")
	there.Since = time.Now()
	w.send(there)
	a, err := teams.New(func() teams.Config { c := w.config(); c.GraphLag = time.Minute; return c }())
	if err != nil {
		t.Fatal(err)
	}
	defer runWith(t, a, w.core)()
	w.adapter = a
	w.Server.Say(teamstest.Speech{By: w.staff[0].ID, At: w.rooms[0].ID, Text: "hallo"})
	w.back.Store(http.HandlerFunc(a.Routes().ServeHTTP))
	w.Server.Say(teamstest.Speech{By: w.staff[0].ID, At: w.rooms[0].ID, Text: "hallo"})
	there.Unsure, missing.Unsure, missing.Since = true, true, there.Since
	w.core.Know(w.room(), w.send(there)...)
	w.isLater(missing, 10*time.Second)
	w.wants("angekommen")
}

// TestNobodyCanTell: where no history can be read, it is posted again at once, marked.
func TestNobodyCanTell(t *testing.T) {
	for name, spoil := range map[string]func(w *doubter) bot.Place{
		"no consent": func(w *doubter) bot.Place {
			w.SetConsented(w.rooms[0].ID, false)
			return w.room()
		},
		"long away": func(w *doubter) bot.Place {
			w.Fault(teamstest.Fault{Call: "history", RetryAfter: 600})
			return w.room()
		},
		"no such thing": func(w *doubter) bot.Place {
			w.Fault(teamstest.Fault{Call: "history", Status: http.StatusNotFound, Times: -1})
			return w.room()
		},
		"personal": func(w *doubter) bot.Place { return teams.DirectPlace(w.staff[0].ID) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newDoubter(t, teamstest.Channel, time.Hour)
			at := spoil(w)
			for _, d := range []bot.Delivery{card("card", at, "steht hier"), copied("copy", at, "von drüben")} {
				d.Unsure = true
				w.send(d)
			}
			shown := w.Server.Shown(w.conversation(at), w.staff[0].ID)
			for _, m := range shown[len(shown)-2:] {
				if !strings.Contains(m.Text, "↻") {
					t.Errorf("%q is not marked", m.Text)
				}
			}
			if name == "personal" {
				return
			}
			d := copied("gone", at, "")
			d.Op, d.Unsure = bot.OpDelete, true
			if got, reason, _ := fate(t, w.adapter, d); got != bot.Never || reason != "no_id" {
				t.Errorf("its deletion is %q (%s), want never: no_id", got, reason)
			}
		})
	}
}

// TestGraphFails: a history that cannot be read for the moment is asked for again, some times; then nobody can tell.
func TestGraphFails(t *testing.T) {
	for name, fault := range map[string]teamstest.Fault{
		"broken": {Call: "history", Status: 503, Times: -1}, "cut off": {Call: "history", Reset: true, Times: -1}, "bad answer": {Call: "history", Status: 200, Times: -1},
		"throttled": {Call: "history", RetryAfter: -1, Times: -1}, "refused": {Call: "history", Status: 401, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newDoubter(t, teamstest.Channel, time.Hour)
			d := w.lose(copied("copy", w.room(), "von drüben"), 1, true)
			fault.At = w.rooms[0].ID
			w.Fault(fault)
			for range 4 {
				w.isLater(d, 2*time.Minute)
				w.wait(2 * time.Minute)
			}
			w.wants("von drüben")
			w.Heal()
			w.send(d)
			w.wants("von drüben")
			d = w.lose(copied("other", w.room(), "noch etwas"), 1, true)
			w.Fault(fault)
			for range 4 {
				w.isLater(d, 2*time.Minute)
				w.wait(2 * time.Minute)
			}
			w.send(d)
			w.wants("von drüben", "noch etwas", "↻")
		})
	}
}

// TestGraphWantsAPause: it is left alone for as long as it says.
func TestGraphWantsAPause(t *testing.T) {
	w := newDoubter(t, teamstest.Channel, time.Hour)
	d := w.lose(copied("copy", w.room(), "von drüben"), 1, true)
	w.Fault(teamstest.Fault{Call: "history", At: w.rooms[0].ID, RetryAfter: 30})
	for range 3 {
		w.isLater(d, 30*time.Second)
	}
	w.wait(31 * time.Second)
	w.send(d)
	w.wants("von drüben")
}

// TestNextPageIsWaitedFor: where Microsoft Graph takes one call a second, a history is read to its end all the same.
func TestNextPageIsWaitedFor(t *testing.T) {
	w := newDoubter(t, teamstest.Channel, time.Hour)
	d := w.lose(copied("copy", w.room(), "von drüben"), 1, true)
	for i := range 4 {
		w.Server.Say(teamstest.Speech{By: w.staff[0].ID, At: w.rooms[0].ID, Text: fmt.Sprint("dazu ", i)})
	}
	w.Limit(teamstest.Pages{Page: 4, Replies: 10})
	w.Fault(teamstest.Fault{Call: "history", At: w.rooms[0].ID, Slow: time.Nanosecond})
	w.Fault(teamstest.Fault{Call: "history", At: w.rooms[0].ID, RetryAfter: 1})
	w.send(d)
	w.wants("von drüben")
}

// TestOnlyItsOwn: what belongs to another copy, says something else, stands elsewhere or was written by somebody else is not taken for
// it. Where something is there that it may be, nobody can tell.
func TestOnlyItsOwn(t *testing.T) {
	everywhere(t, time.Nanosecond, func(w *doubter, at bot.Place) {
		known := w.send(copied("known", at, "ok"))
		w.core.Know(at, known...)
		stranger := copied("stranger", at, "ok")
		stranger.Copy.Author.Name = "Jonas"
		w.send(stranger)
		w.OtherApp(w.rooms[0].ID, "Mara Lindner · Vertrieb · Slack<br>ok")
		w.send(card("card", at, "ok"))
		if w.rooms[0].Kind == teamstest.Channel {
			elsewhere := at
			elsewhere.Thread = w.Server.Say(teamstest.Speech{By: w.staff[0].ID, At: w.rooms[0].ID, Text: "andere Wurzel"}).ID
			w.core.Know(elsewhere, w.send(copied("elsewhere", elsewhere, "egal"))...)
			w.send(copied("stray", elsewhere, "ok"))
		}
		before := w.shown()
		ids := w.send(w.lose(copied("copy", at, "ok"), 1, false))
		after := w.shown()
		if len(after) != len(before)+1 || ids[0] != after[len(after)-1].ID || strings.Contains(after[len(after)-1].Text, "↻") {
			t.Errorf("it has the ids %q, shown are %v", ids, after)
		}
		w.core.Know(at, ids...)

		w.send(copied("orphan", at, "von niemandem gekannt"))
		w.send(w.lose(copied("doubtful", at, "etwas anderes"), 1, false))
		if all := w.shown(); !strings.Contains(all[len(all)-1].Text, "↻") {
			t.Errorf("though it may be there, it is posted without a mark: %v", all)
		}
	})
}

// TestPartly: of a long message only those parts are posted that are not there.
func TestPartly(t *testing.T) {
	long := strings.Repeat("Eine lange Zeile mit Wörtern, die niemand liest. ", 1200)
	everywhere(t, time.Nanosecond, func(w *doubter, at bot.Place) {
		n := 0
		for _, make := range []func(string, bot.Place, string) bot.Delivery{card, copied} {
			for _, arrives := range []bool{true, false} {
				for lost := 1; lost <= 3; lost++ {
					d := w.lose(make(fmt.Sprint("p", n), at, fmt.Sprint(n, " ", long)), lost, arrives)
					before := len(w.shown())
					ids := w.send(d)
					w.core.Know(at, ids...)
					all := w.shown()
					var text string
					for _, m := range all[n:] {
						text += " " + m.Text
					}
					if len(ids) != len(all)-n || strings.Count(text, "Wörtern") != 1200 || strings.Contains(text, "↻") {
						t.Fatalf("%s, answer %d lost, arrives %v: %d ids, %d messages of which %d were there, with %d words",
							d.Post, lost, arrives, len(ids), len(all)-n, before-n, strings.Count(text, "Wörtern"))
					}
					d.Op, d.Revision, d.IDs, d.Unsure = bot.OpDelete, 2, ids, false
					w.send(d)
					if n = len(w.shown()); n != 0 {
						t.Fatalf("%d messages are left of %s", n, d.Post)
					}
				}
			}
		}
	})
}

// TestChangedSince: what was changed since it was tried is found, says what it is to say by now, and is as long.
func TestChangedSince(t *testing.T) {
	long := strings.Repeat("Wort ", 9000)
	everywhere(t, time.Nanosecond, func(w *doubter, at bot.Place) {
		for i, c := range []struct{ before, after string }{{"vorher", "nachher"}, {long, "nachher"}, {"vorher", long + "nachher"}} {
			for _, make := range []func(string, bot.Place, string) bot.Delivery{card, copied} {
				d := make(fmt.Sprint("p", i), at, c.before)
				parts := w.send(d) // how many it has
				d.Op, d.IDs = bot.OpDelete, parts
				w.send(d)
				d = w.lose(make(fmt.Sprint("q", i), at, c.before), len(parts), true)
				first := w.shown()[0].ID
				now := make(d.Post, at, c.after)
				now.Unsure, now.Since, now.Revision = true, d.Since, 2
				ids := w.send(now)
				all := w.shown()
				if len(ids) != len(all) || ids[0] != first || !strings.Contains(all[len(all)-1].Text, "nachher") || strings.Contains(all[0].Text, "vorher") {
					t.Fatalf("%d: the ids are %q, %d messages are shown, of which the first was %s", i, ids, len(all), first)
				}
				calls := w.Calls("update")
				if again := w.send(now); !slices.Equal(again, ids) || w.Calls("update") != calls {
					t.Errorf("%d: once more, the ids are %q and %d changes were made", i, again, w.Calls("update")-calls)
				}
				now.Op, now.IDs, now.Unsure = bot.OpDelete, ids, false
				w.send(now)
			}
		}
	})
}

// TestDeletedSince: what may have arrived is deleted wherever it is found, as a whole and as soon as it appears; what is not there needs
// nothing.
func TestDeletedSince(t *testing.T) {
	long := strings.Repeat("Wort ", 9000)
	everywhere(t, time.Minute, func(w *doubter, at bot.Place) {
		w.core.Know(at, w.send(copied("other", at, "bleibt"))...)
		w.send(card("another", at, "bleibt auch"))
		for i, text := range []string{"weg", long} {
			for _, make := range []func(string, bot.Place, string) bot.Delivery{card, copied} {
				for _, arrives := range []bool{true, false} {
					d := w.lose(make(fmt.Sprint("p", i, arrives), at, text), 1+i, arrives)
					d.Op, d.Revision, d.Card = bot.OpDelete, 2, bot.Card{}
					if d.Copy != nil {
						d.Copy = &bot.Copy{Author: d.Copy.Author}
					}
					w.SetGraphLag(time.Hour)
					w.isLater(d, 10*time.Second)
					w.SetGraphLag(0)
					w.isLater(d, 10*time.Second)
					w.wants("bleibt", "bleibt auch")
					w.wait(time.Minute)
					w.send(d)
				}
			}
		}
		w.wants("bleibt", "bleibt auch")
	})
}

// TestLateSince: a copy that was on time when it was tried is the same when it is late by now, and does not say that it is; one that said
// so still does, also after a change.
func TestLateSince(t *testing.T) {
	everywhere(t, time.Nanosecond, func(w *doubter, at bot.Place) {
		written := time.Date(2026, 12, 7, 8, 2, 0, 0, time.UTC)
		for _, late := range []bool{false, true} {
			d := copied(fmt.Sprint("copy", late), at, "von drüben")
			if late {
				d.Copy.Written = written
			}
			d = w.lose(d, 1, true)
			d.Copy.Written = written
			ids := w.send(d)
			w.core.Know(at, ids...)
			d.Op, d.IDs, d.Revision, d.Unsure = bot.OpEdit, ids, 2, false
			d.Copy = copied("", at, "geändert").Copy
			w.send(d)
			all := w.shown()
			if text := all[len(all)-1].Text; strings.Contains(text, "🕓") != late || !strings.Contains(text, "geändert") {
				t.Errorf("late is %v, shown is %q", late, text)
			}
		}
		w.wants("geändert", "geändert")
	})
}

// TestLongerByAnEdit: what an edit of unknown fate has added is found, and goes when it is not wanted any more.
func TestLongerByAnEdit(t *testing.T) {
	long := strings.Repeat("Wort ", 9000)
	everywhere(t, time.Nanosecond, func(w *doubter, at bot.Place) {
		for i, then := range []string{long + "nachher", "nachher", ""} {
			for _, make := range []func(string, bot.Place, string) bot.Delivery{card, copied} {
				d := make(fmt.Sprint("p", i), at, "vorher")
				d.Since = time.Now()
				ids := w.send(d)
				w.core.Know(at, ids...)
				d = make(d.Post, at, long)
				d.Op, d.Revision, d.IDs, d.Since = bot.OpEdit, 2, ids, time.Now()
				w.Fault(teamstest.Fault{Call: "post", Reset: true, After: true})
				if got, reason, _ := fate(t, w.adapter, d); got != bot.Unknown {
					t.Fatalf("the edit is %q (%s), want unknown", got, reason)
				}
				now := make(d.Post, at, then)
				now.Op, now.Revision, now.IDs, now.Since, now.Unsure = bot.OpEdit, 3, ids, d.Since, true
				if then == "" {
					now.Op = bot.OpDelete
				}
				got := w.send(now)
				all := w.shown()
				if now.Op == bot.OpDelete && len(all) == 0 {
					continue
				}
				if len(got) != len(all) || !strings.Contains(all[len(all)-1].Text, "nachher") {
					t.Fatalf("%d: the ids are %q, %d messages are shown", i, got, len(all))
				}
				now.Op, now.IDs, now.Unsure = bot.OpDelete, got, false
				w.send(now)
			}
		}
	})
}

// TestFoundAtTheTop: what left a thread that is not there any more is found where it is.
func TestFoundAtTheTop(t *testing.T) {
	w := newDoubter(t, teamstest.Channel, time.Nanosecond)
	in := w.at("thread")
	w.Purge(w.rooms[0].ID, w.root)
	for _, d := range []bot.Delivery{card("card", in, "steht hier"), copied("copy", in, strings.Repeat("Wort ", 9000))} {
		w.Fault(teamstest.Fault{Call: "create", Status: http.StatusBadGateway, After: true})
		if got, reason, _ := fate(t, w.adapter, d); got != bot.Unknown {
			t.Fatalf("%s is %q (%s), want unknown", d.Post, got, reason)
		}
		d.Unsure, d.Since = true, time.Now()
		ids := w.send(d)
		w.core.Know(in, ids...)
		if all := w.shown(); len(all) != len(ids) {
			t.Fatalf("%d messages are shown, the ids are %q", len(all), ids)
		}
		d.Op, d.Revision, d.IDs, d.Unsure = bot.OpDelete, 2, ids, false
		w.send(d)
	}
	w.wants()
}

// TestCoreFails: while the core cannot tell which copies it knows, nothing is done.
func TestCoreFails(t *testing.T) {
	w := newDoubter(t, teamstest.Channel, time.Nanosecond)
	d := w.lose(copied("copy", w.room(), "von drüben"), 1, true)
	w.core.Break(errors.New("disk full"))
	w.isLater(d, 10*time.Second)
	w.core.Break(nil)
	w.send(d)
	w.wants("von drüben")
}

// TestOffersAreSigned: a form that was offered is no card that could be another.
func TestOffersAreSigned(t *testing.T) {
	w := newDoubter(t, teamstest.Channel, time.Nanosecond)
	w.core.Answer(func(bot.Message) (bot.Outcome, error) {
		return bot.Outcome{Form: &bot.Form{Do: "topic.suggest", Title: "Thema", Submit: "Los", Cancel: "Nein"}}, nil
	})
	ask := w.Server.Say(teamstest.Speech{By: w.staff[0].ID, At: w.rooms[0].ID, Text: "thema", Mentions: []string{w.BotID()}}).ID
	w.core.Answer(nil)
	at := w.room()
	at.Thread = ask
	d := w.lose(card("card", at, "steht hier"), 1, false)
	d.Voice = say.Voice{Language: say.German}
	w.send(d)
	w.wants("Formular", "steht hier")
}

// TestOneOfTwo: of a card that was posted twice one is left.
func TestOneOfTwo(t *testing.T) {
	everywhere(t, time.Nanosecond, func(w *doubter, at bot.Place) {
		d := card("card", at, "steht hier")
		first := w.send(d)
		w.send(d)
		d.Unsure = true
		if ids := w.send(d); !slices.Equal(ids, first) {
			t.Errorf("it has the ids %q, want those of the first, %q", ids, first)
		}
		w.wants("steht hier")
	})
}

// FuzzFinds: whatever a history says, it is read or passed over, and nothing of others is taken for what the bot posted.
func FuzzFinds(f *testing.F) {
	const from = `"id":"1795818064482","messageType":"message","from":{"application":{"id":"` + appID + `"}}`
	at := teams.RoomPlace("19:a@thread.tacv2")
	sent, text := card("p", at, "steht hier"), copied("c", at, "von drüben")
	a, err := teams.New(teams.Config{AppID: appID, AppPassword: "secret", TenantID: tenantID, Now: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	for s, found := range map[string]bool{
		`{` + from + `,"body":{"contentType":"html","content":"<div><strong>Mara Lindner · Vertrieb · Slack</strong><br>von&nbsp;drüben</div>"}}`:          true,
		`{` + from + `,"body":{"contentType":"text","content":"Mara Lindner · Vertrieb · Slack\n🕓 geschrieben\n\n↻ schon\nvon drüben"}}`:                   true,
		`{` + from + `,"body":{"contentType":"html","content":"<strong>Mara Lindner · Vertrieb · Slack</strong><br>von dort"}}`:                            false,
		`{` + from + `,"attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":"{\"body\":[{\"id\":\"post.a.0.1\"}]}"}]}`:        false,
		`{` + from + `,"attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"body":[{"id":"post.a.-1.x"}]}},{"content":7}]}`: false,
		`{` + from + `,"body":{"contentType":"html","content":"<attachment>"},"attachments":[null]}`:                                                       false,
		`[]`: false, `null`: false,
	} {
		if got := a.Finds(text, s); got != found {
			f.Errorf("%s is found: %v, want %v", s, got, found)
		}
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		var m struct {
			From struct {
				Application struct {
					ID string `json:"id"`
				} `json:"application"`
			} `json:"from"`
		}
		_ = json.Unmarshal([]byte(entry), &m) // what cannot be read is of nobody
		for _, d := range []bot.Delivery{sent, text} {
			if a.Finds(d, entry) && !strings.EqualFold(m.From.Application.ID, appID) {
				t.Errorf("taken for the bot's: %s", entry)
			}
		}
	})
}
