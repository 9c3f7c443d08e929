package teams

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"standleitung/bot"
	"standleitung/bot/say"
)

// The manifest's version and its limits: learn.microsoft.com/microsoft-365/extensibility/schema. 1.23 is old enough for every
// tenant; what is used of it is the same in 1.16 to 1.30.
const (
	manifestVersion = "1.23"
	manifestSchema  = "https://developer.microsoft.com/json-schemas/teams/v" + manifestVersion + "/MicrosoftTeams.schema.json"
	// MostCommands is how many commands the menu takes: Teams lists ten, and each is there in both languages.
	MostCommands     = 5
	maxCommandTitle  = 32
	maxCommandText   = 128
	maxShortcutTitle = 32
	maxShortcutText  = 128
	accent           = "#1D3557"
)

// ManifestConfig is what the package of the app depends on.
type ManifestConfig struct {
	// AppID is that of the bot's registration, which names the app, too.
	AppID string
	// URL is where people find out more.
	URL string
	// Language is the one of what is told about the app.
	Language  say.Language
	Shortcuts []bot.Shortcut
	Menu      []bot.MenuEntry
	// Version is the program's; what is no version of the form 1.2.3 becomes 1.0.0.
	Version string
}

// File is a file of the package.
type File struct {
	Name string
	Data []byte
}

type manifest struct {
	Schema          string             `json:"$schema"`
	ManifestVersion string             `json:"manifestVersion"`
	Version         string             `json:"version"`
	ID              string             `json:"id"`
	Developer       map[string]string  `json:"developer"`
	Name            map[string]string  `json:"name"`
	Description     map[string]string  `json:"description"`
	Icons           map[string]string  `json:"icons"`
	AccentColor     string             `json:"accentColor"`
	InstallScope    string             `json:"defaultInstallScope"`
	GroupCapability map[string]string  `json:"defaultGroupCapability"`
	Bots            []manifestBot      `json:"bots"`
	Extensions      []composeExtension `json:"composeExtensions,omitempty"`
	Domains         []string           `json:"validDomains"`
	WebApplication  map[string]string  `json:"webApplicationInfo"`
	Authorization   struct {
		Permissions struct {
			ResourceSpecific []permission `json:"resourceSpecific"`
		} `json:"permissions"`
	} `json:"authorization"`
}

type manifestBot struct {
	BotID            string        `json:"botId"`
	Scopes           []string      `json:"scopes"`
	SupportsFiles    bool          `json:"supportsFiles"`
	NotificationOnly bool          `json:"isNotificationOnly"`
	CommandLists     []commandList `json:"commandLists,omitempty"`
}

type commandList struct {
	Scopes   []string      `json:"scopes"`
	Commands []menuCommand `json:"commands"`
}

type menuCommand struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

type composeExtension struct {
	BotID    string           `json:"botId"`
	Commands []messageCommand `json:"commands"`
}

type messageCommand struct {
	ID          string   `json:"id"`
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Context     []string `json:"context"`
	FetchTask   bool     `json:"fetchTask"`
}

type permission struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Permissions are what the bot asks an owner of a team or a chat for, when it is added there: to read what is said without
// being mentioned, which a line lives on.
func Permissions() []string {
	return []string{"ChannelMessage.Read.Group", "ChatMessage.Read.Chat", "TeamMember.Read.Group", "ChatMember.Read.Chat"}
}

var versionForm = regexp.MustCompile(`^v?(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})$`)

// Package is the app for Teams: its manifest and both icons.
func Package(c ManifestConfig) ([]File, error) {
	m, err := encodeManifest(c)
	if err != nil {
		return nil, err
	}
	color, err := colorIcon()
	if err != nil {
		return nil, fmt.Errorf("draw the icon: %w", err)
	}
	outline, err := outlineIcon()
	if err != nil {
		return nil, fmt.Errorf("draw the outline: %w", err)
	}
	return []File{{"manifest.json", m}, {"color.png", color}, {"outline.png", outline}}, nil
}

