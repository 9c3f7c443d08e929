package bot

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
)

// Somebody who is not in the configuration is named by the key of the identity by which they were met first, in their own
// record and wherever another record names them. Such an id always means whoever has that identity now: the person of the
// configuration, or the one whose record lists it. So joining two people rewrites nothing but their two records: what was
// suggested, asked or promised under the old id follows at once (see [books.person], [Person.hasID]); and when an
// identity is taken off again, what it did before goes with it.

// link says how an identity came to a person.
type link struct {
	How linkHow   `json:"how"`
	At  time.Time `json:"at"`
}

// linkHow is a way of linking.
type linkHow string

// The ways of linking besides the configuration.
const (
	byMail linkHow = "mail" // an equal verified address, confirmed by the person
	byCode linkHow = "code" // a code given on one platform and entered on the other
)

// linking is the question to somebody whether they are the one that is known elsewhere (L-3).
type linking struct {
	ID uint64 `json:"id"`
	// Asked is the identity that is asked, and that alone may answer.
	Asked Identity `json:"asked"`
	// With is the id of the other person, Other the identity that gave the code; its zero value for a question by mail.
	With  string       `json:"with"`
	Other Identity     `json:"other,omitzero"`
	How   linkHow      `json:"how"`
	State linkingState `json:"state"`
	At    time.Time    `json:"at"`
	// Until is when the question ends; zero for never.
	Until time.Time `json:"until,omitzero"`
}

// linkingState is what became of the question.
type linkingState string

const (
	linkOpen linkingState = "open"
	linkYes  linkingState = "yes"
	linkNo   linkingState = "no"
	linkVoid linkingState = "void" // it is no longer as it was when it was asked
)

var linkings = &Kind[linking]{Name: "linking", Version: 1, Key: func(l *linking) string { return Serial(l.ID) }}

// Ref is the reference as people read it.
func (l *linking) Ref() string { return formatRef("L", l.ID) }

// platforms are the names of platforms as people know them; others go by their adapter's name.
var platforms = map[string]say.Text{
	"slack": say.Plain("Slack"), "teams": say.Plain("Teams"), "web": say.T("Web-Chat", "web chat"),
}

// platform names an adapter's platform for people.
func platform(adapter string) say.Text {
	if name, ok := platforms[adapter]; ok {
		return name
	}
	return say.Plain(adapter)
}

// foldMail makes equal addresses equal: empty for what is none.
func foldMail(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	if !strings.Contains(address, "@") || len(address) > 254 { // RFC 5321
		return ""
	}
	return address
}

// linkable reports whether an identity may be joined with others by its person's own doing: no guest, and no address that is
// known to be another organisation's.
func (b *Bot) linkable(i Identity) bool {
	return !i.Guest && (i.Email == "" || b.own(i))
}

