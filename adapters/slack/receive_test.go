package slack_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot"
	"standleitung/bot/markup"
)

// said is what is compared of a message.
type said struct {
	Turn      string
	Kind      bot.MessageKind
	Place     bot.Place
	ID        string
	From      string
	Text      string
	Addressed bool
	Do        string
	Reaction  string
	Removed   bool
}

func of(m bot.Message) said {
	return said{m.Turn, m.Kind, m.Place, m.ID, m.From.ID, m.Text, m.Addressed, m.Do, m.Reaction, m.Removed}
}

var (
	room   = bot.Place{Adapter: "slack", ID: "C1"}
	thread = bot.Place{Adapter: "slack", ID: "C1", Thread: "1795990000.000100"}
	direct = bot.Place{Adapter: "slack", ID: "U1", Direct: true}
)

// The payloads are those of Slack's documentation (docs.slack.dev/reference/events), with ids of these tests.
func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name, event string
		want        said
	}{
		{
			"a message", `{"type":"message","channel":"C1","user":"U1","text":"Die Pumpe &lt;P3&gt; &amp; mehr","ts":"1795999999.000100","channel_type":"channel","event_ts":"1795999999.000100","team":"T1"}`,
			said{Turn: "said/T1/C1/1795999999.000100", Kind: bot.Said, Place: room, ID: "1795999999.000100", From: "U1", Text: "Die Pumpe <P3> & mehr"},
		},
		{
			"a mention as a message", `{"type":"message","channel":"C1","user":"U1","text":"<@UBOT>: thema <@U2> sagt <https://example.com|example.com> <!here> in <#C9|presse>","ts":"1795999999.000100"}`,
			said{Turn: "said/T1/C1/1795999999.000100", Kind: bot.Said, Place: room, ID: "1795999999.000100", From: "U1", Text: "thema @Name U2 sagt example.com @here in #presse", Addressed: true},
		},
		{
			"a mention as a mention", `{"type":"app_mention","channel":"C1","user":"U1","text":"hallo <@UBOT|standleitung> hilfe","ts":"1795999999.000100","event_ts":"1795999999.000100"}`,
			said{Turn: "said/T1/C1/1795999999.000100", Kind: bot.Said, Place: room, ID: "1795999999.000100", From: "U1", Text: "hallo hilfe", Addressed: true},
		},
		{
			"an answer in a thread", `{"type":"message","channel":"C1","user":"U1","text":"ja","ts":"1795999999.000100","thread_ts":"1795990000.000100","parent_user_id":"U2"}`,
			said{Turn: "said/T1/C1/1795999999.000100", Kind: bot.Said, Place: thread, ID: "1795999999.000100", From: "U1", Text: "ja"},
		},
		{
			"an answer that everybody sees", `{"type":"message","subtype":"thread_broadcast","channel":"C1","user":"U1","text":"ja","ts":"1795999999.000100","thread_ts":"1795990000.000100","root":{"text":"x"}}`,
			said{Turn: "said/T1/C1/1795999999.000100", Kind: bot.Said, Place: thread, ID: "1795999999.000100", From: "U1", Text: "ja"},
		},
		{
			"a direct message", `{"type":"message","channel":"D1","user":"U1","text":"lage","ts":"1795999999.000100","channel_type":"im"}`,
			said{Turn: "said/T1/D1/1795999999.000100", Kind: bot.Said, Place: direct, ID: "1795999999.000100", From: "U1", Text: "lage"},
		},
		{
			"an edit", `{"type":"message","subtype":"message_changed","hidden":true,"channel":"C1","ts":"1796000000.000200","message":{"type":"message","user":"U1","text":"besser","ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000000.000000"}},"previous_message":{"type":"message","user":"U1","text":"schlecht","ts":"1795999999.000100"}}`,
			said{Turn: "edited/T1/C1/1795999999.000100/1796000000.000000", Kind: bot.Edited, Place: room, ID: "1795999999.000100", From: "U1", Text: "besser"},
		},
		{
			"an edit in a thread", `{"type":"message","subtype":"message_changed","channel":"C1","ts":"1796000000.000200","message":{"user":"U1","text":"besser","ts":"1795999999.000100","thread_ts":"1795990000.000100","edited":{"user":"U1","ts":"1796000000.000000"}}}`,
			said{Turn: "edited/T1/C1/1795999999.000100/1796000000.000000", Kind: bot.Edited, Place: thread, ID: "1795999999.000100", From: "U1", Text: "besser"},
		},
		{
			"an edit of an edit, in nothing but its form", `{"type":"message","subtype":"message_changed","channel":"C1","ts":"1796000000.000200","message":{"user":"U1","text":"x","blocks":[{"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"text","text":"x"}]}]}],"ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000001.000000"}},"previous_message":{"user":"U1","text":"x","blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"x"}]}]}],"ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000000.000000"}}}`,
			said{Turn: "edited/T1/C1/1795999999.000100/1796000001.000000", Kind: bot.Edited, Place: room, ID: "1795999999.000100", From: "U1", Text: "x"},
		},
		{
			"a file that is taken away", `{"type":"message","subtype":"message_changed","channel":"C1","ts":"1796000000.000200","message":{"user":"U1","text":"zwei","ts":"1795999999.000100","files":[{"id":"F1","name":"a"},{"id":"F2","mode":"tombstone"}]},"previous_message":{"user":"U1","text":"zwei","ts":"1795999999.000100","files":[{"id":"F1","name":"a"},{"id":"F2","name":"b"}]}}`,
			said{Turn: "edited/T1/C1/1795999999.000100/1796000000.000200", Kind: bot.Edited, Place: room, ID: "1795999999.000100", From: "U1", Text: "zwei"},
		},
		{
			"a deletion", `{"type":"message","subtype":"message_deleted","hidden":true,"channel":"C1","ts":"1796000000.000200","deleted_ts":"1795999999.000100","event_ts":"1796000000.000200","previous_message":{"type":"message","user":"U1","text":"weg","ts":"1795999999.000100"}}`,
			said{Turn: "deleted/T1/C1/1795999999.000100", Kind: bot.Deleted, Place: room, ID: "1795999999.000100", From: "U1"},
		},
		{
			"a deletion of nobody known", `{"type":"message","subtype":"message_deleted","channel":"C1","ts":"1796000000.000200","deleted_ts":"1795999999.000100","event_ts":"1796000000.000200"}`,
			said{Turn: "deleted/T1/C1/1795999999.000100", Kind: bot.Deleted, Place: room, ID: "1795999999.000100", From: "unknown"},
		},
		{
			"a root that leaves its place behind", `{"type":"message","subtype":"message_changed","channel":"C1","ts":"1796000000.000200","message":{"type":"message","subtype":"tombstone","user":"USLACKBOT","text":"This message was deleted.","ts":"1795999999.000100","thread_ts":"1795999999.000100"},"previous_message":{"user":"U1","text":"weg","ts":"1795999999.000100","thread_ts":"1795999999.000100"}}`,
			said{Turn: "deleted/T1/C1/1795999999.000100", Kind: bot.Deleted, Place: room, ID: "1795999999.000100", From: "U1"},
		},
		{
			"a reaction", `{"type":"reaction_added","user":"U1","reaction":"bulb","item_user":"U2","item":{"type":"message","channel":"C1","ts":"1795999999.000100"},"event_ts":"1796000000.000200"}`,
			said{Turn: "reaction_added/T1/C1/1795999999.000100/U1/bulb/1796000000.000200", Kind: bot.Reacted, Place: room, ID: "1795999999.000100", From: "U1", Reaction: "💡"},
		},
		{
			"a reaction that is taken away", `{"type":"reaction_removed","user":"U1","reaction":"+1::skin-tone-3","item":{"type":"message","channel":"C1","ts":"1795999999.000100"},"event_ts":"1796000000.000300"}`,
			said{Turn: "reaction_removed/T1/C1/1795999999.000100/U1/+1::skin-tone-3/1796000000.000300", Kind: bot.Reacted, Place: room, ID: "1795999999.000100", From: "U1", Reaction: "👍", Removed: true},
		},
		{
			"a reaction of the workspace's own", `{"type":"reaction_added","user":"U1","reaction":"pumpe","item":{"type":"message","channel":"C1","ts":"1795999999.000100"},"event_ts":"1796000000.000200"}`,
			said{Turn: "reaction_added/T1/C1/1795999999.000100/U1/pumpe/1796000000.000200", Kind: bot.Reacted, Place: room, ID: "1795999999.000100", From: "U1", Reaction: ":pumpe:"},
		},
		{
			"a visit", `{"type":"app_home_opened","user":"U1","channel":"D1","tab":"messages","event_ts":"1796000000.000200"}`,
			said{Turn: "opened/T1/U1", Kind: bot.Opened, Place: direct, From: "U1"},
		},
		{
			"an unknown block", `{"type":"message","channel":"C1","user":"U1","text":"ja","ts":"1795999999.000100","blocks":[{"type":"hologram","elements":7}],"new_field":{"a":[1]}}`,
			said{Turn: "said/T1/C1/1795999999.000100", Kind: bot.Said, Place: room, ID: "1795999999.000100", From: "U1", Text: "ja"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.event(c.event)
			m := r.only()
			if diff := cmp.Diff(c.want, of(m)); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			r.event(c.event)
			if n := len(r.core.Effects()); n != 1 {
				t.Errorf("%d effects after a redelivery, want 1", n)
			}
		})
	}
}

