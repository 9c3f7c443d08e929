package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"standleitung/adapters/slack"
	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// length counts as Slack's clients do.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// limits checks blocks against Slack's documented limits (docs.slack.dev/reference/block-kit) and returns the faults.
func limits(t interface{ Fatalf(string, ...any) }, blocks any) (faults []string) {
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatalf("marshal blocks: %v", err)
	}
	var list []map[string]any
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatalf("unmarshal blocks: %v", err)
	}
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	text := func(where string, o any, most int) {
		s, _ := o.(map[string]any)["text"].(string)
		if s == "" || length(s) > most {
			fault("%s has %d characters, want 1 to %d", where, length(s), most)
		}
		if !utf8.ValidString(s) || strings.HasSuffix(s, "&") || strings.HasSuffix(s, "&am") {
			fault("%s is cut inside a character", where)
		}
	}
	if len(list) == 0 || len(list) > 50 {
		fault("%d blocks, want 1 to 50", len(list))
	}
	sum := 0
	for _, b := range list {
		switch b["type"] {
		case "section":
			text("section", b["text"], 3000)
			if a, ok := b["accessory"].(map[string]any); ok {
				button(a, text, fault)
			}
		case "context":
			for _, e := range b["elements"].([]any) {
				text("context", e, 3000)
			}
		case "actions":
			elements := b["elements"].([]any)
			if len(elements) == 0 || len(elements) > 25 {
				fault("%d buttons, want 1 to 25", len(elements))
			}
			seen := map[any]bool{}
			for _, e := range elements {
				button(e.(map[string]any), text, fault)
				if id := e.(map[string]any)["action_id"]; seen[id] {
					fault("two buttons are called %v", id)
				} else {
					seen[id] = true
				}
			}
		case "rich_text":
			n := rich(b["elements"].([]any), fault)
			if n > 3000 {
				fault("rich_text of %d characters", n)
			}
			sum += n
		case "input":
			text("label", b["label"], 2000)
			if h, ok := b["hint"]; ok {
				text("hint", h, 2000)
			}
			e := b["element"].(map[string]any)
			value, _ := e["initial_value"].(string)
			if most, ok := e["max_length"].(float64); ok && (most < 1 || most > 3000 || length(value) > int(most)) {
				fault("input of %d characters in %v", length(value), most)
			}
			if options, ok := e["options"].([]any); ok && (len(options) == 0 || len(options) > 100) {
				fault("%d options", len(options))
			}
		default:
			fault("block of type %v", b["type"])
		}
	}
	if sum > 13_200 {
		fault("the blocks have %d characters", sum)
	}
	return faults
}

func button(b map[string]any, text func(string, any, int), fault func(string, ...any)) {
	text("button", b["text"], 75)
	if v, _ := b["value"].(string); length(v) > 2000 {
		fault("a value of %d characters", length(v))
	}
}

// rich counts the characters of rich text and refuses empty elements.
func rich(list []any, fault func(string, ...any)) (n int) {
	if len(list) == 0 {
		fault("an empty element")
	}
	for _, e := range list {
		o := e.(map[string]any)
		if inner, ok := o["elements"].([]any); ok {
			n += rich(inner, fault)
			continue
		}
		s, _ := o["text"].(string)
		if s == "" && o["type"] == "text" {
			fault("an empty text")
		}
		n += length(s)
		if u, _ := o["url"].(string); s == "" {
			n += length(u)
		} else if length(u) > 3000 {
			fault("an address of %d characters", length(u))
		}
	}
	return n
}

// anyText draws short and long texts, of characters that become longer when they are escaped too.
func anyText(t *rapid.T, name string) string {
	unit := rapid.StringOfN(rapid.RuneFrom([]rune("a ä&<>*_\n😀'\"\t`")), 0, 30, -1).Draw(t, name)
	return strings.Repeat(unit, rapid.SampledFrom([]int{0, 1, 1, 1, 3, 120, 500}).Draw(t, name+" times"))
}

