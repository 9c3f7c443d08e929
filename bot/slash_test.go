package bot_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"standleitung/bot"
	"standleitung/bot/say"
)

// builtIn are Slack's own commands, which no app can have: slack.com/help/articles/201259356.
var builtIn = []string{
	"/active", "/apps", "/archive", "/away", "/call", "/collapse", "/dm", "/dnd", "/expand", "/feed", "/help", "/huddle", "/invite",
	"/invite_people", "/join", "/kick", "/leave", "/me", "/msg", "/mute", "/open", "/prefs", "/remind", "/remove", "/rename", "/search", "/shortcuts",
	"/shrug", "/star", "/status", "/topic", "/who",
}

func TestSlashesAreFree(t *testing.T) {
	form := regexp.MustCompile(`^/[a-z]{3,31}$`)
	seen := map[string]bool{"/standleitung": true}
	for _, s := range bot.Slashes() {
		if !form.MatchString(s.Command) || slices.Contains(builtIn, s.Command) || seen[s.Command] {
			t.Errorf("%s is not free, or given twice", s.Command)
		}
		seen[s.Command] = true
		if s.Verb == "" || s.Help.IsZero() {
			t.Errorf("%s has no verb or help", s.Command)
		}
		if hint := s.Hint(say.Voice{Language: say.English}); strings.HasPrefix(hint, "topic") || strings.HasPrefix(hint, "line") {
			t.Errorf("%s has the hint %q, want what stands behind the verb", s.Command, hint)
		}
	}
}

func TestHomeCard(t *testing.T) {
	for _, v := range []say.Voice{{Language: say.German}, {Language: say.English}} {
		c := bot.HomeCard(v)
		if len(c.Buttons) < 5 || c.Text == "" || c.Preview == "" {
			t.Errorf("home = %+v, want a text and buttons", c)
		}
		for _, b := range c.Buttons {
			if b.Label == "" || b.Do == "" {
				t.Errorf("button %+v says or does nothing", b)
			}
		}
	}
}
