package teamstest

import (
	"slices"
	"strings"
	"time"

	"standleitung/adapters/faketest"
)

// Seen is a message as somebody sees it.
type Seen struct {
	ID, Conversation string
	// By is the person who wrote it; empty for the bot. Ours is set when the bot did.
	By   string
	Ours bool
	// Author is the name at its head. Teams lets bots choose none.
	Author string
	// Thread is the post that it hangs on; empty for posts and in chats.
	Thread string
	// Text is everything that can be read, markup resolved, element below element.
	Text string
	// HTML is a text of the format xml as it was sent; empty for all others.
	HTML string
	// Notification is what a lock screen shows. Alert is set where the bot asked for one in the activity feed.
	Notification string
	Alert        bool
	Buttons      []Button
	Inputs       []Input
	// Active is what Teams acts upon in the texts.
	Active  []Active
	Edited  bool
	Deleted bool // nothing but the fact is shown
	// Own is set when this person sees another card than the others, as an answer to what they pressed.
	Own       bool
	Reactions map[string][]string // by type: who
	Files     []Upload
	Card      map[string]any // as this person sees it; nil for none
}

// Button is something on a card that can be pressed.
type Button struct {
	Label, Type, Verb, URL, Style string
	Data                          any
}

// Active is something in a text that Teams acts upon.
type Active struct {
	Kind ActiveKind
	What string
}

// ActiveKind is the kind of it.
type ActiveKind string

// The kinds.
const (
	Mention ActiveKind = "mention" // somebody is notified
	Link    ActiveKind = "link"    // an address under another text
	Picture ActiveKind = "picture"
	Format  ActiveKind = "format" // characters that become formatting, or vanish
	Date    ActiveKind = "date"   // {{DATE()}} on a card
)

// Shown is what somebody sees in a conversation, or in one thread of it, oldest first; nothing if they are not in it.
func (s *Server) Shown(conversation, user string) []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	conv, u, no := s.room(conversation, user)
	if no != "" {
		return nil
	}
	_, root := threaded(conversation)
	var all []Seen
	for _, m := range conv.messages {
		if root == "" || m.root == root {
			all = append(all, s.seen(conv, m, u))
		}
	}
	return all
}

// AwaitShown waits until somebody sees n messages, as long as d, and returns what they see then.
func (s *Server) AwaitShown(conversation, user string, n int, d time.Duration) []Seen {
	faketest.Await(d, func() bool { return len(s.Shown(conversation, user)) >= n })
	return s.Shown(conversation, user)
}

// AwaitSettled waits until nothing is on its way to the bot, as long as d.
func (s *Server) AwaitSettled(d time.Duration) bool { return faketest.Await(d, s.Settled) }

func (s *Server) seen(conv *conversation, m *message, u *User) Seen {
	v := Seen{ID: m.id, Conversation: conv.ID, By: m.by, Ours: m.ours(), Author: BotName, Edited: m.edited, Deleted: m.deleted, Reactions: map[string][]string{}}
	if by := s.user(m.by); by != nil {
		v.Author = by.Name
	}
	if m.root != m.id {
		v.Thread = m.root
	}
	if m.deleted {
		return v
	}
	for _, x := range m.reactions {
		v.Reactions[x.kind] = slices.Clone(x.users)
	}
	for _, f := range m.files {
		if !f.gone {
			v.Files = append(v.Files, Upload{f.name, f.bytes})
		}
	}
	if !m.ours() {
		s.seenSpeech(&v, m)
		return v
	}
	v.Card, v.Own = m.card(u.ID), m.views[u.ID] != nil
	r := &reader{mentions: labels(m.post["entities"])}
	v.Text = r.message(m.post)
	if m.post["textFormat"] == "xml" {
		v.HTML = word(m.post, "text")
	}
	if v.Card != nil {
		v.Text = joined(v.Text, r.card(v.Card))
		v.Buttons, v.Inputs = buttonsOf(v.Card), inputsOf(v.Card)
	}
	v.Active = r.active
	v.Alert = at(m.post, "channelData", "notification", "alert") == true
	v.Notification = s.preview(m)
	return v
}

// seenSpeech is what people wrote: as they typed it.
func (s *Server) seenSpeech(v *Seen, m *message) {
	r := &reader{mentions: map[string]bool{}}
	for _, who := range m.raw {
		r.mentions[who.name] = true
	}
	if m.html == "" {
		v.Text = strings.NewReplacer("<at>", "", "</at>", "").Replace(m.text)
	} else {
		v.Text = r.xml(m.html)
	}
	v.Active = slices.DeleteFunc(r.active, func(a Active) bool { return a.Kind == Format && (a.What == "p" || a.What == "div" || a.What == "at") })
	v.Notification = v.Text
}

// preview is what a lock screen shows of a post: the summary, else the beginning of what can be read.
func (s *Server) preview(m *message) string {
	if summary, _ := m.post["summary"].(string); summary != "" {
		return summary
	}
	r := &reader{mentions: labels(m.post["entities"])}
	text := r.message(m.post)
	if text == "" {
		text = r.card(m.card(""))
	}
	const most = 150 // the fake's own
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}

// labels are the names that a list of entities makes mentions.
func labels(v any) map[string]bool {
	all := map[string]bool{}
	list, _ := v.([]any)
	for _, e := range list {
		if word(e, "type") == "mention" {
			all[strings.TrimSuffix(strings.TrimPrefix(word(e, "text"), "<at>"), "</at>")] = true
		}
	}
	return all
}

// joined puts texts below each other, without empty ones.
func joined(all ...string) string {
	all = slices.DeleteFunc(all, func(t string) bool { return t == "" })
	return strings.Join(all, "\n")
}

// buttonsOf are what can be pressed on a card, in order.
func buttonsOf(card object) []Button {
	var all []Button
	for _, a := range ofType(card, "Action.") {
		if refresh := at(card, "refresh", "action"); refresh != nil && word(a, "title") == "" {
			continue
		}
		all = append(all, Button{
			Label: word(a, "title"), Type: word(a, "type"), Verb: word(a, "verb"), URL: word(a, "url"), Style: word(a, "style"), Data: a["data"],
		})
	}
	return all
}
