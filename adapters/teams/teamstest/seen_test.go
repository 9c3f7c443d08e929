package teamstest_test

import (
	"fmt"
	"strings"
	"testing"

	"standleitung/adapters/teams/teamstest"
)

// TestReading: what is posted, what can be read, and what acts in it.
func TestReading(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	say := func(format, text string) object {
		return object{"type": "message", "textFormat": format, "text": text}
	}
	blocks := func(all ...string) object {
		var body []any
		for _, t := range all {
			body = append(body, block(t))
		}
		return withCard(card(body))
	}
	for _, c := range []struct {
		activity object
		text     string
		active   string
	}{
		{say("plain", "*a* <b>b</b> [c](https://d) &amp;\nneu"), "*a* <b>b</b> [c](https://d) &amp;\nneu", ""},
		{text("eins\nzwei\n\ndrei"), "eins zwei\ndrei", ""},
		{text("eins  \nzwei\\\ndrei"), "eins\nzwei\ndrei", ""},
		{text("**a** _b_ ~~c~~ `d` e_f_g 3 * 4 * 5"), "a b c d e_f_g 3 * 4 * 5", "format ** format _ format ~~ format code"},
		{text(`\*a\* \_b\_ \[c\](x) \# &lt;b&gt; &amp;amp; \\n`), "*a* _b_ [c](x) # <b> &amp; \\n", ""},
		{text("# Titel\n\n> Zitat\n\n- Punkt\n- Punkt\n\n1. eins"), "Titel\nZitat\nPunkt\nPunkt\neins", "format heading format quote format list format list format list"},
		{text("[hier](https://a.example) [https://a.example](https://a.example) https://a_b_c.example/*x*"), "hier https://a.example https://a_b_c.example/*x*", "link https://a.example"},
		{text("![Bild](https://a.example/a.png) <b>fett</b><br>neu"), "Bild fett\nneu", "picture https://a.example/a.png format b"},
		{text("<at>Ines</at> ohne Absicht"), "Ines ohne Absicht", "format at"},
		{say("xml", "a <b>b</b><br/>c &lt;d&gt; &amp;amp;\n e"), "a b\nc <d> &amp; e", "format b"},
		{say("xml", `<p>eins</p><p>&nbsp;</p><p>zwei &nbsp;drei</p><a href="https://a.example">hier</a>`), "eins\n\nzwei  drei\nhier", "link https://a.example"},
		{blocks("eins\nzwei", "**fett** {{DATE(2026-01-01T00:00:00Z)}}"), "eins zwei\nfett {{DATE(2026-01-01T00:00:00Z)}}", "date {{DATE(2026-01-01T00:00:00Z)}} format **"},
		{blocks("<b>fett</b> &lt;at&gt;Ines&lt;/at&gt;"), "<b>fett</b> <at>Ines</at>", ""},
		{blocks("eins\n\n&nbsp;\n\nzwei"), "eins\n\nzwei", ""},
		{withCard(card([]any{
			object{"type": "RichTextBlock", "inlines": []any{"*a* ", object{"type": "TextRun", "text": "<b>\nneu", "weight": "bolder"}}},
			object{"type": "FactSet", "facts": []any{object{"title": "Für", "value": "Bewerber"}}},
			object{"type": "ColumnSet", "columns": []any{object{"type": "Column", "items": []any{block("links")}}, object{"type": "Column", "items": []any{block("rechts")}}}},
			object{"type": "Container", "isVisible": false, "items": []any{block("unsichtbar")}},
			object{"type": "Image", "url": "https://a.example/a.png", "altText": "Ein Bild"},
			object{"type": "Table", "columns": []any{object{"width": 1}}, "rows": []any{object{"type": "TableRow", "cells": []any{
				object{"type": "TableCell", "items": []any{block("A")}}, object{"type": "TableCell", "items": []any{block("B")}},
			}}}},
		})), "*a* <b>\nneu\nFür Bewerber\nlinks rechts\nEin Bild\nA | B", ""},
	} {
		id := w.bot.post(w.room, c.activity)
		all := w.Shown(w.room, w.ines.ID)
		got := all[len(all)-1]
		if got.ID != id || got.Text != c.text {
			t.Errorf("%v\nis read as %q\nwant       %q", c.activity, got.Text, c.text)
		}
		var active []string
		for _, a := range got.Active {
			active = append(active, string(a.Kind)+" "+a.What)
		}
		if acts := strings.Join(active, " "); acts != c.active {
			t.Errorf("%v: active %q, want %q", c.activity, acts, c.active)
		}
		w.Forgive() // what is not escaped is a breach here and there; rules_test.go says where
	}
}

