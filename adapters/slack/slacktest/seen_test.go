package slacktest_test

import (
	"strings"
	"testing"

	"standleitung/adapters/slack/slacktest"
)

func TestWhatActs(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	verbatim := func(text string) object {
		o := mrkdwn(text)
		o["verbatim"] = true
		return object{"type": "section", "text": o}
	}
	loose := func(text string) object { return object{"type": "section", "text": mrkdwn(text)} }
	quiet := func(text string) object { return object{"type": "section", "text": plain(text)} }
	for _, c := range []struct {
		block        object
		text, active string
	}{
		{verbatim("ganz ruhig 3*4*5 snake_case_name a~b ` x"), "ganz ruhig 3*4*5 snake_case_name a~b ` x", ""},
		{verbatim("*fett* und _schräg_ ~weg~ `Code`"), "fett und schräg weg Code", "format format format format"},
		{verbatim("&gt; Zitat"), "Zitat", "format"},
		{verbatim("```Block\nzwei```"), "Block\nzwei", "format"},
		{verbatim("<@" + w.jan + "> <!here> <#" + w.room + "> <!subteam^S1|team>"), "@jan @here #pr team", "mention broadcast channel mention"},
		{verbatim("<https://e.de|https://e.de> <https://e.de> https://e.de"), "https://e.de https://e.de https://e.de", ""},
		{verbatim("<https://böse.example|bank.de> <b>"), "bank.de b", "link link"},
		{verbatim("<!date^1700000000^{date}|gestern>"), "gestern", "date"},
		{verbatim("&lt;@U1&gt; &amp;amp; &lt;!channel&gt;"), "<@U1> &amp; <!channel>", ""},
		{verbatim("@here #pr"), "@here #pr", ""},
		{loose("@here #pr #nirgends"), "@here #pr #nirgends", "broadcast channel"},
		{quiet("*x* <@U1> @here &lt;b&gt;"), "*x* <@U1> @here <b>", ""},
		{rich(object{"type": "text", "text": "*x* <!here> &amp;", "style": object{"bold": true}}), "*x* <!here> &amp;", ""},
		{rich(object{"type": "broadcast", "range": "here"}, object{"type": "text", "text": " "}, object{"type": "user", "user_id": w.jan}), "@here @jan", "broadcast mention"},
		{rich(object{"type": "link", "url": "https://e.de", "text": "hier"}, object{"type": "link", "url": "https://e.de"}), "hierhttps://e.de", "link"},
		{rich(object{"type": "emoji", "name": "+1"}), "👍", ""},
	} {
		a := w.call("chat.postMessage", object{"channel": w.room, "text": "t", "blocks": []object{c.block}})
		if !a.OK {
			t.Errorf("%v: %s %v", c.block, a.Error, a.Metadata.Messages)
			continue
		}
		all := w.Shown(w.room, w.jan)
		seen := all[len(all)-1]
		var kinds []string
		for _, x := range seen.Active {
			kinds = append(kinds, string(x.Kind))
		}
		if got := strings.Join(kinds, " "); seen.Text != c.text || got != c.active {
			t.Errorf("%v is shown as %q with %v active, want %q with %q", c.block, seen.Text, seen.Active, c.text, c.active)
		}
	}
}

func TestTopLevelText(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	for i, c := range []struct {
		args   object
		text   string
		notice string
		active int
	}{
		{object{"text": "*fett* @here"}, "fett @here", "fett @here", 1},
		{object{"text": "*fett* @here", "mrkdwn": false}, "*fett* @here", "*fett* @here", 0},
		{object{"text": "@here", "link_names": true}, "@here", "@here", 1},
		{object{"text": "*x* <!channel>", "blocks": []object{{"type": "header", "text": plain("Titel")}}}, "Titel", "x @channel", 1},
		{object{"blocks": []object{{"type": "header", "text": plain("Titel")}, {"type": "context", "elements": []object{mrkdwn("a"), mrkdwn("b")}}}}, "Titel\na b", "Titel\na b", 0},
	} {
		c.args["channel"] = w.room
		if a := w.call("chat.postMessage", c.args); !a.OK {
			t.Fatal(a.Error)
		}
		seen := w.Shown(w.room, w.jan)[i]
		if seen.Text != c.text || seen.Notification != c.notice || len(seen.Active) != c.active {
			t.Errorf("%v is shown as %q, on a lock screen as %q, with %v", c.args, seen.Text, seen.Notification, seen.Active)
		}
	}
}

