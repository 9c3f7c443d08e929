package slack_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"standleitung/adapters/slack"
	"standleitung/adapters/slack/slacktest"
	"standleitung/bot"
	"standleitung/bot/say"
)

type manifest struct {
	Features struct {
		Shortcuts []struct{ Name, Type, CallbackID, Description string }
		Commands  []struct {
			Command, URL, Description string
		} `yaml:"slash_commands"`
	}
	OAuth struct {
		Scopes struct{ Bot []string }
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			URL  string   `yaml:"request_url"`
			List []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		Socket bool `yaml:"socket_mode_enabled"`
	}
}

func TestManifest(t *testing.T) {
	for _, url := range []string{"", "https://bot.example.com"} {
		text := slack.Manifest(slack.ManifestConfig{URL: url, Language: say.English, Slashes: bot.Slashes(), Shortcuts: bot.Shortcuts()})
		var m manifest
		if err := yaml.Unmarshal([]byte(text), &m); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if m.Settings.Socket != (url == "") || strings.Contains(text, "/slack/events") != (url != "") {
			t.Errorf("with URL %q Socket Mode is %v:\n%s", url, m.Settings.Socket, text)
		}
		if len(m.Features.Shortcuts) < 2 || len(m.Features.Shortcuts) > 10 || len(m.Features.Commands) < 2 || len(m.Features.Commands) > 50 {
			t.Errorf("%d shortcuts and %d commands", len(m.Features.Shortcuts), len(m.Features.Commands))
		}
		for _, c := range m.Features.Commands {
			if (c.URL == "") != (url == "") || !strings.Contains(c.Description, " / ") || len(c.Command) > 32 {
				t.Errorf("command %+v", c)
			}
		}
		for _, s := range m.Features.Shortcuts {
			if len([]rune(s.Name)) > 24 {
				t.Errorf("shortcut %q is too long", s.Name)
			}
		}
		for _, s := range m.OAuth.Scopes.Bot {
			if !slices.Contains(slacktest.DefaultScopes(), s) {
				t.Errorf("scope %q is unknown", s)
			}
		}
		for _, e := range m.Settings.Events.List {
			if !slices.Contains(slacktest.DefaultEvents(), e) {
				t.Errorf("event %q is unknown", e)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	check := func(h *house, rooms ...string) (string, bool) {
		t.Helper()
		fake := h.Config()
		var out bytes.Buffer
		fine, err := slack.Check(t.Context(), slack.Config{
			BotToken: fake.BotToken, AppToken: fake.AppToken, APIURL: h.APIURL(), Rooms: rooms, Now: time.Now,
		}, &out)
		if err != nil {
			t.Fatal(err)
		}
		return out.String(), fine
	}
	h := newHouse(t, overSockets)
	if text, fine := check(h, h.rooms[0].ID, h.rooms[1].ID); !fine || strings.Contains(text, "MISSING") {
		t.Errorf("all is well, but:\n%s", text)
	}
	other := h.AddChannel(slacktest.Channel{Name: "draußen"})
	gone := h.AddChannel(slacktest.Channel{Name: "früher", Members: []string{slacktest.BotUser}, Archived: true})
	h.Grant(slacktest.DefaultScopes()[1:]...)
	text, fine := check(h, other.ID, gone.ID, "C0NOWHERE1")
	for _, want := range []string{"app_mentions:read", other.ID + " (#draußen): not_in_channel", "is_archived", "C0NOWHERE1: channel_not_found"} {
		if !strings.Contains(text, want) || fine {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	h.Revoke("token_revoked")
	if text, fine := check(h); fine || !strings.Contains(text, "install the app again") {
		t.Errorf("the token was revoked, but:\n%s", text)
	}
}
