package main

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"

	"standleitung/adapters/web"
	"standleitung/bot"
)

// check compares sections with each other. Single values were checked when they were read.
func (c *Config) check(r *reader) {
	c.checkStore(r)
	c.checkWeb(r)
	c.checkSlack(r)
	c.checkTeams(r)
	c.checkRooms(r)
	c.checkPeople(r)
	c.checkReferences(r)
}

// Engine is the kind of store.
type Engine string

// The engines.
const (
	Bolt     Engine = "bbolt"
	Postgres Engine = "postgres"
)

// Engine returns the kind of store and where it is: the path of its file, or the whole URL.
func (c StoreConfig) Engine() (Engine, string, error) {
	raw := c.URL.Reveal()
	scheme, rest, _ := strings.Cut(raw, ":")
	switch Engine(scheme) {
	case Bolt:
		if path := strings.TrimPrefix(rest, "//"); path != "" {
			return Bolt, path, nil
		}
		return "", "", errors.New("a file name is missing: write bbolt:standleitung.db")
	case Postgres:
		if u, err := url.Parse(raw); err == nil && u.Host != "" && strings.Trim(u.Path, "/") != "" {
			return Postgres, raw, nil
		}
		return "", "", errors.New("write postgres://user:password@host:5432/database")
	}
	return "", "", errors.New("write bbolt:FILE or postgres://user:password@host:5432/database")
}

func (c *Config) checkStore(r *reader) {
	if _, _, err := c.Store.Engine(); err != nil {
		r.faultOf(&c.Store.URL, &c.Store, "%v", err)
	}
}

func (c *Config) checkWeb(r *reader) {
	if !c.Web.Chat {
		return
	}
	if err := web.CheckListen(c.Listen); err != nil {
		r.faultOf(&c.Listen, c, "%v; or switch the chat off: web: {chat: false}", err)
	}
	if len(c.People) == 0 || !c.hasWebRoom() {
		r.faultOf(&c.Web.Chat, &c.Rooms, "the web chat needs a room with web: NAME and at least one person; or switch it off: web: {chat: false}")
	}
	for i := range c.People {
		if p := &c.People[i]; !webID.MatchString(p.Name) || p.Name == "direct" {
			r.faultOf(p, c, "the web chat takes the key of a person for their address: write it with the letters a to z, digits, - and _")
		}
	}
}

func (c *Config) hasWebRoom() bool {
	return slices.ContainsFunc(c.Rooms, func(room Room) bool { return room.Web != "" })
}

func (c *Config) checkSlack(r *reader) {
	s := c.Slack
	if s == nil || !r.has(s) {
		return
	}
	r.need(&s.BotToken, s, "bot_token", "the token that begins with xoxb-")
	if !r.has(&s.AppToken) && !r.has(&s.SigningSecret) {
		r.faultOf(s, c, "app_token (Socket Mode) or signing_secret (HTTP mode) is missing")
	}
	if strings.HasPrefix(s.BotToken.Reveal(), "xapp-") {
		r.faultOf(&s.BotToken, s, "this is an app token: write the token that begins with xoxb-")
	}
	if strings.HasPrefix(s.AppToken.Reveal(), "xoxb-") {
		r.faultOf(&s.AppToken, s, "this is a bot token: write the token that begins with xapp-")
	}
}

func (c *Config) checkTeams(r *reader) {
	t := c.Teams
	if t == nil || !r.has(t) {
		return
	}
	if t.InsecureDev {
		if !isLoopback(c.Listen) {
			r.faultOf(&t.InsecureDev, t, "without authentication only listen: 127.0.0.1:PORT is allowed")
		}
		return
	}
	r.need(&t.AppID, t, "app_id", "the id of the app's registration")
	r.need(&t.AppPassword, t, "app_password", "the client secret of the app's registration")
	r.need(&t.TenantID, t, "tenant_id", "the id of your tenant")
	if u, err := url.Parse(t.GraphURL); err != nil || strings.Trim(u.Path, "/") != "" || u.Scheme != "https" && !isLoopback(net.JoinHostPort(u.Hostname(), "0")) {
		r.faultOf(&t.GraphURL, t, "write https:// and the host only: a token goes there")
	}
}

// need reports a key that is missing from a section.
func (r *reader) need(target, section any, key, what string) {
	if !r.has(target) {
		r.faultOf(section, section, "%s is missing: %s", key, what)
	}
}