// sharing are the others who are known by a mail address: by configuration, or as the company's own people on some platform.
func (k *books) sharing(address string, but *Person) ([]*Person, error) {
	var found []*Person
	add := func(p *Person) {
		if p.ID != but.ID && !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	for i := range k.bot.company {
		if m := &k.bot.company[i]; foldMail(m.Email) == address {
			p, err := k.person(m.ID)
			if err != nil {
				return nil, err
			}
			add(p)
		}
	}
	for f, err := range k.r.Scan(Query{Kind: people.Name, Index: "email", From: address, To: address + "\x00", Limit: mostSharing, KeysOnly: true}) {
		if err != nil {
			return nil, err
		}
		p, err := k.person(f.Key)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(p.Identities, func(i Identity) bool { return foldMail(i.Email) == address && k.bot.own(i) }) {
			add(p)
		}
	}
	return found, nil
}

// mostSharing bounds how many people with one address are read.
const mostSharing = 10

// askWhoElse asks somebody who was just met, once, whether they are the one who is known elsewhere by the same address.
// Only the first address that an identity comes with is looked for: one that was changed later proves nothing. Where more
// than one could be meant, the administrators are told and nobody is asked.
func (r *Request) askWhoElse() ([]Reply, error) {
	if r.Person == nil || r.Message == nil {
		return nil, nil
	}
	i := r.Message.From
	address := foldMail(i.Email)
	if address == "" || r.Person.Compared[i.Key()] != "" || !r.bot.own(i) || !r.Person.hasID(i.Key()) {
		return nil, nil
	}
	p := r.Person
	p.compared(i.Key(), address)
	if err := people.Put(r.Tx, p); err != nil {
		return nil, err
	}
	others, err := r.books.sharing(address, p)
	if err != nil || len(others) == 0 {
		return nil, err
	}
	if len(others) > 1 || r.bot.refuseUnion(p, others[0]) != nil {
		return r.tellAmbiguous(append([]*Person{p}, others...))
	}
	l := &linking{Asked: i, With: others[0].ID, How: byMail}
	return r.askLink(l)
}

// compared notes that an address was looked for. The map is a new one: records in memory are shared.
func (p *Person) compared(identity, address string) {
	p.Compared = maps.Clone(p.Compared)
	if p.Compared == nil {
		p.Compared = map[string]string{}
	}
	p.Compared[identity] = address
}

// askLink asks the question, privately, on the platform of the identity that is asked.
func (r *Request) askLink(l *linking) (_ []Reply, err error) {
	if l.ID, err = r.Tx.Number(linkings.Name); err != nil {
		return nil, err
	}
	l.State, l.At = linkOpen, r.Now
	if err := linkings.Put(r.Tx, l); err != nil {
		return nil, err
	}
	return []Reply{{To: Somebody, Person: r.Person, On: &l.Asked, View: "link", Ref: l.Ref()}}, nil
}

// tellAmbiguous tells the administrators that an address belongs to accounts that cannot be joined without them.
func (r *Request) tellAmbiguous(list []*Person) ([]Reply, error) {
	admins, err := r.books.holders(Admin)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	for _, admin := range admins {
		replies = append(replies, Reply{To: Somebody, Person: admin, Card: func(v say.Voice) Card {
			card := Card{
				Title: say.T("Mehrere Konten mit derselben E-Mail-Adresse", "Several accounts with the same mail address").In(v),
				Text: say.T("Ich habe nichts verbunden. {Prüfen Sie|Prüf} bitte, wem sie gehören, und {tragen Sie|trag} die Person in die Konfiguration ein.",
					"I linked nothing. Please check whose they are, and put the person into the configuration.").In(v),
				Preview: say.T("Bitte Konten prüfen", "Please check some accounts").In(v),
			}
			for _, p := range list {
				card.Items = append(card.Items, Item{Text: p.Called(), Meta: p.placesText(v)})
			}
			return card
		}})
	}
	return replies, nil
}

// placesText names the platforms on which the person is known, with what they are called there.
func (p *Person) placesText(v say.Voice) string {
	var parts []string
	for _, i := range p.known() {
		name := platform(i.Adapter).In(v)
		if i.Name != "" && i.Name != p.Called() {
			name += " (" + i.Name + ")"
		}
		parts = append(parts, name)
	}
	if len(parts) == 0 {
		return say.T("nur in der Konfiguration", "in the configuration only").In(v)
	}
	return strings.Join(parts, ", ")
}

// named reports whether the person has an id from the configuration, of now or of once.
func (p *Person) named() bool { return !strings.Contains(p.ID, Sep) }

// refuseUnion says why two people cannot be made one; nil when they can.
func (b *Bot) refuseUnion(p, other *Person) error {
	if p.ID == other.ID {
		return fault(Conflict, say.T("Diese Konten gehören schon zusammen. Nichts geändert.", "These accounts belong together already. Nothing changed."))
	}
	if p.named() && other.named() {
		return fault(Conflict, say.T("Beide stehen schon als eigene Personen in der Konfiguration; das ändert die Verwaltung. Nichts verbunden.",
			"Both are people of their own in the configuration; that is up to the administrators. Nothing linked."))
	}
	for _, i := range p.known() {
		if slices.ContainsFunc(other.known(), func(o Identity) bool { return o.Adapter == i.Adapter }) {
			return fault(Conflict, say.T("Beide Konten sind auf {platform}. Dort hat jede Person nur eines. Nichts verbunden.",
				"Both accounts are on {platform}. A person has only one there. Nothing linked."), "platform", platform(i.Adapter))
		}
	}
	return nil
}

// unite makes one person of two, who is known where p was met last first, and returns them. The id of the
// configuration stays; of two that were met, the one that was met first.
func (r *Request) unite(p, other *Person, how linkHow) (*Person, error) {
	into, from := p, other
	if !p.named() && (other.named() || other.Met.Before(p.Met)) {
		into, from = other, p
	}
	ids := slices.Concat(p.Identities, other.Identities)
	into.Links, into.Compared = maps.Clone(into.Links), maps.Clone(into.Compared)
	if into.Links == nil {
		into.Links = map[string]link{}
	}
	for _, i := range from.known() {
		into.Links[i.Key()] = link{How: how, At: r.Now}
	}
	maps.Copy(into.Links, from.Links)
	for key, address := range from.Compared {
		into.compared(key, address)
	}
	into.Identities, into.Voice, into.Greeted = ids, voiceOr(into.Voice, from.Voice), into.Greeted || from.Greeted
	if from.Met.Before(into.Met) {
		into.Met = from.Met
	}
	if err := people.Delete(r.Tx, from.ID); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if err := r.inherit(into, from); err != nil {
		return nil, err
	}
	delete(r.books.people, from.ID)
	return into, r.rejoin(into)
}

// adopt takes over the records of those who had an identity before the configuration gave it to a person: what they chose,
// and the other identities that were linked with it. The caller stores the person.
func (r *Request) adopt(p *Person, i Identity) error {
	if p.member == nil {
		return nil
	}
	var before []*Person
	for old, err := range people.All(r.Tx, Query{Index: "identity", From: i.Key(), To: i.Key() + "\x00"}) {
		if err != nil {
			return err
		}
		if old.ID != p.ID && !old.named() {
			before = append(before, old)
		}
	}
	for _, old := range before {
		for _, other := range old.Identities {
			owner := r.bot.members[other.Key()]
			have := slices.ContainsFunc(p.Identities, func(o Identity) bool { return o.Key() == other.Key() })
			if have || owner != nil && owner != p.member {
				continue
			}
			p.Identities = append(p.Identities, other)
			if l, ok := old.Links[other.Key()]; ok || owner == nil {
				p.Links = maps.Clone(p.Links)
				if p.Links == nil {
					p.Links = map[string]link{}
				}
				p.Links[other.Key()] = link{How: cmp.Or(l.How, byCode), At: cmp.Or(l.At, r.Now)}
			}
		}
		for key, address := range old.Compared {
			p.compared(key, address)
		}
		p.Voice, p.Greeted = voiceOr(p.Voice, old.Voice), p.Greeted || old.Greeted
		delete(r.books.people, old.ID)
		if err := errors.Join(r.inherit(p, old), people.Delete(r.Tx, old.ID)); err != nil {
			return err
		}
	}
	return nil
}

// rejoin stores a person whose identities have changed, with the roles that they have by them, and plans anew what depends
// on where they are.
func (r *Request) rejoin(p *Person) error {
	p.guest = len(p.Identities) > 0 && p.Identities[0].Guest
	p.roles = 0
	if _, err := r.books.join(p); err != nil {
		return err
	}
	if err := people.Put(r.Tx, p); err != nil {
		return err
	}
	return r.moved(p)
}

// inherit hands on what is kept under a person's id alone, where the other has none of their own.
func (r *Request) inherit(into, from *Person) error {
	if a, err := absences.Get(r.Tx, from.ID); err == nil {
		if _, err := absences.Get(r.Tx, into.ID); errors.Is(err, ErrNotFound) {
			a.Person = into.ID
			if err := absences.Put(r.Tx, a); err != nil {
				return err
			}
		}
		if err := absences.Delete(r.Tx, from.ID); err != nil {
			return err
		}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	d, err := readers.Get(r.Tx, from.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if _, err := readers.Get(r.Tx, into.ID); errors.Is(err, ErrNotFound) {
		d.Person = into.ID
		if err := readers.Put(r.Tx, d); err != nil {
			return err
		}
	}
	return readers.Delete(r.Tx, from.ID)
}

// part takes an identity off a person. It becomes a person of its own again, with what it did before; it is not
// asked about a second time. A record that was named by it is named by the next one.
func (r *Request) part(p *Person, i Identity) error {
	at := slices.IndexFunc(p.Identities, func(o Identity) bool { return o.Key() == i.Key() })
	if at < 0 {
		return fmt.Errorf("identity %q is not linked", i.Adapter)
	}
	off := &Person{ID: i.Key(), Name: cmp.Or(i.Name, p.Name), Met: r.Now, Voice: p.Voice, Greeted: p.Greeted, Identities: []Identity{i}}
	off.compared(i.Key(), cmp.Or(p.Compared[i.Key()], foldMail(i.Email), "-"))
	old := p.ID
	p.Identities, p.Links = slices.Delete(slices.Clone(p.Identities), at, at+1), maps.Clone(p.Links)
	delete(p.Links, i.Key())
	delete(r.books.people, old)
	if old == i.Key() {
		p.ID = p.Identities[0].Key()
		delete(p.Links, p.ID)
		off.Met = p.Met
		if err := r.inherit(p, off); err != nil {
			return err
		}
	}
	if err := r.rejoin(p); err != nil {
		return err
	}
	return r.rejoin(off)
}
