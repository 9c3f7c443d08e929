package slacktest

import (
	"fmt"
	"slices"
	"strings"
)

// Act is what came of something that a person did.
type Act struct {
	Heard
	// TS is the message that came about or changed; empty for none.
	TS string
	// Refused is why Slack did not let the person do it; nothing reached the app then.
	Refused string
	// Errors are the faults of a submitted form by block id, be they the app's or Slack's own.
	Errors map[string]string
	// Trigger is the trigger_id that the app got; empty for none.
	Trigger string
}

// Speech is something that somebody says.
type Speech struct {
	By, Channel string
	// Text is what is typed or pasted, without formatting: stars are stars. Mentions are put before it.
	Text     string
	Mentions []string
	// Markup is said instead of Text when it is set: formatted, in Slack's markup. Blocks then may hold its rich text.
	Markup string
	Blocks []any
	// Thread is the message that is answered; Broadcast shows the answer in the channel as well.
	Thread    string
	Broadcast bool
	Files     []Upload
}

// Upload is a file that somebody shares.
type Upload struct {
	Name  string
	Bytes []byte
	// Foreign marks a file from another workspace, of which the event tells only that files.info knows more.
	Foreign bool
}

// await waits for what the app says to the first attempts of deliveries. All must be acknowledged.
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

// act carries out what a person does and waits for the app.
func (s *Server) act(f func() (Act, []*delivery)) Act {
	s.mu.Lock()
	a, all := f()
	if len(all) > 0 {
		s.last = all
	}
	s.mu.Unlock()
	return s.await(a, all)
}

// room is a conversation in which somebody may speak, or why they may not.
func (s *Server) room(id, by string) (*channel, string) {
	ch, u := s.channel(id), s.user(by)
	switch {
	case ch == nil:
		return nil, "channel_not_found"
	case u == nil:
		return nil, "user_not_found"
	case u.Deleted:
		return nil, "account_inactive"
	case ch.Archived:
		return nil, "is_archived"
	case !ch.member(by):
		return nil, "not_in_channel"
	}
	return ch, ""
}

// Say has somebody say something.
func (s *Server) Say(sp Speech) Act {
	return s.act(func() (Act, []*delivery) {
		ch, no := s.room(sp.Channel, sp.By)
		if no != "" {
			return Act{Refused: no}, nil
		}
		m := &message{user: sp.By, team: s.user(sp.By).Team, client: s.envelope(), thread: sp.Thread, broadcast: sp.Broadcast}
		if m.thread != "" && ch.find(m.thread) == nil {
			return Act{Refused: "thread_not_found"}, nil
		}
		m.text, m.blocks = sp.Markup, sp.Blocks
		if sp.Markup == "" {
			m.text, m.blocks = typed(sp.Text, sp.Mentions...)
		}
		if sp.Broadcast && m.thread != "" {
			m.subtype = "thread_broadcast"
		}
		m.ts = s.stamp()
		if len(sp.Files) == 0 {
			return Act{TS: m.ts}, s.add(ch, m)
		}
		m.subtype, m.client = "file_share", ""
		for _, up := range sp.Files {
			f := s.newFile(up.Name, sp.By)
			f.bytes, f.size, f.uploaded, f.completed, f.hidden = up.Bytes, len(up.Bytes), true, true, up.Foreign
			m.files = append(m.files, f)
		}
		if sp.Text == "" && sp.Markup == "" {
			m.text, m.blocks = "", nil
		}
		return Act{TS: m.ts}, s.share(ch, m)
	})
}

// BotSays has another app say something, as an integration or an incoming webhook does.
func (s *Server) BotSays(channel, username, text string) Act {
	return s.act(func() (Act, []*delivery) {
		ch := s.channel(channel)
		if ch == nil {
			return Act{Refused: "channel_not_found"}, nil
		}
		m := &message{ts: s.stamp(), bot: "B0OTHER001", username: username, subtype: "bot_message", text: stored(text)}
		return Act{TS: m.ts}, s.add(ch, m)
	})
}

// mine is a message that somebody wrote.
func (s *Server) mine(by, channel, ts, denied string) (*channel, *message, string) {
	ch, no := s.room(channel, by)
	if no != "" {
		return nil, nil, no
	}
	m := ch.find(ts)
	switch {
	case m == nil || m.tombstone:
		return nil, nil, "message_not_found"
	case m.user != by:
		return nil, nil, denied
	}
	return ch, m, ""
}

// Edit has somebody change what they wrote.
func (s *Server) Edit(by, channel, ts, text string) Act {
	return s.act(func() (Act, []*delivery) {
		ch, m, no := s.mine(by, channel, ts, "cant_update_message")
		if no != "" {
			return Act{Refused: no}, nil
		}
		before := s.messageObject(m)
		m.text, m.blocks = typed(text)
		m.edited = object{"user": by, "ts": s.stamp()}
		return Act{TS: ts}, s.tellChanged(ch, m, before)
	})
}

