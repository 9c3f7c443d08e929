//go:build soak

package main_test

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// sight is a message in a room, as somebody there sees it who only reads.
type sight struct {
	number  int // order in the room
	id      string
	thread  string
	text    string
	bot     bool // the program posted it
	marked  bool // as a possible repetition
	digest  bool
	deleted bool // only the fact is shown
}

// copied is one message of the plan as a room shows it.
type copied struct {
	*sight
	m       *soakMessage
	version int
	place   int // order in the room, also within a digest
}

const (
	againText  = "may have arrived before"
	digestText = "Caught up: "
)

// look tells what a room shows.
func (s *soak) look(r *soakRoom) []*sight {
	var all []*sight
	switch r.platform {
	case "slack":
		for n, m := range s.slack.Shown(r.id, r.observer) {
			meta, _ := m.Metadata["event_payload"].(map[string]any)
			post, _ := meta["post"].(string)
			all = append(all, &sight{
				number: n, id: m.TS, thread: m.Thread, text: m.Text + " ¶ " + m.Notification, bot: m.Ours, deleted: m.Tombstone,
				digest: strings.HasPrefix(post, "late-"),
			})
		}
	case "teams":
		list := s.teams.Shown(r.id, r.observer)
		for n, m := range list {
			text := m.Text
			if !m.Deleted {
				text += " ¶ " + m.Notification
			}
			all = append(all, &sight{number: n, id: m.ID, thread: m.Thread, text: text, bot: m.Ours, deleted: m.Deleted})
		}
	default:
		for _, p := range s.page.shown() {
			if p.Place != r.id || p.Private {
				continue
			}
			text := p.Quote + " " + p.Text + " " + p.Card.Title
			for _, i := range p.Card.Items {
				text += " " + i.Text
			}
			all = append(all, &sight{number: p.Number, id: p.ID, thread: p.Thread, text: text, bot: p.From == nil || p.From.ID == "", deleted: p.Deleted})
		}
		slices.SortFunc(all, func(a, b *sight) int { return cmp.Compare(a.number, b.number) })
	}
	digests, marks := map[string]bool{}, map[string]bool{}
	for _, v := range all {
		v.marked = strings.Contains(v.text, againText) || digests[v.thread] && marks[v.thread]
		v.digest = v.digest || strings.Contains(v.text, digestText) || digests[v.thread] // what does not fit goes on in its thread
		if v.digest {
			digests[v.id], marks[v.id] = true, v.marked
		}
	}
	return all
}

// guestText is how somebody is told that guests may not.
var guestText = regexp.MustCompile("Leute aus dem eigenen Haus|company's own people")

var paragraph = regexp.MustCompile(` ¶ .*`)

// copies are the messages of the plan that the program shows in a room, by name and in order.
func (s *soak) copies(all []*sight) map[string][]copied {
	found := map[string][]copied{}
	place := 0
	for _, v := range all {
		if !v.bot || v.deleted {
			continue
		}
		tokens := soakToken.FindAllStringSubmatch(paragraph.ReplaceAllString(strings.ReplaceAll(v.text, "\n", " "), ""), -1)
		if len(tokens) == 0 {
			continue
		}
		if !v.digest {
			tokens = tokens[len(tokens)-1:] // what stands before is the quote of what it answers
		}
		for _, token := range tokens {
			m, version := s.message(token)
			place++
			found[m.name] = append(found[m.name], copied{v, m, version, place})
		}
	}
	return found
}
