package slacktest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"standleitung/adapters/slack/slacktest"
)

type object = map[string]any

// answer is what the Web API said.
type answer struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Warning  string `json:"warning"`
	TS       string `json:"ts"`
	Metadata struct {
		Messages []string `json:"messages"`
	} `json:"response_metadata"`
	View struct {
		ID   string `json:"id"`
		Hash string `json:"hash"`
	} `json:"view"`
	Message  object   `json:"message"`
	Messages []object `json:"messages"`
	status   int
	header   http.Header
}

// call calls a method with JSON.
func (w *town) call(method string, args object) answer {
	w.t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.send(method, "application/json; charset=utf-8", w.Config().BotToken, string(body))
}

// form calls a method with a form.
func (w *town) form(method string, args url.Values) answer {
	w.t.Helper()
	return w.send(method, "application/x-www-form-urlencoded", w.Config().BotToken, args.Encode())
}

func (w *town) send(method, kind, token, body string) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.APIURL()+method, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header}
	if err := json.Unmarshal(bytes.TrimSpace(raw), &a); err != nil {
		w.t.Fatalf("%s answered %d %q", method, response.StatusCode, raw)
	}
	return a
}

func long(n int) string { return strings.Repeat("ü", n) }

func plain(text string) object { return object{"type": "plain_text", "text": text} }

func mrkdwn(text string) object { return object{"type": "mrkdwn", "text": text} }

func many[T any](n int, f func(int) T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = f(i)
	}
	return all
}

func button(more object) object {
	b := object{"type": "button", "text": plain("Ja")}
	for k, v := range more {
		b[k] = v
	}
	return b
}

func actions(elements ...object) object { return object{"type": "actions", "elements": elements} }

func option(n int) object { return object{"text": plain("o"), "value": fmt.Sprint(n)} }

func menu(kind string, options int) object {
	return actions(object{"type": kind, "options": many(options, option)})
}

func rich(elements ...object) object {
	return object{"type": "rich_text", "elements": []object{{"type": "rich_text_section", "elements": elements}}}
}

