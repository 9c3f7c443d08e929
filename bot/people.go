package bot

import (
	"slices"
	"strings"
	"sync"
	"time"

	"standleitung/bot/say"
)

// Roles is a set of roles. The zero value is the empty set: it admits nobody.
type Roles uint16

// The roles. Everyone of the company is Staff.
const (
	Staff Roles = 1 << iota
	Sales
	Social
	Editor
	PR
	Lead
	Management
	Admin

	// Everyone admits the company's own people.
	Everyone = Staff
)

// roleNames lists the roles by their names in the configuration, in order.
var roleNames = []struct {
	name string
	role Roles
	text say.Text
}{
	{"staff", Staff, say.T("Mitarbeit", "staff")},
	{"sales", Sales, say.T("Vertrieb", "sales")},
	{"social", Social, say.T("Social", "social")},
	{"editor", Editor, say.T("Redaktion", "editor")},
	{"pr", PR, say.T("PR", "PR")},
	{"lead", Lead, say.T("Leitung Kommunikation", "comms lead")},
	{"management", Management, say.T("Geschäftsleitung", "management")},
	{"admin", Admin, say.T("Verwaltung", "admin")},
}

// ParseRole returns the role of a name in the configuration, false when there is none.
func ParseRole(name string) (Roles, bool) {
	for _, r := range roleNames {
		if r.name == name {
			return r.role, true
		}
	}
	return 0, false
}

// RoleNames returns the names of all roles as the configuration writes them.
func RoleNames() []string {
	var names []string
	for _, r := range roleNames {
		names = append(names, r.name)
	}
	return names
}

// Say names the roles for a reader, the most particular last; staff is only named when it is all there is.
func (r Roles) Say(v say.Voice) string {
	var names []string
	for _, row := range roleNames {
		if r&row.role != 0 && (row.role != Staff || r == Staff) {
			names = append(names, row.text.In(v))
		}
	}
	return strings.Join(names, ", ")
}

// text names the first role of the set.
func (r Roles) text() say.Text {
	for _, row := range roleNames {
		if r&row.role != 0 {
			return row.text
		}
	}
	return say.Text{}
}

// Member is a person of the configuration.
type Member struct {
	ID         string // the key in the configuration
	Name       string
	Email      string
	Identities []Identity
	Roles      Roles
	// Voice is how the person is spoken to unless they chose otherwise; zero fields fall back to the company's.
	Voice say.Voice
	Zone  *time.Location // nil for the company's
}

// Room is a place with a name and a party.
type Room struct {
	Name  string
	Party string
	Place Place
}

// Person is one human as the store knows them: what they chose, and where they were met. Who they are by
// configuration is joined when they are read.
type Person struct {
	ID string `json:"id"`
	// Name is what they are called by their platform; the configuration's name wins.
	Name  string    `json:"name,omitempty"`
	Met   time.Time `json:"met"`
	Voice say.Voice `json:"voice"` // what they chose; zero fields are not chosen
	// Identities are where they were met, the latest first.
	Identities []Identity `json:"identities,omitempty"`
	Greeted    bool       `json:"greeted,omitempty"`
	// Links say how identities came to the person that are not theirs by configuration, by [Identity.Key].
	Links map[string]link `json:"links,omitempty"`
	// Compared are the mail addresses that were looked for among others, by [Identity.Key]: each identity's first one.
	Compared map[string]string `json:"compared,omitempty"`

	member *Member
	guest  bool
	roles  Roles
	home   *Bot
}

// people keeps persons.
var people = &Kind[Person]{
	Name: "person", Version: 1,
	Key: func(p *Person) string { return p.ID },
	Indexes: []Index[Person]{
		{"identity", func(p *Person) []string {
			var keys []string
			for _, i := range p.Identities {
				keys = append(keys, i.Key())
			}
			return keys
		}},
		{"email", func(p *Person) []string {
			var mails []string
			for _, i := range p.Identities {
				if m := foldMail(i.Email); m != "" && !slices.Contains(mails, m) {
					mails = append(mails, m)
				}
			}
			return mails
		}},
	},
}

// Called is the person's name as others read it.
func (p *Person) Called() string {
	switch {
	case p.member != nil && p.member.Name != "":
		return p.member.Name
	case p.Name != "":
		return p.Name
	}
	return "?"
}

// First is the person's first name, as colleagues say it.
func (p *Person) First() string {
	first, _, _ := strings.Cut(p.Called(), " ")
	return first
}

// Is reports whether the person has one of the roles, now.
func (p *Person) Is(r Roles) bool { return p.roles&r != 0 }