// TestTypedTexts: what people type is read as typed, whatever it looks like.
func TestTypedTexts(t *testing.T) {
	for _, old := range []bool{false, true} {
		w := newTown(t, teamstest.Config{OldMarkup: old})
		for _, text := range []string{
			"Zeile eins\nZeile zwei\n\nnach einer leeren", "*Sterne* _Striche_ ~Wellen~ `Code` > Zitat # Titel",
			"<b>fett</b> &amp; & \" ' </div><script>window.hit=1</script>", "Größe ß – „Gänse“ 你好 👩‍👩‍👧 e\u0301",
			"[Text](https://example.com) https://example.com/a_b*c?d=1&e=2", "{ref} {{x}} %s ${HOME} \\n", "zwei  Leerzeichen   drei", "<at>Ines</at>",
		} {
			act := w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: text})
			all := w.Shown(w.room, w.jan.ID)
			if got := all[len(all)-1]; got.ID != act.ID || got.Text != text || len(got.Active) > 0 {
				t.Errorf("%q is read as %q, active %v", text, got.Text, got.Active)
			}
		}
		bare := w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: "<b>roh</b>", Bare: true, Mentions: []string{w.BotID()}})
		got := w.bot.heard()
		if a := got[len(got)-1]; a["id"] != bare.ID || a["text"] != "<at>Standleitung</at> <b>roh</b>" || a["attachments"] != nil {
			t.Errorf("without HTML: %v", a)
		}
		w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, HTML: `<p><strong>fett</strong> <img alt="👍" src="https://statics.example/yes.png"></p><ul><li>eins</li></ul>`})
		if a := w.one(); a["text"] != "fett 👍\neins" {
			t.Errorf("formatted: text = %q", a["text"])
		}
	}
}

// FuzzReading: whatever is posted can be looked at.
func FuzzReading(f *testing.F) {
	for _, s := range []string{"**a** [b](c) <d>", "\\", "*", "[", "<at>", "![](", "- - -\n***\n> #", "&#x;&amp", "`", "a  \n\\\nb", "<a href='x'>", "\xff<", "{{DATE()}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := newTown(t, teamstest.Config{})
		for _, format := range []string{"plain", "markdown", "xml"} {
			w.bot.call("POST", object{"type": "message", "textFormat": format, "text": s}, "conversations", w.room, "activities")
		}
		w.bot.call("POST", withCard(card([]any{block(s + ".")})), "conversations", w.room, "activities")
		w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, Text: s})
		w.Say(teamstest.Speech{By: w.ines.ID, At: w.room, HTML: s + "."})
		if all := w.Shown(w.room, w.jan.ID); len(all) < 3 {
			t.Errorf("%d messages are shown", len(all))
		}
		w.Forgive()
	})
}

func TestNotifications(t *testing.T) {
	w := newTown(t, teamstest.Config{})
	quiet := object{"type": "message", "text": "Der ganze Text", "summary": "Eine Freigabe wartet", "channelData": object{"notification": object{"alert": true}}}
	bare := withCard(card([]any{block("Geheim")}))
	delete(bare, "summary")
	for _, c := range []struct {
		activity object
		want     string
	}{{quiet, "Eine Freigabe wartet"}, {text("Offen"), "Offen"}, {bare, "Geheim"}, {withCard(card([]any{block("Geheim")})), "Eine Karte"}} {
		w.bot.post(w.room, c.activity)
		all := w.Shown(w.room, w.ines.ID)
		if got := all[len(all)-1]; got.Notification != c.want || got.Alert != (c.want == "Eine Freigabe wartet") {
			t.Errorf("%v notifies %q, alert %v; want %q", c.activity, got.Notification, got.Alert, c.want)
		}
	}
	if a := w.Shown(w.room, w.ines.ID)[3]; fmt.Sprint(a.Card["type"]) != "AdaptiveCard" {
		t.Errorf("card = %v", a.Card)
	}
}
