package teamstest

import (
	"slices"
	"strings"
	"time"
)

// Act is what came of something that a person did.
type Act struct {
	Heard
	// ID is the message that came about or changed; empty for none.
	ID string
	// Refused is why Teams did not let the person do it; nothing reached the bot then.
	Refused string
	// Silent is set when Teams tells the bot nothing about it.
	Silent bool
	// Outcome is what the person sees at once of the answer to an action; nil for nothing.
	Outcome *Outcome
}

// Speech is something that somebody says.
type Speech struct {
	By string
	At string // the conversation, or a thread of it ([Thread])
	// Text is what is typed or pasted. Mentions are put before it: ids of people, or the bot's.
	Text     string
	Mentions []string
	// HTML is what is said instead, formatted, when it is set. Mentions in it are <at id="0">Name</at>, by their place in Mentions.
	HTML string
	// Bare comes without HTML, as from some phones.
	Bare  bool
	Files []Upload
	// Inline puts the files into the text as pictures.
	Inline bool
}

// Upload is a file that somebody shares.
type Upload struct {
	Name  string
	Bytes []byte
}

// await waits for what the bot says to the first attempts of deliveries. All must be acknowledged.
func (s *Server) await(a Act, all []*delivery) Act {
	for i, d := range all {
		select {
		case h := <-d.first:
			if i == 0 || !h.Acked {
				a.Heard = h
			}
		case <-s.ctx.Done():
			a.Acked, a.Reason = false, "closed"
			return a
		}
		if !a.Acked {
			return a
		}
	}
	return a
}

// act carries out what a person does and waits for the bot.
func (s *Server) act(f func() (Act, []*delivery)) Act {
	s.mu.Lock()
	a, all := f()
	all = s.tell(all...)
	if len(all) > 0 {
		s.last = all
	} else if a.Refused == "" {
		a.Silent = true
	}
	s.mu.Unlock()
	a = s.await(a, all)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range all {
		if d.out.Kind != "" {
			seen := d.out
			a.Outcome = &seen
		}
	}
	return a
}

// room is a conversation in which somebody may act, or why they may not.
func (s *Server) room(id, by string) (*conversation, *User, string) {
	conv, u := s.conversation(id), s.user(by)
	switch {
	case conv == nil:
		return nil, nil, "no such conversation"
	case u == nil:
		return nil, nil, "no such person"
	case !conv.member(u.ID):
		return nil, nil, "not a member"
	}
	return conv, u, ""
}

// heard says whether the bot hears a message.
func (s *Server) heard(conv *conversation, m *message) bool {
	if conv.Absent {
		return false
	}
	return conv.Kind == Personal || s.consented(conv) ||
		slices.ContainsFunc(m.raw, func(w mentioned) bool { return w.id == s.BotID() })
}

// write fills a message with what is said.
func (s *Server) write(m *message, sp Speech) {
	m.raw = nil
	for _, id := range sp.Mentions {
		name := BotName
		if u := s.user(id); u != nil {
			name = u.Name
		}
		m.raw = append(m.raw, mentioned{id, name})
	}
	m.text, m.html = typed(sp.Text, m.raw, s.config.OldMarkup)
	switch {
	case sp.HTML != "":
		m.html, m.text = sp.HTML, stripped(sp.HTML)
	case sp.Text == "" && len(sp.Mentions) == 0:
		m.html, m.text = "", ""
	case sp.Bare:
		m.html = ""
		m.text = strings.TrimSuffix(m.text, tagLike.ReplaceAllString(sp.Text, "")) + sp.Text
		if len(m.raw) > 0 {
			m.text = names(m.raw) + sp.Text
		}
	}
}

func names(who []mentioned) string {
	var b strings.Builder
	for _, m := range who {
		b.WriteString("<at>" + m.name + "</at> ")
	}
	return b.String()
}

// Say has somebody say something.
func (s *Server) Say(sp Speech) Act {
	return s.act(func() (Act, []*delivery) {
		conv, u, no := s.room(sp.At, sp.By)
		_, root := threaded(sp.At)
		if no == "" && root != "" && (conv.find(root) == nil || conv.Kind != Channel) {
			no = "no such thread"
		}
		if no != "" {
			return Act{Refused: no}, nil
		}
		m := &message{id: s.messageID(), by: u.ID, root: root, created: s.now(), inline: sp.Inline, views: map[string]object{}}
		if conv.Kind == Channel && root == "" {
			m.root = m.id
		}
		s.write(m, sp)
		for _, up := range sp.Files {
			f := s.newFile(up)
			m.files = append(m.files, f)
			if !sp.Inline && conv.Kind != Personal {
				m.html += `<attachment id="` + f.id + `"></attachment>`
			}
		}
		conv.messages = append(conv.messages, m)
		if !s.heard(conv, m) {
			return Act{ID: m.id}, nil
		}
		return Act{ID: m.id}, []*delivery{newDelivery(s.messageActivity("message", conv, m))}
	})
}

// theirs is a message that somebody wrote and may change.
func (s *Server) theirs(by, at, id string) (*conversation, *message, string) {
	conv, u, no := s.room(at, by)
	if no != "" {
		return nil, nil, no
	}
	m := conv.find(id)
	switch {
	case m == nil:
		return nil, nil, "no such message"
	case m.ours() || m.by != u.ID:
		return nil, nil, "somebody else's message"
	}
	return conv, m, ""
}

