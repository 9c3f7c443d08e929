package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// membership says that an identity is in a room, as its platform told. It gives the roles of the room for as long as it
// stands, and only to the company's own people.
type membership struct {
	Room     string   `json:"room"` // name of the room
	Identity Identity `json:"identity"`
}

var memberships = &Kind[membership]{
	Name: "membership", Version: 1,
	Key:     func(m *membership) string { return Compose(m.Identity.Key(), m.Room) },
	Indexes: []Index[membership]{{"room", func(m *membership) []string { return []string{Compose(m.Room, m.Identity.Key())} }}},
}

// Members is part of [Core].
func (c adapterCore) Members(ctx context.Context, p Place, now []Identity) error {
	p.Adapter = c.name
	room := c.bot.roomAt(p)
	if room == nil || c.bot.roomRoles[room.Name] == 0 {
		return nil
	}
	return c.bot.store.Update(ctx, func(tx Tx) error {
		k := c.bot.open(tx, c.bot.now())
		gone := map[string]*membership{}
		from, to := Under(room.Name)
		for m, err := range memberships.All(tx, Query{Index: "room", From: from, To: to}) {
			if err != nil {
				return err
			}
			gone[m.Identity.Key()] = m
		}
		for _, i := range now {
			i.Adapter = c.name
			if err := k.enter(tx, room, i); err != nil {
				return err
			}
			delete(gone, i.Key())
		}
		for _, m := range gone {
			if err := memberships.Delete(tx, memberships.Key(m)); err != nil {
				return err
			}
		}
		return nil
	})
}

// enter notes that somebody is in a room. Somebody new is met by it, so that they can be asked.
func (k *books) enter(tx Tx, room *Room, i Identity) error {
	m := &membership{Room: room.Name, Identity: i}
	if old, err := memberships.Get(tx, memberships.Key(m)); err == nil && old.Identity == i {
		return nil
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := memberships.Put(tx, m); err != nil {
		return err
	}
	p, err := k.who(i)
	if err != nil || len(p.Identities) > 0 {
		return err
	}
	p.meet(i)
	return people.Put(tx, p)
}

// moved takes in that somebody came into a room, or left it. Rooms that give no role are not followed.
func (b *Bot) moved(k *books, m *Message) intent {
	req := &Request{Reader: k.r, Now: k.now, Message: m, bot: b, books: k}
	room := b.roomAt(m.Place)
	if room == nil || b.roomRoles[room.Name] == 0 {
		return intent{req: req}
	}
	return intent{req: req, run: func(_ context.Context, r *Request) ([]Reply, error) {
		if m.Kind == Joined {
			return nil, r.books.enter(r.Tx, room, m.From)
		}
		err := memberships.Delete(r.Tx, Compose(m.From.Key(), room.Name))
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return nil, err
	}}
}

// own reports whether an identity is one of the company's own people: no guest, and with an address of the company where
// the configuration knows its domains. Only they gain roles through a room.
func (b *Bot) own(i Identity) bool {
	if i.Guest {
		return false
	}
	_, domain, _ := strings.Cut(strings.ToLower(i.Email), "@")
	return len(b.organisation) == 0 || slices.Contains(b.organisation, domain)
}

// throughRooms are the roles that a person has because of the rooms that they are in.
func (k *books) throughRooms(p *Person) (Roles, error) {
	if len(k.bot.roomRoles) == 0 {
		return 0, nil
	}
	var roles Roles
	for _, i := range p.known() {
		from, to := Under(i.Key())
		for m, err := range memberships.All(k.r, Query{From: from, To: to}) {
			if err != nil {
				return 0, err
			}
			if k.bot.own(m.Identity) {
				roles |= k.bot.roomRoles[m.Room]
			}
		}
	}
	return roles, nil
}

// residents are the people who have a role because of a room, in the order of rooms and identities.
func (k *books) residents(role Roles) ([]*Person, error) {
	var found []*Person
	for _, room := range k.bot.rooms {
		if k.bot.roomRoles[room.Name]&role == 0 {
			continue
		}
		from, to := Under(room.Name)
		for m, err := range memberships.All(k.r, Query{Index: "room", From: from, To: to}) {
			if err != nil {
				return nil, err
			}
			p, err := k.who(m.Identity)
			if err != nil {
				return nil, err
			}
			if p.Is(role) && !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
	}
	return found, nil
}
