package slack

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"standleitung/bot"
)

const (
	// freshPerson is how long what Slack said of a person counts; after it they are asked for again, at the side.
	freshPerson = time.Hour
	// freshNobody is how long an id counts as nobody's.
	freshNobody = 5 * time.Minute
	// mostPeople bounds how many are remembered.
	mostPeople = 20_000
	// askTime is how long a message waits for its writer's name: Slack wants to be answered in three seconds.
	askTime = 2 * time.Second
)

// person is what Slack says of somebody.
type person struct {
	bot.Identity
	// machine marks bots and other apps: what they write is passed over.
	machine bool
	// gone marks deactivated people, and ids that Slack does not know.
	gone bool
	at   time.Time
}

// people remembers who is who.
type people struct {
	mu     sync.Mutex
	known  map[string]person
	asking map[string]bool // at the side
}

func (p *people) find(id string) (person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, ok := p.known[id]
	return who, ok
}

func (p *people) put(id string, who person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= mostPeople {
		p.known = map[string]person{}
	}
	p.known[id] = who
}

// begin reports whether nobody asks for a person at the side yet; end must follow then.
func (p *people) begin(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asking == nil {
		p.asking = map[string]bool{}
	}
	if p.asking[id] {
		return false
	}
	p.asking[id] = true
	return true
}

func (p *people) end(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.asking, id)
}

// who is the person of an id: from memory, though it be an hour old, else from Slack. An error means that Slack did not say.
func (a *Adapter) who(ctx context.Context, id string) (person, error) {
	known, ok := a.people.find(id)
	age := a.now().Sub(known.at)
	switch {
	case ok && (age < freshNobody || !known.gone && age < freshPerson):
		return known, nil
	case ok && !known.gone:
		a.askAside(ctx, id)
		return known, nil
	}
	return a.ask(ctx, id)
}

// ask asks Slack for a person.
func (a *Adapter) ask(ctx context.Context, id string) (person, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	u, err := a.api.GetUserInfoContext(ctx, id)
	a.health.api(err)
	switch codeOf(err) {
	case "":
		if err != nil {
			return person{}, err
		}
	case "user_not_found", "user_not_visible", "users_not_found":
		u = &slack.User{ID: id, IsStranger: true, Deleted: true}
	default:
		return person{}, err
	}
	who := a.personOf(u)
	a.people.put(id, who)
	return who, nil
}

// askAside asks for a person again while what is known still serves.
func (a *Adapter) askAside(ctx context.Context, id string) {
	if _, ok := a.shift.Enter(); !ok {
		return
	}
	if !a.people.begin(id) {
		a.shift.Leave()
		return
	}
	go func() {
		defer a.shift.Leave()
		defer a.people.end(id)
		_, _ = a.ask(context.WithoutCancel(ctx), id) // what is known serves on
	}()
}

// personOf reads Slack's record of a person.
func (a *Adapter) personOf(u *slack.User) person {
	return person{
		Identity: bot.Identity{
			Adapter: Name, ID: u.ID, Email: u.Profile.Email, Language: u.Locale, Zone: u.TZ,
			Name:  cmp.Or(u.Profile.RealName, u.RealName, u.Profile.DisplayName, u.Name),
			Guest: u.IsRestricted || u.IsUltraRestricted || u.IsStranger || a.foreign(u),
		},
		machine: u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == slackbot,
		gone:    u.Deleted,
		at:      a.now(),
	}
}

// slackbot is Slack's own program in every workspace; its record does not say that it is one.
const slackbot = "USLACKBOT"

// foreign reports whether somebody belongs to another workspace, and not to our own company in Enterprise Grid.
func (a *Adapter) foreign(u *slack.User) bool {
	ours := u.TeamID == "" || u.TeamID == a.self.team
	return !ours && (a.self.enterprise == "" || u.Enterprise.EnterpriseID != a.self.enterprise)
}

// changed takes in a record that Slack sent because it changed, and returns what is known now; false for somebody whom nobody
// asked for yet.
func (a *Adapter) changed(u *slack.User) (person, bool) {
	known, ok := a.people.find(u.ID)
	if !ok {
		return person{}, false
	}
	who := a.personOf(u)
	who.Email, who.Language = cmp.Or(who.Email, known.Email), cmp.Or(who.Language, known.Language)
	a.people.put(u.ID, who)
	return who, true
}

// nameOf is what somebody is called who is mentioned; empty when nobody knows.
func (a *Adapter) nameOf(ctx context.Context, id string) string {
	who, err := a.who(ctx, id)
	if err != nil || who.gone && who.Name == "" {
		return ""
	}
	return who.Name
}

// directs remembers the direct conversations by the person's id.
type directs struct {
	mu    sync.Mutex
	known map[string]string
}

func (d *directs) learn(user, channel string) {
	if user == "" || !isDirect(channel) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) >= mostPeople {
		d.known = map[string]string{}
	}
	d.known[user] = channel
}

func (d *directs) find(user string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[user]
}

// owner is the person of a conversation; empty when nobody knows.
func (d *directs) owner(channel string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for user, c := range d.known {
		if c == channel {
			return user
		}
	}
	return ""
}

// direct is the id of the conversation with a person. Opening one that is open changes nothing.
func (a *Adapter) direct(ctx context.Context, user string) (string, error) {
	if channel := a.directs.find(user); channel != "" {
		return channel, nil
	}
	c, _, _, err := a.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
	a.health.api(err)
	if err != nil {
		return "", err
	}
	a.directs.learn(user, c.ID)
	return c.ID, nil
}
