package teamstest

import (
	"fmt"
	"net/http"
	"strconv"
)

// at looks into objects: at(o, "channelData", "channel", "id").
func at(v any, path ...string) any {
	for _, key := range path {
		o, _ := v.(object)
		v = o[key]
	}
	return v
}

// word is a string inside objects; empty for everything else.
func word(v any, path ...string) string {
	text, _ := at(v, path...).(string)
	return text
}

// create opens a direct conversation, or posts into a channel.
func (s *Server) create(c *call) (reply, *failure) {
	known := map[string]bool{"isGroup": true, "bot": true, "members": true, "topicName": true, "activity": true, "channelData": true, "tenantId": true}
	for key := range c.body {
		if !known[key] {
			s.record(c.name, fmt.Sprintf("%q is no part of the parameters", key))
		}
	}
	if id := word(c.body, "bot", "id"); id != "" && id != s.BotID() {
		s.record(c.name, "the bot is not "+id)
	}
	members, _ := c.body["members"].([]any)
	channel := word(c.body, "channelData", "channel", "id")
	switch {
	case channel != "":
		return s.createPost(c, channel)
	case len(members) != 1 || c.body["isGroup"] == true:
		return reply{}, badArgument("Incorrect conversation creation parameters.")
	}
	tenant := word(c.body, "tenantId")
	if tenant == "" {
		tenant = word(c.body, "channelData", "tenant", "id")
	}
	if tenant == "" {
		return reply{}, badArgument("The tenant is missing.")
	}
	u := s.user(word(members[0], "id"))
	switch {
	case u == nil:
		return reply{}, fail(http.StatusNotFound, "NotFound", "User not found.")
	case tenant != s.config.Tenant:
		return reply{}, badArgument("The tenant is not the bot's.")
	case !s.reachable(u.ID):
		return reply{}, fail(http.StatusForbidden, "ForbiddenOperationException", "The bot is not installed in user's personal scope.")
	}
	conv := s.direct(u.ID)
	answer := object{"id": conv.ID}
	if activity, _ := c.body["activity"].(object); activity != nil {
		no := s.writable(conv)
		if no == nil {
			no = s.check(c, conv, activity)
		}
		if no != nil {
			return reply{}, no
		}
		answer["activityId"] = s.append(conv, "", activity).id
	}
	return reply{status: http.StatusCreated, body: answer}, nil
}

func (s *Server) createPost(c *call, channel string) (reply, *failure) {
	conv := s.conversation(channel)
	if conv == nil || conv.Kind != Channel || conv.ID != channel {
		return reply{}, noConversation()
	}
	if no := s.writable(conv); no != nil {
		return reply{}, no
	}
	if c.body["isGroup"] != true {
		s.record(c.name, "a post in a channel is made with isGroup")
	}
	activity, _ := c.body["activity"].(object)
	if activity == nil {
		return reply{}, badArgument("The activity is missing.")
	}
	if no := s.check(c, conv, activity); no != nil {
		return reply{}, no
	}
	m := s.append(conv, "", activity)
	return reply{status: http.StatusCreated, body: object{"id": Thread(conv.ID, m.id), "activityId": m.id}}, nil
}

// roster is who is in a conversation that a call names.
func (s *Server) roster(c *call) (*conversation, []any, *failure) {
	conv := s.conversation(c.at())
	if conv == nil {
		return nil, nil, noConversation()
	}
	if conv.Absent {
		return nil, nil, fail(http.StatusForbidden, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
	}
	list := []any{}
	for _, id := range conv.Members {
		if u := s.user(id); u != nil {
			list = append(list, s.memberObject(u))
		}
	}
	return conv, list, nil
}

func (s *Server) members(c *call) (reply, *failure) {
	s.record(c.name, "deprecated: five calls a minute, use pagedmembers")
	_, list, no := s.roster(c)
	return reply{http.StatusOK, list}, no
}

// pagedMembers answers page by page. A page has 50 to 500 members, 200 unless asked otherwise.
func (s *Server) pagedMembers(c *call) (reply, *failure) {
	_, list, no := s.roster(c)
	if no != nil {
		return reply{}, no
	}
	size := 200
	if given := c.args.Get("pageSize"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 {
			return reply{}, badArgument("The page size is no number.")
		}
		size = min(max(n, 50), 500)
	}
	size = min(size, s.config.MaxPage)
	from := 0
	if token := c.args.Get("continuationToken"); token != "" {
		if _, err := fmt.Sscanf(token, "page from=%d&+/", &from); err != nil || from > len(list) {
			return reply{}, badArgument("The continuation token is invalid.")
		}
	}
	until := min(from+size, len(list))
	answer := object{"members": list[from:until]}
	if until < len(list) {
		answer["continuationToken"] = fmt.Sprintf("page from=%d&+/", until) // it needs escaping
	}
	return reply{http.StatusOK, answer}, nil
}

func (s *Server) memberOf(c *call) (reply, *failure) {
	conv, _, no := s.roster(c)
	if no != nil {
		return reply{}, no
	}
	u := s.user(c.path[3])
	if u == nil || !conv.member(u.ID) {
		return reply{}, fail(http.StatusNotFound, "MemberNotFoundInConversation", "The member was not found in the conversation.")
	}
	return reply{http.StatusOK, s.memberObject(u)}, nil
}

// channels are those of a team.
func (s *Server) channels(team string) []*conversation {
	var all []*conversation
	for _, c := range s.all {
		if c.Kind == Channel && c.Team == team {
			all = append(all, c)
		}
	}
	return all
}

func (s *Server) teamOf(c *call) (reply, *failure) {
	t := s.team(c.path[1])
	if t == nil {
		return reply{}, badArgument("Cannot find team with provided id")
	}
	return reply{http.StatusOK, object{"id": t.ID, "name": t.Name, "aadGroupId": t.GroupID, "channelCount": len(s.channels(t.ID)), "tenantId": s.config.Tenant}}, nil
}

func (s *Server) channelsOf(c *call) (reply, *failure) {
	t := s.team(c.path[1])
	if t == nil {
		return reply{}, noConversation()
	}
	list := []any{}
	for _, conv := range s.channels(t.ID) {
		o := object{"id": conv.ID}
		if conv.ID != t.ID { // the General channel has no name, so that apps can translate it
			o["name"] = conv.Name
		}
		list = append(list, o)
	}
	return reply{http.StatusOK, object{"conversations": list}}, nil
}
