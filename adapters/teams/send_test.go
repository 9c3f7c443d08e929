package teams_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// open runs an adapter in a tenant until the test ends.
func (h *tenant) open(t *testing.T) (*teams.Adapter, *adaptertest.Core) {
	t.Helper()
	a := h.adapter()
	_, core := running(t, a)
	return a, core
}

// card is the delivery of a card to a place.
func card(name string, at bot.Place, text string) bot.Delivery {
	return bot.Delivery{Post: name, Op: bot.OpPost, Revision: 1, Place: at, Card: bot.Card{Text: text, Preview: "Neues"}}
}

// copied is the delivery of a copy.
func copied(name string, at bot.Place, text string) bot.Delivery {
	return bot.Delivery{Post: name, Op: bot.OpPost, Revision: 1, Place: at, Copy: &bot.Copy{
		Author: bot.Author{Name: "Mara Lindner", Party: "sales", Platform: "slack"}, Body: markup.FromPlain(text),
	}}
}

// fate is what became of a delivery, with the reason.
func fate(t *testing.T, a *teams.Adapter, d bot.Delivery) (bot.Fate, string, time.Duration) {
	t.Helper()
	_, err := a.Send(t.Context(), d)
	var e *bot.SendError
	switch {
	case err == nil:
		return "", "", 0
	case !errors.As(err, &e):
		t.Fatalf("Send = %v, want a SendError", err)
	}
	return e.Fate, e.Reason, e.After
}

// TestFates: what did not arrive is tried again, what may have arrived is not blindly repeated, what can never arrive is
// parked with a reason.
func TestFates(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault teamstest.Fault
		post  bot.Fate
		edit  bot.Fate
	}{
		{"throttled", teamstest.Fault{RetryAfter: 3}, bot.Retry, bot.Retry},
		{"throttled without a time", teamstest.Fault{RetryAfter: -1}, bot.Retry, bot.Retry},
		{"bad request", teamstest.Fault{Status: 400}, bot.Never, bot.Never},
		{"token refused", teamstest.Fault{Status: 401}, bot.Retry, bot.Retry},
		{"not in the room", teamstest.Fault{Status: 403}, bot.Retry, bot.Retry},
		{"not allowed", teamstest.Fault{Status: 403, Code: "NotEnoughPermissions"}, bot.Never, bot.Never},
		{"blocked", teamstest.Fault{Status: 403, Code: "MessageWritesBlocked"}, bot.Never, bot.Never},
		{"conversation gone", teamstest.Fault{Status: 404}, bot.Never, bot.Never},
		{"precondition", teamstest.Fault{Status: 412}, bot.Retry, bot.Retry},
		{"too large", teamstest.Fault{Status: 413}, bot.Never, bot.Never},
		{"broken", teamstest.Fault{Status: 500}, bot.Unknown, bot.Retry},
		{"bad gateway", teamstest.Fault{Status: 502}, bot.Unknown, bot.Retry},
		{"broken after it took it", teamstest.Fault{Status: 502, After: true}, bot.Unknown, bot.Retry},
		{"cut off", teamstest.Fault{Reset: true}, bot.Unknown, bot.Retry},
		{"cut off after it took it", teamstest.Fault{Reset: true, After: true}, bot.Unknown, bot.Retry},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newTenant(t, teamstest.Channel)
			a, _ := h.open(t)
			room := teams.RoomPlace(h.rooms[0].ID)
			sent, err := a.Send(t.Context(), card("p", room, "steht"))
			if err != nil {
				t.Fatal(err)
			}
			c.fault.Call = "create"
			h.Fault(c.fault)
			got, reason, after := fate(t, a, card("q", teams.RoomPlace(h.rooms[1].ID), "neu"))
			if got != c.post || reason == "" {
				t.Errorf("a post is %q (%s), want %q", got, reason, c.post)
			}
			if c.fault.RetryAfter > 0 && after != time.Duration(c.fault.RetryAfter)*time.Second {
				t.Errorf("it is to be left alone for %v", after)
			}
			h.Heal()
			c.fault.Call = "update"
			h.Fault(c.fault)
			d := card("p", room, "anders")
			d.Op, d.Revision, d.IDs = bot.OpEdit, 2, sent.IDs
			if got, reason, _ := fate(t, a, d); got != c.edit || reason == "" {
				t.Errorf("an edit is %q (%s), want %q", got, reason, c.edit)
			}
		})
	}
}

