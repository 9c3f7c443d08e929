package slacktest

import (
	"fmt"
	"slices"
	"strings"
)

// object is anything in JSON.
type object = map[string]any

// User is somebody of the workspace, or of one that shares channels with it.
type User struct {
	ID       string // made up when empty
	Name     string // the handle
	RealName string
	Email    string
	TZ       string // IANA; empty for Europe/Berlin
	Locale   string // IETF, such as "de-DE"; empty for that
	Team     string // empty for the workspace; OtherTeam for somebody who is here through Slack Connect
	Guest    bool   // a multi-channel guest: is_restricted
	Lone     bool   // a single-channel guest: is_ultra_restricted, and is_restricted too
	Bot      bool   // another app's bot user
	Deleted  bool   // deactivated
}

// Kind is what sort of conversation a channel is.
type Kind string

// The kinds of conversation, as conversations.list calls them.
const (
	Public  Kind = "public_channel"
	Private Kind = "private_channel"
	Direct  Kind = "im"
	Group   Kind = "mpim"
)

// Channel is a conversation.
type Channel struct {
	ID       string // made up when empty
	Name     string
	Kind     Kind     // empty for Public
	Members  []string // ids of people; the app's bot user is a member only if it stands here
	Archived bool
	Shared   bool // with OtherTeam, through Slack Connect
}

// channel is a conversation with what was said in it.
type channel struct {
	Channel
	messages []*message // by ts
	previous []string   // former names
	hidden   string     // what is older is hidden by the limit of a free plan; empty for nothing
}

func (c *channel) member(user string) bool { return slices.Contains(c.Members, user) }

// find returns the message with a ts, or nil.
func (c *channel) find(ts string) *message {
	if ts < c.hidden {
		return nil
	}
	for _, m := range c.messages {
		if m.ts == ts && m.only == "" {
			return m
		}
	}
	return nil
}

// replies are the messages in the thread of a ts, without the parent.
func (c *channel) replies(ts string) []*message {
	var all []*message
	for _, m := range c.messages {
		if m.thread == ts && m.ts != ts && m.only == "" {
			all = append(all, m)
		}
	}
	return all
}

// message is what was said.
type message struct {
	ts, user    string
	app         bool   // our app wrote it
	bot         string // the bot id of the app that wrote it; empty for people
	username    string // an override of the author's name
	icon        object // an override of the author's picture
	text        string
	plain       bool // mrkdwn: false
	linkNames   bool // link_names or parse: full
	blocks      []any
	attachments []any
	thread      string
	broadcast   bool
	subtype     string
	edited      object
	files       []*file
	reactions   []*reaction
	metadata    object
	only        string // an ephemeral message: the one who sees it
	tombstone   bool   // deleted, with replies below
	unfurl      object // unfurl_links and unfurl_media as they were given
	client      string // client_msg_id
	team        string
}

type reaction struct {
	name  string
	users []string
}

type file struct {
	id, name, title, mime, user string
	bytes                       []byte
	size                        int
	ticket                      string
	uploaded, completed, gone   bool
	hidden                      bool // of another workspace: only a stub travels
	channels                    []string
	shares                      map[string][]string // channel to ts
}

// world is everything there is in the workspace.
type world struct {
	users     []*User
	channels  []*channel
	files     []*file
	views     []*view // modals, oldest first
	homes     map[string]*view
	triggers  map[string]*trigger
	responses map[string]*responseURL
	revoked   string // the error of every token; empty while they work
}

func newWorld() world {
	w := world{homes: map[string]*view{}, triggers: map[string]*trigger{}, responses: map[string]*responseURL{}}
	w.users = []*User{{ID: BotUser, Name: BotName, RealName: "Standleitung", Team: TeamID, Bot: true}}
	return w
}

// AddUser adds somebody and returns them with their id.
func (s *Server) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ID == "" {
		u.ID = s.id("U")
	}
	if u.Team == "" {
		u.Team = TeamID
	}
	if u.TZ == "" {
		u.TZ = "Europe/Berlin"
	}
	if u.Locale == "" {
		u.Locale = "de-DE"
	}
	if u.Name == "" {
		u.Name = strings.ToLower(u.ID)
	}
	s.users = append(s.users, &u)
	return u
}

// AddChannel adds a conversation and returns it with its id. No event is sent.
func (s *Server) AddChannel(c Channel) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Kind == "" {
		c.Kind = Public
	}
	if c.ID == "" {
		c.ID = s.id(map[Kind]string{Public: "C", Private: "C", Direct: "D", Group: "G"}[c.Kind])
	}
	c.Members = slices.Clone(c.Members)
	s.channels = append(s.channels, &channel{Channel: c})
	return c
}

