package teamstest_test

import (
	"net/http"
	"strings"
	"testing"

	"standleitung/adapters/teams/teamstest"
)

// TestActivityRules posts one activity each and says what Teams answers and what is a breach.
func TestActivityRules(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	mention := func(label, id string) []any {
		return []any{object{"type": "mention", "text": label, "mentioned": object{"id": id, "name": "Ines Albrecht"}}}
	}
	with := func(key string, v any) object {
		a := text("Hallo")
		a[key] = v
		return a
	}
	for _, c := range []struct {
		activity object
		status   int
		breach   string
	}{
		{text("Hallo"), 201, ""},
		{object{"type": "message"}, 400, ""},
		{object{"type": "message", "text": "  "}, 400, ""},
		{object{"type": "event", "text": "x"}, 400, ""},
		{with("textFormat", "html"), 400, ""},
		{with("textFormat", "plain"), 201, ""},
		{with("suggestedActions", object{}), 201, "suggestedActions is empty"},
		{with("timestamp", "0001-01-01T00:00:00Z"), 201, "timestamp is empty"},
		{with("summary", ""), 201, "summary is empty"},
		{with("entities", []any{}), 201, "entities is empty"},
		{with("recipient", nil), 201, "recipient is empty"},
		{with("channelData", object{"notification": object{}}), 201, "channelData.notification is empty"},
		{with("channelData", object{"notification": object{"alert": "yes"}}), 201, "notification.alert"},
		{with("relatesTo", object{"id": "x"}), 201, "no field of an activity"},
		{with("from", object{"id": "28:other"}), 201, "from"},
		{with("conversation", object{"id": "19:other"}), 201, "the path for"},
		{with("replyToId", "1"), 201, "replyToId"},
		{with("attachmentLayout", "grid"), 201, "attachmentLayout"},
		{with("attachments", "x"), 400, ""},
		{with("attachments", []any{object{"contentType": "text/x", "content": "x"}}), 400, ""},
		{with("entities", mention("<at>Ines</at>", w.ines.ID)), 400, ""},
		{object{"type": "message", "text": "<at>Ines</at> hallo", "entities": mention("<at>Ines</at>", w.ines.ID)}, 201, ""},
		{object{"type": "message", "text": "<at>Ines</at> hallo", "entities": mention("<at>Ines</at>", "29:nobody")}, 400, ""},
		{object{"type": "message", "text": "Ines hallo", "entities": mention("Ines", w.ines.ID)}, 400, ""},
		{text("<at>Ines</at> hallo"), 201, "no entity goes with it"},
		{with("suggestedActions", object{"actions": []any{object{"type": "imBack", "title": "a", "value": "a"}}}), 201, "direct conversations only"},
		{object{"type": "message", "textFormat": "xml", "text": "a <b>b</b><br/>c &lt; &amp; d"}, 201, ""},
		{object{"type": "message", "textFormat": "xml", "text": "a < b"}, 201, "< that is not escaped"},
		{object{"type": "message", "textFormat": "xml", "text": "a & b"}, 201, "& that is not escaped"},
		{object{"type": "message", "textFormat": "xml", "text": "<b>a"}, 201, "has no end"},
		{object{"type": "message", "textFormat": "xml", "text": "<font>a</font>"}, 201, "does not show <font>"},
		{object{"type": "message", "text": "x", "attachments": withCard(card([]any{block("y")}))["attachments"]}, 202, "split into two"},
	} {
		a := w.bot.call(http.MethodPost, c.activity, "conversations", w.room, "activities")
		if a.status != c.status {
			t.Errorf("%v: answered %d %v, want %d", c.activity, a.status, a.body, c.status)
		}
		w.breaches(c.activity, c.breach)
	}
}

// breaches checks that something was a breach, or none was when the text is empty.
func (w *town) breaches(what any, breach string) {
	w.Helper()
	got := w.Forgive()
	if breach == "" && len(got) > 0 {
		w.Errorf("%v: breaches %v", what, got)
	}
	if breach == "" {
		return
	}
	for _, b := range got {
		if strings.Contains(b.String(), breach) {
			return
		}
	}
	w.Errorf("%v: breaches %v, want one that says %q", what, got, breach)
}