// changes tells the bot about a changed message.
func (s *Server) changes(conv *conversation, m *message, kind, event string) (Act, []*delivery) {
	m.changed = s.now()
	switch event {
	case "editMessage":
		m.editedAt = m.changed
	case "softDeleteMessage":
		m.deletedAt = m.changed
	case "undeleteMessage":
		m.deletedAt, m.touchedAt = time.Time{}, m.changed
	}
	if !s.heard(conv, m) {
		return Act{ID: m.id}, nil
	}
	a := s.messageActivity(kind, conv, m)
	a["channelData"].(object)["eventType"] = event
	if kind == "messageDelete" {
		for _, key := range []string{"text", "textFormat", "attachments"} {
			delete(a, key)
		}
	}
	return Act{ID: m.id}, []*delivery{newDelivery(a)}
}

// Edit has somebody change what they wrote. Whom it mentions stays.
func (s *Server) Edit(by, conversation, id, text string) Act {
	return s.act(func() (Act, []*delivery) {
		conv, m, no := s.theirs(by, conversation, id)
		if no == "" && m.deleted {
			no = "no such message"
		}
		if no != "" {
			return Act{Refused: no}, nil
		}
		sp := Speech{Text: text, Bare: m.html == ""}
		for _, who := range m.raw {
			sp.Mentions = append(sp.Mentions, who.id)
		}
		s.write(m, sp)
		m.edited = true
		return s.changes(conv, m, "messageUpdate", "editMessage")
	})
}

// Delete has somebody delete what they wrote.
func (s *Server) Delete(by, conversation, id string) Act {
	return s.act(func() (Act, []*delivery) {
		conv, m, no := s.theirs(by, conversation, id)
		if no == "" && m.deleted {
			no = "no such message"
		}
		if no != "" {
			return Act{Refused: no}, nil
		}
		m.deleted = true
		return s.changes(conv, m, "messageDelete", "softDeleteMessage")
	})
}

// Undelete has somebody take a deletion back.
func (s *Server) Undelete(by, conversation, id string) Act {
	return s.act(func() (Act, []*delivery) {
		conv, m, no := s.theirs(by, conversation, id)
		if no == "" && !m.deleted {
			no = "not deleted"
		}
		if no != "" {
			return Act{Refused: no}, nil
		}
		m.deleted = false
		return s.changes(conv, m, "messageUpdate", "undeleteMessage")
	})
}

// React has somebody put a reaction on a message, by its type: like, heart, laugh, surprised, sad, angry, or the name of another
// emoji as in "1f389_partypopper". Unreact takes it away. The bot hears of those on its own messages only.
func (s *Server) React(by, conversation, id, kind string) Act {
	return s.reacts(by, conversation, id, kind, "reactionsAdded")
}

// Unreact has somebody take their reaction away.
func (s *Server) Unreact(by, conversation, id, kind string) Act {
	return s.reacts(by, conversation, id, kind, "reactionsRemoved")
}

func (s *Server) reacts(by, at, id, kind, field string) Act {
	return s.act(func() (Act, []*delivery) {
		conv, u, no := s.room(at, by)
		if no != "" {
			return Act{Refused: no}, nil
		}
		m := conv.find(id)
		if m == nil || m.deleted {
			return Act{Refused: "no such message"}, nil
		}
		if !m.react(u.ID, kind, field == "reactionsAdded") {
			return Act{Refused: "nothing changes"}, nil
		}
		m.touchedAt = s.now()
		if !m.ours() || conv.Absent {
			return Act{ID: id}, nil
		}
		a := s.base("messageReaction", conv, m.root, u)
		a["replyToId"], a[field] = m.id, []any{object{"type": kind}}
		return Act{ID: id}, []*delivery{newDelivery(a)}
	})
}

// react adds or takes away a reaction and says whether that changed anything.
func (m *message) react(user, kind string, add bool) bool {
	i := slices.IndexFunc(m.reactions, func(r *reaction) bool { return r.kind == kind })
	if i < 0 {
		if add {
			m.reactions = append(m.reactions, &reaction{kind, []string{user}})
		}
		return add
	}
	r := m.reactions[i]
	has := slices.Index(r.users, user)
	if (has >= 0) == add {
		return false
	}
	if add {
		r.users = append(r.users, user)
		return true
	}
	if r.users = slices.Delete(r.users, has, has+1); len(r.users) == 0 {
		m.reactions = slices.Delete(m.reactions, i, i+1)
	}
	return true
}

// Again delivers what the last act caused once more, as Teams does when it missed the acknowledgement: the same activity.
func (s *Server) Again() Act { return s.again(false) }

// AgainAnew does so under a new id and time, as Teams does with what comes from cards.
func (s *Server) AgainAnew() Act { return s.again(true) }

func (s *Server) again(anew bool) Act {
	return s.act(func() (Act, []*delivery) {
		var all []*delivery
		for _, d := range s.last {
			again := newDelivery(d.activity)
			if anew {
				again.activity = s.renewed(d.activity)
			}
			again.card, again.answer = d.card, d.answer
			all = append(all, again)
		}
		return Act{}, all
	})
}
