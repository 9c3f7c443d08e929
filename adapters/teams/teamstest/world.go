package teamstest

import (
	"slices"
	"strings"
	"time"
)

// User is somebody with an account.
type User struct {
	ID       string // 29:…, as the bot knows them; made up when empty
	ObjectID string // in Microsoft Entra
	Name     string
	Email    string
	Tenant   string // empty for the bot's
	Guest    bool
	Locale   string // de-DE when empty
	// Blocked is set when they blocked the bot in the direct conversation.
	Blocked bool
}

// Kind is the kind of a conversation.
type Kind string

// The kinds.
const (
	Personal  Kind = "personal"
	GroupChat Kind = "groupChat"
	Channel   Kind = "channel"
)

// Conversation is a place where people talk.
type Conversation struct {
	ID      string // made up when empty
	Name    string
	Kind    Kind     // empty for Channel
	Team    string   // of a channel, the id of its team, which is that of its General channel; empty for the usual team
	Tenant  string   // empty for the bot's
	Members []string // ids of people
	// Absent is set where the app is not installed.
	Absent bool
	// Unconsented is set where the app has no resource-specific consent: there it hears only what mentions it, and Microsoft Graph
	// shows nothing.
	Unconsented bool
	// Locked is set where moderation lets nobody but owners post.
	Locked bool
}

// Team is a team of people.
type Team struct{ ID, Name, GroupID string }

// conversation is one with what was said in it.
type conversation struct {
	Conversation
	messages []*message      // by id
	purged   map[string]bool // messages that a retention policy removed
}

func (c *conversation) member(user string) bool { return slices.Contains(c.Members, user) }

// find returns the message with an id, deleted or not; nil for none.
func (c *conversation) find(id string) *message {
	for _, m := range c.messages {
		if m.id == id {
			return m
		}
	}
	return nil
}

// message is what was said.
type message struct {
	id, by  string // by is empty for the bot
	root    string // the post that its thread hangs on, its own id for a post; empty in chats
	post    object // the activity as the bot sent it; nil for people
	text    string // what people wrote, as text and as HTML
	html    string
	raw     []mentioned
	files   []*file
	inline  bool // the files are pictures in the text
	edited  bool
	deleted bool
	created time.Time
	changed time.Time
	// As Microsoft Graph tells them; zero for never. touchedAt is when a reaction or the end of a deletion changed it.
	editedAt, deletedAt, touchedAt time.Time

	reactions []*reaction
	views     map[string]object // cards that some see instead of the one that was posted
}

func (m *message) ours() bool { return m.post != nil }

type reaction struct {
	kind  string
	users []string
}

// mentioned is who is mentioned in what somebody wrote.
type mentioned struct{ id, name string }

type file struct {
	id, name, mime string
	bytes          []byte
	until          time.Time // when the download address ends
	gone           bool
}

// world is everything there is.
type world struct {
	users  []*User
	teams  []*Team
	all    []*conversation
	files  []*file
	opened []*dialog
	region string // the first part of the path of the service URL
}

func newWorld(string) world {
	return world{region: "emea", teams: []*Team{{ID: "19:general@thread.tacv2", Name: "Nordpumpe", GroupID: guid()}}}
}

// AddUser adds somebody and returns them with their ids.
func (s *Server) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	fill := func(p *string, value string) {
		if *p == "" {
			*p = value
		}
	}
	fill(&u.ID, "29:1"+random()+random())
	fill(&u.ObjectID, guid())
	fill(&u.Tenant, s.config.Tenant)
	fill(&u.Locale, "de-DE")
	fill(&u.Email, strings.ToLower(strings.ReplaceAll(u.Name, " ", "."))+"@nordpumpe.example")
	s.users = append(s.users, &u)
	return u
}

// AddTeam adds a team with its General channel and returns it with its id. The bot is not told.
func (s *Server) AddTeam(t Team) Team {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.ID == "" {
		t.ID = "19:" + random() + "@thread.tacv2"
	}
	if t.GroupID == "" {
		t.GroupID = guid()
	}
	s.teams = append(s.teams, &t)
	return t
}