// Unfurl has Slack put the preview of a link below a message: a message_changed without an edit.
func (s *Server) Unfurl(channel, ts, title string) Act {
	return s.act(func() (Act, []*delivery) {
		ch := s.channel(channel)
		m := ch.find(ts)
		before := s.messageObject(m)
		m.attachments = append(m.attachments, object{"id": len(m.attachments) + 1, "title": title, "fallback": title, "from_url": "https://example.com"})
		return Act{TS: ts}, s.tellChanged(ch, m, before)
	})
}

// Delete has somebody delete what they wrote.
func (s *Server) Delete(by, channel, ts string) Act {
	return s.act(func() (Act, []*delivery) {
		ch, m, no := s.mine(by, channel, ts, "cant_delete_message")
		if no != "" {
			return Act{Refused: no}, nil
		}
		return Act{TS: ts}, s.remove(ch, m)
	})
}

// Hide has the limit of a free plan reach a message: what is older is not shown any more, nor found. No event tells.
func (s *Server) Hide(channel, before string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channel(channel).hidden = before
}

// Expire has the workspace's retention delete what is older than a message. Whether events tell is not documented; here none does,
// and a root with newer answers leaves a tombstone, which is the harder case.
func (s *Server) Expire(channel, before string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channel(channel)
	ch.messages = slices.DeleteFunc(ch.messages, func(m *message) bool {
		return m.ts < before && !slices.ContainsFunc(ch.replies(m.ts), func(r *message) bool { return r.ts >= before })
	})
	for _, m := range ch.messages {
		if m.ts < before {
			*m = message{ts: m.ts, thread: m.ts, tombstone: true, text: "This message was deleted."}
		}
	}
}

// DeleteFile has the owner of a file delete it: messages keep a stub.
func (s *Server) DeleteFile(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file(id).gone = true
}

// React has somebody put an emoji on a message, by its name without colons; Unreact takes it away.
func (s *Server) React(by, channel, ts, name string) Act {
	return s.reacts(by, channel, ts, name, s.react)
}

// Unreact has somebody take their emoji away.
func (s *Server) Unreact(by, channel, ts, name string) Act {
	return s.reacts(by, channel, ts, name, s.unreact)
}

func (s *Server) reacts(by, channel, ts, name string, do func(*channel, *message, string, string) ([]*delivery, *failure)) Act {
	return s.act(func() (Act, []*delivery) {
		ch, no := s.room(channel, by)
		if no != "" {
			return Act{Refused: no}, nil
		}
		m := ch.find(ts)
		if m == nil {
			return Act{Refused: "message_not_found"}, nil
		}
		all, f := do(ch, m, by, name)
		if f != nil {
			return Act{Refused: f.code}, nil
		}
		return Act{TS: ts}, all
	})
}

// Join has somebody enter a channel, invited by somebody or, with an empty inviter, on their own. For the app's own bot
// user it is the invitation of the app.
func (s *Server) Join(user, channel, inviter string) Act {
	return s.act(func() (Act, []*delivery) {
		ch, u := s.channel(channel), s.user(user)
		if ch == nil || u == nil || ch.member(user) {
			return Act{Refused: "cant_invite"}, nil
		}
		ch.Members = append(ch.Members, user)
		m := &message{ts: s.stamp(), user: user, team: u.Team, subtype: "channel_join", text: "<@" + user + "> has joined the channel"}
		return Act{TS: m.ts}, append(s.tellMember(ch, u, "member_joined_channel", inviter), s.add(ch, m)...)
	})
}

// Leave has somebody leave a channel, or be removed from it.
func (s *Server) Leave(user, channel string) Act {
	return s.act(func() (Act, []*delivery) {
		ch, u := s.channel(channel), s.user(user)
		if ch == nil || u == nil || !ch.member(user) {
			return Act{Refused: "not_in_channel"}, nil
		}
		all := s.tellMember(ch, u, "member_left_channel", "")
		ch.Members = slices.DeleteFunc(ch.Members, func(m string) bool { return m == user })
		return Act{}, all
	})
}

// Archive archives a channel.
func (s *Server) Archive(by, id string) Act {
	return s.changeChannel(by, id, "archive", func(ch *channel, event object) { ch.Archived = true })
}

// Unarchive brings a channel back.
func (s *Server) Unarchive(by, id string) Act {
	return s.changeChannel(by, id, "unarchive", func(ch *channel, event object) { ch.Archived = false })
}

// Rename renames a channel.
func (s *Server) Rename(by, id, name string) Act {
	return s.changeChannel(by, id, "rename", func(ch *channel, event object) {
		ch.previous = append(ch.previous, ch.Name)
		ch.Name = name
		delete(event, "user")
		event["channel"] = object{"id": ch.ID, "name": name, "created": 1700000000, "is_channel": ch.Kind == Public}
	})
}