// TestPause: a conversation that wants to be left alone is left alone, and no other waits for it.
func TestPause(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	busy, quiet := teams.RoomPlace(h.rooms[0].ID), teams.RoomPlace(h.rooms[1].ID)
	for _, p := range []*bot.Place{&busy, &quiet} {
		sent, err := a.Send(t.Context(), card("root"+p.ID, *p, "Wurzel"))
		if err != nil {
			t.Fatal(err)
		}
		p.Thread = sent.IDs[0]
	}
	h.Fault(teamstest.Fault{Call: "post", RetryAfter: 30})
	if got, reason, _ := fate(t, a, card("p", busy, "eins")); got != bot.Retry || reason != "throttled" {
		t.Fatalf("the first is %q (%s)", got, reason)
	}
	calls := h.Calls("")
	for range 3 {
		if got, _, after := fate(t, a, copied("c", busy, "zwei")); got != bot.Retry || after < 25*time.Second || after > 30*time.Second {
			t.Errorf("the next is %q, to be tried after %v", got, after)
		}
	}
	if n := h.Calls(""); n != calls {
		t.Errorf("%d calls were made in the pause", n-calls)
	}
	if got, reason, _ := fate(t, a, card("q", quiet, "drei")); got != "" {
		t.Errorf("another room is %q (%s)", got, reason)
	}
}

// TestPauseOfNewPosts: what is limited is a conversation, also for what begins a thread there or opens it.
func TestPauseOfNewPosts(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	busy, quiet := teams.RoomPlace(h.rooms[0].ID), teams.RoomPlace(h.rooms[1].ID)
	h.Fault(teamstest.Fault{Call: "create", RetryAfter: 30})
	if got, reason, _ := fate(t, a, card("p", busy, "eins")); got != bot.Retry || reason != "throttled" {
		t.Fatalf("the first is %q (%s)", got, reason)
	}
	calls := h.Calls("create")
	if got, _, after := fate(t, a, card("c", busy, "zwei")); got != bot.Retry || after < 25*time.Second || h.Calls("create") != calls {
		t.Errorf("the next is %q, to be tried after %v, and %d calls were made", got, after, h.Calls("create")-calls)
	}
	for _, p := range []bot.Place{quiet, teams.DirectPlace(h.staff[0].ID)} {
		if got, reason, _ := fate(t, a, card("q"+p.ID, p, "drei")); got != "" {
			t.Errorf("elsewhere it is %q (%s)", got, reason)
		}
	}
}

// TestUnsureDeletion: what may be there and cannot be found is told, not passed over.
func TestUnsureDeletion(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	d := bot.Delivery{Post: "p", Op: bot.OpDelete, Revision: 2, Place: teams.RoomPlace(h.rooms[0].ID), Unsure: true}
	if got, reason, _ := fate(t, a, d); got != bot.Never || reason != "no_id" {
		t.Errorf("it is %q (%s), want never: no_id", got, reason)
	}
	d.Unsure = false
	if got, reason, _ := fate(t, a, d); got != "" {
		t.Errorf("what was never sent is %q (%s)", got, reason)
	}
}

