package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// A mention names a person in three ways: by the platform's id in a [Message], by the person's own in a [Crossing], and by
// the id of the platform that it goes to in a [Delivery].

// known makes the mentions of a platform those of people.
func (k *books) known(body markup.Doc, adapter string) (markup.Doc, error) {
	var fault error
	body = markup.Replace(body, func(in markup.Inline) markup.Inline {
		if in.Kind != markup.Mention {
			return in
		}
		p, err := k.who(Identity{Adapter: adapter, ID: in.Ref, Name: in.Text})
		if err != nil {
			fault = err
			return in
		}
		in.Ref = p.ID
		if p.Called() != "?" {
			in.Text = p.Called()
		}
		return in
	})
	return body, fault
}

// mentioning makes the mentions of people those of a platform; whoever is not there becomes their plain name.
func (k *books) mentioning(body markup.Doc, adapter string) (markup.Doc, error) {
	var fault error
	body = markup.Replace(body, func(in markup.Inline) markup.Inline {
		if in.Kind != markup.Mention {
			return in
		}
		id, err := k.identity(in.Ref, adapter)
		if err != nil {
			fault = err
		}
		if id == "" {
			return markup.Inline{Kind: markup.Text, Text: "@" + in.Text}
		}
		in.Ref = id
		return in
	})
	return body, fault
}

// identity is what a platform calls a person; empty for one who is not there.
func (k *books) identity(person, adapter string) (string, error) {
	p, err := k.person(person)
	if errors.Is(err, ErrNotFound) {
		// Mentioned before they were met: the id is that of their only identity.
		if id, ok := strings.CutPrefix(person, adapter+Sep); ok {
			return id, nil
		}
		return "", nil
	} else if err != nil {
		return "", err
	}
	for _, i := range p.known() {
		if i.Adapter == adapter {
			return i.ID, nil
		}
	}
	return "", nil
}

// called finds what looks like the mention of a person and is only text.
var called = regexp.MustCompile(`(?:^|[\s(,;])@([\p{L}\p{N}][\p{L}\p{N}._-]{1,40})`)

// unreached are those whom a crossing calls and who do not hear of it: nobody of that name is known, or they are on none of
// the platforms that it reaches.
func (k *books) unreached(c *Crossing) ([]string, error) {
	reached := []string{}
	if c.Room != "" {
		reached = append(reached, c.Place.Adapter)
	}
	for _, name := range c.To {
		if room := k.bot.room(name); room != nil {
			reached = append(reached, room.Place.Adapter)
		}
	}
	var names []string
	var fault error
	markup.Replace(c.Body, func(in markup.Inline) markup.Inline {
		switch in.Kind {
		case markup.Mention:
			for _, adapter := range reached {
				id, err := k.identity(in.Ref, adapter)
				if err != nil {
					fault = err
				}
				if id != "" {
					return in
				}
			}
			names = append(names, in.Text)
		case markup.Text:
			if !strings.Contains(in.Text, "@") {
				return in // nearly all: the search costs more than everything else here
			}
			for _, m := range called.FindAllStringSubmatch(in.Text, -1) {
				names = append(names, "@"+strings.TrimRight(m[1], "._-"))
			}
		}
		return in
	})
	slices.Sort(names)
	return slices.Compact(names), fault
}

// mostUnreached bounds the names in one note.
const mostUnreached = 5

// noteUnreached tells a writer, privately, who was not notified by what just went over the line.
func (r *Request) noteUnreached(c *Crossing) error {
	names, err := r.books.unreached(c)
	if err != nil || len(names) == 0 {
		return err
	}
	writer, err := r.books.person(c.Person)
	if err != nil {
		return err
	}
	more := say.Text{}
	if n := len(names) - mostUnreached; n > 0 {
		names, more = names[:mostUnreached], say.T(" und {n} weitere", " and {n} more").With("n", n)
	}
	note := Reply{To: Somebody, Person: writer, Card: func(v say.Voice) Card {
		return Card{
			Text: say.T("Gesendet. Nicht benachrichtigt: {names}{more}. In diesen Räumen ist niemand dieses Namens.",
				"Sent. Not notified: {names}{more}. Nobody of that name is in these rooms.").In(v, "names", strings.Join(names, ", "), "more", more),
			Preview: say.T("Gesendet, mit einem Hinweis", "Sent, with a hint").In(v),
		}
	}}
	if r.Message != nil && r.Person != nil && r.Person.hasID(c.Person) {
		note.To = Asker
	}
	r.also = append(r.also, note)
	return nil
}
