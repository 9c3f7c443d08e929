package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// books are the records that one unit of work has open: each is read once, and all see the same one. Whoever changes
// a record stores it in the same unit.
type books struct {
	bot    *Bot
	r      Reader
	now    time.Time
	people map[string]*Person
	topics map[uint64]*Topic
}

func (b *Bot) open(r Reader, now time.Time) *books {
	return &books{bot: b, r: r, now: now, people: map[string]*Person{}, topics: map[uint64]*Topic{}}
}

// who returns the person behind an identity; somebody new gets a fresh record that is not stored yet.
func (k *books) who(i Identity) (*Person, error) {
	p, err := k.holder(i.Key())
	if errors.Is(err, ErrNotFound) {
		return k.join(&Person{ID: i.Key(), Name: i.Name, Met: k.now, guest: i.Guest})
	}
	switch {
	case err != nil || k.bot.members[i.Key()] != nil:
	case i.Guest:
		p.guest, p.roles = true, 0 // by this identity they may nothing, whatever the others may
	case p.guest:
		p.guest = false // they were one when they were met last
		return k.join(p)
	}
	return p, err
}

// proven is an identity as it counts: one of which its platform tells nothing now, as it was met last.
func (k *books) proven(i Identity) (Identity, error) {
	if !i.Unproven {
		return i, nil
	}
	i.Unproven, i.Guest = false, true
	p, err := k.holder(i.Key())
	if errors.Is(err, ErrNotFound) {
		return i, nil
	} else if err != nil {
		return i, err
	}
	for _, known := range p.Identities {
		if known.Key() == i.Key() {
			return known, nil
		}
	}
	return i, nil
}

// holder returns who has an identity now, by its key, or ErrNotFound: by configuration first.
func (k *books) holder(key string) (*Person, error) {
	if m := k.bot.members[key]; m != nil {
		return k.person(m.ID)
	}
	for found, err := range k.r.Scan(Query{Kind: people.Name, Index: "identity", From: key, To: key + "\x00", Limit: 1, KeysOnly: true}) {
		if err != nil {
			return nil, fmt.Errorf("find person: %w", err)
		}
		return k.person(found.Key) // the configuration may have given that identity to somebody
	}
	return nil, ErrNotFound
}

// person returns somebody by id. A member who was never met has an empty record; an unknown id is ErrNotFound. An id that
// is the key of an identity means whoever has that identity now.
func (k *books) person(id string) (*Person, error) {
	if k.bot.members[id] != nil {
		return k.person(k.bot.members[id].ID)
	}
	p, err := k.record(id)
	if errors.Is(err, ErrNotFound) && strings.Contains(id, Sep) {
		return k.holder(id)
	}
	return p, err
}

// record returns somebody by the id of their record.
func (k *books) record(id string) (*Person, error) {
	if p := k.people[id]; p != nil {
		return p, nil
	}
	p, err := people.Get(k.r, id)
	if errors.Is(err, ErrNotFound) && k.bot.member(id) != nil {
		p, err = &Person{ID: id, Met: k.now}, nil
	}
	if err != nil {
		return nil, err
	}
	p.guest = len(p.Identities) > 0 && p.Identities[0].Guest
	return k.join(p)
}

// join adds to a person who they are by configuration, and by the rooms that they are in.
func (k *books) join(p *Person) (*Person, error) {
	p.home, p.member = k.bot, k.bot.member(p.ID)
	switch {
	case p.member != nil:
		p.roles = p.member.Roles | Staff
	case !p.guest:
		p.roles = Staff
	}
	k.people[p.ID] = p
	through, err := k.throughRooms(p)
	p.roles |= through
	return p, err
}

// introduced is who a platform says an identity to be, asked for the people of the configuration: a member by their e-mail,
// unless they have another account there already; else who holds the identity.
func (k *books) introduced(i Identity) (*Person, error) {
	if _, err := k.holder(i.Key()); !errors.Is(err, ErrNotFound) {
		return k.who(i)
	}
	m := k.bot.memberOf(i)
	if m == nil {
		return k.who(i)
	}
	p, err := k.person(m.ID)
	if err != nil {
		return nil, err
	}
	if other, err := k.identity(p.ID, i.Adapter); err != nil || other != "" {
		return k.who(i)
	}
	return p, nil
}

// memberOf is the member whose e-mail an identity has; nil for none. Only addresses of the company's own domains count, and
// never those of guests: others choose theirs as they like.
func (b *Bot) memberOf(i Identity) *Member {
	mail := strings.ToLower(i.Email)
	_, domain, ok := strings.Cut(mail, "@")
	if i.Guest || !ok || !slices.Contains(b.organisation, domain) {
		return nil
	}
	return b.mails[mail]
}

func (b *Bot) member(id string) *Member {
	i := slices.IndexFunc(b.company, func(m Member) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &b.company[i]
}

// holders are the people who have a role: by the configuration, in its order, then through rooms.
func (k *books) holders(role Roles) ([]*Person, error) {
	var found []*Person
	for _, m := range k.bot.company {
		if m.Roles&role == 0 {
			continue
		}
		p, err := k.person(m.ID)
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	residents, err := k.residents(role)
	if err != nil {
		return nil, err
	}
	for _, p := range residents {
		if !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found, nil
}

// name is how somebody is called; "?" for somebody who is gone, or nobody.
func (k *books) name(id string) (string, error) {
	if id == "" {
		return "?", nil
	}
	p, err := k.person(id)
	if errors.Is(err, ErrNotFound) {
		return "?", nil
	} else if err != nil {
		return "", err
	}
	return p.First(), nil
}

// topic returns a topic by its number, or ErrNotFound.
func (k *books) topic(n uint64) (*Topic, error) {
	if t := k.topics[n]; t != nil {
		return t, nil
	}
	t, err := topics.Get(k.r, Serial(n))
	if err == nil {
		k.topics[n] = t
	}
	return t, err
}