// Everything here is acknowledged, reaches nobody, and is counted by its code.
func TestPassedOver(t *testing.T) {
	for code, events := range map[string][]string{
		"own": {
			`{"type":"message","channel":"C1","user":"UBOT","bot_id":"BBOT","text":"x","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"bot_message","channel":"C1","bot_id":"BBOT","username":"Mara · Teams","text":"x","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"file_share","channel":"C1","user":"UBOT","text":"x","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"message_changed","channel":"C1","message":{"bot_id":"BBOT","subtype":"bot_message","text":"y","ts":"1795999999.000100","edited":{"user":"BBOT","ts":"1796000000.000000"}}}`,
			`{"type":"message","subtype":"message_deleted","channel":"C1","deleted_ts":"1795999999.000100","ts":"1796000000.000100","previous_message":{"bot_id":"BBOT","text":"y"}}`,
			`{"type":"reaction_added","user":"UBOT","reaction":"eyes","item":{"type":"message","channel":"C1","ts":"1795999999.000100"}}`,
			`{"type":"reaction_removed","user":"UBOT","reaction":"eyes","item":{"type":"message","channel":"C1","ts":"1795999999.000100"}}`,
		},
		"bot": {
			`{"type":"message","channel":"C1","user":"U7","bot_id":"B7","text":"x","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"bot_message","channel":"C1","bot_id":"B7","username":"Mara · Vertrieb · Teams","text":"x","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"message_changed","channel":"C1","message":{"user":"U7","bot_id":"B7","text":"y","ts":"1795999999.000100","edited":{"user":"U7","ts":"1796000000.000000"}}}`,
			`{"type":"message","subtype":"bot_message","channel":"C1","bot_id":"B7","text":"x","ts":"1795999999.000100"}`,
			`{"type":"message","channel":"C1","user":"UBOT2","text":"x","ts":"1795999999.000100"}`,
			`{"type":"message","channel":"C1","user":"USLACKBOT","text":"x","ts":"1795999999.000100"}`,
		},
		"subtype": {
			`{"type":"message","subtype":"channel_join","channel":"C1","user":"U1","text":"<@U1> has joined","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"huddle_thread","channel":"C1","user":"U1","text":"","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"message_replied","channel":"C1","message":{"user":"U1","ts":"1795999999.000100"}}`,
			`{"type":"message","subtype":"brand_new","channel":"C1","user":"U1","text":"x","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"channel_leave","channel":"C1","user":"U1","text":"<@U1> has left","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"channel_topic","channel":"C1","user":"U1","text":"topic: x","topic":"x","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"channel_name","channel":"C1","user":"U1","text":"renamed","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"bot_add","channel":"C1","user":"U1","bot_id":"B7","text":"added","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"pinned_item","channel":"C1","user":"U1","text":"pinned","ts":"1795999999.000100"}`,
			`{"type":"message","subtype":"ekm_access_denied","channel":"C1","user":"UREVOKED","text":"This content has been withheld","ts":"1795999999.000100"}`,
		},
		"no_change": {
			`{"type":"message","subtype":"message_changed","channel":"C1","message":{"user":"U1","text":"x","ts":"1795999999.000100","attachments":[{"title":"link"}]},"previous_message":{"user":"U1","text":"x","ts":"1795999999.000100"}}`,
			`{"type":"message","subtype":"message_changed","channel":"C1","message":{"user":"U1","text":"x","ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000000.000000"}},"previous_message":{"user":"U1","text":"x","ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000000.000000"}}}`,
			// The replay of an answer whose root was deleted, unedited, edited before, and marked as edited.
			`{"type":"message","subtype":"message_changed","channel":"C1","message":{"user":"U1","text":"x","thread_ts":"1795990000.000100","ts":"1795999999.000100"},"previous_message":{"user":"U1","text":"x","thread_ts":"1795990000.000100","ts":"1795999999.000100"}}`,
			`{"type":"message","subtype":"message_changed","channel":"C1","message":{"user":"U1","text":"x","blocks":[{"block_id":"a"}],"thread_ts":"1795990000.000100","ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000000.000000"}},"previous_message":{"user":"U1","text":"x","blocks":[{"block_id":"b"}],"ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000000.000000"}}}`,
			`{"type":"message","subtype":"message_changed","channel":"C1","message":{"user":"U1","text":"x","thread_ts":"1795990000.000100","ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000001.000000"}},"previous_message":{"user":"U1","text":"x","thread_ts":"1795990000.000100","ts":"1795999999.000100","edited":{"user":"U1","ts":"1796000000.000000"}}}`,
		},
		"incomplete": {
			`{"type":"message","channel":"C1","text":"x","ts":"1795999999.000100"}`, `{"type":"message","channel":"C1","user":"U1","text":"x"}`,
			// Slack's message_replied has come without its subtype.
			`{"type":"message","channel":"C1","hidden":true,"message":{"user":"U1","text":"x","thread_ts":"1795999999.000100","reply_count":1,"ts":"1795999999.000100"},"ts":"1796000000.000100"}`,
			`{"type":"message","subtype":"message_changed","channel":"C1","message":{"user":"U1","text":"x","ts":"1795999999.000100","edited":{"user":"U1"}}}`,
		},
		"unknown_event":      {`{"type":"pin_added","user":"U1"}`, `{"type":"hologram","message":[1,2]}`},
		"reaction_elsewhere": {`{"type":"reaction_added","user":"U1","reaction":"eyes","item":{"type":"file","file":"F1"}}`},
	} {
		t.Run(code, func(t *testing.T) {
			r := newRig(t)
			for _, e := range events {
				r.event(e)
			}
			if got := r.got(); len(got) > 0 {
				t.Errorf("the core got %+v", got)
			}
			want := slices.Repeat([]string{code}, len(events))
			if diff := cmp.Diff(want, r.passed()); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForeignEventsArePassedOver(t *testing.T) {
	r := newRig(t)
	const event = `"event":{"type":"message","channel":"C1","user":"U1","text":"x","ts":"1795999999.000100"}}`
	for _, outer := range []string{`{"type":"event_callback","team_id":"T2","api_app_id":"A1",`, `{"type":"event_callback","team_id":"T1","api_app_id":"A2",`} {
		if w := r.post("/slack/events", outer+event); w.Code != http.StatusOK {
			t.Errorf("answered with %d, want 200", w.Code)
		}
	}
	if got := r.got(); len(got) > 0 || !slices.Equal(r.passed(), []string{"foreign", "foreign"}) {
		t.Errorf("the core got %+v; passed over: %v", got, r.passed())
	}
}

func TestWhoSomebodyIs(t *testing.T) {
	for user, want := range map[string]bot.Identity{
		"U1":      {Adapter: "slack", ID: "U1", Name: "Name U1", Email: "u1@example.com", Language: "de-DE", Zone: "Europe/Berlin"},
		"UGUEST":  {Adapter: "slack", ID: "UGUEST", Name: "Name UGUEST", Email: "uguest@example.com", Language: "de-DE", Zone: "Europe/Berlin", Guest: true},
		"UOTHER":  {Adapter: "slack", ID: "UOTHER", Name: "Name UOTHER", Email: "uother@example.com", Language: "de-DE", Zone: "Europe/Berlin", Guest: true},
		"UNOBODY": {Adapter: "slack", ID: "UNOBODY", Guest: true},
	} {
		r := newRig(t)
		r.event(`{"type":"message","channel":"C1","user":"` + user + `","text":"x","ts":"1795999999.000100"}`)
		r.event(`{"type":"message","channel":"C1","user":"` + user + `","text":"y","ts":"1795999999.000200"}`)
		if diff := cmp.Diff(want, r.got()[1].From); diff != "" {
			t.Errorf("%s (-want +got):\n%s", user, diff)
		}
		if n := len(r.called("users.info")); n != 1 {
			t.Errorf("%s was asked for %d times, want once", user, n)
		}
	}
}

func TestWithoutItsWriterNothingIsAcknowledged(t *testing.T) {
	r := newRig(t)
	r.say("users.info", "!500")
	const body = `{"type":"event_callback","team_id":"T1","event":{"type":"message","channel":"C1","user":"U1","text":"x","ts":"1795999999.000100"}}`
	if w := r.post("/slack/events", body); w.Code != http.StatusServiceUnavailable || len(r.got()) > 0 {
		t.Errorf("answered with %d, the core got %v; want 503 and nothing", w.Code, r.got())
	}
	r.say("users.info", userInfo("U1"))
	if w := r.post("/slack/events", body); w.Code != http.StatusOK || len(r.got()) != 1 {
		t.Errorf("answered with %d, the core got %v; want 200 and the message", w.Code, r.got())
	}
}

func TestBodyAndFiles(t *testing.T) {
	r := newRig(t)
	r.event(`{"type":"message","subtype":"file_share","channel":"C1","user":"U1","text":"*fett* <https://example.com|hier>","ts":"1795999999.000100",
		"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"fett","style":{"bold":true}},{"type":"text","text":" "},{"type":"link","url":"https://example.com","text":"hier"}]}]}],
		"files":[{"id":"F1","name":"plan.pdf","mimetype":"application/pdf","size":1234,"permalink":"https://x.slack.com/files/F1"},{"id":"F2","mode":"tombstone"}]}`)
	m := r.only()
	want := markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: []markup.Inline{
		{Kind: markup.Bold, Children: []markup.Inline{{Kind: markup.Text, Text: "fett"}}},
		{Kind: markup.Text, Text: " "},
		{Kind: markup.Link, Ref: "https://example.com", Children: []markup.Inline{{Kind: markup.Text, Text: "hier"}}},
	}}}}
	if diff := cmp.Diff(want, m.Body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	files := []bot.File{{Name: "plan.pdf", Type: "application/pdf", Size: 1234, ID: "F1", URL: "https://x.slack.com/files/F1"}}
	if diff := cmp.Diff(files, m.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

var slashForm = url.Values{
	"command": {"/standleitung"}, "text": {"thema Pumpe für <@U2|lena>"}, "user_id": {"U1"}, "channel_id": {"C1"}, "team_id": {"T1"},
	"api_app_id": {"A1"}, "trigger_id": {"13.37.abc"}, "response_url": {"https://hooks.slack.com/commands/1"},
}

func slash(change url.Values) string {
	form := url.Values{}
	for name, values := range slashForm {
		form[name] = values
	}
	for name, values := range change {
		form[name] = values
	}
	return form.Encode()
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		change url.Values
		text   string
		place  bot.Place
	}{
		{nil, "thema Pumpe für @Name U2", room},
		{url.Values{"command": {"/darfich"}, "text": {"über P3 reden"}}, "darf ich über P3 reden", room},
		{url.Values{"command": {"/themen"}, "text": {""}}, "themen", room},
		{url.Values{"channel_id": {"D1"}, "text": {""}}, "", direct},
	} {
		r := newRig(t)
		if w := r.post("/slack/commands", slash(c.change)); w.Code != http.StatusOK || w.Body.Len() > 0 {
			t.Errorf("%v answered with %d %q", c.change, w.Code, w.Body)
		}
		want := said{Turn: "command/T1/13.37.abc", Kind: bot.Said, Place: c.place, From: "U1", Text: c.text, Addressed: true}
		if diff := cmp.Diff(want, of(r.only())); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.change, diff)
		}
	}
}

func TestFormIsOpenedAndComesBack(t *testing.T) {
	r := newRig(t)
	form := &bot.Form{Do: "topic.suggest #x", Title: "Thema vorschlagen, jetzt gleich", Submit: "Vorschlagen", Cancel: "Abbrechen", Fields: []bot.Field{
		{Name: "text", Label: "Worum?", Kind: bot.FieldText, Required: true, Value: strings.Repeat("ä", 7000)},
		{Name: "who", Label: "Für wen?", Kind: bot.FieldChoice, Value: "b", Options: []bot.Option{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}},
	}}
	r.core.Answer(func(m bot.Message) (bot.Outcome, error) {
		switch {
		case m.Kind == bot.Said:
			return bot.Outcome{Form: form}, nil
		case m.Fields["text"] == "":
			return bot.Outcome{Errors: map[string]string{"text": "Hier fehlt etwas.", "gone": "Nicht zu finden."}}, nil
		}
		return bot.Outcome{}, nil
	})
	if w := r.post("/slack/commands", slash(nil)); w.Code != http.StatusOK {
		t.Fatalf("command answered with %d", w.Code)
	}
	opened := r.called("views.open")
	if len(opened) != 1 {
		t.Fatalf("views.open was called %d times, want once", len(opened))
	}
	metadata := `{\"do\":\"topic.suggest #x\",\"channel\":\"C1\"}`
	submit := func(trigger, values string) (int, string) {
		w := r.action(`{"type":"view_submission","team":{"id":"T1"},"user":{"id":"U1"},"api_app_id":"A1","trigger_id":"` + trigger + `","view":{"id":"V1","callback_id":"form",
			"private_metadata":"` + metadata + `","blocks":[{"type":"section","block_id":"s"},{"type":"input","block_id":"text"},{"type":"input","block_id":"who"}],"state":{"values":` + values + `}}}`)
		return w.Code, w.Body.String()
	}
	code, body := submit("t1", `{"text":{"v":{"type":"plain_text_input","value":null}},"who":{"v":{"type":"static_select","selected_option":{"value":"b"}}}}`)
	var answer struct {
		ResponseAction string            `json:"response_action"`
		Errors         map[string]string `json:"errors"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusOK || answer.ResponseAction != "errors" || answer.Errors["text"] == "" || len(answer.Errors) != 1 {
		t.Errorf("empty form answered with %d %s", code, body)
	}
	code, body = submit("t2", `{"text":{"v":{"value":"Teil eins, "}},"text+1":{"v":{"value":"Teil zwei"}},"who":{"v":{"selected_option":{"value":"a"}}}}`)
	if code != http.StatusOK || body != "" {
		t.Errorf("form answered with %d %q, want 200 and nothing", code, body)
	}
	all := r.got()
	m := all[len(all)-1]
	if diff := cmp.Diff(map[string]string{"text": "Teil eins, Teil zwei", "who": "a"}, m.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(said{Turn: "form/T1/t2", Kind: bot.Submitted, Place: room, From: "U1", Do: "topic.suggest #x"}, of(m)); diff != "" {
		t.Errorf("submitted (-want +got):\n%s", diff)
	}
}

// A form that cannot be opened, because nothing was pressed or the time is over, is offered once.
func TestFormIsOffered(t *testing.T) {
	r := newRig(t)
	form := &bot.Form{Do: "topic.suggest", Title: "Thema vorschlagen", Submit: "Los", Cancel: "Abbrechen", Fields: []bot.Field{{Name: "text", Label: "Worum?", Kind: bot.FieldText, Value: "schon da"}}}
	r.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{Form: form}, nil })
	for range 2 {
		r.event(`{"type":"message","channel":"C1","user":"U1","text":"<@UBOT> thema","ts":"1795999999.000100"}`)
	}
	offered := r.called("chat.postEphemeral")
	if len(offered) != 1 || offered[0].Get("user") != "U1" || !strings.Contains(offered[0].Get("blocks"), "schon da") {
		t.Fatalf("offered %v, want one private button that carries the form", offered)
	}
	var blocks []struct {
		Elements []struct {
			ActionID string `json:"action_id"`
			Value    string `json:"value"`
		} `json:"elements"`
	}
	if err := json.Unmarshal([]byte(offered[0].Get("blocks")), &blocks); err != nil {
		t.Fatal(err)
	}
	button := blocks[len(blocks)-1].Elements[0]
	value, _ := json.Marshal(button.Value)
	before := len(r.got())
	r.action(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"trigger_id":"t9","container":{"type":"message","message_ts":"1796000002.000100","channel_id":"C1","is_ephemeral":true},"actions":[{"action_id":"` + button.ActionID + `","value":` + string(value) + `}]}`)
	if len(r.called("views.open")) != 1 || len(r.got()) != before {
		t.Errorf("views.open was called %d times, want once and without the core", len(r.called("views.open")))
	}
	r.say("views.open", `{"ok":false,"error":"expired_trigger_id"}`)
	if w := r.post("/slack/commands", slash(url.Values{"response_url": {""}})); w.Code != http.StatusOK {
		t.Errorf("command answered with %d", w.Code)
	}
	if n := len(r.called("chat.postEphemeral")); n != 2 {
		t.Errorf("%d offers, want one more for the command whose time was over", n)
	}
}

func TestButtonsAndShortcuts(t *testing.T) {
	for name, c := range map[string]struct {
		payload string
		want    said
	}{
		"a button": {
			`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"api_app_id":"A1","trigger_id":"t1","container":{"type":"message","message_ts":"1795999999.000100","channel_id":"C1"},"channel":{"id":"C1"},"message":{"ts":"1795999999.000100","thread_ts":"1795990000.000100"},"actions":[{"action_id":"do-0","value":"topic.support T-41"}]}`,
			said{Turn: "action/T1/t1", Kind: bot.Pressed, Place: thread, ID: "1795999999.000100", From: "U1", Do: "topic.support T-41"},
		},
		"a button that one person sees": {
			`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"trigger_id":"t1","container":{"type":"message","message_ts":"1795999999.000100","channel_id":"C1","is_ephemeral":true},"actions":[{"action_id":"do-0","value":"x"}]}`,
			said{Turn: "action/T1/t1", Kind: bot.Pressed, Place: room, ID: "e:1795999999.000100", From: "U1", Do: "x"},
		},
		"a choice": {
			`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"trigger_id":"t1","container":{"type":"message","message_ts":"1795999999.000100","channel_id":"D1"},"actions":[{"action_id":"do-0","selected_option":{"value":"y"}}]}`,
			said{Turn: "action/T1/t1", Kind: bot.Pressed, Place: direct, ID: "1795999999.000100", From: "U1", Do: "y"},
		},
		"a button in the App Home": {
			`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"trigger_id":"t1","container":{"type":"view","view_id":"V1"},"actions":[{"action_id":"do-0","value":"help"}]}`,
			said{Turn: "action/T1/t1", Kind: bot.Pressed, Place: direct, From: "U1", Do: "help"},
		},
		"a global shortcut": {
			`{"type":"shortcut","team":{"id":"T1"},"user":{"id":"U1"},"trigger_id":"t1","callback_id":"topic.suggest"}`,
			said{Turn: "shortcut/T1/t1", Kind: bot.Pressed, Place: direct, From: "U1", Do: "topic.suggest"},
		},
		"a shortcut on a message": {
			`{"type":"message_action","team":{"id":"T1"},"user":{"id":"U1"},"trigger_id":"t1","callback_id":"line.all","channel":{"id":"C1"},"message_ts":"1795999999.000100","message":{"type":"message","user":"U2","text":"Frage","ts":"1795999999.000100"}}`,
			said{Turn: "shortcut/T1/t1", Kind: bot.Pressed, Place: room, ID: "1795999999.000100", From: "U1", Do: "line.all"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if w := r.action(c.payload); w.Code != http.StatusOK || w.Body.Len() > 0 {
				t.Fatalf("answered with %d %q", w.Code, w.Body)
			}
			m := r.only()
			if diff := cmp.Diff(c.want, of(m)); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if s := m.Subject; s != nil && (s.From.ID != "U2" || s.Text != "Frage" || s.ID != "1795999999.000100") {
				t.Errorf("subject = %+v", s)
			}
		})
	}
}

func TestRefusedByTheCoreIsNotAcknowledged(t *testing.T) {
	r := newRig(t)
	r.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errors.New("disk full") })
	const body = `{"type":"event_callback","team_id":"T1","event":{"type":"message","channel":"C1","user":"U1","text":"x","ts":"1795999999.000100"}}`
	for path, body := range map[string]string{
		"/slack/events": body, "/slack/commands": slash(nil),
		"/slack/actions": url.Values{"payload": {`{"type":"shortcut","team":{"id":"T1"},"user":{"id":"U1"},"trigger_id":"t1","callback_id":"x"}`}}.Encode(),
	} {
		if w := r.post(path, body); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s answered with %d, want 503", path, w.Code)
		}
	}
}