// TestCardRules posts one card each.
func TestCardRules(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	input := func(id string, more ...any) object {
		o := object{"type": "Input.Text", "id": id, "label": "Text"}
		for i := 0; i+1 < len(more); i += 2 {
			o[more[i].(string)] = more[i+1]
		}
		return o
	}
	changed := func(key string, v any) object {
		c := card([]any{block("x")})
		c[key] = v
		if v == nil {
			delete(c, key)
		}
		return c
	}
	choice := func(value any) object {
		return object{"type": "Input.ChoiceSet", "id": "c", "label": "Wahl", "value": value, "choices": []any{object{"title": "A", "value": "a"}}}
	}
	submit := object{"type": "Action.Submit", "title": "Los"}
	for _, c := range []struct {
		card   object
		status int
		breach string
	}{
		{card([]any{block("x")}, submit, execute("Gut", "go", object{"a": 1})), 201, ""},
		{changed("version", nil), 400, ""},
		{changed("version", "1.6"), 201, "up to 1.5"},
		{changed("fallbackText", nil), 201, "no fallbackText"},
		{changed("type", "Card"), 400, ""},
		{changed("boddy", "x"), 201, `no field "boddy"`},
		{card([]any{}), 400, ""},
		{card([]any{object{"type": "TextBlok", "text": "x"}}), 400, ""},
		{card([]any{object{"type": "TextBlock"}}), 400, ""},
		{card([]any{object{"type": "TextBlock", "text": "x", "wrapp": true}}), 201, `no field "wrapp"`},
		{card([]any{object{"type": "TextBlock", "text": "x", "size": "huge"}}), 201, "size of TextBlock"},
		{card([]any{object{"type": "TextBlock", "text": "x", "style": "positive"}}), 201, "style of TextBlock"},
		{card([]any{object{"type": "TextBlock", "text": strings.Repeat("lang ", 20)}}), 201, "without wrap"},
		{card([]any{input("a"), input("a")}), 400, ""},
		{card([]any{object{"type": "Input.Text", "label": "Text"}}), 400, ""},
		{card([]any{object{"type": "Input.Text", "id": "a"}}), 201, "no label"},
		{card([]any{input("a", "isRequired", true)}), 201, "no errorMessage"},
		{card([]any{input("a", "maxLength", 2, "value", "abc")}), 201, "more than its maxLength"},
		{card([]any{choice("a")}), 201, ""},
		{card([]any{choice("b")}), 201, "none of its choices"},
		{card([]any{input("a")}, execute("Los", "go", object{"a": "b"})), 201, "the input wins"},
		{card([]any{block("x")}, object{"type": "Action.Execute", "title": "Los"}), 400, ""},
		{card([]any{block("x")}, execute("Los", "go", []any{1})), 400, ""},
		{card([]any{block("x")}, execute("", "go", nil)), 201, "data of Action.Execute is null"},
		{card([]any{block("x")}, object{"type": "Action.Submit"}), 201, "without a title"},
		{card([]any{block("x")}, object{"type": "Action.Http", "title": "x"}), 400, ""},
		{card([]any{block("x")}, object{"type": "Action.OpenUrl", "title": "x", "url": "javascript:alert(1)"}), 201, "opens"},
		{card([]any{block("x")}, submit, submit, submit, submit, submit, submit, submit), 201, "Teams shows 6"},
		{card([]any{block("x")}, object{"type": "Action.ToggleVisibility", "title": "x", "targetElements": []any{"y"}}), 201, "is nowhere"},
		{card([]any{block("<at>Ines</at>")}), 201, "no entity goes with it"},
		{card([]any{object{"type": "Container", "items": []any{input("a"), object{"type": "ColumnSet", "columns": []any{object{"type": "Column", "items": []any{input("a")}}}}}}}), 400, ""},
		{card([]any{object{"type": "RichTextBlock", "inlines": []any{object{"type": "TextRun", "text": "x", "bold": true}}}}), 201, `no field "bold"`},
		{card([]any{object{"type": "Image", "url": "https://example.com/a.png"}}), 201, "altText"},
		{changed("refresh", object{"action": object{"type": "Action.Submit"}}), 400, ""},
	} {
		a := w.bot.call(http.MethodPost, withCard(c.card), "conversations", w.room, "activities")
		if a.status != c.status {
			t.Errorf("%v: answered %d %v, want %d", c.card, a.status, a.body, c.status)
		}
		w.breaches(c.card, c.breach)
	}
	mentioned := card([]any{block("<at>Ines</at>, bitte")})
	mentioned["msteams"] = object{"entities": []any{object{"type": "mention", "text": "<at>Ines</at>", "mentioned": object{"id": w.ines.ID, "name": "Ines"}}}}
	id := w.bot.post(w.room, withCard(mentioned))
	for _, s := range w.Shown(w.room, w.jan.ID) {
		if s.ID == id && (s.Text != "Ines, bitte" || len(s.Active) != 1 || s.Active[0].Kind != teamstest.Mention) {
			t.Errorf("shown %+v", s)
		}
	}
}
