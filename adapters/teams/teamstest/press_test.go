package teamstest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"standleitung/adapters/teams/teamstest"
)

// line is a text input.
func line(id, label string) object {
	return object{"type": "Input.Text", "id": id, "label": label, "maxLength": 10, "isRequired": true, "errorMessage": "Bitte ausfüllen"}
}

func cardAnswer(kind string, status int, value any) object {
	return object{"statusCode": status, "type": kind, "value": value}
}

const adaptive = "application/vnd.microsoft.card.adaptive"

func TestExecute(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	id := w.bot.post(w.room, withCard(card([]any{block("Vorschlag"), line("why", "Warum")}, execute("Annehmen", "accept", object{"topic": "T-41"}))))
	press := teamstest.Press{By: w.ines.ID, At: w.room, Label: "Annehmen"}
	if a := w.Press(press); !strings.Contains(a.Refused, "Bitte ausfüllen") {
		t.Errorf("without the input: %+v", a)
	}
	press.Inputs = map[string]string{"why": "viel zu lang dafür"}
	if a := w.Press(press); !strings.HasPrefix(a.Refused, "inputs") {
		t.Errorf("with too long an input: %+v", a)
	}
	press.Inputs["why"] = "gut"
	w.bot.says(200, cardAnswer(adaptive, 200, card([]any{block("Angenommen")})))
	a := w.Press(press)
	if !a.Acked || a.ID != id || a.Outcome == nil || a.Outcome.Kind != "card" {
		t.Fatalf("%+v", a)
	}
	got := w.one()
	if got["type"] != "invoke" || got["name"] != "adaptiveCard/action" || got["replyToId"] != id || at(got, "value", "trigger") != "manual" {
		t.Errorf("invoke = %v", got)
	}
	if run := at(got, "value", "action").(object); run["verb"] != "accept" || at(run, "data", "topic") != "T-41" || at(run, "data", "why") != "gut" {
		t.Errorf("action = %v", run)
	}
	if s := w.Shown(w.room, w.ines.ID)[0]; s.Text != "Angenommen" || !s.Own || len(s.Buttons) != 0 {
		t.Errorf("Ines sees %+v", s)
	}
	if s := w.Shown(w.room, w.jan.ID)[0]; !strings.HasPrefix(s.Text, "Vorschlag") || s.Own || s.Buttons[0].Label != "Annehmen" || s.Buttons[0].Verb != "accept" {
		t.Errorf("Jan sees %+v", s)
	}
	if a := w.Press(press); a.Refused != "no such button" {
		t.Errorf("Ines presses what she no longer sees: %+v", a)
	}
	w.bot.call("PUT", withCard(card([]any{block("Für alle")})), "conversations", w.room, "activities", id)
	if s := w.Shown(w.room, w.ines.ID)[0]; s.Text != "Für alle" {
		t.Errorf("after the update Ines sees %+v", s)
	}
}

// TestCardAnswers are what may be answered to an Action.Execute, and what may not.
func TestCardAnswers(t *testing.T) {
	w := newTown(t, teamstest.Config{NoRetries: true})
	w.bot.post(w.room, withCard(card([]any{block("x")}, execute("Los", "go", object{"a": "b"}))))
	const message, failed = "application/vnd.microsoft.activity.message", "application/vnd.microsoft.error"
	for _, c := range []struct {
		status int
		body   any
		kind   string // of the outcome; empty for malformed
		breach string
	}{
		{200, cardAnswer(message, 200, "Notiert"), "message", ""},
		{200, cardAnswer(failed, 400, object{"code": "denied", "message": "Nein"}), "error", ""},
		{200, cardAnswer(failed, 400, object{"code": "denied"}), "", "code and message"},
		{200, cardAnswer(message, 200, ""), "", "no text"},
		{200, cardAnswer(message, 500, "x"), "", "does not go with"},
		{200, cardAnswer("text/plain", 200, "x"), "", "type"},
		{200, cardAnswer(adaptive, 200, "x"), "", "no card"},
		{200, cardAnswer(adaptive, 200, card([]any{object{"type": "Unknown"}})), "", "not known"},
		{200, cardAnswer(adaptive, 200, object{"type": "AdaptiveCard", "version": "1.5", "body": []any{block("x")}}), "card", "fallbackText"},
		{200, object{}, "", "type"},
		{200, nil, "", "no JSON object"},
		{202, cardAnswer(message, 200, "x"), "", "want 200"},
	} {
		w.bot.says(c.status, c.body)
		w.bot.call("PUT", withCard(card([]any{block("x")}, execute("Los", "go", object{"a": "b"}))), "conversations", w.room, "activities", w.Shown(w.room, w.jan.ID)[0].ID)
		a := w.Press(teamstest.Press{By: w.ines.ID, At: w.room, Label: "Los"})
		if (c.kind == "") != (a.Reason == "malformed") || a.Acked != (c.kind != "") {
			t.Errorf("%v: %+v", c.body, a)
		}
		if c.kind != "" && (a.Outcome == nil || a.Outcome.Kind != c.kind) {
			t.Errorf("%v: outcome %+v, want %s", c.body, a.Outcome, c.kind)
		}
		w.breaches(c.body, c.breach)
	}
}