func TestAWholeCard(t *testing.T) {
	w := newTown(t, slacktest.Config{})
	a := w.call("chat.postMessage", object{"channel": w.room, "text": "kurz", "icon_url": "https://e.de/m.png", "username": "Mara", "unfurl_links": false, "blocks": []object{
		{"type": "header", "text": plain("Thema")},
		{"type": "section", "text": plain("Text"), "fields": []object{plain("Feld")}, "accessory": button(object{"action_id": "read", "value": "V-1"})},
		{"type": "rich_text", "elements": []object{
			{"type": "rich_text_quote", "elements": []object{{"type": "text", "text": "Zitat\nzwei"}}},
			{"type": "rich_text_list", "style": "ordered", "elements": []object{{"type": "rich_text_section", "elements": []object{{"type": "text", "text": "Punkt"}}}}},
		}},
		{"type": "divider"},
		{"type": "table", "rows": [][]object{{{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}}}},
		actions(button(object{"text": plain("Los"), "style": "primary", "confirm": object{"title": plain("t"), "text": plain("Sicher?"), "confirm": plain("j"), "deny": plain("n")}})),
	}})
	if !a.OK {
		t.Fatal(a.Error, a.Metadata.Messages)
	}
	seen := w.Shown(w.room, w.jan)[0]
	if want := "Thema\nText\nFeld\nZitat\nzwei\n1. Punkt\na | b"; seen.Text != want {
		t.Errorf("text = %q, want %q", seen.Text, want)
	}
	if b := seen.Buttons; len(b) != 2 || b[0].ActionID != "read" || b[0].Value != "V-1" || b[1].Label != "Los" || b[1].Style != "primary" || b[1].Confirm != "Sicher?" {
		t.Errorf("buttons = %+v", seen.Buttons)
	}
	if seen.Author != "Mara" || !seen.Override || seen.Icon != "https://e.de/m.png" || !seen.Ours || seen.By != "" || seen.Unfurl["unfurl_links"] != false || len(seen.Active) > 0 {
		t.Errorf("seen = %+v", seen)
	}
}

func TestAnotherProcess(t *testing.T) {
	w := newTown(t, slacktest.Config{NoRetries: true})
	far := slacktest.Remote{URL: w.URL}
	var act slacktest.Act
	if err := far.Do(t.Context(), &act, "Say", slacktest.Speech{By: w.ines, Channel: w.room, Text: "von fern"}); err != nil || act.TS == "" {
		t.Fatalf("say = %+v, %v", act, err)
	}
	var shown []slacktest.Seen
	if err := far.Do(t.Context(), &shown, "Shown", w.room, w.jan); err != nil || len(shown) != 1 || shown[0].Text != "von fern" {
		t.Errorf("shown = %+v, %v", shown, err)
	}
	if err := far.Do(t.Context(), nil, "Fault", slacktest.Fault{Method: "auth.test", Status: 500}); err != nil {
		t.Error(err)
	}
	if _, err := w.api.AuthTest(); err == nil {
		t.Error("the fault that was ordered did not hit")
	}
	for _, c := range []struct {
		method string
		args   []any
	}{{"Shout", nil}, {"Shown", []any{1}}, {"Shown", []any{1, 2}}} {
		if err := far.Do(t.Context(), nil, c.method, c.args...); err == nil {
			t.Errorf("%s(%v) was carried out", c.method, c.args)
		}
	}
}
