package teams_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"standleitung/adapters/adaptertest"
	"standleitung/adapters/teams"
	"standleitung/adapters/teams/teamstest"
	"standleitung/bot"
	"standleitung/bot/markup"
)

var update = flag.Bool("update", false, "write what arrives into the golden files")

// loopback is an adapter without authentication, and with nobody behind the connector.
func loopback(t testing.TB) (http.Handler, *adaptertest.Core) {
	t.Helper()
	a, err := teams.New(teams.Config{InsecureDev: true, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	return running(t, a)
}

// local delivers something from this machine.
func local(h http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/messages", strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:99", "127.0.0.1:3978"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestReceive reads activities as Teams sends them; testdata/receive has what becomes of each beside it.
func TestReceive(t *testing.T) {
	files, err := filepath.Glob("testdata/receive/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no activities: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			h, core := loopback(t)
			w := local(h, string(body))
			var got strings.Builder
			got.WriteString(http.StatusText(w.Code) + " " + strings.TrimSpace(w.Body.String()) + "\n")
			for _, m := range core.Received() {
				got.WriteString(told(t, m))
			}
			golden := strings.TrimSuffix(file, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("what arrived is\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

// told is a message as JSON, without what is empty, and without what is kept: that is tested by what it is good for.
func told(t *testing.T, m bot.Message) string {
	t.Helper()
	m.Keep = nil
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	for name, v := range fields {
		if o, ok := v.(map[string]any); v == nil || v == "" || v == false || ok && len(o) == 0 {
			delete(fields, name)
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(fields); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReactions: an emoji on a copy is told, in all its forms.
func TestReactions(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, core := h.open(t)
	sent, err := a.Send(t.Context(), copied("c", teams.RoomPlace(h.rooms[0].ID), "von drüben"))
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{"like": "👍", "1f389_partypopper": "🎉", "1f468-200d-1f4bb_mantechnologist": "👨‍💻", "custom": ":custom:"} {
		before := len(core.Received())
		if r := h.Server.React(h.staff[0].ID, h.rooms[0].ID, sent.IDs[0], kind); !r.Acked {
			t.Fatalf("the reaction is not taken: %+v", r)
		}
		if r := h.Unreact(h.staff[0].ID, h.rooms[0].ID, sent.IDs[0], kind); !r.Acked {
			t.Fatalf("taking it away is not taken: %+v", r)
		}
		all := core.Received()[before:]
		if len(all) != 2 || all[0].Reaction != want || all[0].Removed || all[1].Reaction != want || !all[1].Removed || all[0].ID != sent.IDs[0] || all[0].Turn == all[1].Turn {
			t.Errorf("%s arrived as %+v, want %s put and taken away", kind, all, want)
		}
		if got := h.Server.Again(); !got.Acked || core.Received()[before+2].Turn != all[1].Turn {
			t.Errorf("%s: a redelivery has another turn", kind)
		}
	}
}

// TestPresses: a press that Teams repeats under a new id, because it was not answered in time, has one effect; two presses
// have two.
func TestPresses(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, core := h.open(t)
	room := teams.RoomPlace(h.rooms[0].ID)
	d := card("p", room, "Thema T-41")
	d.Card.Buttons = []bot.Button{{Label: "Auch wichtig", Do: "topic.support T-41"}}
	if _, err := a.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	press := func() teamstest.Act {
		return h.Server.Press(teamstest.Press{By: h.staff[0].ID, At: room.ID, Label: "Auch wichtig"})
	}
	if r := press(); !r.Acked || r.Outcome == nil || r.Outcome.Kind != "message" || r.Outcome.Text == "" {
		t.Fatalf("the press is answered with %+v", r)
	}
	if r := press(); !r.Acked || len(core.Effects()) != 2 {
		t.Errorf("two presses have %d effects, want 2: %+v", len(core.Effects()), r)
	}
}

// TestRepeatedPress: a press comes again under a new id, as Teams does when it was not answered in time: meanwhile, after an
// answer that came too late, or after one that nobody heard because the program ended.
func TestRepeatedPress(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	var now atomic.Int64
	began := time.Now() // the tokens are of today; the clocks come no more than some minutes apart
	c := h.config()
	c.Now = func() time.Time { return began.Add(time.Duration(now.Load()) * time.Second) }
	core := adaptertest.NewCore()
	begin := func() (*teams.Adapter, func()) {
		a, err := teams.New(c)
		if err != nil {
			t.Fatal(err)
		}
		h.back.Store(http.HandlerFunc(a.Routes().ServeHTTP))
		return a, runWith(t, a, core)
	}
	room := teams.RoomPlace(h.rooms[0].ID)
	a, stop := begin()
	d := card("p", room, "Thema T-41")
	d.Card.Buttons = []bot.Button{{Label: "Auch wichtig", Do: "topic.support T-41"}}
	if _, err := a.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	press := func() {
		t.Helper()
		if r := h.Server.Press(teamstest.Press{By: h.staff[0].ID, At: room.ID, Label: "Auch wichtig"}); !r.Acked {
			t.Fatalf("a press is not taken: %+v", r)
		}
	}
	again := func(want int) {
		t.Helper()
		if r := h.AgainAnew(); !r.Acked {
			t.Fatalf("a repeated press is not taken: %+v", r)
		}
		if n := len(core.Effects()); n != want {
			t.Errorf("%d effects, want %d", n, want)
		}
	}
	press()
	again(1) // no time has passed: it was on its way already
	now.Add(1)
	core.Answer(func(bot.Message) (bot.Outcome, error) {
		now.Add(16)
		return bot.Outcome{}, nil
	})
	press()
	core.Answer(nil)
	now.Add(1)
	again(2)
	now.Add(61)
	press()
	stop()
	now.Add(1)
	_, stop = begin()
	defer stop()
	again(3)
	now.Add(61)
	again(4) // nobody repeats as late as that
}

// TestInstalled: the first contact is told once, though Teams tells it twice.
func TestInstalled(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	_, core := h.open(t)
	direct := h.AddConversation(teamstest.Conversation{Kind: teamstest.Personal, Members: []string{h.staff[0].ID}, Absent: true})
	if r := h.Install(h.staff[0].ID, direct.ID); !r.Acked {
		t.Fatalf("not taken: %+v", r)
	}
	all := core.Received()
	if len(all) != 1 || all[0].Kind != bot.Opened || all[0].Place != teams.DirectPlace(h.staff[0].ID) {
		t.Errorf("arrived are %+v, want the first contact once", all)
	}
}

// TestWho: guests are marked, and so is everybody of whom the roster says nothing.
func TestWho(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	guest := h.AddUser(teamstest.User{Name: "Gast", Email: "gast@anderswo.example", Guest: true})
	room := h.AddConversation(teamstest.Conversation{Name: "Mit Gästen", Members: []string{guest.ID, h.staff[0].ID}})
	_, core := h.open(t)
	h.Server.Say(teamstest.Speech{By: guest.ID, At: room.ID, Text: "Hallo"})
	h.Fault(teamstest.Fault{Call: "member", Status: 502})
	h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: room.ID, Text: "Hallo"})
	h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: room.ID, Text: "Hallo"})
	all := core.Received()
	if len(all) != 3 {
		t.Fatalf("%d messages arrived, want 3", len(all))
	}
	if !all[0].From.Guest || all[0].From.Email != guest.Email {
		t.Errorf("the guest is %+v", all[0].From)
	}
	if !all[1].From.Guest || all[1].From.Name != "Ines Brandt" {
		t.Errorf("while the roster says nothing somebody is %+v", all[1].From)
	}
	if all[2].From.Guest || all[2].From.Email != "ines@example.com" {
		t.Errorf("afterwards somebody is %+v", all[2].From)
	}
}

// TestRestarted: after a restart a person is reached where they were met.
func TestRestarted(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	b := h.bench()
	stage := func(a bot.Adapter, core *adaptertest.Core, act func()) {
		t.Helper()
		adapter, ok := a.(*teams.Adapter)
		if !ok {
			t.Fatal("no adapter of Teams")
		}
		stop := runWith(t, adapter, core)
		act()
		stop()
	}
	core := adaptertest.NewCore()
	stage(b.Adapter, core, func() {
		h.Server.Say(teamstest.Speech{By: h.staff[0].ID, At: h.Server.Direct(h.staff[0].ID), Text: "lage"})
	})
	calls := h.Calls("create")
	next := b.Restart()
	stage(next, core, func() {
		if _, err := next.Send(t.Context(), card("p", teams.DirectPlace(h.staff[0].ID), "da")); err != nil {
			t.Error(err)
		}
	})
	if n := h.Calls("create") - calls; n != 0 {
		t.Errorf("%d conversations were opened, want none", n)
	}
}

// TestDialogs: what pressing opens, sends, refuses and closes.
func TestDialogs(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, core := h.open(t)
	room := teams.RoomPlace(h.rooms[0].ID)
	form := &bot.Form{Do: "topic.suggest", Title: "Thema", Text: "Worum geht es?", Submit: "Senden", Cancel: "Abbrechen", Fields: []bot.Field{
		{Name: "text", Label: "Text", Kind: bot.FieldText, Required: true, Value: "vorher\nzwei Zeilen"},
		{Name: "for", Label: "Für wen?", Kind: bot.FieldChoice, Value: "b", Options: []bot.Option{{Value: "a", Label: "Alle"}, {Value: "b", Label: "Bewerber"}}},
		{Name: "do", Label: "Bis wann?", Kind: bot.FieldDate, Hint: "morgen"},
	}}
	core.Answer(func(m bot.Message) (bot.Outcome, error) {
		switch {
		case m.Kind == bot.Pressed:
			return bot.Outcome{Form: form}, nil
		case m.Fields["do"] == "gestern":
			return bot.Outcome{Errors: map[string]string{"do": "Das ist vorbei.", "nowhere": "Und noch etwas."}}, nil
		}
		return bot.Outcome{}, nil
	})
	d := card("p", room, "Thema")
	d.Card.Buttons = []bot.Button{{Label: "Vorschlagen", Do: "topic.suggest"}}
	if _, err := a.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	who := h.staff[0].ID
	open := func() teamstest.Dialog {
		t.Helper()
		if r := h.Server.Press(teamstest.Press{By: who, At: room.ID, Label: "Vorschlagen"}); r.Outcome == nil || r.Outcome.Kind != "dialog" {
			t.Fatalf("pressing shows %+v, want a dialog", r)
		}
		return h.Dialogs(who)[0]
	}
	dialog := open()
	if dialog.Inputs[0].Value != "vorher\nzwei Zeilen" || dialog.Inputs[1].Value != "b" || len(dialog.Inputs[1].Choices) != 2 || dialog.Inputs[2].Placeholder != "morgen" {
		t.Errorf("the inputs are %+v", dialog.Inputs)
	}
	r := h.SubmitDialog(who, dialog.ID, "Senden", map[string]string{"in.text": "Pumpe <b>", "in.for": "a", "in.do": "gestern"})
	if r.Outcome == nil || r.Outcome.Kind != "dialog" || len(h.Dialogs(who)) == 0 {
		t.Fatalf("a fault shows %+v, want the dialog again", r.Outcome)
	}
	all := h.Dialogs(who)
	dialog = all[len(all)-1]
	if !strings.Contains(dialog.Text, "Das ist vorbei.") || !strings.Contains(dialog.Text, "Und noch etwas.") || dialog.Inputs[0].Value != "Pumpe <b>" || dialog.Inputs[2].Value != "gestern" {
		t.Errorf("the dialog says %q with %+v", dialog.Text, dialog.Inputs)
	}
	if r := h.SubmitDialog(who, dialog.ID, "Senden", map[string]string{"in.do": "morgen"}); !r.Acked || len(h.Dialogs(who)) != 0 {
		t.Errorf("sending it again leaves %d dialogs: %+v", len(h.Dialogs(who)), r)
	}
	got := core.Effects()[len(core.Effects())-1]
	if got.Kind != bot.Submitted || got.Do != form.Do || got.Fields["text"] != "Pumpe <b>" || got.Fields["for"] != "a" || got.Fields["do"] != "morgen" {
		t.Errorf("submitted is %+v", got)
	}
	n := len(core.Received())
	dialog = open()
	if r := h.SubmitDialog(who, dialog.ID, "Abbrechen", nil); !r.Acked || len(h.Dialogs(who)) != 0 || len(core.Received()) != n+1 {
		t.Errorf("cancelling leaves %d dialogs and %d messages: %+v", len(h.Dialogs(who)), len(core.Received())-n-1, r)
	}
}

// TestAsked: a button of which nobody knew that it opens a form offers one.
func TestAsked(t *testing.T) {
	h := newTenant(t, teamstest.Channel)
	a, core := h.open(t)
	room := teams.RoomPlace(h.rooms[0].ID)
	core.Answer(func(m bot.Message) (bot.Outcome, error) {
		if m.Kind == bot.Pressed {
			return bot.Outcome{Form: &bot.Form{Do: "x", Title: "Noch etwas", Submit: "Gut", Cancel: "Nein", Fields: []bot.Field{{Name: "a", Label: "A", Kind: bot.FieldLine}}}}, nil
		}
		return bot.Outcome{}, nil
	})
	d := card("p", room, "Thema")
	d.Card.Buttons = []bot.Button{{Label: "Los", Do: "draft 7 topic.suggest"}}
	sent, err := a.Send(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if r := h.Server.Press(teamstest.Press{By: h.staff[0].ID, At: room.ID, Label: "Los"}); r.Outcome == nil || r.Outcome.Kind != "message" {
		t.Fatalf("pressing shows %+v, want a message", r)
	}
	offer := h.Server.Shown(room.ID, h.staff[0].ID)
	if len(offer) != 2 || offer[1].Thread != sent.IDs[0] {
		t.Fatalf("shown are %+v, want an offer below the card", offer)
	}
	if r := h.Server.Press(teamstest.Press{By: h.staff[0].ID, At: room.ID, Label: "Noch etwas"}); r.Outcome == nil || r.Outcome.Kind != "dialog" {
		t.Errorf("pressing the offer shows %+v, want the dialog", r)
	}
}

// FuzzActivity: whatever comes in, the answer is a status, and nothing breaks.
func FuzzActivity(f *testing.F) {
	files, err := filepath.Glob("testdata/receive/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body))
	}
	h, core := loopback(f)
	f.Fuzz(func(t *testing.T, body string) {
		before := len(core.Received())
		w := local(h, body)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		for _, m := range core.Received()[before:] {
			if m.Turn == "" || m.Place.ID == "" || m.From.ID == "" {
				t.Errorf("a message without turn, place or sender: %+v", m)
			}
			if strings.Contains(markup.Plain(m.Body), "\uFDD0") {
				t.Errorf("what stands for the mention is left: %q", m.Text)
			}
		}
	})
}
