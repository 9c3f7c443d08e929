package slacktest

import (
	"regexp"
	"slices"
	"strings"
)

func (s *Server) authTest(c *call) (object, *failure) {
	return object{
		"url": s.URL + "/", "team": "Nordpumpe", "team_id": TeamID, "user": BotName, "user_id": BotUser, "bot_id": BotID,
		"is_enterprise_install": false,
	}, nil
}

func (s *Server) teamInfo(c *call) (object, *failure) {
	if t := c.str("team"); t != "" && t != TeamID {
		return nil, failed("team_not_found")
	}
	return object{"team": object{"id": TeamID, "name": "Nordpumpe", "domain": "nordpumpe", "email_domain": "nordpumpe.example", "icon": object{"image_default": true}}}, nil
}

func (s *Server) botsInfo(c *call) (object, *failure) {
	if b := c.str("bot"); b != "" && b != BotID {
		return nil, failed("bot_not_found")
	}
	return object{"bot": object{"id": BotID, "deleted": false, "name": BotName, "updated": 1700000000, "app_id": AppID, "user_id": BotUser, "icons": object{}}}, nil
}

func (s *Server) usersInfo(c *call) (object, *failure) {
	u := s.user(c.str("user"))
	if u == nil {
		return nil, failed("user_not_found")
	}
	return object{"user": s.userObject(u, c.flag("include_locale"))}, nil
}

// usersList has the people of the workspace; those of others are found by id only.
func (s *Server) usersList(c *call) (object, *failure) {
	var all []*User
	for _, u := range s.users {
		if u.Team == TeamID {
			all = append(all, u)
		}
	}
	part, meta, f := page(c, all, 1000, 1000)
	if f != nil {
		return nil, f
	}
	list := []any{}
	for _, u := range part {
		list = append(list, s.userObject(u, c.flag("include_locale")))
	}
	return object{"members": list, "cache_ts": s.now().Unix(), "response_metadata": meta}, nil
}

func (s *Server) usersLookup(c *call) (object, *failure) {
	for _, u := range s.users {
		if u.Email != "" && strings.EqualFold(u.Email, c.str("email")) && !u.Deleted && u.Team == TeamID {
			return object{"user": s.userObject(u, false)}, nil
		}
	}
	return nil, failed("users_not_found")
}

var emojiName = regexp.MustCompile(`^[a-z0-9_+'\-]+(::skin-tone-[2-6])?$`)

// reacted finds the message that a call about reactions means.
func (s *Server) reacted(c *call) (*channel, *message, *failure) {
	if c.str("channel") == "" || c.str("timestamp") == "" {
		return nil, nil, failed("no_item_specified")
	}
	if !tsForm.MatchString(c.str("timestamp")) {
		return nil, nil, failed("bad_timestamp")
	}
	ch := s.reachable(c.str("channel"))
	if ch == nil {
		return nil, nil, failed("channel_not_found")
	}
	m := ch.find(c.str("timestamp"))
	if m == nil || m.tombstone {
		return nil, nil, failed("message_not_found")
	}
	return ch, m, nil
}

func (s *Server) reactionsAdd(c *call) (object, *failure) {
	ch, m, f := s.reacted(c)
	if f != nil {
		return nil, f
	}
	base, _, _ := strings.Cut(c.str("name"), "::")
	switch {
	case !emojiName.MatchString(c.str("name")), !named(base): // colons are not part of a name
		return nil, failed("invalid_name")
	case ch.Archived:
		return nil, failed("is_archived")
	case !ch.member(BotUser):
		return nil, failed("not_in_channel")
	}
	if f := crowded(m, c.str("name")); f != nil {
		return nil, f
	}
	if _, f := s.react(ch, m, BotUser, c.str("name")); f != nil {
		return nil, f
	}
	return object{}, nil
}

// named reports whether the workspace knows an emoji by this name. It has those of [emojis] and none of its own.
func named(name string) bool {
	for _, n := range emojis {
		if n == name {
			return true
		}
	}
	return false
}

// What one message takes. That there are such limits is documented with the errors of reactions.add; how high they are is
// what people met: 23 of one person, 50 different ones.
const (
	mostOfOne    = 23
	mostReaction = 50
)

// crowded says whether a message takes another emoji of the app.
func crowded(m *message, name string) *failure {
	own, there := 0, false
	for _, r := range m.reactions {
		there = there || r.name == name
		if slices.Contains(r.users, BotUser) {
			if r.name == name {
				return nil // already_reacted says it better
			}
			own++
		}
	}
	switch {
	case own >= mostOfOne:
		return failed("too_many_reactions")
	case !there && len(m.reactions) >= mostReaction:
		return failed("too_many_emoji")
	}
	return nil
}

func (s *Server) reactionsRemove(c *call) (object, *failure) {
	ch, m, f := s.reacted(c)
	switch {
	case f != nil:
		return nil, f
	case !emojiName.MatchString(c.str("name")):
		return nil, failed("invalid_name")
	case ch.Archived:
		return nil, failed("is_archived")
	case !ch.member(BotUser):
		return nil, failed("not_in_channel")
	}
	if _, f := s.unreact(ch, m, BotUser, c.str("name")); f != nil {
		return nil, f
	}
	return object{}, nil
}

func (s *Server) reactionsGet(c *call) (object, *failure) {
	ch, m, f := s.reacted(c)
	if f != nil {
		return nil, f
	}
	o := s.messageObject(m)
	if !c.flag("full") && len(m.reactions) > 0 { // the list of users "might not always contain all", says the documentation
		o["reactions"] = reactionsCut(m)
	}
	o["permalink"] = s.URL + "/archives/" + ch.ID + "/p" + strings.ReplaceAll(m.ts, ".", "")
	return object{"type": "message", "channel": ch.ID, "message": o}, nil
}

// shownReactors is how many people are named on an emoji when not all are asked for; the fake's own, since Slack does not say.
const shownReactors = 3

func reactionsCut(m *message) []any {
	all := reactionsObject(m)
	for _, r := range all {
		o := r.(object)
		users := o["users"].([]string)
		o["users"] = users[:min(len(users), shownReactors)]
	}
	return all
}

// react puts an emoji of somebody on a message and tells the app.
func (s *Server) react(ch *channel, m *message, user, name string) ([]*delivery, *failure) {
	i := slices.IndexFunc(m.reactions, func(r *reaction) bool { return r.name == name })
	if i < 0 {
		m.reactions = append(m.reactions, &reaction{name: name})
		i = len(m.reactions) - 1
	}
	if slices.Contains(m.reactions[i].users, user) {
		return nil, failed("already_reacted")
	}
	m.reactions[i].users = append(m.reactions[i].users, user)
	return s.tellReaction(ch, m, user, name, "reaction_added"), nil
}

// unreact takes it away.
func (s *Server) unreact(ch *channel, m *message, user, name string) ([]*delivery, *failure) {
	i := slices.IndexFunc(m.reactions, func(r *reaction) bool { return r.name == name && slices.Contains(r.users, user) })
	if i < 0 {
		return nil, failed("no_reaction")
	}
	r := m.reactions[i]
	r.users = slices.DeleteFunc(r.users, func(u string) bool { return u == user })
	if len(r.users) == 0 {
		m.reactions = slices.Delete(m.reactions, i, i+1)
	}
	return s.tellReaction(ch, m, user, name, "reaction_removed"), nil
}
