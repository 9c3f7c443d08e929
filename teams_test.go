package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"standleitung/adapters/faketest"
	"standleitung/adapters/teams/teamstest"
)

// TestTeams runs the whole program at a fake Teams: what somebody writes crosses the line, whatever happens to the
// deliveries and the connector meanwhile; threads, edits and deletions follow; a form is offered and sent.
func TestTeams(t *testing.T) {
	var back atomic.Value
	back.Store(http.NotFoundHandler().ServeHTTP)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		back.Load().(func(http.ResponseWriter, *http.Request))(w, r)
	}))
	defer front.Close()
	fake, err := teamstest.New(teamstest.Config{
		Endpoint: front.URL + "/api/messages",
		Times:    teamstest.Times{Retries: []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}},
		Commands: []teamstest.Command{{ID: "line.all", Fetch: true}, {ID: "topic.suggest", Fetch: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	mara := fake.AddUser(teamstest.User{Name: "Mara Lindner", Email: "mara@example.com"})
	sales := fake.AddConversation(teamstest.Conversation{Name: "Vertrieb", Members: []string{mara.ID}})
	press := fake.AddConversation(teamstest.Conversation{Name: "Presse", Members: []string{mara.ID}})
	stop := runTeams(t, fake, &back, filepath.Join(t.TempDir(), "teams.db"), sales.ID, press.ID)
	defer stop()

	fake.Order(teamstest.Twice, teamstest.TwiceAnew)
	say := func(at, text string, mentions ...string) teamstest.Act {
		t.Helper()
		a := fake.Say(teamstest.Speech{By: mara.ID, At: at, Text: text, Mentions: mentions})
		if !a.Acked {
			t.Errorf("%q was not acknowledged: %+v", text, a)
		}
		return a
	}
	var want []string
	first := say(sales.ID, "Nachricht 0 & <mehr>")
	crossedTeams(t, fake, press.ID, mara.ID, "Nachricht 0")
	for _, f := range []teamstest.Fault{
		{Call: "create", RetryAfter: 1}, {Call: "create", Status: 502, After: true},
	} {
		fake.Fault(f)
	}
	for i := range 6 {
		want = append(want, fmt.Sprintf("Nachricht %d & <mehr>", i))
		if i > 0 {
			say(sales.ID, want[i])
		}
	}
	for _, text := range want {
		m := crossedTeams(t, fake, press.ID, mara.ID, text)
		if !strings.HasPrefix(m.Text, "Mara Lindner · Vertrieb · Teams\n") && !strings.Contains(m.Text, "vielleicht schon einmal") {
			t.Errorf("%q is shown as %q", text, m.Text)
		}
	}

	root := crossedTeams(t, fake, press.ID, mara.ID, want[0])
	say(teamstest.Thread(sales.ID, first.ID), "Antwort im Faden")
	if m := crossedTeams(t, fake, press.ID, mara.ID, "Antwort im Faden"); m.Thread != root.ID {
		t.Errorf("the answer hangs on %q, want %q", m.Thread, root.ID)
	}
	if a := fake.Edit(mara.ID, sales.ID, first.ID, "Nachricht null"); !a.Acked {
		t.Errorf("the edit was not acknowledged: %+v", a)
	}
	if m := crossedTeams(t, fake, press.ID, mara.ID, "Nachricht null"); m.ID != root.ID {
		t.Errorf("the edit is shown in %q, want it in %q", m.ID, root.ID)
	}
	if a := fake.React(mara.ID, press.ID, root.ID, "like"); !a.Acked {
		t.Errorf("the reaction was not acknowledged: %+v", a)
	}

	// A command that lacks something is answered with a button that opens its form.
	say(sales.ID, "thema", fake.BotID())
	offer := crossedTeams(t, fake, sales.ID, mara.ID, "Dafür gibt es ein Formular.")
	if a := fake.Press(teamstest.Press{By: mara.ID, At: sales.ID, ID: offer.ID, Label: offer.Buttons[0].Label}); a.Outcome == nil || a.Outcome.Kind != "dialog" {
		t.Fatalf("the form is %+v", a)
	}
	dialog := fake.Dialogs(mara.ID)[0]
	if a := fake.SubmitDialog(mara.ID, dialog.ID, "", map[string]string{"in.text": "Pumpe ohne Cloud"}); !a.Acked || len(fake.Dialogs(mara.ID)) != 0 {
		t.Errorf("the form was answered with %+v", a)
	}
	crossedTeams(t, fake, sales.ID, mara.ID, "Pumpe ohne Cloud")

	// The menu of a message asks with the message in the form.
	if a := fake.Shortcut(mara.ID, sales.ID, first.ID, "topic.suggest"); a.Outcome == nil || a.Outcome.Kind != "dialog" {
		t.Fatalf("the menu shows %+v", a)
	}
	if d := fake.Dialogs(mara.ID)[0]; d.Inputs[0].Value != "Nachricht null" {
		t.Errorf("the form from the menu holds %q", d.Inputs[0].Value)
	}

	if a := fake.Delete(mara.ID, sales.ID, first.ID); !a.Acked {
		t.Errorf("the deletion was not acknowledged: %+v", a)
	}
	if !faketest.Await(eventual, func() bool {
		return !slices.ContainsFunc(fake.Shown(press.ID, mara.ID), func(m teamstest.Seen) bool {
			return m.ID == root.ID && !m.Deleted && strings.Contains(m.Text, "null")
		})
	}) {
		t.Fatal("the deletion does not cross")
	}
	for _, b := range fake.Breaches() {
		t.Errorf("teams was treated badly: %v", b)
	}
}

// crossedTeams waits until the bot shows a text in a conversation, and returns the newest message with it.
func crossedTeams(t *testing.T, fake *teamstest.Server, conversation, user, text string) (found teamstest.Seen) {
	t.Helper()
	var all []teamstest.Seen
	if !faketest.Await(eventual, func() bool {
		all = fake.Shown(conversation, user)
		for _, m := range slices.Backward(all) {
			if m.Ours && strings.Contains(m.Text, text) {
				found = m
				return true
			}
		}
		return false
	}) {
		t.Fatalf("%q is not shown: %+v", text, all)
	}
	return found
}

// runTeams starts the program and returns how to stop it.
func runTeams(t *testing.T, fake *teamstest.Server, back *atomic.Value, path, sales, press string) (stop func()) {
	t.Helper()
	c := fake.Config()
	w := world{stdout: io.Discard, stderr: &bytes.Buffer{}, now: time.Now, lookup: environment()}
	config, err := ParseConfig("c", fmt.Appendf(nil, `
store: {url: "bbolt:%s"}
teams: {app_id: %s, app_password: %s, tenant_id: %s, login_url: "%s", openid_url: "%s", service_url: "%s", graph_url: "%s", service_hosts: [127.0.0.1]}
rooms:
  sales: {party: sales, teams: "%s"}
  pr: {party: pr, teams: "%s"}
lines:
  main: {rooms: [sales, pr]}
`, path, c.AppID, c.Secret, c.Tenant, fake.URL, fake.MetadataURL(), fake.ServiceURL(), fake.GraphURL(), sales, press), environment())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	h, err := newHouse(ctx, config, w, w.logger(&commandLine{LogFormat: "text"}))
	if err != nil {
		t.Fatal(err)
	}
	back.Store(h.routes.ServeHTTP)
	ended := make(chan error, 1)
	go func() { ended <- h.bot.Run(ctx) }()
	if !faketest.Await(eventual, func() bool { return h.adapters[0].Ready() == nil }) {
		t.Fatalf("not ready: %v", h.adapters[0].Ready())
	}
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		if err := h.admin.Close(); err != nil {
			t.Errorf("close the admin socket: %v", err)
		}
		if err := h.store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	}
}
