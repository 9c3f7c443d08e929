package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"standleitung/adapters/faketest"
	"standleitung/adapters/slack/slacktest"
)

// slackWorkspace is a fake Slack with two rooms and somebody in both.
type slackWorkspace struct {
	*slacktest.Server
	t            *testing.T
	mara         slacktest.User
	sales, press slacktest.Channel
	path         string
}

func newSlackWorkspace(t *testing.T) *slackWorkspace {
	fake, err := slacktest.New(slacktest.Config{Times: slacktest.Times{Retries: []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, b := range fake.Breaches() {
			t.Errorf("slack was treated badly: %v", b)
		}
		fake.Close()
	})
	w := &slackWorkspace{Server: fake, t: t, path: filepath.Join(t.TempDir(), "slack.db")}
	w.mara = fake.AddUser(slacktest.User{Name: "mara", RealName: "Mara Lindner", Email: "mara@example.com"})
	members := []string{w.mara.ID, slacktest.BotUser}
	w.sales = fake.AddChannel(slacktest.Channel{Name: "vertrieb", Members: members})
	w.press = fake.AddChannel(slacktest.Channel{Name: "presse", Members: members})
	return w
}

// run runs the program until the test ends, or stop is called.
func (w *slackWorkspace) run() (stop func()) {
	stop = runSlack(w.t, w.Server, w.path, w.sales.ID, w.press.ID)
	w.t.Cleanup(stop)
	return stop
}

// says has Mara say something in the first room, in a thread unless that is empty, and is its ts.
func (w *slackWorkspace) says(text, thread string) string {
	w.t.Helper()
	a := w.Say(slacktest.Speech{By: w.mara.ID, Channel: w.sales.ID, Text: text, Thread: thread})
	if a.Refused != "" {
		w.t.Fatalf("%q was refused: %s", text, a.Refused)
	}
	return a.TS
}

// copies are what is shown in the second room of the program: texts, "†" for what is gone but answered, with the number of
// what they hang on before them.
func (w *slackWorkspace) copies() []string {
	var all, order []string
	for _, m := range w.Shown(w.press.ID, w.mara.ID) {
		if !m.Override && !m.Tombstone {
			continue // the bot's own words
		}
		text := m.Text
		if m.Tombstone {
			text = "†"
		}
		if m.Thread != "" {
			text = fmt.Sprintf("%d: %s", slices.Index(order, m.Thread)+1, text)
		}
		all, order = append(all, text), append(order, m.TS)
	}
	return all
}

// until waits until the second room shows these copies.
func (w *slackWorkspace) until(want ...string) {
	w.t.Helper()
	if !faketest.Await(eventual, func() bool { return slices.Equal(w.copies(), want) }) {
		w.t.Fatalf("the copies are %q, want %q", w.copies(), want)
	}
}

// updates is how many messages the program rewrote.
func (w *slackWorkspace) updates() int { return w.Calls("chat.update") }

// TestSlackStorm has Slack tell of changes that are none, and of messages that are nobody's, to a running program and in the
// history that it reads after a restart.
func TestSlackStorm(t *testing.T) {
	w := newSlackWorkspace(t)
	stop := w.run()
	root := w.says("Wurzel", "")
	first := w.says("erste Antwort", root)
	second := w.says("zweite Antwort", root)
	w.Edit(w.mara.ID, w.sales.ID, second, "zweite Antwort, besser")
	w.until("Wurzel", "1: erste Antwort", "1: zweite Antwort, besser")

	before := w.updates()
	w.Unfurl(w.sales.ID, first, "Vorschau")
	w.Delete(w.mara.ID, w.sales.ID, root)
	w.until("†", "1: erste Antwort", "1: zweite Antwort, besser")
	w.Delete(w.mara.ID, w.sales.ID, second)
	w.until("†", "1: erste Antwort")

	gone := w.says("wird gelöscht, während niemand da ist", "")
	below := w.says("darunter", gone)
	w.until("†", "1: erste Antwort", "wird gelöscht, während niemand da ist", "3: darunter")
	stop()
	w.Delete(w.mara.ID, w.sales.ID, gone)
	w.Unfurl(w.sales.ID, first, "noch eine")
	w.BotSays(w.sales.ID, "Mara · Vertrieb · Teams", "von einem anderen Programm")
	w.BotSays(w.sales.ID, "Workflow", "Guten Morgen")
	lea := w.AddUser(slacktest.User{Name: "lea", RealName: "Lea Winter"})
	w.Join(lea.ID, w.sales.ID, w.mara.ID)
	w.says("noch eine Antwort", gone)
	stop = w.run()
	w.until("†", "1: erste Antwort", "†", "3: darunter", "3: noch eine Antwort")
	stop()
	stop = w.run() // what was read twice has no second effect
	w.Delete(w.mara.ID, w.sales.ID, below)
	w.until("†", "1: erste Antwort", "†", "3: noch eine Antwort")
	w.says("zuletzt", "")
	w.until("†", "1: erste Antwort", "†", "3: noch eine Antwort", "zuletzt")
	if n := w.updates() - before; n != 0 {
		t.Errorf("%d copies were rewritten, want none: nobody changed anything", n)
	}
	stop()
}

// TestSlackDeletedMeanwhile has people delete what they wrote while the program is away, and Slack tell nobody of it afterwards: the
// copies go when the program is back, and no others.
func TestSlackDeletedMeanwhile(t *testing.T) {
	w := newSlackWorkspace(t)
	w.Advance(-time.Minute) // what is deleted has been there for a while
	stop := w.run()
	w.says("bleibt", "")
	gone := w.says("geht", "")
	root := w.says("Wurzel", "")
	answer := w.says("erste Antwort", root)
	w.says("zweite Antwort", root)
	w.until("bleibt", "geht", "Wurzel", "3: erste Antwort", "3: zweite Antwort")
	stop()
	w.Delete(w.mara.ID, w.sales.ID, gone)
	w.Delete(w.mara.ID, w.sales.ID, answer)
	deletions := func() int { // beside them perhaps what told the program of its own copies
		return len(slices.DeleteFunc(w.Lost(), func(l slacktest.Loss) bool { return l.Type != "message_deleted" }))
	}
	if !faketest.Await(eventual, func() bool { return deletions() == 2 }) {
		t.Fatalf("slack gave up on %v, want both deletions", w.Lost())
	}
	stop = w.run()
	w.until("bleibt", "Wurzel", "2: zweite Antwort")
	w.says("danach", root)
	w.until("bleibt", "Wurzel", "2: zweite Antwort", "2: danach")
	stop()
}