func (c *Config) checkRooms(r *reader) {
	taken := map[string]string{}
	for i := range c.Rooms {
		room := &c.Rooms[i]
		if !r.has(room) {
			continue
		}
		r.need(&room.Party, room, "party", "who speaks here, such as pr, sales or social")
		places := room.places(c)
		var at []platform
		for _, p := range places {
			if !r.has(p.id) {
				continue
			}
			at = append(at, p)
			if p.off != "" {
				r.faultOf(p.id, room, "%s", p.off)
			}
			r.unique(taken, p.name, p.id, room.Name, "room")
		}
		switch {
		case len(at) == 0:
			r.faultOf(room, c, "is nowhere: write one of slack, teams or web with the id of the place")
		case len(at) > 1:
			r.faultOf(at[1].id, room, "a room is on one platform: make it two rooms and join them with a line")
		}
	}
}

// platform is where a room can be.
type platform struct {
	name string
	id   *string
	off  string // why the platform cannot be used here; empty when it can
}

func (room *Room) places(c *Config) []platform {
	all := []platform{{"slack", &room.Slack, ""}, {"teams", &room.Teams, ""}, {"web", &room.Web, ""}}
	if c.Slack == nil {
		all[0].off = "there is no slack section: add one"
	}
	if c.Teams == nil {
		all[1].off = "there is no teams section: add one"
	}
	if !c.Web.Chat {
		all[2].off = "the web chat is off: write web: {chat: true}"
	}
	return all
}

func (c *Config) checkPeople(r *reader) {
	taken := map[string]string{}
	for i := range c.People {
		p := &c.People[i]
		r.unique(taken, "slack", &p.Slack, p.Name, "person")
		r.unique(taken, "teams", &p.Teams, p.Name, "person")
		r.unique(taken, "email", &p.Email, p.Name, "person")
	}
}

// unique reports an id that two owners of one kind have.
func (r *reader) unique(taken map[string]string, platform string, id *string, owner, kind string) {
	if *id == "" {
		return
	}
	key := bot.Compose(platform, strings.ToLower(*id))
	if first, ok := taken[key]; ok {
		r.faultOf(id, nil, "is already the %s %q: each %s has its own", kind, first, kind)
		return
	}
	taken[key] = owner
}

func (c *Config) checkReferences(r *reader) {
	var rooms, people []string
	for _, room := range c.Rooms {
		rooms = append(rooms, room.Name)
	}
	for _, p := range c.People {
		people = append(people, p.Name)
	}
	for i := range c.Lines {
		line := &c.Lines[i]
		if !r.has(line) {
			continue
		}
		r.known("room", line.Rooms, rooms)
		// Nil, but marked: it was no list and has been reported.
		if len(line.Rooms) < 2 && (line.Rooms != nil || !r.has(&line.Rooms)) {
			r.faultOf(&line.Rooms, line, "a line joins at least two rooms: write rooms: [a, b]")
		}
	}
	for i := range c.Roles {
		grant := &c.Roles[i]
		if _, ok := bot.ParseRole(grant.Name); !ok && r.has(grant) {
			r.faultOf(grant, c, "is no role%s", nearest(grant.Name, bot.RoleNames()))
		}
		r.known("room", grant.Rooms, rooms)
		r.known("person", grant.People, people)
	}
	for i := range c.People {
		r.known("role", c.People[i].Roles, bot.RoleNames())
	}
	if c.Briefing != nil {
		r.known("role or person", c.Briefing.To, slices.Concat(bot.RoleNames(), people))
	}
}

// known reports every name that is not among those of the configuration.
func (r *reader) known(kind string, names, all []string) {
	for i := range names {
		if names[i] == "" || slices.Contains(all, names[i]) {
			continue // an empty one was refused when it was read
		}
		raw := r.marks[&names[i]].raw
		r.faultOf(&names[i], nil, "there is no %s %s%s", kind, shown(raw), nearest(raw, all))
	}
}

// Unbuilt names what is configured and has no effect in this version of the program yet.
func (c *Config) Unbuilt() []string {
	var names []string
	add := func(used bool, name string) {
		if used {
			names = append(names, name)
		}
	}
	engine, _, _ := c.Store.Engine()
	add(engine == Postgres, "store.url with postgres")
	add(len(c.Templates) > 0, "templates")
	add(len(c.Channels) > 0, "channels")
	add(len(c.Goals) > 0, "goals")
	add(len(c.Audiences) > 0, "audiences")
	add(c.Slots != nil, "slots")
	return names
}