// What was missed while nothing ran is read from the history: messages, answers in threads, and edits; what was there before
// is left alone.
func TestCatchUp(t *testing.T) {
	r := newRig(t)
	r.event(`{"type":"message","channel":"C1","user":"U1","text":"vorher","ts":"1796000010.000100"}`)
	r.until("the mark is kept", func() bool {
		kept, _ := r.core.Kept(t.Context(), "mark/C1")
		return len(kept) == 1 && string(kept[0].Value) == "1796000010.000100"
	})
	r.say("conversations.history", `{"ok":true,"messages":[
		{"type":"message","user":"U1","text":"danach","ts":"1796000030.000100"},
		{"type":"message","bot_id":"BBOT","text":"von mir","ts":"1796000025.000100"},
		{"type":"message","subtype":"bot_message","bot_id":"BBOT","username":"Mara · Vertrieb · Teams","text":"von mir","ts":"1796000025.000200"},
		{"type":"message","subtype":"bot_message","bot_id":"B7","username":"Workflow","text":"von anderen","ts":"1796000025.000300"},
		{"type":"message","subtype":"channel_join","user":"U1","text":"<@U1> has joined","ts":"1796000025.000400"},
		{"type":"message","subtype":"tombstone","user":"USLACKBOT","hidden":true,"text":"This message was deleted.","ts":"1795800030.000100","thread_ts":"1795800030.000100","reply_count":1,"latest_reply":"1795800040.000100"},
		{"type":"message","user":"U1","text":"vorher, besser","ts":"1796000010.000100","edited":{"user":"U1","ts":"1796000028.000000"}},
		{"type":"message","user":"U2","text":"alte Wurzel","ts":"1795900000.000100","thread_ts":"1795900000.000100","reply_count":2,"latest_reply":"1796000020.000100"},
		{"type":"message","user":"U2","text":"ältere Wurzel","ts":"1795800000.000100","thread_ts":"1795800000.000100","reply_count":2,"latest_reply":"1795800020.000100"}]}`)
	r.say("conversations.replies", `{"ok":true,"messages":[
		{"type":"message","user":"U2","text":"alte Wurzel","ts":"1795900000.000100","thread_ts":"1795900000.000100"},
		{"type":"message","user":"U1","text":"Antwort","ts":"1796000020.000100","thread_ts":"1795900000.000100"}]}`)
	before := len(r.core.Effects())
	r.run()
	var got []string
	r.until("everything was handed over", func() bool { return len(r.core.Effects()) == before+4 })
	for _, m := range r.core.Effects()[before:] {
		got = append(got, string(m.Kind)+" "+m.Text+" "+m.Place.Thread+" "+m.At.UTC().Format(time.TimeOnly))
	}
	want := []string{
		"said Antwort 1795900000.000100 " + time.Unix(1796000020, 0).UTC().Format(time.TimeOnly),
		"edited vorher, besser  " + time.Unix(1796000028, 0).UTC().Format(time.TimeOnly),
		"said danach  " + time.Unix(1796000030, 0).UTC().Format(time.TimeOnly),
		"deleted   " + now.UTC().Format(time.TimeOnly),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("caught up (-want +got):\n%s", diff)
	}
	if n := len(r.called("conversations.replies")); n != 1 {
		t.Errorf("%d threads were read, want the one with new answers", n)
	}
	r.until("the mark has moved", func() bool {
		kept, _ := r.core.Kept(t.Context(), "mark/C1")
		return len(kept) == 1 && string(kept[0].Value) == "1796000030.000100"
	})
}