func TestSubmit(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	direct := w.Direct(w.ines.ID)
	back := object{"type": "Action.Submit", "title": "Zurück", "data": object{"msteams": object{"type": "messageBack", "text": "zurück", "value": object{"a": 1}}}}
	id := w.bot.post(direct, withCard(card([]any{block("x"), object{"type": "Input.Toggle", "id": "all", "title": "Alle"}},
		object{"type": "Action.Submit", "title": "Los", "data": object{"do": "go"}}, back, object{"type": "Action.OpenUrl", "title": "Web", "url": "https://example.com"})))
	w.Press(teamstest.Press{By: w.ines.ID, At: direct, Label: "Los"})
	got := w.one()
	if got["type"] != "message" || got["text"] != nil || got["replyToId"] != id || at(got, "value", "do") != "go" || at(got, "value", "all") != "false" {
		t.Errorf("submit = %v", got)
	}
	w.Press(teamstest.Press{By: w.ines.ID, At: direct, Label: "Zurück"})
	if got := w.one(); got["text"] != "zurück" || at(got, "value", "a") != 1.0 {
		t.Errorf("messageBack = %v", got)
	}
	if a := w.Press(teamstest.Press{By: w.ines.ID, At: direct, Label: "Web"}); !a.Silent || len(w.bot.heard()) != 0 {
		t.Errorf("a link: %+v", a)
	}
}

// window is an answer that opens a dialog.
func window(c object) object {
	return object{"task": object{"type": "continue", "value": object{"title": "Frage", "width": "medium", "card": object{"contentType": adaptive, "content": c}}}}
}