func TestBlocksOfMessages(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	section := func(text object) object { return object{"type": "section", "text": text} }
	header := func(text object) object { return object{"type": "header", "text": text} }
	divider := object{"type": "divider"}
	confirm := object{"title": plain("t"), "text": plain("t"), "confirm": plain("t"), "deny": plain("t")}
	with := func(o object, k string, v any) object {
		c := object{}
		for n, old := range o {
			c[n] = old
		}
		c[k] = v
		return c
	}
	cells := func(rows, columns int) object {
		return object{"type": "table", "rows": many(rows, func(int) []object {
			return many(columns, func(int) object { return object{"type": "raw_text", "text": "x"} })
		})}
	}
	for _, c := range []struct {
		what string
		good []object
		bad  []object
		why  string // part of what Slack says of bad
	}{
		{"number of blocks", many(50, func(int) object { return divider }), many(51, func(int) object { return divider }), "no more than 50 items allowed [json-pointer:/blocks]"},
		{"section text", []object{section(mrkdwn(long(3000)))}, []object{section(mrkdwn(long(3001)))}, "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{"empty text", []object{section(plain("x"))}, []object{section(plain(""))}, "must be more than 0 characters"},
		{"section without text", []object{{"type": "section", "fields": []object{plain("f")}}}, []object{{"type": "section"}}, "missing required field: text"},
		{"fields", []object{{"type": "section", "fields": many(10, func(int) object { return plain(long(2000)) })}}, []object{{"type": "section", "fields": many(11, func(int) object { return plain("f") })}}, "no more than 10 items"},
		{"field text", nil, []object{{"type": "section", "fields": []object{plain(long(2001))}}}, "/blocks/0/fields/0/text"},
		{"header", []object{header(plain(long(150)))}, []object{header(plain(long(151)))}, "less than 151"},
		{"header's kind of text", nil, []object{header(mrkdwn("x"))}, "unsupported type: mrkdwn"},
		{"kind of text", nil, []object{section(object{"type": "markdown", "text": "x"})}, "unsupported type: markdown"},
		{"emoji in mrkdwn", []object{section(with(plain("x"), "emoji", true))}, []object{section(with(mrkdwn("x"), "emoji", true))}, "invalid additional property: emoji"},
		{"kind of block", nil, []object{{"type": "nonsense"}}, "unsupported type: nonsense [json-pointer:/blocks/0/type]"},
		{"additional property", nil, []object{with(divider, "text", "x")}, "invalid additional property: text"},
		{"block_id", []object{with(divider, "block_id", long(255))}, []object{with(divider, "block_id", long(256))}, "less than 256"},
		{"block_id twice", []object{with(divider, "block_id", "a"), with(divider, "block_id", "b")}, []object{with(divider, "block_id", "a"), with(divider, "block_id", "a")}, "already exists"},
		{"actions", []object{actions(many(25, func(int) object { return button(nil) })...)}, []object{actions(many(26, func(int) object { return button(nil) })...)}, "no more than 25"},
		{"no actions", nil, []object{{"type": "actions", "elements": []object{}}}, "no less than 1"},
		{"context", []object{{"type": "context", "elements": many(10, func(int) object { return mrkdwn("x") })}}, []object{{"type": "context", "elements": many(11, func(int) object { return mrkdwn("x") })}}, "no more than 10"},
		{"button text", []object{actions(button(object{"text": plain(long(75))}))}, []object{actions(button(object{"text": plain(long(76))}))}, "less than 76"},
		{"button mrkdwn", nil, []object{actions(button(object{"text": mrkdwn("x")}))}, "unsupported type: mrkdwn"},
		{"button value", []object{actions(button(object{"value": long(2000)}))}, []object{actions(button(object{"value": long(2001)}))}, "less than 2001"},
		{"button url", []object{actions(button(object{"url": "https://e.de/" + strings.Repeat("x", 2900)}))}, []object{actions(button(object{"url": "https://e.de/" + strings.Repeat("x", 3000)}))}, "less than 3001"},
		{"button style", []object{actions(button(object{"style": "danger"}))}, []object{actions(button(object{"style": "default"}))}, "valid enum value"},
		{"action_id", []object{actions(button(object{"action_id": long(255)}))}, []object{actions(button(object{"action_id": long(256)}))}, "less than 256"},
		{"action_id twice", []object{actions(button(object{"action_id": "a"})), actions(button(object{"action_id": "a"}))}, []object{actions(button(object{"action_id": "a"}), button(object{"action_id": "a"}))}, "already exists"},
		{"options", []object{menu("static_select", 100)}, []object{menu("static_select", 101)}, "no more than 100"},
		{"overflow", []object{menu("overflow", 5)}, []object{menu("overflow", 6)}, "no more than 5"},
		{"checkboxes", []object{menu("checkboxes", 10)}, []object{menu("checkboxes", 11)}, "no more than 10"},
		{"radio buttons", []object{menu("radio_buttons", 10)}, []object{menu("radio_buttons", 11)}, "no more than 10"},
		{"option text", nil, []object{actions(object{"type": "static_select", "options": []object{{"text": plain(long(76)), "value": "v"}}})}, "less than 76"},
		{"option value", nil, []object{actions(object{"type": "static_select", "options": []object{{"text": plain("o"), "value": long(151)}}})}, "less than 151"},
		{"placeholder", []object{actions(object{"type": "users_select", "placeholder": plain(long(150))})}, []object{actions(object{"type": "users_select", "placeholder": plain(long(151))})}, "less than 151"},
		{"confirm", []object{actions(button(object{"confirm": confirm}))}, []object{actions(button(object{"confirm": with(confirm, "deny", plain(long(31)))}))}, "less than 31"},
		{"confirm text", nil, []object{actions(button(object{"confirm": with(confirm, "text", plain(long(301)))}))}, "less than 301"},
		{"image", []object{{"type": "image", "image_url": "https://e.de/x.png", "alt_text": long(2000)}}, []object{{"type": "image", "image_url": "https://e.de/x.png"}}, "missing required field: alt_text"},
		{"input element in actions", nil, []object{actions(object{"type": "plain_text_input"})}, "unsupported type: plain_text_input"},
		{"markdown", []object{{"type": "markdown", "text": long(12000)}}, []object{{"type": "markdown", "text": long(6001)}, {"type": "markdown", "text": long(6000)}}, "in all markdown blocks"},
		{"table rows", []object{cells(100, 20)}, []object{cells(101, 1)}, "no more than 100"},
		{"table columns", nil, []object{cells(1, 21)}, "no more than 20"},
		{"tables", nil, []object{cells(1, 1), cells(1, 1)}, "only one table"},
		{"rich text", []object{rich(object{"type": "text", "text": "x", "style": object{"bold": true}}, object{"type": "user", "user_id": "U1"})}, []object{rich(object{"type": "text", "text": ""})}, "more than 0 characters"},
		{"rich style", nil, []object{rich(object{"type": "text", "text": "x", "style": object{"blink": true}})}, "invalid additional property: blink"},
		{"rich element", nil, []object{rich(object{"type": "mention"})}, "unsupported type: mention"},
	} {
		if c.good != nil {
			if a := w.call("chat.postMessage", object{"channel": w.room, "text": "t", "blocks": c.good}); !a.OK {
				t.Errorf("%s: %s %v, want it taken", c.what, a.Error, a.Metadata.Messages)
			}
		}
		a := w.call("chat.postMessage", object{"channel": w.room, "text": "t", "blocks": c.bad})
		if a.Error != "invalid_blocks" || !strings.Contains(strings.Join(a.Metadata.Messages, "\n"), c.why) {
			t.Errorf("%s: %s %v, want invalid_blocks with %q", c.what, a.Error, a.Metadata.Messages, c.why)
		}
		if len(w.Forgive()) != 1 {
			t.Errorf("%s: not one breach", c.what)
		}
	}
}

func TestViews(t *testing.T) {
	w := newTown(t, slacktest.Config{NoRetries: true})
	view := func(more object) object {
		v := object{"type": "modal", "title": plain("Titel"), "submit": plain("Ok"), "blocks": []object{{"type": "divider"}}}
		for k, value := range more {
			if v[k] = value; value == nil {
				delete(v, k)
			}
		}
		return v
	}
	input := func(element object) []object {
		return []object{{"type": "input", "block_id": "b", "label": plain("l"), "element": element}}
	}
	words := func(more object) object {
		e := object{"type": "plain_text_input"}
		for k, v := range more {
			e[k] = v
		}
		return e
	}
	for _, c := range []struct {
		what      string
		good, bad object
		why       string
	}{
		{"title", view(object{"title": plain(long(24))}), view(object{"title": plain(long(25))}), "less than 25"},
		{"no title", nil, view(object{"title": nil}), "missing required field: title"},
		{"submit", view(object{"submit": plain(long(24))}), view(object{"submit": plain(long(25))}), "less than 25"},
		{"close", view(object{"close": plain(long(24))}), view(object{"close": mrkdwn("x")}), "unsupported type: mrkdwn"},
		{"submit with inputs", view(object{"blocks": input(words(nil))}), view(object{"blocks": input(words(nil)), "submit": nil}), "missing required field: submit"},
		{"private_metadata", view(object{"private_metadata": long(3000)}), view(object{"private_metadata": long(3001)}), "less than 3001"},
		{"callback_id", view(object{"callback_id": long(255)}), view(object{"callback_id": long(256)}), "less than 256"},
		{"number of blocks", view(object{"blocks": many(100, func(int) object { return object{"type": "divider"} })}), view(object{"blocks": many(101, func(int) object { return object{"type": "divider"} })}), "no more than 100"},
		{"input label", nil, view(object{"blocks": []object{{"type": "input", "label": plain(long(2001)), "element": words(nil)}}}), "less than 2001"},
		{"initial value", view(object{"blocks": input(words(object{"initial_value": long(3000)}))}), view(object{"blocks": input(words(object{"initial_value": long(3001)}))}), "less than 3001"},
		{"max_length", view(object{"blocks": input(words(object{"max_length": 3000}))}), view(object{"blocks": input(words(object{"max_length": 3001}))}), "between 1 and 3000"},
		{"date", view(object{"blocks": input(object{"type": "datepicker", "initial_date": "2027-03-28"})}), view(object{"blocks": input(object{"type": "datepicker", "initial_date": "28.3.2027"})}), "invalid format"},
		{"initial option", nil, view(object{"blocks": input(object{"type": "static_select", "options": []object{option(1)}, "initial_option": option(2)})}), "must match an option"},
		{"additional property", nil, view(object{"colour": "red"}), "invalid additional property: colour"},
		{"markdown", nil, view(object{"blocks": []object{{"type": "markdown", "text": "x"}}}), "unsupported type: markdown"},
		{"kind of view", nil, view(object{"type": "home"}), "must be modal"},
	} {
		if c.good != nil {
			if a := w.call("views.open", object{"trigger_id": w.trigger(), "view": c.good}); !a.OK {
				t.Errorf("%s: %s %v, want it taken", c.what, a.Error, a.Metadata.Messages)
			}
		}
		a := w.call("views.open", object{"trigger_id": w.trigger(), "view": c.bad})
		if a.Error != "invalid_arguments" || !strings.Contains(strings.Join(a.Metadata.Messages, "\n"), c.why) {
			t.Errorf("%s: %s %v, want invalid_arguments with %q", c.what, a.Error, a.Metadata.Messages, c.why)
		}
		w.Forgive()
	}
	if a := w.call("views.open", object{"trigger_id": w.trigger(), "view": view(object{"blocks": many(90, func(int) object { return object{"type": "section", "text": plain(long(3000))} })})}); a.Error != "view_too_large" {
		t.Errorf("540 kB: %s, want view_too_large", a.Error)
	}
	w.Forgive()
	first := w.call("views.open", object{"trigger_id": w.trigger(), "view": view(nil)})
	if a := w.call("views.update", object{"view_id": first.View.ID, "hash": first.View.Hash, "view": view(nil)}); !a.OK {
		t.Errorf("with the hash: %s", a.Error)
	}
	if a := w.call("views.update", object{"view_id": first.View.ID, "hash": first.View.Hash, "view": view(nil)}); a.Error != "hash_conflict" {
		t.Errorf("with an old hash: %s, want hash_conflict", a.Error)
	}
	if a := w.call("views.publish", object{"user_id": w.ines, "view": object{"type": "home", "blocks": []object{actions(button(object{"action_id": "a"}))}}}); !a.OK {
		t.Errorf("home: %s %v", a.Error, a.Metadata.Messages)
	}
	if home := w.Home(w.ines); home == nil || len(home.Buttons) != 1 {
		t.Errorf("home = %+v", home)
	}
	if a := w.call("views.open", object{"trigger_id": "1.2.x", "view": view(nil)}); a.Error != "invalid_trigger_id" || len(w.Forgive()) != 1 {
		t.Errorf("an invented trigger: %s, want invalid_trigger_id", a.Error)
	}
}

// trigger is one that can be exchanged, given although nobody listens.
func (w *town) trigger() string { return w.Shortcut(w.ines, "x", "", "").Trigger }

func TestArguments(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	token := w.Config().BotToken
	for _, c := range []struct {
		what           string
		a              answer
		want, breaches string
	}{
		{"no token", w.send("auth.test", "application/x-www-form-urlencoded", "", ""), "not_authed", "auth.test: not_authed"},
		{"a wrong token", w.send("auth.test", "application/x-www-form-urlencoded", "xoxb-wrong", ""), "invalid_auth", ""},
		{"a token in the form", w.send("auth.test", "application/x-www-form-urlencoded", "", "token="+token), "", ""},
		{"a token in the query", w.send("auth.test?token="+token, "application/x-www-form-urlencoded", "", ""), "invalid_auth", "auth.test: a token in the query"},
		{"broken JSON", w.send("chat.postMessage", "application/json; charset=utf-8", token, "{"), "invalid_json", "chat.postMessage: invalid_json"},
		{"plain text", w.send("chat.postMessage", "text/plain", token, "hi"), "invalid_post_type", "chat.postMessage: invalid_post_type"},
		{"JSON to a method that reads forms", w.call("users.info", object{"user": w.ines}), "invalid_arguments", "users.info: a JSON body"},
		{"an unknown method", w.call("chat.shout", nil), "unknown_method", "chat.shout: unknown_method"},
		{"without the channel", w.call("chat.postMessage", object{"text": "x"}), "invalid_arguments", "missing required field: channel"},
		{"blocks that are no JSON", w.form("chat.postMessage", url.Values{"channel": {w.room}, "blocks": {"[{"}}), "invalid_blocks_format", "invalid_blocks_format"},
		{"blocks in a form", w.form("chat.postMessage", url.Values{"channel": {"#pr"}, "blocks": {`[{"type":"divider"}]`}}), "", ""},
		{"a text of 4,001 in an update", w.call("chat.update", object{"channel": w.room, "ts": w.call("chat.postMessage", object{"channel": w.room, "text": long(4001)}).TS, "text": long(4001)}), "msg_too_long", "msg_too_long"},
		{"100 attachments", w.call("chat.postMessage", object{"channel": w.room, "attachments": many(101, func(int) object { return object{"text": "x"} })}), "too_many_attachments", "too_many"},
		{"metadata without a type", w.call("chat.postMessage", object{"channel": w.room, "text": "x", "metadata": object{"event_payload": object{"a": 1}}}), "invalid_metadata_format", "metadata"},
		{"markdown beside text", w.call("chat.postMessage", object{"channel": w.room, "text": "x", "markdown_text": "y"}), "markdown_text_conflict", "markdown_text_conflict"},
		{"an emoji with colons", w.call("reactions.add", object{"channel": w.room, "timestamp": "1700000000.000001", "name": "x"}), "message_not_found", ""},
	} {
		if c.a.Error != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.a.Error, c.want)
		}
	}
	got := fmt.Sprint(w.Forgive())
	for _, part := range []string{
		"auth.test: not_authed", "a token in the query", "invalid_json", "invalid_post_type", "a JSON body", "chat.shout: unknown_method",
		"missing required field: channel", "invalid_blocks_format", "msg_too_long", "too_many_attachments", "invalid_metadata_format", "markdown_text_conflict",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no breach says %q in %s", part, got)
		}
	}
	if a := w.send("chat.postMessage", "application/json", token, `{"channel":"`+w.room+`","text":"x"}`); !a.OK || a.Warning != "missing_charset" {
		t.Errorf("JSON without a charset: %+v, want the warning", a)
	}
}

