package slack_test

import (
	"strings"
	"testing"
	"time"

	"standleitung/adapters/faketest"
	"standleitung/adapters/slack/slacktest"
)

// say has somebody say something and wants it to be acknowledged, at once or when it is delivered again.
func (w *town) say(text string) {
	w.t.Helper()
	a := w.Server.Say(slacktest.Speech{By: w.staff[0].ID, Channel: w.rooms[0].ID, Text: text})
	for late := time.After(20 * time.Second); !a.Acked; {
		select {
		case <-late:
			w.t.Fatalf("%q was never acknowledged: %+v, ready = %v", text, a, w.adapter.Ready())
		case <-time.After(50 * time.Millisecond):
			a = w.Server.Again()
		}
	}
}

// Renewals and broken connections are survived without a word lost.
func TestSocketsAreRenewed(t *testing.T) {
	w := newTown(t, overSockets)
	w.say("vorher")
	w.Disconnect("refresh_requested")
	w.say("nach der Erneuerung")
	w.DropSockets()
	w.say("nach dem Abriss")
	w.Fault(slacktest.Fault{Method: "apps.connections.open", Status: 500, Times: 2})
	w.DropSockets()
	w.say("nach zwei Fehlern")
}

// A token that Slack does not take is no reason to end: Ready says it, and everything goes on when it is taken again.
func TestRefusedSocketIsTriedAgain(t *testing.T) {
	w := newTown(t, overSockets)
	w.Revoke("invalid_auth")
	w.DropSockets()
	if !faketest.Await(time.Minute, func() bool {
		err := w.adapter.Ready()
		return err != nil && strings.Contains(err.Error(), "invalid_auth")
	}) {
		t.Fatalf("Ready = %v, want the reason", w.adapter.Ready())
	}
	w.Revoke("")
	w.say("wieder da")
}

// What is under way when Slack renews the connections is acknowledged on the old one: Slack need not deliver it again.
func TestRenewalAcknowledgesWhatIsUnderWay(t *testing.T) {
	w := newTown(t, overSockets)
	asked := w.Calls("users.info")
	w.Fault(slacktest.Fault{Method: "users.info", Slow: 300 * time.Millisecond})
	done := make(chan slacktest.Act, 1)
	go func() {
		done <- w.Server.Say(slacktest.Speech{By: w.staff[0].ID, Channel: w.rooms[0].ID, Text: "unterwegs"})
	}()
	for late := time.After(10 * time.Second); w.Calls("users.info") == asked; {
		select {
		case <-late:
			t.Fatal("nobody asked for the writer")
		case <-time.After(time.Millisecond):
		}
	}
	w.Disconnect("refresh_requested")
	if a := <-done; !a.Acked {
		t.Errorf("the first delivery was not acknowledged: %+v", a)
	}
	if !w.AwaitSockets(2, 10*time.Second) {
		t.Error("the connections were not renewed")
	}
}