// What was said before the bot came into a room is none of its business, however soon the history is read, also after a restart,
// and also when it was there before.
func TestNothingFromBeforeIsRead(t *testing.T) {
	r := newRig(t)
	began := func(ts string) {
		r.until("the beginning is kept", func() bool {
			kept, _ := r.core.Kept(t.Context(), "from/C1")
			return len(kept) == 1 && string(kept[0].Value) == ts
		})
	}
	began("1796000000.000000")
	r.say("conversations.history", `{"ok":true,"messages":[
		{"type":"message","user":"U1","text":"danach","ts":"1796000010.000100"},
		{"type":"message","user":"U1","text":"vor seiner Zeit","ts":"1795999990.000100"}]}`)
	r.run()
	r.until("what was said since is taken", func() bool { return len(r.core.Effects()) > 0 })
	r.event(`{"type":"member_joined_channel","user":"UBOT","channel":"C1","event_ts":"1796000100.000000"}`)
	began("1796000100.000000")
	r.say("conversations.history", `{"ok":true,"messages":[
		{"type":"message","user":"U1","text":"wieder da","ts":"1796000110.000100"},
		{"type":"message","user":"U1","text":"als er fort war","ts":"1796000050.000100"},
		{"type":"message","user":"U1","text":"danach","ts":"1796000010.000100"}]}`)
	r.run()
	r.until("what was said after it came back is taken", func() bool { return len(r.core.Effects()) > 1 })
	var got []string
	for _, m := range r.core.Effects() {
		got = append(got, m.Text)
	}
	if want := []string{"danach", "wieder da"}; !slices.Equal(got, want) {
		t.Errorf("taken: %q, want %q", got, want)
	}
}