func TestTextIsCutAndKept(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.call("chat.postMessage", object{"channel": w.room, "text": long(40_001)})
	if !a.OK || a.Warning != "message_truncated" || len([]rune(a.Message["text"].(string))) != 40_000 || len(w.Forgive()) != 1 {
		t.Errorf("40,001 characters: %v %q, want them cut, a warning and a breach", a.OK, a.Warning)
	}
	a = w.call("chat.postMessage", object{"channel": w.room, "text": "a & b &amp; < > <@" + w.jan + ">"})
	if want := "a &amp; b &amp; &lt; &gt; <@" + w.jan + ">"; a.Message["text"] != want {
		t.Errorf("kept as %q, want %q", a.Message["text"], want)
	}
}

func TestUpdateTakesBlocksAway(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.call("chat.postMessage", object{"channel": w.room, "text": "t", "username": "Mara", "blocks": []object{actions(button(nil))}})
	w.call("chat.update", object{"channel": w.room, "ts": a.TS, "text": "nur Text"})
	if seen := w.Shown(w.room, w.jan)[0]; len(seen.Buttons) != 0 || seen.Text != "nur Text" || !seen.Edited || seen.Author != "Mara" {
		t.Errorf("seen = %+v, want the text alone, still as Mara", seen)
	}
	if a := w.call("chat.update", object{"channel": w.ines, "ts": a.TS, "text": "x"}); a.Error != "channel_not_found" {
		t.Errorf("an update by the id of a person: %q", a.Error)
	}
}

