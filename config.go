package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// Config is the whole configuration, checked. Its sections are kept in the order of the file.
type Config struct {
	Language     say.Language
	Address      say.Address
	Zone         *time.Location
	Holidays     *when.Calendar // nil knows weekends only
	Listen       string         // host:port
	PublicURL    string         // where people reach it; empty for the address that it listens on
	Organisation []string       // mail domains of the company's own people, in lower case
	Store        StoreConfig
	Web          WebConfig
	Slack        *SlackConfig // nil when there is no Slack
	Teams        *TeamsConfig // nil when there is no Teams
	Rooms        []Room
	Lines        []Line
	People       []Person
	Roles        []RoleGrant
	Briefing     *Briefing
	Reminders    *Reminders
	Templates    []Template
	Channels     []string
	Goals        []string
	Audiences    []string
	Slots        *Slots
	Retention    Retention

	// Example marks the built-in example, whose store is not for real use.
	Example bool
}

// StoreConfig says where everything is kept.
type StoreConfig struct {
	// URL is bbolt:FILE or postgres://…; a secret, because it may hold a password.
	URL Secret
	// Socket is the path of the admin socket; empty for beside the store.
	Socket string
}

// WebConfig configures the built-in chat.
type WebConfig struct {
	Chat bool
}

// SlackConfig configures Slack.
type SlackConfig struct {
	BotToken      Secret
	AppToken      Secret // present: Socket Mode
	SigningSecret Secret // HTTP mode
	APIURL        string
}

// TeamsConfig configures Microsoft Teams.
type TeamsConfig struct {
	AppID        string
	AppPassword  Secret
	TenantID     string
	TokenTenant  string // empty: TenantID
	LoginURL     string
	OpenIDURL    string
	ServiceURL   string
	GraphURL     string        // where histories are read; gets a token of its own
	GraphLag     time.Duration // how long that may take to show a message
	ServiceHosts []string      // only these ever get a token of the bot
	InsecureDev  bool          // no authentication; loopback only
}

// Room is a room of the house: a name for a place on one platform.
type Room struct {
	Name, Party       string
	Slack, Teams, Web string // the platform's id; one of them is set
}

// Line joins rooms.
type Line struct {
	Name  string
	Rooms []string
	Mode  string // "mirror" or "forward"
	Guard bool
}

// Person is somebody who is known before they come.
type Person struct {
	Name         string // the key in the file
	FullName     string
	Email        string
	Slack, Teams string
	Roles        []string
	Language     say.Language // empty for the company's
	Address      say.Address  // empty for the company's
	Zone         *time.Location
}

// RoleGrant gives a role to people and to everybody in a room.
type RoleGrant struct {
	Name   string
	Rooms  []string
	People []string
}

// Briefing says when the daily briefing is sent, and to whom.
type Briefing struct {
	At when.Clock
	To []string // roles or people
}

// Reminders says when milestones remind.
type Reminders struct {
	Before int // working days before
	At     when.Clock
	Budget int // the most reminders of one milestone
}

// Template is the milestones of a format.
type Template struct {
	Format     string
	Milestones []Offset
}

// Offset is a milestone of a template, in working days relative to publication.
type Offset struct {
	Name string
	Days int
}

// Slots is the room kept free for the spontaneous.
type Slots struct {
	PerWeek int
}

// Retention says how long what people wrote is kept; zero is for ever.
type Retention struct {
	Messages time.Duration // texts that crossed a line, and the questions about them
	Cards    time.Duration // living cards
}

// Rows: which keys there are, and where their values go.

func (c *Config) rows() []row {
	return []row{
		value("language", &c.Language, parseLanguage),
		value("address", &c.Address, parseAddress),
		value("timezone", &c.Zone, parseZone),
		value("holidays", &c.Holidays, parseHolidays),
		value("listen", &c.Listen, parseListen),
		value("public_url", &c.PublicURL, parseURL),
		oneOrMore("organisation", &c.Organisation, parseDomain),
		section("store", &c.Store, (*StoreConfig).rows),
		section("web", &c.Web, (*WebConfig).rows),
		optional("slack", &c.Slack, (*SlackConfig).rows),
		optional("teams", &c.Teams, (*TeamsConfig).rows),
		named("rooms", &c.Rooms, keys((*Room).rows)),
		named("lines", &c.Lines, keys((*Line).rows)),
		named("people", &c.People, keys((*Person).rows)),
		named("roles", &c.Roles, keys((*RoleGrant).rows)),
		optional("briefing", &c.Briefing, (*Briefing).rows),
		optional("reminders", &c.Reminders, (*Reminders).rows),
		named("templates", &c.Templates, readTemplate),
		list("channels", &c.Channels, parseName),
		list("goals", &c.Goals, parseName),
		list("audiences", &c.Audiences, parseName),
		optional("slots", &c.Slots, (*Slots).rows),
		section("retention", &c.Retention, (*Retention).rows),
	}
}

func (c *StoreConfig) rows() []row {
	return append(secret("url", &c.URL), value("socket", &c.Socket, parseFile))
}

func (c *WebConfig) rows() []row { return []row{value("chat", &c.Chat, parseBool)} }

func (c *SlackConfig) rows() []row {
	c.APIURL = "https://slack.com/api/"
	return slices.Concat(
		secret("bot_token", &c.BotToken),
		secret("app_token", &c.AppToken),
		secret("signing_secret", &c.SigningSecret),
		[]row{value("api_url", &c.APIURL, parseURL)},
	)
}