func TestDialogs(t *testing.T) {
	w := newTown(t, teamstest.Config{NoRetries: true})
	fetch := object{"type": "Action.Submit", "title": "Fragen", "data": object{"msteams": object{"type": "task/fetch"}, "topic": "T-41"}}
	id := w.bot.post(w.room, withCard(card([]any{block("x")}, fetch)))
	form := card([]any{block("Worum geht es?"), line("what", "Thema")}, object{"type": "Action.Submit", "title": "Senden", "data": object{"form": "ask"}})
	w.bot.says(200, window(form))
	a := w.Press(teamstest.Press{By: w.ines.ID, At: w.room, Label: "Fragen"})
	if !a.Acked || a.Outcome == nil || a.Outcome.Dialog == nil {
		t.Fatalf("%+v", a)
	}
	if got := w.one(); got["name"] != "task/fetch" || at(got, "value", "data", "topic") != "T-41" || got["replyToId"] != id {
		t.Errorf("fetch = %v", got)
	}
	d := a.Outcome.Dialog
	if d.Title != "Frage" || !strings.HasPrefix(d.Text, "Worum geht es?") || len(d.Inputs) != 1 || d.Inputs[0].Max != 10 || d.Buttons[0].Label != "Senden" {
		t.Errorf("dialog = %+v", d)
	}
	if a := w.SubmitDialog(w.ines.ID, d.ID, "Senden", nil); !strings.HasPrefix(a.Refused, "inputs") || len(w.Dialogs(w.ines.ID)) != 1 {
		t.Errorf("without the input: %+v", a)
	}
	if a := w.SubmitDialog(w.jan.ID, d.ID, "Senden", nil); a.Refused != "no such dialog" {
		t.Errorf("by somebody else: %+v", a)
	}
	w.bot.says(500, nil)
	if a := w.SubmitDialog(w.ines.ID, d.ID, "", map[string]string{"what": "Pumpe"}); a.Acked || len(w.Dialogs(w.ines.ID)) != 1 {
		t.Errorf("the bot failed: %+v, want the dialog open", a)
	}
	w.bot.heard()
	w.bot.says(200, nil)
	if a := w.SubmitDialog(w.ines.ID, d.ID, "", map[string]string{"what": "Pumpe"}); !a.Acked || a.Outcome.Kind != "closed" || len(w.Dialogs(w.ines.ID)) != 0 {
		t.Errorf("sent: %+v", a)
	}
	if got := w.one(); got["name"] != "task/submit" || at(got, "value", "data", "what") != "Pumpe" || at(got, "value", "data", "form") != "ask" {
		t.Errorf("submit = %v", got)
	}
	for _, c := range []struct {
		body         any
		kind, breach string
	}{
		{object{"task": object{"type": "message", "value": "Danke"}}, "message", ""},
		{object{"task": object{"type": "message", "value": ""}}, "", "empty"},
		{object{"task": object{"type": "cancel"}}, "", "a task of type"},
		{object{}, "", "task is missing"},
		{nil, "", "no JSON"},
		{window(nil), "", "neither a card"},
		{window(card([]any{block("x")}, execute("Los", "go", object{}))), "dialog", "does not work in dialogs"},
	} {
		w.bot.says(200, c.body)
		a := w.Press(teamstest.Press{By: w.jan.ID, At: w.room, Label: "Fragen"})
		if (c.kind == "") == a.Acked || c.kind != "" && a.Outcome.Kind != c.kind {
			t.Errorf("%v: %+v", c.body, a)
		}
		w.breaches(c.body, c.breach)
	}
	w.CloseDialog(w.Dialogs(w.jan.ID)[0].ID)
	if n := len(w.Dialogs(w.jan.ID)); n != 0 {
		t.Errorf("%d dialogs are open", n)
	}
}

func TestShortcuts(t *testing.T) {
	w := newTown(t, teamstest.Config{NoRetries: true})
	said := w.Say(teamstest.Speech{By: w.jan.ID, At: w.room, Text: "Läuft sie <ohne> Cloud?"})
	w.React(w.ines.ID, w.room, said.ID, "like")
	w.bot.heard()
	w.bot.says(200, window(card([]any{line("what", "Thema")}, object{"type": "Action.Submit", "title": "Senden"})))
	a := w.Shortcut(w.ines.ID, w.room, said.ID, "ask")
	got := w.one()
	payload := at(got, "value", "messagePayload").(object)
	if got["name"] != "composeExtension/fetchTask" || at(got, "value", "commandId") != "ask" || at(got, "value", "commandContext") != "message" {
		t.Errorf("fetchTask = %v", got)
	}
	if payload["id"] != said.ID || at(payload, "body", "content") != "<p>Läuft sie &lt;ohne&gt; Cloud?</p>" || at(payload, "from", "user", "id") != w.jan.ObjectID || len(payload["reactions"].([]any)) != 1 {
		t.Errorf("payload = %v", payload)
	}
	w.bot.says(200, object{})
	if a := w.SubmitDialog(w.ines.ID, a.Outcome.Dialog.ID, "", map[string]string{"what": "Pumpe"}); !a.Acked || a.Outcome.Kind != "closed" {
		t.Errorf("%+v", a)
	}
	if got := w.one(); got["name"] != "composeExtension/submitAction" || at(got, "value", "data", "what") != "Pumpe" || at(got, "value", "messagePayload", "id") != said.ID {
		t.Errorf("submitAction = %v", got)
	}
	own := w.bot.post(w.room, withCard(card([]any{block("vom Bot")})))
	w.bot.says(200, object{"composeExtension": object{"type": "message", "text": "Gemerkt"}})
	if a := w.Shortcut(w.ines.ID, w.room, own, "keep"); !a.Acked || a.Outcome.Text != "Gemerkt" {
		t.Errorf("%+v", a)
	}
	payload = at(w.one(), "value", "messagePayload").(object)
	if at(payload, "from", "application", "id") != w.Config().AppID || !strings.Contains(fmt.Sprint(payload["attachments"]), "vom Bot") {
		t.Errorf("payload = %v", payload)
	}
	w.bot.says(200, object{"composeExtension": object{"type": "auth"}})
	if a := w.Shortcut(w.ines.ID, w.room, own, "keep"); a.Acked {
		t.Errorf("%+v", a)
	}
	w.forgiven("neither a task")
	if a := w.Shortcut(w.ines.ID, w.room, own, "other"); a.Refused != "no such command" {
		t.Errorf("%+v", a)
	}
}