func (w *world) user(id string) *User {
	for _, u := range w.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

// channel finds a conversation by id; nil for none.
func (w *world) channel(id string) *channel {
	for _, c := range w.channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (w *world) file(id string) *file {
	for _, f := range w.files {
		if f.id == id {
			return f
		}
	}
	return nil
}

// direct finds or opens the conversation between the app and a person; the lock is held. It says whether it was there.
func (s *Server) direct(user string) (*channel, bool) {
	for _, c := range s.channels {
		if c.Kind == Direct && c.member(user) {
			return c, true
		}
	}
	c := &channel{Channel: Channel{ID: s.id("D"), Kind: Direct, Members: []string{user, BotUser}}}
	s.channels = append(s.channels, c)
	return c, false
}

// Direct is the id of the direct conversation of a person and the app.
func (s *Server) Direct(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, _ := s.direct(user)
	return c.ID
}

// userObject is a user as users.info shows it.
func (s *Server) userObject(u *User, locale bool) object {
	profile := object{"real_name": u.RealName, "real_name_normalized": u.RealName, "display_name": u.Name, "display_name_normalized": u.Name, "team": u.Team}
	o := object{
		"id": u.ID, "team_id": u.Team, "name": u.Name, "deleted": u.Deleted, "is_bot": u.Bot, "is_app_user": false, "updated": s.now().Unix(),
		"profile": profile,
	}
	if u.Deleted { // Slack leaves out what no longer matters
		return o
	}
	if s.scoped("users:read.email") && !u.Bot {
		profile["email"] = u.Email
	}
	o["real_name"], o["tz"], o["tz_label"], o["tz_offset"] = u.RealName, u.TZ, u.TZ, 3600
	o["is_admin"], o["is_owner"], o["is_primary_owner"] = false, false, false
	o["is_restricted"], o["is_ultra_restricted"] = u.Guest || u.Lone, u.Lone
	if u.Team != TeamID {
		o["is_stranger"] = false
	}
	if locale {
		o["locale"] = u.Locale
	}
	return o
}

// channelObject is a conversation as conversations.info shows it to the app.
func (s *Server) channelObject(c *channel) object {
	o := object{
		"id": c.ID, "created": 1700000000, "is_archived": c.Archived, "is_im": c.Kind == Direct, "is_mpim": c.Kind == Group,
		"is_org_shared": false, "context_team_id": TeamID, "updated": s.now().UnixMilli(),
	}
	if c.Kind == Direct {
		for _, m := range c.Members {
			if m != BotUser {
				o["user"] = m
			}
		}
		o["is_user_deleted"], o["priority"] = s.user(fmt.Sprint(o["user"])).Deleted, 0
		return o
	}
	o["name"], o["name_normalized"] = c.Name, c.Name
	o["is_channel"], o["is_group"] = c.Kind == Public, c.Kind == Private
	o["is_private"], o["is_general"] = c.Kind != Public, false
	o["is_member"], o["creator"] = c.member(BotUser), ""
	o["is_shared"], o["is_ext_shared"], o["is_pending_ext_shared"] = c.Shared, c.Shared, false
	o["previous_names"] = append([]string{}, c.previous...)
	o["topic"] = object{"value": "", "creator": "", "last_set": 0}
	o["purpose"] = object{"value": "", "creator": "", "last_set": 0}
	o["shared_team_ids"] = []string{TeamID}
	if c.Shared {
		o["shared_team_ids"] = []string{TeamID, OtherTeam}
	}
	return o
}

// messageObject is a message as history and events show it, without its channel.
func (s *Server) messageObject(m *message) object {
	o := object{"type": "message", "ts": m.ts, "text": m.text}
	put := func(key string, value string) {
		if value != "" {
			o[key] = value
		}
	}
	if m.tombstone {
		o["subtype"], o["hidden"], o["user"] = "tombstone", true, "USLACKBOT"
		put("thread_ts", m.thread)
		return o
	}
	put("user", m.user)
	put("team", m.team)
	if m.team != "" && m.team != TeamID { // from another workspace, through Slack Connect
		put("user_team", m.team)
		put("source_team", m.team)
	}
	put("subtype", m.subtype)
	put("client_msg_id", m.client)
	put("bot_id", m.bot)
	put("username", m.username)
	if m.app {
		o["app_id"] = AppID
		o["bot_profile"] = object{"id": BotID, "app_id": AppID, "user_id": BotUser, "name": BotName, "deleted": false, "team_id": TeamID}
	}
	if m.icon != nil {
		o["icons"] = m.icon
	}
	if m.blocks != nil {
		o["blocks"] = m.blocks
	}
	if m.attachments != nil {
		o["attachments"] = m.attachments
	}
	if m.edited != nil {
		o["edited"] = m.edited
	}
	put("thread_ts", m.thread)
	if len(m.files) > 0 {
		var all []any
		for _, f := range m.files {
			all = append(all, s.fileObject(f))
		}
		o["files"], o["upload"] = all, false
	}
	if len(m.reactions) > 0 {
		o["reactions"] = reactionsObject(m)
	}
	return o
}

func reactionsObject(m *message) []any {
	all := []any{}
	for _, r := range m.reactions {
		all = append(all, object{"name": r.name, "users": slices.Clone(r.users), "count": len(r.users)})
	}
	return all
}

// insert puts a message where its ts belongs.
func (c *channel) insert(m *message) {
	i := len(c.messages)
	for i > 0 && c.messages[i-1].ts > m.ts {
		i--
	}
	c.messages = slices.Insert(c.messages, i, m)
}