// Nothing that comes in overtakes what was missed before it, whether the look into all histories has come to its channel or not.
func TestNothingOvertakesWhatWasMissed(t *testing.T) {
	r := newRig(t)
	r.event(`{"type":"message","channel":"C1","user":"U1","text":"vorher","ts":"1796000010.000100"}`)
	r.until("the mark is kept", func() bool {
		kept, _ := r.core.Kept(t.Context(), "mark/C1")
		return len(kept) == 1 && string(kept[0].Value) == "1796000010.000100"
	})
	const missed = `{"ok":true,"messages":[
		{"type":"message","user":"U1","text":"live","ts":"1796000030.000100"},
		{"type":"message","user":"U1","text":"verpasst 2","ts":"1796000025.000100"},
		{"type":"message","user":"U1","text":"verpasst 1","ts":"1796000020.000100"}]}`
	r.say("conversations.history", `{"ok":false,"error":"internal_error"}`) // the look into all fails, and comes again half a minute later
	before, calls := len(r.core.Effects()), len(r.called("conversations.history"))
	r.run()
	r.until("the histories were looked into", func() bool { return len(r.called("conversations.history")) > calls })
	r.say("conversations.history", missed)
	r.event(`{"type":"message","channel":"C1","user":"U1","text":"live","ts":"1796000030.000100"}`)
	r.event(`{"type":"message","channel":"C1","user":"U1","text":"live 2","ts":"1796000031.000100"}`)
	var got []string
	for _, m := range r.core.Effects()[before:] {
		got = append(got, m.Text)
	}
	if want := []string{"verpasst 1", "verpasst 2", "live", "live 2"}; !slices.Equal(got, want) {
		t.Errorf("handed over: %q, want %q", got, want)
	}
	if n := len(r.called("conversations.history")); n != calls+2 {
		t.Errorf("the history was read %d times, want once by the look and once before what came in", n-calls)
	}
}