// AddConversation adds a conversation and returns it with its id. The bot is not told.
func (s *Server) AddConversation(c Conversation) Conversation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addConversation(c).Conversation
}

func (s *Server) addConversation(c Conversation) *conversation {
	if c.Kind == "" {
		c.Kind = Channel
	}
	if c.ID == "" {
		c.ID = map[Kind]string{
			Channel: "19:" + random() + "@thread.tacv2", GroupChat: "19:" + random() + "@thread.v2", Personal: "a:1" + random() + random(),
		}[c.Kind]
	}
	if c.Kind == Channel && c.Team == "" {
		c.Team = s.teams[0].ID
	}
	if c.Tenant == "" {
		c.Tenant = s.config.Tenant
	}
	c.Members = slices.Clone(c.Members)
	conv := &conversation{Conversation: c}
	s.all = append(s.all, conv)
	return conv
}

// user finds somebody by their id or their object id; nil for nobody. The lock is held, as in all of these.
func (s *Server) user(id string) *User {
	for _, u := range s.users {
		if id != "" && (u.ID == id || u.ObjectID == id) {
			return u
		}
	}
	return nil
}

func (s *Server) team(id string) *Team {
	for _, t := range s.teams {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// threaded takes an id apart: the conversation, and the post of a thread.
func threaded(id string) (base, root string) {
	base, root, _ = strings.Cut(id, ";messageid=")
	return base, root
}

// Thread is the id of the thread below a post of a channel.
func Thread(conversation, post string) string { return conversation + ";messageid=" + post }

// conversation finds one by its id, that of a thread included; nil for none.
func (s *Server) conversation(id string) *conversation {
	base, _ := threaded(id)
	for _, c := range s.all {
		if c.ID == base {
			return c
		}
	}
	return nil
}

// direct finds or opens the direct conversation of somebody.
func (s *Server) direct(user string) *conversation {
	for _, c := range s.all {
		if c.Kind == Personal && c.member(user) {
			return c
		}
	}
	c := Conversation{Kind: Personal, Members: []string{user}}
	if u := s.user(user); u != nil {
		c.Tenant = u.Tenant
	}
	return s.addConversation(c)
}

// Direct is the id of the direct conversation of somebody and the bot.
func (s *Server) Direct(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.direct(user).ID
}

// reachable says whether the bot may open the direct conversation of somebody: the app is installed for them or where they are.
func (s *Server) reachable(user string) bool {
	for _, c := range s.all {
		if c.member(user) && !c.Absent {
			return true
		}
	}
	return false
}

// SetLocked sets whether moderation lets only owners post in a conversation.
func (s *Server) SetLocked(conversation string, locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.conversation(conversation); c != nil {
		c.Locked = locked
	}
}

// SetBlocked sets whether somebody blocks the bot.
func (s *Server) SetBlocked(user string, blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.user(user); u != nil {
		u.Blocked = blocked
	}
}

// Purge removes a post with its thread for good, as a retention policy does. Nobody is told.
func (s *Server) Purge(conversation, post string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversation(conversation)
	if c == nil {
		return
	}
	if c.purged == nil {
		c.purged = map[string]bool{}
	}
	c.messages = slices.DeleteFunc(c.messages, func(m *message) bool {
		c.purged[m.id] = c.purged[m.id] || m.root == post
		return m.root == post
	})
}

// MoveRegion has the tenant served by another region: activities carry its service URL from now on, the one before refuses.
func (s *Server) MoveRegion(region string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.region = region
}

// ServiceURL is the base of the connector, with the slash at the end that Microsoft's has.
func (s *Server) ServiceURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.service()
}

func (s *Server) service() string { return s.URL + "/" + s.region + "/" }

// memberObject is somebody as the connector describes them.
func (s *Server) memberObject(u *User) object {
	given, last, _ := strings.Cut(u.Name, " ")
	role := "user"
	if u.Guest {
		role = "guest"
	}
	return object{
		"id": u.ID, "name": u.Name, "aadObjectId": u.ObjectID, "objectId": u.ObjectID, "givenName": given, "surname": last, "email": u.Email,
		"userPrincipalName": u.Email, "tenantId": u.Tenant, "userRole": role,
	}
}