func (s *Server) changeChannel(by, id, what string, change func(*channel, object)) Act {
	return s.act(func() (Act, []*delivery) {
		ch := s.channel(id)
		if ch == nil {
			return Act{Refused: "channel_not_found"}, nil
		}
		kind := map[Kind]string{Public: "channel_", Private: "group_"}[ch.Kind] + what
		event := object{"type": kind, "channel": ch.ID, "user": by, "event_ts": s.stamp()}
		change(ch, event)
		return Act{}, s.tell(s.event(kind, readScope(ch.Kind, "read"), event))
	})
}

// Change changes somebody: a name, a deactivation, a move to guests.
func (s *Server) Change(id string, change func(*User)) Act {
	return s.act(func() (Act, []*delivery) {
		u := s.user(id)
		if u == nil {
			return Act{Refused: "user_not_found"}, nil
		}
		change(u)
		return Act{}, s.tell(s.event("user_change", "users:read", object{"type": "user_change", "user": s.userObject(u, true), "event_ts": s.stamp()}))
	})
}

// OpenHome has somebody open the app: its "home" or its "messages" tab.
func (s *Server) OpenHome(user, tab string) Act {
	return s.act(func() (Act, []*delivery) {
		if s.user(user) == nil {
			return Act{Refused: "user_not_found"}, nil
		}
		ch, _ := s.direct(user)
		event := object{"type": "app_home_opened", "user": user, "channel": ch.ID, "tab": tab, "event_ts": s.stamp()}
		if home := s.homes[user]; home != nil && tab == "home" {
			event["view"] = s.viewObject(home)
		}
		return Act{}, s.tell(s.event("app_home_opened", "", event))
	})
}

// Uninstall removes the app: tokens_revoked and app_uninstalled, and no token works any more.
func (s *Server) Uninstall() Act {
	return s.act(func() (Act, []*delivery) {
		s.revoked = "account_inactive"
		return Act{}, s.tell(
			s.event("tokens_revoked", "", object{"type": "tokens_revoked", "tokens": object{"oauth": []any{}, "bot": []any{BotUser}}, "event_ts": s.stamp()}),
			s.event("app_uninstalled", "", object{"type": "app_uninstalled", "event_ts": s.stamp()}),
		)
	})
}

// Again delivers what the last act caused once more, as Slack does when it missed the acknowledgement: the same
// event_id, the number of the attempt one higher.
func (s *Server) Again() Act {
	return s.act(func() (Act, []*delivery) {
		var all []*delivery
		for _, d := range s.last {
			again := &delivery{kind: d.kind, payload: d.payload, accepts: d.accepts, attempt: d.attempt + 1, reason: "timeout", heard: d.heard, first: make(chan Heard, 1)}
			all = append(all, again)
		}
		return Act{}, s.tell(all...)
	})
}

// Slash has somebody give a slash command in a conversation. Slack knows none in threads.
func (s *Server) Slash(user, channel, command, text string) Act {
	return s.act(func() (Act, []*delivery) {
		ch, no := s.room(channel, user)
		switch {
		case no != "":
			return Act{Refused: no}, nil
		case !slices.Contains(s.config.Commands, command):
			return Act{Refused: "unknown_command"}, nil
		case !s.scoped("commands"):
			return Act{Refused: "missing_scope"}, nil
		}
		name := ch.Name
		switch ch.Kind {
		case Direct:
			name = "directmessage"
		case Private:
			name = "privategroup"
		}
		trigger := s.newTrigger(user, "")
		payload := object{
			"token": "verification", "team_id": TeamID, "team_domain": "nordpumpe", "channel_id": ch.ID, "channel_name": name,
			"user_id": user, "user_name": s.user(user).Name, "command": command, "text": s.commandText(text), "api_app_id": AppID,
			"is_enterprise_install": "false", "response_url": s.newResponseURL(ch, user, "", ""), "trigger_id": trigger,
		}
		d := &delivery{kind: slashCmd, payload: payload, accepts: true, first: make(chan Heard, 1)}
		d.heard = func(h Heard) { s.answerCommand(ch, user, h.Answer) }
		return Act{Trigger: trigger}, s.tell(d)
	})
}

// commandText is the text of a command as it travels: three characters escaped; with should_escape names of people and
// channels as tokens.
func (s *Server) commandText(text string) string {
	text = escape(strings.TrimSpace(text))
	if s.config.PlainCommands {
		return text
	}
	words := strings.Fields(text)
	for _, w := range words {
		for _, u := range s.users {
			if w == "@"+u.Name {
				text = strings.Replace(text, w, fmt.Sprintf("<@%s|%s>", u.ID, u.Name), 1)
			}
		}
		for _, c := range s.channels {
			if c.Name != "" && w == "#"+c.Name {
				text = strings.Replace(text, w, fmt.Sprintf("<#%s|%s>", c.ID, c.Name), 1)
			}
		}
	}
	return text
}