// Slack delivers again what it could not deliver, in no order: the first of it that comes brings along all that was missed, also
// what was said after it; and in a thread what was missed there.
func TestWhatIsDeliveredAgainOvertakesNothing(t *testing.T) {
	r := newRig(t)
	r.event(`{"type":"message","channel":"C1","user":"U1","text":"vorher","ts":"1796000010.000100"}`)
	r.until("the mark is kept", func() bool {
		kept, _ := r.core.Kept(t.Context(), "mark/C1")
		return len(kept) == 1 && string(kept[0].Value) == "1796000010.000100"
	})
	r.say("conversations.history", `{"ok":false,"error":"internal_error"}`)
	before, calls := len(r.core.Effects()), len(r.called("conversations.history"))
	r.run()
	r.until("the histories were looked into", func() bool { return len(r.called("conversations.history")) > calls })
	r.say("conversations.history", `{"ok":true,"messages":[
		{"type":"message","user":"U1","text":"verpasst 3","ts":"1796000025.000100"},
		{"type":"message","user":"U1","text":"verpasst 2","ts":"1796000020.000100"},
		{"type":"message","user":"U1","text":"verpasst 1","ts":"1796000015.000100"}]}`)
	r.say("conversations.replies", `{"ok":true,"messages":[
		{"type":"message","user":"U1","text":"vorher","ts":"1796000010.000100","thread_ts":"1796000010.000100"},
		{"type":"message","user":"U1","text":"Antwort 1","ts":"1796000022.000100","thread_ts":"1796000010.000100"},
		{"type":"message","user":"U1","text":"Antwort 2","ts":"1796000035.000100","thread_ts":"1796000010.000100"}]}`)
	for _, e := range []string{
		`{"type":"message","channel":"C1","user":"U1","text":"verpasst 2","ts":"1796000020.000100"}`,
		`{"type":"message","channel":"C1","user":"U1","text":"live","ts":"1796000030.000100"}`,
		`{"type":"message","channel":"C1","user":"U1","text":"Antwort 2","ts":"1796000035.000100","thread_ts":"1796000010.000100"}`,
		`{"type":"message","channel":"C1","user":"U1","text":"Antwort 3","ts":"1796000036.000100","thread_ts":"1796000010.000100"}`,
		`{"type":"message","channel":"C1","user":"U1","text":"verpasst 3","ts":"1796000025.000100"}`,
	} {
		r.event(e)
	}
	var got []string
	for _, m := range r.core.Effects()[before:] {
		got = append(got, m.Text)
	}
	want := []string{"verpasst 1", "verpasst 2", "verpasst 3", "live", "Antwort 1", "Antwort 2", "Antwort 3"}
	if !slices.Equal(got, want) {
		t.Errorf("handed over: %q, want %q", got, want)
	}
	if h, c := len(r.called("conversations.history")), len(r.called("conversations.replies")); h != calls+2 || c != 1 {
		t.Errorf("the history was read %d times and the thread %d times, want twice and once", h-calls, c)
	}
}