func TestRefresh(t *testing.T) {
	w := newTown(t, teamstest.Config{Times: teamstest.Times{Retries: []time.Duration{}}})
	c := card([]any{block("für alle")})
	c["refresh"] = object{"action": object{"type": "Action.Execute", "verb": "mine", "data": object{"a": "b"}}, "userIds": []any{w.ines.ID}}
	id := w.bot.post(w.room, withCard(c))
	w.bot.says(200, cardAnswer(adaptive, 200, card([]any{block("für Ines")})))
	if a := w.View(w.jan.ID, w.room, id); !a.Silent {
		t.Errorf("Jan looked: %+v", a)
	}
	w.View(w.ines.ID, w.room, id)
	if got := w.one(); at(got, "value", "trigger") != "automatic" || at(got, "value", "action", "verb") != "mine" {
		t.Errorf("refresh = %v", got)
	}
	if i, j := w.Shown(w.room, w.ines.ID)[0], w.Shown(w.room, w.jan.ID)[0]; i.Text != "für Ines" || j.Text != "für alle" || len(j.Buttons) != 0 {
		t.Errorf("Ines sees %q, Jan %q", i.Text, j.Text)
	}
}

// TestInputs: the client takes only what fits.
func TestInputs(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	in := func(kind string, more object) object {
		o := object{"type": kind, "id": "v", "label": "Wert"}
		for key, v := range more {
			o[key] = v
		}
		return o
	}
	choices := []any{object{"title": "A", "value": "a"}, object{"title": "B", "value": "b"}}
	for _, c := range []struct {
		input object
		value string
		taken bool
	}{
		{in("Input.Date", object{"min": "2026-01-01"}), "2026-11-23", true},
		{in("Input.Date", object{"min": "2026-01-01"}), "2025-11-23", false},
		{in("Input.Date", nil), "morgen", false},
		{in("Input.Time", nil), "25:00", false},
		{in("Input.Number", object{"max": 3}), "4", false},
		{in("Input.Number", object{"max": 3}), "3", true},
		{in("Input.Number", nil), "drei", false},
		{in("Input.Text", object{"regex": "^T-[0-9]+$"}), "T-41", true},
		{in("Input.Text", object{"regex": "^T-[0-9]+$"}), "41", false},
		{in("Input.ChoiceSet", object{"choices": choices}), "c", false},
		{in("Input.ChoiceSet", object{"choices": choices, "isMultiSelect": true}), "a,b", true},
	} {
		w.bot.post(w.room, withCard(card([]any{c.input}, object{"type": "Action.Submit", "title": "Los"})))
		a := w.Press(teamstest.Press{By: w.ines.ID, At: w.room, Label: "Los", Inputs: map[string]string{"v": c.value}})
		if a.Acked != c.taken {
			t.Errorf("%v with %q: %+v, taken should be %v", c.input, c.value, a, c.taken)
		}
	}
}