func (c *TeamsConfig) rows() []row {
	c.LoginURL = "https://login.microsoftonline.com"
	c.OpenIDURL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
	c.ServiceURL = "https://smba.trafficmanager.net/teams"
	c.GraphURL, c.GraphLag = "https://graph.microsoft.com", time.Minute
	c.ServiceHosts = []string{"smba.trafficmanager.net", "*.botframework.com"}
	return append(secret("app_password", &c.AppPassword),
		value("app_id", &c.AppID, parseWord),
		value("tenant_id", &c.TenantID, parseWord),
		value("token_tenant", &c.TokenTenant, parseWord),
		value("login_url", &c.LoginURL, parseURL),
		value("openid_url", &c.OpenIDURL, parseURL),
		value("service_url", &c.ServiceURL, parseURL),
		value("graph_url", &c.GraphURL, parseURL),
		value("graph_lag", &c.GraphLag, parseLag),
		list("service_hosts", &c.ServiceHosts, parseServiceHost),
		value("insecure_dev", &c.InsecureDev, parseBool),
	)
}

func (c *Room) rows(name string) []row {
	c.Name = name
	return []row{
		value("party", &c.Party, parseName),
		value("slack", &c.Slack, parseSlackID),
		value("teams", &c.Teams, parseWord),
		value("web", &c.Web, parseWebID),
	}
}

func (c *Line) rows(name string) []row {
	c.Name, c.Mode, c.Guard = name, "mirror", true
	return []row{
		list("rooms", &c.Rooms, parseName),
		value("mode", &c.Mode, parseMode),
		value("guard", &c.Guard, parseBool),
	}
}

func (c *Person) rows(name string) []row {
	c.Name, c.FullName = name, name
	return []row{
		value("name", &c.FullName, parseText),
		value("email", &c.Email, parseMail),
		value("slack", &c.Slack, parseSlackID),
		value("teams", &c.Teams, parseWord),
		list("roles", &c.Roles, parseName),
		value("language", &c.Language, parseLanguage),
		value("address", &c.Address, parseAddress),
		value("timezone", &c.Zone, parseZone),
	}
}

func (c *RoleGrant) rows(name string) []row {
	c.Name = name
	return []row{
		list("rooms", &c.Rooms, parseName),
		list("people", &c.People, parseName),
	}
}

func (c *Briefing) rows() []row {
	c.At = 7*60 + 30
	return []row{
		value("at", &c.At, parseClock),
		list("to", &c.To, parseName),
	}
}

func (c *Reminders) rows() []row {
	c.Before, c.At, c.Budget = 2, 9*60, 3
	return []row{
		value("before", &c.Before, parseNumber(0, 60)),
		value("at", &c.At, parseClock),
		value("budget", &c.Budget, parseNumber(0, 3)),
	}
}

func (c *Slots) rows() []row { return []row{value("per_week", &c.PerWeek, parseNumber(0, 100))} }

func (c *Retention) rows() []row {
	return []row{
		value("messages", &c.Messages, parseAge),
		value("cards", &c.Cards, parseAge),
	}
}

func readTemplate(r *reader, n ast.Node, format string, t *Template) {
	t.Format = format
	named("", &t.Milestones, func(r *reader, n ast.Node, name string, o *Offset) {
		o.Name = name
		readValue(r, n, &o.Days, parseNumber(-400, 400))
	}).read(r, n)
}

// LoadConfig reads and checks a file. The error is [Faults] when the file can be read.
func LoadConfig(file string, lookup func(string) (string, bool)) (*Config, error) {
	data, err := readFile(file)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return ParseConfig(file, data, lookup)
}

// ParseConfig checks the text of a configuration; file is its name in messages, lookup reads the environment. The
// error is [Faults]: all there are, in the order of their lines.
func ParseConfig(file string, data []byte, lookup func(string) (string, bool)) (*Config, error) {
	return parseConfig(file, data, lookup, func(Fault) bool { return true })
}

// LoadStoreConfig is [LoadConfig] for a command that needs nothing but the store: it passes over faults in slack and teams,
// whose secrets such a command need not have. What these sections hold is not to be used then.
func LoadStoreConfig(file string, lookup func(string) (string, bool)) (*Config, error) {
	data, err := readFile(file)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parseConfig(file, data, lookup, func(f Fault) bool {
		section, _, _ := strings.Cut(f.Key, ".")
		return section != "slack" && section != "teams"
	})
}

// parseConfig checks a configuration; of the faults those count that matter.
func parseConfig(file string, data []byte, lookup func(string) (string, bool), matters func(Fault) bool) (*Config, error) {
	r := &reader{file: file, lookup: lookup, marks: map[any]mark{}}
	c := r.config(data)
	faults := slices.DeleteFunc(r.faults, func(f Fault) bool { return !matters(f) })
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
		return nil, faults
	}
	return c, nil
}

func (r *reader) config(data []byte) *Config {
	c := &Config{
		Language: say.German,
		Address:  say.Sie,
		Listen:   "127.0.0.1:8080",
		Store:    StoreConfig{URL: NewSecret("bbolt:standleitung.db")},
		// A year and a bit, and half a year.
		Retention: Retention{Messages: 400 * day, Cards: 180 * day},
	}
	c.Zone, _ = parseZone("Europe/Berlin") // its table is part of the program
	top := r.parse(data)
	if top == nil {
		return c
	}
	r.section(top, c, c.rows())
	if !r.has(&c.Web.Chat) {
		c.Web.Chat = c.Slack == nil && c.Teams == nil && c.hasWebRoom()
	}
	c.check(r)
	return c
}
