//go:build soak

package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"standleitung/adapters/slack/slacktest"
	"standleitung/adapters/teams/teamstest"
)

// feed writes what is planned for a room, one after the other; changes follow by themselves.
func (s *soak) feed(r *soakRoom) {
	random := rand.New(rand.NewPCG(s.seed, uint64(len(r.name))<<40))
	var later sync.WaitGroup
	defer later.Wait()
	for _, m := range r.messages {
		pause(s.ctx, time.Duration(random.IntN(400))*time.Millisecond)
		if s.ctx.Err() != nil {
			return
		}
		if m.answer {
			s.findRoot(m, random)
		}
		s.write(m)
		if m.said && (len(m.texts) > 1 || m.delete) {
			later.Go(func() { s.changes(m) })
		}
	}
}

// findRoot looks for something in the room that a message can answer: one that was written there, not too long ago.
func (s *soak) findRoot(m *soakMessage, random *rand.Rand) {
	for range 10 {
		if m.n == 0 {
			return
		}
		root := m.room.messages[max(0, m.n-1-random.IntN(15))]
		if root.root == nil && root.class == soakPlain && root.said && !root.delete && !root.held {
			m.root, m.thread = root, root.id
			return
		}
	}
}

// changes edits a message and deletes it.
func (s *soak) changes(m *soakMessage) {
	for v := 1; v < len(m.texts); v++ {
		pause(s.ctx, m.pauses[v-1])
		if s.ctx.Err() == nil && s.edit(m, m.texts[v]) {
			m.shown = v
			s.count("edits")
		}
	}
	pause(s.ctx, m.pauses[len(m.pauses)-1])
	if m.delete && s.ctx.Err() == nil {
		m.gone = s.remove(m)
		s.count("deletions")
	}
}

// heldBack is what the fakes say of an event that goes out after the next one: of whichever room, since twists are ordered for all.
const heldBack = "held"

// write has somebody write a message.
func (s *soak) write(m *soakMessage) {
	switch m.room.platform {
	case "slack":
		sp := slacktest.Speech{By: m.by, Channel: m.room.id, Text: m.texts[0], Thread: m.thread}
		if m.class == soakSent {
			sp.Text, sp.Mentions = "line "+sp.Text, []string{slacktest.BotUser}
		}
		if m.hold && !s.http {
			s.slack.Order(slacktest.Held)
		}
		a := s.slack.Say(sp)
		m.id, m.first, m.held, m.said = a.TS, a.Acked, a.Reason == heldBack, a.Refused == ""
	case "teams":
		sp := teamstest.Speech{By: m.by, At: m.room.id, Text: m.texts[0]}
		if m.thread != "" {
			sp.At = teamstest.Thread(m.room.id, m.thread)
		}
		if m.class == soakSent {
			sp.Text, sp.Mentions = "line "+sp.Text, []string{s.teams.BotID()}
		}
		if m.hold {
			s.teams.Order(teamstest.Held)
		}
		a := s.teams.Say(sp)
		m.id, m.first, m.held, m.said = a.ID, a.Acked, a.Reason == heldBack, a.Refused == ""
	default:
		m.id = strings.ReplaceAll(m.name, "#", "-") + "-said"
		text := m.texts[0]
		if m.class == soakSent {
			text = "/line " + text
		}
		m.first = true
		m.said = s.onPage("say", map[string]string{"person": m.by, "id": m.id, "place": m.room.id, "thread": m.thread, "text": text})
	}
	if m.said {
		s.count("messages written")
	}
}

// edit has the writer of a message change it, and reports whether the platform let them.
func (s *soak) edit(m *soakMessage, text string) bool {
	switch m.room.platform {
	case "slack":
		return s.slack.Edit(m.by, m.room.id, m.id, text).Refused == ""
	case "teams":
		return s.teams.Edit(m.by, m.room.id, m.id, text).Refused == ""
	}
	return s.onPage("edit", map[string]string{"person": m.by, "id": m.id + "-" + text[len(m.name):len(m.name)+2], "place": m.room.id, "post": m.id, "text": text})
}

func (s *soak) remove(m *soakMessage) bool {
	switch m.room.platform {
	case "slack":
		return s.slack.Delete(m.by, m.room.id, m.id).Refused == ""
	case "teams":
		return s.teams.Delete(m.by, m.room.id, m.id).Refused == ""
	}
	return s.onPage("delete", map[string]string{"person": m.by, "id": m.id + "-gone", "place": m.room.id, "post": m.id})
}

// onPage does something in the built-in chat until it is accepted, as its page does.
func (s *soak) onPage(act string, body map[string]string) bool {
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Error(err)
		return false
	}
	for s.ctx.Err() == nil {
		status, answer, err := post(s.ctx, "http://"+s.program.address+"/chat/"+act, raw)
		if err == nil && status == http.StatusOK {
			return true
		}
		if err == nil && status == http.StatusNotFound && act != "say" {
			s.count("changes that the page refused: it remembers the newest 500 posts of a room")
			return false
		}
		if err == nil && status != http.StatusServiceUnavailable {
			s.fault("the page was refused", "%s: %d %s", act, status, answer)
			return false
		}
		pause(s.ctx, 20*time.Millisecond)
	}
	return false
}

// flag has PR set a flag.
func (s *soak) flag() {
	s.onPage("say", map[string]string{
		"person": "ines", "id": "flag-the-first", "place": "direct",
		"text": fmt.Sprintf("vermerk Preise begriffe:%s;%s stufe:gelb prüfung:in 60 Tagen", soakTerm, soakSecret),
	})
}

// decide is PR, reading a post in the direct conversation: what is to be released is released, once.
func (s *soak) decide(p *webPost) {
	token := soakToken.FindStringSubmatch(p.Card.Quote)
	if p.Place != "direct" || token == nil {
		return
	}
	m, _ := s.message(token)
	for _, b := range p.Card.Buttons {
		s.mu.Lock()
		press := b.Label == "Senden" && m.class == soakRelease && !s.released[m.name]
		if press {
			s.released[m.name] = true
		}
		s.mu.Unlock()
		if press {
			s.onPage("press", map[string]string{"person": "ines", "id": "press-" + strings.ReplaceAll(m.name, "#", "-"), "place": "direct", "post": p.ID, "do": b.Do})
		}
	}
}

// lastWords has somebody write in every room after everything else.
func (s *soak) lastWords(n int) {
	for _, r := range s.rooms {
		m := &soakMessage{name: fmt.Sprintf("%s#%04d", r.name, n), room: r, n: n, class: soakPlain, by: r.writers[0]}
		m.texts = []string{m.name + "v0 " + m.word()}
		r.messages = append(r.messages, m)
		s.write(m)
		if !m.said {
			s.t.Error(errors.New(m.name + " was not written"))
		}
	}
}