// TestDirect: a person is reached where they were met, else in a conversation that is opened, else never.
func TestDirect(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, core := h.open(t)
	ines := teams.DirectPlace(h.staff[0].ID)
	if got, reason, _ := fate(t, a, card("p", ines, "unter uns")); got != "" {
		t.Fatalf("the first is %q (%s)", got, reason)
	}
	if n := h.Calls("create"); n != 1 {
		t.Errorf("%d conversations were opened, want 1", n)
	}
	if got, reason, _ := fate(t, a, card("q", ines, "noch einmal")); got != "" || h.Calls("create") != 1 {
		t.Errorf("the second is %q (%s), after %d conversations", got, reason, h.Calls("create"))
	}
	kept, err := core.Kept(t.Context(), "direct/")
	if err != nil || len(kept) != 1 {
		t.Errorf("kept are %v (%v), want the conversation", kept, err)
	}
	reader := card("r", teams.RoomPlace(h.rooms[0].ID), "nur für eine")
	reader.Reader = h.staff[0].ID
	if got, _, _ := fate(t, a, reader); got != "" || len(h.Server.Shown(h.rooms[0].ID, h.staff[1].ID)) != 0 {
		t.Error("what one person should read is shown in the room")
	}
	stranger := h.AddUser(teamstest.User{Name: "Fremde"})
	if got, reason, _ := fate(t, a, card("s", teams.DirectPlace(stranger.ID), "hallo")); got != bot.Never || reason == "" {
		t.Errorf("to a stranger it is %q (%s), want never, with a reason", got, reason)
	}
	h.SetBlocked(h.staff[0].ID, true)
	if got, reason, _ := fate(t, a, card("t", ines, "hallo")); got != bot.Never || reason != "MessageWritesBlocked" {
		t.Errorf("to somebody who blocks the bot it is %q (%s), want never", got, reason)
	}
}

// TestLogin: while Microsoft gives no token everything waits, and Ready says why.
func TestLogin(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	right := h.Config().Secret
	a := h.adapter()
	h.SetSecret("another")
	running(t, a)
	room := teams.RoomPlace(h.rooms[0].ID)
	if got, reason, _ := fate(t, a, card("p", room, "wartet")); got != bot.Retry || reason != "no_token" {
		t.Errorf("it is %q (%s), want to try again: no_token", got, reason)
	}
	err := a.Ready()
	if err == nil || !strings.Contains(err.Error(), "AADSTS7000215") || strings.Contains(err.Error(), right) {
		t.Errorf("Ready = %v, want what to do", err)
	}
	h.Forgive()
	h.SetSecret(right)
	late := time.Now().Add(20 * time.Second)
	for a.Ready() != nil && time.Now().Before(late) {
		_, _, _ = fate(t, a, card("p", room, "wartet"))
		time.Sleep(50 * time.Millisecond)
	}
	if err := a.Ready(); err != nil {
		t.Errorf("Ready = %v after the secret was set right", err)
	}
	h.Forgive()
}