// What could not be stored Slack delivers again: what is said meanwhile does not overtake it.
func TestNothingOvertakesWhatCouldNotBeStored(t *testing.T) {
	r := newRig(t)
	r.event(`{"type":"message","channel":"C1","user":"U1","text":"vorher","ts":"1796000010.000100"}`)
	r.until("the mark is kept", func() bool {
		kept, _ := r.core.Kept(t.Context(), "mark/C1")
		return len(kept) == 1
	})
	before := len(r.core.Effects())
	const first = `{"type":"event_callback","team_id":"T1","api_app_id":"A1","event_id":"Ev2","event":` +
		`{"type":"message","channel":"C1","user":"U1","text":"eins","ts":"1796000020.000100"}}`
	r.core.Answer(func(bot.Message) (bot.Outcome, error) { return bot.Outcome{}, errors.New("disk full") })
	if w := r.post("/slack/events", first); w.Code == http.StatusOK {
		t.Fatal("what was not stored was acknowledged")
	}
	r.core.Answer(nil)
	r.say("conversations.history", `{"ok":true,"messages":[
		{"type":"message","user":"U1","text":"zwei","ts":"1796000030.000100"},
		{"type":"message","user":"U1","text":"eins","ts":"1796000020.000100"}]}`)
	r.event(`{"type":"message","channel":"C1","user":"U1","text":"zwei","ts":"1796000030.000100"}`)
	r.post("/slack/events", first)
	var got []string
	for _, m := range r.core.Effects()[before:] {
		got = append(got, m.Text)
	}
	if want := []string{"eins", "zwei"}; !slices.Equal(got, want) {
		t.Errorf("handed over: %q, want %q", got, want)
	}
}
