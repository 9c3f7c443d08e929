package teamstest

import "slices"

// Install has somebody add the app to a conversation, for a channel to its whole team: installationUpdate and conversationUpdate.
// Where it is already, it is brought up to date: an installationUpdate with add-upgrade.
func (s *Server) Install(by, conversation string) Act { return s.installs(by, conversation, "add") }

// Open has somebody add the app for themselves, which opens the direct conversation. The bot is told even when it was there
// before, as after a removal that it missed.
func (s *Server) Open(user string) Act {
	s.mu.Lock()
	conv := s.direct(user)
	conv.Absent = true
	s.mu.Unlock()
	return s.installs(user, conv.ID, "add")
}

// Uninstall has somebody remove the app. Nothing that the bot posts is taken there from then on.
func (s *Server) Uninstall(by, conversation string) Act {
	return s.installs(by, conversation, "remove")
}

func (s *Server) installs(by, id, action string) Act {
	return s.act(func() (Act, []*delivery) {
		conv, u, no := s.room(id, by)
		if no == "" && conv.Absent && action == "remove" {
			no = "nothing changes"
		}
		if no != "" {
			return Act{Refused: no}, nil
		}
		if !conv.Absent && action == "add" {
			return Act{}, []*delivery{newDelivery(s.installation(conv, u, "add-upgrade"))}
		}
		same := []*conversation{conv}
		if conv.Kind == Channel {
			same = s.channels(conv.Team)
		}
		for _, c := range same {
			c.Absent = action == "remove"
		}
		update := s.installation(conv, u, action)
		field, event := "membersAdded", "teamMemberAdded"
		if action == "remove" {
			field, event = "membersRemoved", "teamMemberRemoved"
		}
		if action == "remove" && conv.Kind == Personal { // nobody is left to tell about members
			return Act{}, []*delivery{newDelivery(update)}
		}
		roster := s.roll(conv, u, field, event, object{"id": s.BotID()})
		return Act{}, []*delivery{newDelivery(update), newDelivery(roster)}
	})
}

// installation is an installationUpdate.
func (s *Server) installation(conv *conversation, by *User, action string) object {
	a := s.base("installationUpdate", conv, "", by)
	a["action"] = action
	data := a["channelData"].(object)
	data["settings"], data["source"] = object{"selectedChannel": object{"id": conv.ID}}, object{"name": "message"}
	return a
}

// roll is a conversationUpdate about who is in a conversation. Those of a team carry the id of its General channel.
func (s *Server) roll(conv *conversation, by *User, field, event string, who ...any) object {
	place := conv
	if conv.Kind == Channel {
		if general := s.conversation(conv.Team); general != nil {
			place = general
		} else {
			top := *conv
			top.ID = conv.Team
			place = &top
		}
	}
	a := s.base("conversationUpdate", place, "", by)
	a[field] = who
	if conv.Kind == Channel {
		data := a["channelData"].(object)
		data["eventType"] = event
		delete(data, "channel")
		delete(data, "teamsChannelId")
		if t := s.team(conv.Team); t != nil {
			data["team"] = object{"id": t.ID, "name": t.Name, "aadGroupId": t.GroupID}
		}
	}
	return a
}

// Join has somebody come into a conversation, for a channel into its whole team.
func (s *Server) Join(user, conversation string) Act {
	return s.moves(user, conversation, "membersAdded", "teamMemberAdded")
}

// Leave has somebody go.
func (s *Server) Leave(user, conversation string) Act {
	return s.moves(user, conversation, "membersRemoved", "teamMemberRemoved")
}

func (s *Server) moves(user, id, field, event string) Act {
	return s.act(func() (Act, []*delivery) {
		conv, u := s.conversation(id), s.user(user)
		if conv == nil || u == nil || conv.Kind == Personal {
			return Act{Refused: "no such person or conversation"}, nil
		}
		in := field == "membersAdded"
		if conv.member(u.ID) == in {
			return Act{Refused: "nothing changes"}, nil
		}
		same := []*conversation{conv}
		if conv.Kind == Channel {
			same = s.channels(conv.Team)
		}
		for _, c := range same {
			c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == u.ID })
			if in {
				c.Members = append(c.Members, u.ID)
			}
		}
		if conv.Absent {
			return Act{}, nil
		}
		who := object{"id": u.ID, "aadObjectId": u.ObjectID}
		return Act{}, []*delivery{newDelivery(s.roll(conv, u, field, event, who))}
	})
}

// Rename gives a channel another name.
func (s *Server) Rename(by, channel, name string) Act {
	return s.channelEvent(by, channel, "channelRenamed", func(c *conversation) { c.Name = name })
}

// Remove deletes a channel with everything in it.
func (s *Server) Remove(by, channel string) Act {
	return s.channelEvent(by, channel, "channelDeleted", func(c *conversation) {
		s.all = slices.DeleteFunc(s.all, func(other *conversation) bool { return other == c })
	})
}

func (s *Server) channelEvent(by, id, event string, change func(*conversation)) Act {
	return s.act(func() (Act, []*delivery) {
		conv, u, no := s.room(id, by)
		if no == "" && conv.Kind != Channel {
			no = "no channel"
		}
		if no != "" {
			return Act{Refused: no}, nil
		}
		change(conv)
		if conv.Absent {
			return Act{}, nil
		}
		a := s.base("conversationUpdate", conv, "", u)
		data := a["channelData"].(object)
		data["eventType"], data["channel"] = event, object{"id": conv.ID, "name": conv.Name}
		if t := s.team(conv.Team); t != nil {
			data["team"] = object{"id": t.ID, "name": t.Name, "aadGroupId": t.GroupID}
		}
		return Act{}, []*delivery{newDelivery(a)}
	})
}

// Emit delivers an activity that is like one of somebody in a conversation, apart from what change says: fields that are nil
// there are left out. The conversation need not exist.
func (s *Server) Emit(by, at string, change map[string]any) Act {
	return s.act(func() (Act, []*delivery) {
		conv := s.conversation(at)
		base, root := threaded(at)
		if conv == nil {
			conv = &conversation{Conversation: Conversation{ID: base, Kind: Channel, Team: s.teams[0].ID, Tenant: s.config.Tenant}}
		}
		u := s.user(by)
		if u == nil {
			u = &User{ID: by, Name: by, ObjectID: guid(), Tenant: s.config.Tenant}
		}
		a := s.base("message", conv, root, u)
		a["id"], a["text"], a["textFormat"] = s.messageID(), "", "plain"
		for key, v := range change {
			if v == nil {
				delete(a, key)
				continue
			}
			a[key] = v
		}
		d := newDelivery(a)
		if a["type"] == "invoke" {
			d.answer = func(d *delivery, h *Heard) { s.body(d, h) }
		}
		return Act{ID: word(a, "id")}, []*delivery{d}
	})
}