func TestOverridesNeedTheirScope(t *testing.T) {
	w := newTown(t, slacktest.Config{Scopes: []string{"chat:write"}})
	if a := w.call("chat.postMessage", object{"channel": w.room, "text": "x", "username": "Mara"}); a.Error != "missing_scope" || len(w.Forgive()) != 1 {
		t.Errorf("username without chat:write.customize: %q", a.Error)
	}
	if a := w.form("conversations.history", url.Values{"channel": {w.room}}); a.Error != "missing_scope" || len(w.Forgive()) != 1 {
		t.Errorf("history without channels:history: %q", a.Error)
	}
}

func TestThreadsHangOnParents(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	root := w.call("chat.postMessage", object{"channel": w.room, "text": "Wurzel"})
	reply := w.call("chat.postMessage", object{"channel": w.room, "text": "eins", "thread_ts": root.TS})
	w.call("chat.postMessage", object{"channel": w.room, "text": "zwei", "thread_ts": reply.TS})
	if got := w.Forgive(); len(got) != 1 || !strings.Contains(got[0].What, "thread_ts of a reply") {
		t.Errorf("breaches = %v, want that of the reply's ts", got)
	}
	if a := w.form("conversations.replies", url.Values{"channel": {w.room}, "ts": {root.TS}}); len(a.Messages) != 3 {
		t.Errorf("%d messages in the thread, want 3", len(a.Messages))
	}
	if a := w.form("conversations.history", url.Values{"channel": {w.room}}); len(a.Messages) != 1 {
		t.Errorf("%d messages in the history, want the parent", len(a.Messages))
	}
}