// TestOneToken: however many need a token, one is asked for.
func TestOneToken(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	done := make(chan error)
	for i := range 20 {
		go func() {
			_, err := a.Send(t.Context(), card(fmt.Sprint("p", i), teams.RoomPlace(h.rooms[i%2].ID), "hallo"))
			done <- err
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := h.Calls("token"); n != 1 {
		t.Errorf("%d tokens were asked for, want 1", n)
	}
}

// TestElsewhere: a token never goes to a host that is not named.
func TestElsewhere(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	c := h.config()
	c.ServiceHosts = []string{"smba.trafficmanager.net"}
	a, err := teams.New(c)
	if err != nil {
		t.Fatal(err)
	}
	running(t, a)
	if got, reason, _ := fate(t, a, card("p", teams.RoomPlace(h.rooms[0].ID), "hallo")); got != bot.Never || reason != "foreign_service" {
		t.Errorf("it is %q (%s), want never: foreign_service", got, reason)
	}
	if n := h.Calls("create"); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// TestLong: what is too long for one message goes on in its thread, and is rewritten and deleted as a whole.
func TestLong(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	room := teams.RoomPlace(h.rooms[0].ID)
	show := func() (texts []string, threads map[string]bool) {
		threads = map[string]bool{}
		for _, m := range h.Server.Shown(h.rooms[0].ID, h.staff[0].ID) {
			if !m.Deleted {
				texts = append(texts, m.Text)
				threads[m.Thread] = true
			}
		}
		return texts, threads
	}
	long := strings.Repeat("Eine lange Zeile mit Wörtern, die niemand liest. ", 1200)
	for _, d := range []bot.Delivery{card("p", room, long), copied("c", room, long)} {
		sent, err := a.Send(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		texts, threads := show()
		if len(texts) < 2 || len(texts) != len(sent.IDs) || !threads[sent.IDs[0]] || len(threads) != 2 {
			t.Fatalf("shown are %d messages in the threads %v, sent %q", len(texts), threads, sent.IDs)
		}
		if got := strings.Count(strings.Join(texts, " "), "Wörtern"); got != 1200 {
			t.Errorf("%d of 1200 sentences are shown", got)
		}
		d.Op, d.Revision, d.IDs = bot.OpEdit, 2, sent.IDs
		if d.Copy != nil {
			short := *d.Copy
			short.Body = markup.FromPlain("kurz")
			d.Copy = &short
		} else {
			d.Card.Text = "kurz"
		}
		if sent, err = a.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if texts, _ = show(); len(texts) != 1 || !strings.HasSuffix(texts[0], "kurz") || len(sent.IDs) != 1 {
			t.Errorf("after the edit %d messages are shown, the ids are %q", len(texts), sent.IDs)
		}
		d.Op, d.Revision, d.IDs = bot.OpDelete, 3, sent.IDs
		if _, err := a.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if texts, _ = show(); len(texts) != 0 {
			t.Errorf("after the deletion %d messages are shown", len(texts))
		}
	}
}

// TestGone: what somebody else removed needs no edit and no deletion.
func TestGone(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	d := card("p", teams.RoomPlace(h.rooms[0].ID), "weg")
	sent, err := a.Send(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	d.Op, d.IDs = bot.OpDelete, sent.IDs
	for range 2 {
		if _, err := a.Send(t.Context(), d); err != nil {
			t.Errorf("a deletion: %v", err)
		}
	}
	d.Op = bot.OpEdit
	if _, err := a.Send(t.Context(), d); err != nil {
		t.Errorf("an edit: %v", err)
	}
}

// TestMoved: an answer goes to the address that the newest activity named.
func TestMoved(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, core := h.open(t)
	room := teams.RoomPlace(h.rooms[0].ID)
	h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: h.rooms[0].ID, Text: "vorher"})
	if !faketest.Await(time.Minute, func() bool {
		marks, err := core.Kept(t.Context(), "mark/")
		return err == nil && len(marks) == len(h.rooms)
	}) {
		t.Fatal("not all rooms are read") // else somebody asks about them later
	}
	h.MoveRegion("fr")
	h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: h.rooms[0].ID, Text: "nachher"})
	if got, reason, _ := fate(t, a, card("p", room, "hallo")); got != "" {
		t.Errorf("it is %q (%s)", got, reason)
	}
}

// TestRooms: Ready names a room that the bot was removed from, until it is back.
func TestRooms(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	h.Uninstall(h.staff[0].ID, h.rooms[0].ID)
	if err := a.Ready(); err == nil || !strings.Contains(err.Error(), h.rooms[0].ID) {
		t.Errorf("Ready = %v, want the room", err)
	}
	room := teams.RoomPlace(h.rooms[0].ID)
	if got, reason, after := fate(t, a, card("p", room, "hallo")); got != bot.Retry || reason != "BotNotInConversationRoster" || after != time.Minute {
		t.Errorf("it is %q (%s) after %v, want it to wait a minute", got, reason, after)
	}
	elsewhere := h.AddConversation(teamstest.Conversation{Absent: true})
	if got, reason, _ := fate(t, a, card("p", teams.RoomPlace(elsewhere.ID), "hallo")); got != bot.Never || reason != "BotNotInConversationRoster" {
		t.Errorf("for a room that is none it is %q (%s), want never", got, reason)
	}
	h.Install(h.staff[0].ID, h.rooms[0].ID)
	if got, reason, _ := fate(t, a, card("p", room, "hallo")); got != "" {
		t.Errorf("once it is added again it is %q (%s)", got, reason)
	}
	if err := a.Ready(); err != nil {
		t.Errorf("Ready = %v after the bot is back", err)
	}
}

// TestCopy: a copy is signed with who wrote it and where, mentions whom Teams knows, and links files.
func TestCopy(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	d := copied("c", teams.RoomPlace(h.rooms[0].ID), "")
	d.Voice = say.Voice{Language: say.German}
	d.Copy.Body = markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: []markup.Inline{
		{Kind: markup.Mention, Ref: h.staff[0].ID, Text: "Ines Brandt"}, {Kind: markup.Text, Text: " schau mal"},
	}}}}
	d.Copy.Files = []bot.File{{Name: "plan.pdf", Size: 12_000, URL: "https://files.example/plan.pdf", Note: "Nicht als Datei"}}
	if _, err := a.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	m := h.Server.Shown(h.rooms[0].ID, h.staff[0].ID)[0]
	if want := "Mara Lindner · Vertrieb · Slack\n@Ines Brandt schau mal\n\nNicht als Datei\n📎 plan.pdf (12 kB)"; strings.ReplaceAll(m.Text, "@", "") != strings.ReplaceAll(want, "@", "") {
		t.Errorf("shown is %q, want %q", m.Text, want)
	}
	var kinds []string
	for _, act := range m.Active {
		kinds = append(kinds, string(act.Kind))
	}
	if got := strings.Join(kinds, " "); got != "format mention link" {
		t.Errorf("active are %v", m.Active)
	}
}