func encodeManifest(c ManifestConfig) ([]byte, error) {
	v := say.Voice{Language: c.Language}
	m := manifest{
		Schema: manifestSchema, ManifestVersion: manifestVersion, Version: "1.0.0", ID: c.AppID, AccentColor: accent,
		Developer: map[string]string{"name": "Standleitung", "websiteUrl": secure(c.URL), "privacyUrl": secure(c.URL), "termsOfUseUrl": secure(c.URL)},
		Name:      map[string]string{"short": "Standleitung", "full": say.T("Standleitung – die Leitung der Kommunikation", "Standleitung – the line of communications").In(v)},
		Description: map[string]string{
			"short": say.T("Die Leitung zwischen allen, die für das Unternehmen sprechen", "The line between all who speak for the company").In(v),
			"full": say.T(
				"Standleitung verbindet die Räume von PR, Vertrieb und Social, in Teams und anderswo: Was in einem geschrieben wird, lesen die anderen mit. Themen werden gesammelt und entschieden, Heikles geht erst nach einer Freigabe hinaus.",
				"Standleitung joins the rooms of PR, sales and social, in Teams and elsewhere: what is written in one is read in the others. Topics are collected and decided, and what is sensitive goes out only after a release.").In(v),
		},
		Icons:        map[string]string{"color": "color.png", "outline": "outline.png"},
		InstallScope: "team", GroupCapability: map[string]string{"team": "bot", "groupchat": "bot"},
		Bots:           []manifestBot{{BotID: c.AppID, Scopes: []string{"personal", "team", "groupChat"}, CommandLists: commandLists(c.Menu, v)}},
		Domains:        []string{},
		WebApplication: map[string]string{"id": c.AppID, "resource": "https://RscBasedStoreApp"}, // any address will do, but one is asked for
	}
	if versionForm.MatchString(c.Version) {
		m.Version = strings.TrimPrefix(c.Version, "v")
	}
	if len(c.Shortcuts) > 0 {
		m.Extensions = []composeExtension{{BotID: c.AppID, Commands: messageCommands(c.Shortcuts, v)}}
	}
	for _, name := range Permissions() {
		m.Authorization.Permissions.ResourceSpecific = append(m.Authorization.Permissions.ResourceSpecific, permission{name, "Application"})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return b.Bytes(), err
}

// secure is an address as the schema wants it.
func secure(address string) string {
	if rest, ok := strings.CutPrefix(address, "http://"); ok {
		return "https://" + rest
	}
	return address
}

// commandLists are the menus where people begin to type, the same in all scopes: first in the language of the app, then in
// the other one, since either works.
func commandLists(menu []bot.MenuEntry, v say.Voice) []commandList {
	other := say.Voice{Language: say.English}
	if v.Language == say.English {
		other.Language = say.German
	}
	var commands []menuCommand
	for _, voice := range []say.Voice{v, other} {
		for _, e := range menu[:min(len(menu), MostCommands)] {
			commands = append(commands, menuCommand{fold(e.Verb.In(voice), maxCommandTitle), fold(e.Help.In(voice), maxCommandText)})
		}
	}
	if commands == nil {
		return nil
	}
	return []commandList{{[]string{"personal"}, commands}, {[]string{"team", "groupChat"}, commands}}
}

// messageCommands are the entries in the menu of a message.
func messageCommands(list []bot.Shortcut, v say.Voice) []messageCommand {
	var all []messageCommand
	for _, s := range list {
		label := s.Label.In(v)
		all = append(all, messageCommand{
			ID: s.Do, Type: "action", Title: fold(label, maxShortcutTitle), Context: []string{"message"}, FetchTask: true,
			Description: fold(say.T("Mit dieser Nachricht: {what}", "With this message: {what}").In(v, "what", label), maxShortcutText),
		})
	}
	return all
}
