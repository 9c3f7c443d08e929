package bot

import (
	"errors"
	"slices"
	"time"

	"standleitung/bot/when"
)

// absence is a time in which somebody does not answer, and who answers for them.
type absence struct {
	Person string `json:"person"`
	// From and Until are the first and the last day (2006-01-02) in the person's own zone.
	From  string `json:"from"`
	Until string `json:"until"`
	// Deputy is the id of who stands in; empty leaves it to the lead.
	Deputy string    `json:"deputy,omitempty"`
	At     time.Time `json:"at"`
}

// absences keeps the present or next absence of everybody: a new one replaces the old.
var absences = &Kind[absence]{Name: "absence", Version: 1, Key: func(a *absence) string { return a.Person }}

// absence returns somebody's absence that is not over yet, or nil.
func (k *books) absence(p *Person) (*absence, error) {
	a, err := absences.Get(k.r, p.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if a.Until < when.DateOf(k.now.In(p.In())).String() {
		return nil, nil
	}
	return a, nil
}

// away returns somebody's absence if they are away today, or nil.
func (k *books) away(p *Person) (*absence, error) {
	a, err := k.absence(p)
	if a == nil || err != nil || a.From > when.DateOf(k.now.In(p.In())).String() {
		return nil, err
	}
	return a, nil
}

// colleague reads somebody who still belongs to the company by id; nil for somebody who has left, or nobody.
func (k *books) colleague(id string) (*Person, error) {
	p, err := k.person(id)
	if errors.Is(err, ErrNotFound) || err == nil && p.member == nil {
		return nil, nil
	}
	return p, err
}

// present reports whether somebody can be told something today.
func (k *books) present(p *Person) (bool, error) {
	if _, ok := p.Direct(); !ok {
		return false, nil
	}
	a, err := k.away(p)
	return a == nil, err
}

// presentFirst puts those who are away behind those who are there.
func (k *books) presentFirst(list []*Person) ([]*Person, error) {
	var here, away []*Person
	for _, p := range list {
		a, err := k.away(p)
		switch {
		case err != nil:
			return nil, err
		case a == nil:
			here = append(here, p)
		default:
			away = append(away, p)
		}
	}
	return append(here, away...), nil
}

// standIn is who looks after a milestone today: its owner; else its deputy; else who stands in for the owner, and who
// for them, as long as they are away; else the lead. When all are away it is the owner, or the lead if the owner has no
// chat. Nil when there is nobody to tell.
func (k *books) standIn(m *Milestone) (*Person, error) {
	var asked []*Person
	ask := func(id string) (*Person, error) {
		p, err := k.colleague(id)
		if p == nil || err != nil || slices.Contains(asked, p) {
			return nil, err
		}
		asked = append(asked, p)
		return p, nil
	}
	for _, id := range []string{m.Owner, m.Deputy} {
		p, err := ask(id)
		if err != nil {
			return nil, err
		}
		if p != nil {
			if ok, err := k.present(p); ok || err != nil {
				return p, err
			}
		}
	}
	for id := m.Owner; ; {
		away, err := k.absenceOf(id)
		if err != nil {
			return nil, err
		}
		if away == nil || away.Deputy == "" {
			break
		}
		p, err := ask(away.Deputy)
		if err != nil {
			return nil, err
		}
		if p == nil {
			break // gone, or a circle
		}
		if ok, err := k.present(p); ok || err != nil {
			return p, err
		}
		id = p.ID
	}
	return k.lastResort(asked)
}

// absenceOf is [books.away] by id.
func (k *books) absenceOf(id string) (*absence, error) {
	p, err := k.colleague(id)
	if p == nil || err != nil {
		return nil, err
	}
	return k.away(p)
}

// lastResort is a lead who is there, else the first of those who were asked, or of the leads, who has a chat.
func (k *books) lastResort(asked []*Person) (*Person, error) {
	leads, err := k.holders(Lead)
	if err != nil {
		return nil, err
	}
	for _, lead := range leads {
		if ok, err := k.present(lead); ok || err != nil {
			return lead, err
		}
	}
	for _, p := range append(asked, leads...) {
		if _, ok := p.Direct(); ok {
			return p, nil
		}
	}
	return nil, nil
}