func anyCard(t *rapid.T) bot.Card {
	c := bot.Card{
		Title: anyText(t, "title"), Meta: anyText(t, "meta"), Quote: anyText(t, "quote"), Text: anyText(t, "text"),
		Note: anyText(t, "note"), Preview: anyText(t, "preview"), Marks: []string{anyText(t, "mark")},
	}
	for i := range rapid.IntRange(0, 60).Draw(t, "items") {
		item := bot.Item{Ref: fmt.Sprint("T-", i), Text: anyText(t, "item"), Meta: anyText(t, "item meta")}
		if i%2 == 0 {
			item.Button = &bot.Button{Label: anyText(t, "label"), Do: "show T-1"}
		}
		c.Items = append(c.Items, item)
	}
	for range rapid.IntRange(0, 60).Draw(t, "buttons") {
		c.Buttons = append(c.Buttons, bot.Button{Label: anyText(t, "button"), Do: "x", Primary: true})
	}
	for range rapid.IntRange(0, 5).Draw(t, "facts") {
		c.Facts = append(c.Facts, bot.Fact{Label: anyText(t, "fact"), Value: anyText(t, "value")})
	}
	return c
}

func TestAnyCardIsWithinTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCard(t)
		for _, m := range slack.RenderCard(&c, say.Voice{}, rapid.Bool().Draw(t, "unsure")) {
			text, blocks := m.Parts()
			if text == "" || length(text) > 4000 {
				t.Fatalf("the text has %d characters", length(text))
			}
			if raw, _ := json.Marshal(blocks); string(raw) == "null" {
				continue // a card that says nothing
			}
			if faults := limits(t, blocks); len(faults) > 0 {
				t.Fatalf("%v", faults)
			}
		}
	})
}

func TestAnyCopyIsWithinTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText(t, "body")
		c := &bot.Copy{Author: bot.Author{Name: "Mara"}, Body: markup.ParseMarkdown(text, nil), Quote: anyText(t, "quote"), Written: time.Unix(1, 0)}
		for _, m := range slack.RenderCopy(c, say.Voice{}, slack.Parcel{}, false) {
			text, blocks := m.Parts()
			if faults := limits(t, blocks); len(faults) > 0 || length(text) > 4000 {
				t.Fatalf("%d characters, %v", length(text), faults)
			}
		}
	})
}

func TestAnyFormIsWithinTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &bot.Form{Do: "x", Title: anyText(t, "title"), Text: anyText(t, "text"), Submit: anyText(t, "submit"), Cancel: anyText(t, "cancel")}
		for i := range rapid.IntRange(0, 20).Draw(t, "fields") {
			field := bot.Field{
				Name: fmt.Sprint("f", i), Label: anyText(t, "label"), Hint: anyText(t, "hint"), Value: anyText(t, "value"),
				Kind: rapid.SampledFrom([]bot.FieldKind{bot.FieldLine, bot.FieldText, bot.FieldChoice, bot.FieldDate}).Draw(t, "kind"),
				Max:  rapid.SampledFrom([]int{0, 10, 5000}).Draw(t, "max"),
			}
			for n := range rapid.IntRange(0, 3).Draw(t, "options") {
				field.Options = append(field.Options, bot.Option{Value: fmt.Sprint("o", n), Label: anyText(t, "option")})
			}
			f.Fields = append(f.Fields, field)
		}
		v := slack.View(f, slack.FormState{Channel: "C1"})
		for _, title := range []string{v.Title.Text, v.Submit.Text, v.Close.Text} {
			if title == "" || length(title) > 24 {
				t.Fatalf("title of %d characters", length(title))
			}
		}
		if n := len(v.Blocks.BlockSet); n == 0 || n > 100 || len(v.PrivateMetadata) > 3000 {
			t.Fatalf("%d blocks", n)
		}
		for _, b := range v.Blocks.BlockSet {
			if faults := limits(t, []any{b}); len(faults) > 0 {
				t.Fatalf("%v", faults)
			}
		}
	})
}

// Nothing of what people write gets into the line that a lock screen shows, and nothing in it is active.
func TestPreviewOfACard(t *testing.T) {
	c := &bot.Card{Title: "Titel", Quote: "Zitat", Text: "Text", Preview: "Eine <Freigabe> wartet"}
	text, _ := slack.RenderCard(c, say.Voice{}, false)[0].Parts()
	if text != "Eine &lt;Freigabe&gt; wartet" {
		t.Errorf("text = %q", text)
	}
}

func TestCopyText(t *testing.T) {
	c := &bot.Copy{Body: markup.ParseMarkdown("**fett** <!channel> & [hier](https://example.com)", nil)}
	text, _ := slack.RenderCopy(c, say.Voice{}, slack.Parcel{}, false)[0].Parts()
	if want := "fett &lt;!channel&gt; &amp; hier (https://example.com)"; text != want {
		t.Errorf("text = %q, want %q", text, want)
	}
}