func TestHistoryPages(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	var ts []string
	for range 5 {
		ts = append(ts, w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "x"}).TS)
	}
	for _, c := range []struct {
		what string
		args url.Values
		want int
	}{
		{"all", url.Values{}, 5},
		{"after the second", url.Values{"oldest": {ts[1]}}, 3},
		{"from the second", url.Values{"oldest": {ts[1]}, "inclusive": {"true"}}, 4},
		{"before the second", url.Values{"latest": {ts[1]}}, 1},
		{"one", url.Values{"latest": {ts[1]}, "inclusive": {"true"}, "limit": {"1"}}, 1},
	} {
		c.args.Set("channel", w.room)
		if a := w.form("conversations.history", c.args); len(a.Messages) != c.want {
			t.Errorf("%s: %d messages, want %d", c.what, len(a.Messages), c.want)
		}
	}
	if a := w.form("conversations.history", url.Values{"channel": {w.room}, "latest": {ts[1]}, "inclusive": {"1"}, "limit": {"1"}}); a.Messages[0]["ts"] != ts[1] {
		t.Errorf("looked up %v, want %v", a.Messages[0]["ts"], ts[1])
	}
}

// What a message takes of the app's reactions, and what reactions.get shows of all.
func TestReactionsOfTheApp(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	var people []string
	for range 5 {
		u := w.AddUser(slacktest.User{})
		w.Join(u.ID, w.room, "")
		people = append(people, u.ID)
	}
	said := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "hello"})
	on := func(method, name string) string {
		return w.call("reactions."+method, object{"channel": w.room, "timestamp": said.TS, "name": name}).Error
	}
	for _, c := range []struct{ what, got, want string }{
		{"the first one", on("add", "eyes"), ""},
		{"the same again", on("add", "eyes"), "already_reacted"},
		{"a name that nobody knows", on("add", "hologram"), "invalid_name"},
		{"a name with colons", on("add", ":eyes:"), "invalid_name"},
		{"taken away", on("remove", "eyes"), ""},
		{"taken away again", on("remove", "eyes"), "no_reaction"},
		{"taken away with colons", on("remove", ":eyes:"), "invalid_name"},
		{"on no message", w.call("reactions.add", object{"channel": w.room, "timestamp": "1700000000.000001", "name": "eyes"}).Error, "message_not_found"},
		{"on no time", w.call("reactions.add", object{"channel": w.room, "timestamp": "today", "name": "eyes"}).Error, "bad_timestamp"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	w.Forgive()

	for _, p := range people {
		w.React(p, w.room, said.TS, "tada")
	}
	on("add", "tada")
	for full, want := range map[string]int{"": 3, "true": 6} {
		a := w.form("reactions.get", url.Values{"channel": {w.room}, "timestamp": {said.TS}, "full": {full}})
		r := a.Message["reactions"].([]any)[0].(object)
		if got := len(r["users"].([]any)); got != want || r["count"] != 6.0 {
			t.Errorf("full=%q names %d of %v, want %d of 6", full, got, r["count"], want)
		}
	}
	for n := range 49 {
		w.React(people[0], w.room, said.TS, fmt.Sprintf("custom_%d", n))
	}
	if got := on("add", "eyes"); got != "too_many_emoji" {
		t.Errorf("a 51st emoji: %q, want too_many_emoji", got)
	}
	if got := on("add", "custom_1"); got != "invalid_name" {
		t.Errorf("one of the workspace: %q, want invalid_name: the fake knows no such names", got)
	}
	w.Forgive()

	crowded := w.Say(slacktest.Speech{By: w.ines, Channel: w.room, Text: "hello"})
	var last answer
	for n, name := range []string{
		"grinning", "joy", "slightly_smiling_face", "+1", "-1", "tada", "fire", "white_check_mark", "heart", "eyes", "pray", "rocket", "warning", "flag-de", "wave",
		"thinking_face", "100", "paperclip", "pushpin", "hourglass_flowing_sand", "+1::skin-tone-2", "+1::skin-tone-3", "+1::skin-tone-4", "+1::skin-tone-5",
	} {
		if last = w.call("reactions.add", object{"channel": w.room, "timestamp": crowded.TS, "name": name}); !last.OK && n < 23 {
			t.Fatalf("number %d: %s", n+1, last.Error)
		}
	}
	if last.Error != "too_many_reactions" {
		t.Errorf("number 24: %q, want too_many_reactions", last.Error)
	}
	w.Archive(w.ines, w.room)
	for _, method := range []string{"add", "remove"} {
		if got := on(method, "eyes"); got != "is_archived" {
			t.Errorf("%s in an archived channel: %q, want is_archived", method, got)
		}
	}
}
