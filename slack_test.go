package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"standleitung/adapters/faketest"
	"standleitung/adapters/slack/slacktest"
)

// TestSlack runs the whole program at a fake Slack: what somebody writes crosses the line, whatever happens to the sockets
// and the Web API meanwhile, and a form is opened and sent.
func TestSlack(t *testing.T) {
	fake, err := slacktest.New(slacktest.Config{Times: slacktest.Times{Retries: []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}}})
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	mara := fake.AddUser(slacktest.User{Name: "mara", RealName: "Mara Lindner", Email: "mara@example.com"})
	members := []string{mara.ID, slacktest.BotUser}
	sales := fake.AddChannel(slacktest.Channel{Name: "vertrieb", Members: members})
	press := fake.AddChannel(slacktest.Channel{Name: "presse", Members: members})

	path := filepath.Join(t.TempDir(), "slack.db")
	stop := runSlack(t, fake, path, sales.ID, press.ID)
	defer stop()
	fake.Order(slacktest.Twice, slacktest.TwiceAnew)
	for _, f := range []slacktest.Fault{
		{Method: "chat.postMessage", RetryAfter: 1},
		{Method: "chat.postMessage", Status: 500},
		{Method: "chat.postMessage", Status: 502, After: true},
		{Method: "chat.postMessage", Reset: true, After: true},
	} {
		fake.Fault(f)
	}
	var want []string
	for i := range 8 {
		text := fmt.Sprintf("Nachricht %d & <mehr>", i)
		want = append(want, text)
		if a := fake.Say(slacktest.Speech{By: mara.ID, Channel: sales.ID, Text: text}); !a.Acked {
			t.Errorf("%q was not acknowledged: %+v", text, a)
		}
	}
	var got []string
	for _, m := range crossed(t, fake, press.ID, mara.ID, len(want)) {
		got = append(got, m.Text)
		if !strings.HasPrefix(m.Author, "Mara Lindner · Vertrieb") {
			t.Errorf("%q is shown as %q's", m.Text, m.Author)
		}
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("crossed: %q, want %q", got, want)
	}

	if a := fake.Slash(mara.ID, sales.ID, "/standleitung", "thema"); !a.Acked {
		t.Errorf("the command was not acknowledged: %+v", a)
	}
	if v := fake.TopView(mara.ID); v == nil || v.Title != "Thema vorschlagen" {
		t.Fatalf("the form is %+v", v)
	}
	if a := fake.Submit(mara.ID, map[string]string{"text": "Pumpe ohne Cloud"}); !a.Acked || len(a.Errors) > 0 {
		t.Errorf("the form was answered with %+v", a)
	}

	// The App Home is the personal desk, and follows what its owner does.
	if a := fake.OpenHome(mara.ID, "home"); !a.Acked {
		t.Errorf("the visit was not acknowledged: %+v", a)
	}
	desk(t, fake, mara.ID, "Ihre Themen", "Pumpe ohne Cloud", "Sprache: Deutsch")
	fake.Slash(mara.ID, sales.ID, "/standleitung", "sprache en")
	desk(t, fake, mara.ID, "Your topics", "Pumpe ohne Cloud", "Language: English")

	// Hours without the program: what was said meanwhile crosses when it is back.
	stop()
	fake.Say(slacktest.Speech{By: mara.ID, Channel: sales.ID, Text: "als niemand da war"})
	defer runSlack(t, fake, path, sales.ID, press.ID)()
	all := crossed(t, fake, press.ID, mara.ID, len(want)+1)
	if last := all[len(all)-1]; !strings.Contains(last.Text, "als niemand da war") {
		t.Errorf("last is %q, want what was said meanwhile", last.Text)
	}
	for _, b := range fake.Breaches() {
		t.Errorf("slack was treated badly: %v", b)
	}
}

// desk waits until somebody's App Home shows texts.
func desk(t *testing.T, fake *slacktest.Server, user string, want ...string) {
	t.Helper()
	var text string
	var missing []string
	if !faketest.Await(eventual, func() bool {
		if v := fake.Home(user); v != nil {
			text = v.Text
		}
		missing = slices.DeleteFunc(slices.Clone(want), func(w string) bool { return strings.Contains(text, w) })
		return len(missing) == 0
	}) {
		t.Fatalf("the App Home does not show %q: %s", missing, text)
	}
}

// crossed waits until n copies are shown in a channel, and returns them.
func crossed(t *testing.T, fake *slacktest.Server, channel, user string, n int) (all []slacktest.Seen) {
	t.Helper()
	if !faketest.Await(eventual, func() bool {
		all = slices.DeleteFunc(fake.Shown(channel, user), func(m slacktest.Seen) bool { return !m.Override })
		return len(all) >= n
	}) {
		t.Fatalf("%d copies are shown, want %d", len(all), n)
	}
	return all
}

// runSlack starts the program and returns how to stop it. The store stays.
func runSlack(t *testing.T, fake *slacktest.Server, path, sales, press string) (stop func()) {
	t.Helper()
	c := fake.Config()
	w := world{stdout: io.Discard, stderr: &bytes.Buffer{}, now: time.Now, lookup: environment()}
	config, err := ParseConfig("c", fmt.Appendf(nil, `
store: {url: "bbolt:%s"}
slack: {bot_token: %s, app_token: %s, api_url: "%s"}
rooms:
  sales: {party: sales, slack: %s}
  pr: {party: pr, slack: %s}
lines:
  main: {rooms: [sales, pr]}
`, path, c.BotToken, c.AppToken, fake.APIURL(), sales, press), environment())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	h, err := newHouse(ctx, config, w, w.logger(&commandLine{LogFormat: "text"}))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.bot.Run(ctx) }()
	if !faketest.Await(eventual, func() bool { return h.adapters[0].Ready() == nil }) {
		t.Fatalf("not ready: %v", h.adapters[0].Ready())
	}
	stopped := false
	return func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		if err := errors.Join(h.socket.Close(), h.store.Close()); err != nil {
			t.Error(err)
		}
	}
}
