package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"standleitung/bot"
	"standleitung/bot/say"
)

func TestReadEmoji(t *testing.T) {
	for text, want := range map[string]string{
		"👍": "👍", "👍🏽": "👍", "❤️": "❤️", "❤": "❤", "1️⃣": "1️⃣", "#️⃣": "#️⃣", "🇩🇪": "🇩🇪", "👩‍👩‍👧": "👩‍👩‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿": "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
		"ℹ️": "ℹ️", "‼️": "‼️", "™️": "™️", "↔️": "↔️", "〰️": "〰️", "👩🏿‍🚀": "👩‍🚀", ":+1:": ":+1:", ":größe_1-b:": ":größe_1-b:",
		"": "", "a": "", "1": "", "<b>": "", "*": "", "👍a": "", "👍 ": "", "👍\n": "", "\u200d": "", "\ufe0f": "", "🏽": "", "ä": "", "你": "", "\u202e👍": "",
		":": "", "::": "", ":a b:": "", ":<b>:": "", ":a": "", "a:": "", ":a:b:": "", "👍\xff": "", ":\x1f:": "", "👍\x1f": "",
		strings.Repeat("👍", 17): "", ":" + strings.Repeat("a", 63) + ":": "", ":" + strings.Repeat("a", 62) + ":": ":" + strings.Repeat("a", 62) + ":",
	} {
		got, ok := bot.ReadEmoji(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is read as %q, %v; want %q", text, got, ok, want)
		}
	}
}

// TestMostEmoji has people put more different emoji on a message than it can have.
func TestMostEmoji(t *testing.T) {
	l := newLeak(t)
	l.room("mara", "#sales", "Etwas")
	id := fmt.Sprint(l.turn)
	for i := range 60 {
		l.react("jan", "#sales", id, fmt.Sprintf(":e%02d:", i))
	}
	l.react("kim", "#sales", id, ":e49:") // one that is there already counts for as many people as there are
	l.deliver()
	l.timers()
	l.deliver()
	text := ""
	for _, d := range l.sent {
		if d.Place.ID == "#pr" && d.Place.Thread != "" {
			text = d.Card.Text
		}
	}
	if n := strings.Count(text, ":e"); n != 50 || !strings.Contains(text, ":e49:\u00a02") || strings.Contains(text, ":e50:") {
		t.Errorf("%d emoji are told: %s", n, text)
	}
}

// TestChangesInTheDirectConversation finds that a platform which tells of them is not asked to tell again.
func TestChangesInTheDirectConversation(t *testing.T) {
	l := newLeak(t)
	for _, kind := range []bot.MessageKind{bot.Edited, bot.Deleted, bot.Reacted} {
		l.receive(bot.Message{Kind: kind, Text: "leitungen", Reaction: "👍", At: time.Now(), From: bot.Identity{ID: "mara"}, Place: bot.Place{ID: "mara", Direct: true}})
	}
	if l.deliver(); len(l.sent) != 0 {
		t.Errorf("the bot answered: %+v", l.sent)
	}
}

// TestShortcutLabels finds them short enough for every platform's menu: Slack takes 24 characters.
func TestShortcutLabels(t *testing.T) {
	names := strings.Join(bot.CommandNames(), " ")
	for _, s := range bot.Shortcuts() {
		for _, label := range []string{s.Label.In(say.Voice{Language: say.German}), s.Label.In(say.Voice{Language: say.English})} {
			if n := len([]rune(label)); n == 0 || n > 24 {
				t.Errorf("%s is labelled %q: %d characters", s.Do, label, n)
			}
		}
		if !strings.Contains(names, s.Do) {
			t.Errorf("there is no command %s", s.Do)
		}
	}
}