// TestEnded: a delivery whose context has ended is to be tried again.
func TestEnded(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, _ := h.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Send(ctx, card("p", teams.RoomPlace(h.rooms[0].ID), "hallo"))
	var e *bot.SendError
	if !errors.As(err, &e) || e.Fate == bot.Never {
		t.Errorf("Send = %v, want it to be tried again", err)
	}
}

// TestGroupChat: there are no threads in a chat; what belongs to one stands in the chat.
func TestGroupChat(t *testing.T) {
	h := newTenant(t, teamstest.GroupChat)
	a, core := h.open(t)
	h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: h.rooms[0].ID, Text: "lage", Mentions: []string{h.BotID()}})
	m := core.Received()[0]
	if m.Place != teams.RoomPlace(h.rooms[0].ID) || !m.Addressed {
		t.Fatalf("arrived is %+v", m)
	}
	at := m.Place
	at.Thread = m.ID
	answer := copied("a", at, "Kommt heute.")
	answer.Copy.Under = "lage"
	if _, err := a.Send(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	all := h.Server.Shown(h.rooms[0].ID, h.staff[0].ID)
	if text := all[len(all)-1].Text; !strings.Contains(text, "lage") || strings.Index(text, "lage") > strings.Index(text, "Kommt heute.") {
		t.Errorf("an answer reads %q, want what it answers above it", text)
	}
	for _, d := range []bot.Delivery{card("p", at, "steht"), copied("c", at, strings.Repeat("lang und länger ", 3000))} {
		sent, err := a.Send(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		d.Op, d.Revision, d.IDs = bot.OpEdit, 2, sent.IDs
		if sent, err = a.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		d.Op, d.Revision, d.IDs = bot.OpDelete, 3, sent.IDs
		if _, err = a.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCheck: what is right and what is missing stands on one screen.
func TestCheck(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	absent := h.AddConversation(teamstest.Conversation{Name: "Fremd", Absent: true})
	c := h.config()
	var out strings.Builder
	if fine, err := teams.Check(t.Context(), c, &out); err != nil || !fine || strings.Count(out.String(), "2 people") != 2 {
		t.Errorf("Check = %v, %v:\n%s", fine, err, out.String())
	}
	c.Rooms = append(c.Rooms, absent.ID)
	out.Reset()
	if fine, err := teams.Check(t.Context(), c, &out); err != nil || fine || !strings.Contains(out.String(), "MISSING: room "+absent.ID+": BotNotInConversationRoster") {
		t.Errorf("Check = %v, %v:\n%s", fine, err, out.String())
	}
	c.AppPassword, c.OpenIDURL = "wrong", h.URL+"/nowhere"
	out.Reset()
	if fine, err := teams.Check(t.Context(), c, &out); err != nil || fine || strings.Count(out.String(), "MISSING") != 2 || !strings.Contains(out.String(), "AADSTS7000215") {
		t.Errorf("Check = %v, %v:\n%s", fine, err, out.String())
	}
	h.Forgive()
}