// Speaks is how the person is spoken to: what they chose, else the configuration's, else the platform's, else the
// company's.
func (p *Person) Speaks() say.Voice {
	v := p.Voice
	if p.member != nil {
		v = voiceOr(v, p.member.Voice)
	}
	for _, i := range p.Identities {
		if v.Language == "" && i.Language != "" {
			v.Language = say.English
			if strings.HasPrefix(strings.ToLower(i.Language), "de") {
				v.Language = say.German
			}
		}
	}
	return voiceOr(v, p.home.voice)
}

// ids are the ids under which records may name the person: their own, and the keys of their identities, because somebody
// without a place in the configuration is named by the identity by which they were met first.
func (p *Person) ids() []string {
	ids := []string{p.ID}
	for _, i := range p.known() {
		if key := i.Key(); key != p.ID {
			ids = append(ids, key)
		}
	}
	return ids
}

// hasID reports whether a record that names an id means the person.
func (p *Person) hasID(id string) bool {
	return id != "" && (id == p.ID || slices.ContainsFunc(p.known(), func(i Identity) bool { return i.Key() == id }))
}

// each makes of a query of an index by person one for each of their ids, between two values of what follows the id.
func (p *Person) each(q Query, from, to string) []Query {
	var qs []Query
	for _, id := range p.ids() {
		q.From, q.To = Compose(id, from), Compose(id, to)
		qs = append(qs, q)
	}
	return qs
}

// known are all identities of the person, each once: the one where they were met last first, then those of the
// configuration.
func (p *Person) known() []Identity {
	if p.member == nil {
		return p.Identities
	}
	all := slices.Clone(p.Identities)
	for _, i := range p.member.Identities {
		if !slices.ContainsFunc(all, func(o Identity) bool { return o.Key() == i.Key() }) {
			all = append(all, i)
		}
	}
	return all
}

// In is the person's time zone.
func (p *Person) In() *time.Location {
	if p.member != nil && p.member.Zone != nil {
		return p.member.Zone
	}
	for _, i := range p.Identities {
		if zone := p.home.zones.named(i.Zone); zone != nil {
			return zone
		}
	}
	return p.home.zone
}

// zones are the time zones that were asked for. Each is read from its file once: there are some six hundred, and people are
// asked for theirs at every message, with the store in hand.
type zones struct{ known sync.Map }

// named is a zone by its name in the database of zones; nil when there is none.
func (z *zones) named(name string) *time.Location {
	if name == "" {
		return nil
	}
	if zone, ok := z.known.Load(name); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	z.known.Store(name, zone)
	return zone
}

// Direct is where the person is spoken to alone: where they were met last, else as configured. False when they
// have no chat.
func (p *Person) Direct() (Place, bool) {
	for _, i := range p.known() {
		if place, ok := p.home.directTo(i); ok {
			return place, true
		}
	}
	return Place{}, false
}

// learn notes what a platform says of the person, though they were not met, and reports whether the record changed: where
// they were met last stays first.
func (p *Person) learn(i Identity) bool {
	at := slices.IndexFunc(p.Identities, func(o Identity) bool { return o.Key() == i.Key() })
	switch {
	case at < 0:
		p.Identities = append(slices.Clone(p.Identities), i)
	case p.Identities[at] == i:
		return false
	default:
		p.Identities = slices.Clone(p.Identities)
		p.Identities[at] = i
	}
	return true
}

// known is the intent of hearing who somebody is: only what is known of members, and of people who were met, is kept.
func (b *Bot) known(k *books, m *Message) (intent, error) {
	in := intent{req: &Request{Reader: k.r, Now: k.now, Message: m, bot: b, books: k}}
	p, err := k.introduced(m.From)
	if err != nil {
		return in, err
	}
	news := *p
	if p.member == nil && len(p.Identities) == 0 || !news.learn(m.From) {
		return in, nil
	}
	in.req.Person, in.req.Voice, in.run = p, p.Speaks(), nothing
	return in, nil
}

// directTo is where an identity is spoken to alone; false when its platform is not there.
func (b *Bot) directTo(i Identity) (Place, bool) {
	return Place{Adapter: i.Adapter, ID: i.ID, Direct: true}, b.adapters[i.Adapter] != nil
}

func voiceOr(v, fallback say.Voice) say.Voice {
	if v.Language == "" {
		v.Language = fallback.Language
	}
	if v.Address == "" {
		v.Address = fallback.Address
	}
	return v
}

// meet notes where the person was met last and reports whether the record changed.
func (p *Person) meet(i Identity) bool {
	if len(p.Identities) > 0 && p.Identities[0] == i {
		return false
	}
	p.Identities = slices.DeleteFunc(slices.Clone(p.Identities), func(o Identity) bool { return o.Key() == i.Key() })
	p.Identities = slices.Insert(p.Identities, 0, i)
	if p.member == nil && i.Name != "" {
		p.Name = i.Name
	}
	return true
}
