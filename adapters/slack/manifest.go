package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"standleitung/bot"
	"standleitung/bot/say"
)

// Scope is a permission of the bot token and what it is for.
type Scope struct{ Name, Why string }

// Scopes are the permissions that the app asks for: no more than it uses.
func Scopes() []Scope {
	return []Scope{
		{"app_mentions:read", "to hear when somebody mentions the bot"},
		{"channels:history", "to read the public channels that it was invited to, also after an outage"},
		{"channels:read", "to tell whether it is in the rooms of the configuration"},
		{"chat:write", "to post, change and delete its own messages"},
		{"chat:write.customize", "to show who wrote a message in another room"},
		{"commands", "slash commands and shortcuts"},
		{"files:read", "to carry files into the other rooms"},
		{"files:write", "to carry files from the other rooms"},
		{"groups:history", "as channels:history, for private channels that it was invited to"},
		{"groups:read", "as channels:read, for private channels"},
		{"im:history", "to read what people write to the bot directly"},
		{"im:write", "to write to people directly"},
		{"reactions:read", "to carry reactions over, and to take a light bulb for an idea"},
		{"reactions:write", "to show on a message that it waits, and that it has arrived"},
		{"users:read", "names, languages and time zones, and who is a guest"},
		{"users:read.email", "to know the same person on Slack and Teams"},
	}
}

// events are what the app subscribes to.
func events() []string {
	return []string{
		"app_home_opened", "app_mention", "app_uninstalled", "member_joined_channel", "member_left_channel", "message.channels",
		"message.groups", "message.im", "reaction_added", "reaction_removed", "tokens_revoked", "user_change",
	}
}

// ManifestConfig is what an app's manifest needs to know.
type ManifestConfig struct {
	// URL is where Slack reaches the program, without a slash at the end; empty for Socket Mode.
	URL string
	// Language is that of names and descriptions that come in one language; descriptions of commands come in both.
	Language  say.Language
	Slashes   []bot.Slash
	Shortcuts []bot.Shortcut
}

// Limits of a manifest: github.com/slackapi/manifest-schema 2.0.0.
const (
	maxShortcutName = 24
	maxShortcutText = 150
	maxSlashText    = 2000
	maxUsageHint    = 1000
)

// Manifest writes the app's manifest as YAML, ready to be pasted.
func Manifest(c ManifestConfig) string {
	w := &yamlWriter{}
	v := say.Voice{Language: c.Language}
	w.line(0, "# The manifest of Standleitung for Slack: api.slack.com/apps > Create New App > From a manifest.")
	w.line(0, "_metadata:")
	w.line(1, "major_version: 2")
	w.line(1, "minor_version: 1")
	w.line(0, "display_information:")
	w.text(1, "name", "Standleitung")
	w.text(1, "description", say.T("Die Leitung zwischen allen, die für das Unternehmen sprechen", "The line between all who speak for the company").In(v))
	w.text(1, "background_color", "#1d3557")
	w.line(0, "features:")
	w.line(1, "app_home:")
	w.line(2, "home_tab_enabled: true")
	w.line(2, "messages_tab_enabled: true")
	w.line(2, "messages_tab_read_only_enabled: false")
	w.line(1, "bot_user:")
	w.text(2, "display_name", "standleitung")
	w.line(2, "always_online: true")
	w.shortcuts(c.Shortcuts, v)
	w.slashes(c)
	w.line(0, "oauth_config:")
	w.line(1, "scopes:")
	w.line(2, "bot:")
	for _, s := range Scopes() {
		w.line(3, "- %s # %s", s.Name, s.Why)
	}
	w.line(0, "settings:")
	w.line(1, "event_subscriptions:")
	w.address(2, "request_url", c.URL, "/slack/events")
	w.line(2, "bot_events:")
	for _, e := range events() {
		w.line(3, "- %s", e)
	}
	w.line(1, "interactivity:")
	w.line(2, "is_enabled: true")
	w.address(2, "request_url", c.URL, "/slack/actions")
	w.line(1, "org_deploy_enabled: false")
	w.line(1, "socket_mode_enabled: %v", c.URL == "")
	w.line(1, "token_rotation_enabled: false")
	return w.String()
}

type yamlWriter struct{ strings.Builder }

func (w *yamlWriter) line(depth int, format string, args ...any) {
	w.WriteString(strings.Repeat("  ", depth) + fmt.Sprintf(format, args...) + "\n")
}

// text writes a text: JSON's form of it is YAML's too.
func (w *yamlWriter) text(depth int, key, value string) {
	quoted, err := json.Marshal(value)
	if err != nil {
		quoted = []byte(`""`) // a text: it cannot be
	}
	w.line(depth, "%s: %s", key, quoted)
}

// address writes where Slack calls, in HTTP mode only.
func (w *yamlWriter) address(depth int, key, url, path string) {
	if url != "" {
		w.text(depth, key, url+path)
	}
}

func (w *yamlWriter) shortcuts(list []bot.Shortcut, v say.Voice) {
	w.line(1, "shortcuts:")
	w.line(2, "- type: global")
	w.text(3, "name", say.T("Thema vorschlagen", "Suggest a topic").In(v))
	w.text(3, "callback_id", "topic.suggest")
	w.text(3, "description", say.T("Eine Idee für etwas, das wir sagen könnten", "An idea for something that we could say").In(v))
	for _, s := range list {
		label := s.Label.In(v)
		w.line(2, "- type: message")
		w.text(3, "name", cut(label, maxShortcutName))
		w.text(3, "callback_id", s.Do)
		w.text(3, "description", cut(say.T("Mit dieser Nachricht: {what}", "With this message: {what}").In(v, "what", label), maxShortcutText))
	}
}

// slashes writes the commands with what they do, in both languages.
func (w *yamlWriter) slashes(c ManifestConfig) {
	w.line(1, "slash_commands:")
	main := bot.Slash{Command: mainCommand, Help: say.T("Alles, was Standleitung kann", "Everything that Standleitung can do")}
	for _, s := range slices.Concat([]bot.Slash{main}, c.Slashes) {
		help, english := s.Help.In(say.Voice{}), s.Help.In(say.Voice{Language: say.English})
		hint := s.Hint(say.Voice{Language: c.Language})
		if s.Command == mainCommand {
			hint = say.T("hilfe", "help").In(say.Voice{Language: c.Language})
		}
		w.line(2, "- command: %s", s.Command)
		w.address(3, "url", c.URL, "/slack/commands")
		w.text(3, "description", cut(help+" / "+english, maxSlashText))
		if hint != "" {
			w.text(3, "usage_hint", cut(hint, maxUsageHint))
		}
		w.line(3, "should_escape: true")
	}
}
