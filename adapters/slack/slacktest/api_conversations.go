package slacktest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// readScope is the scope that a kind of conversation needs, such as "channels:read".
func readScope(k Kind, what string) string {
	return map[Kind]string{Public: "channels", Private: "groups", Direct: "im", Group: "mpim"}[k] + ":" + what
}

// visible finds the conversation of a call that the app may read in a way: "read" or "history".
func (s *Server) visible(c *call, what string) (*channel, *failure) {
	ch := s.reachable(c.str("channel"))
	if ch == nil {
		return nil, failed("channel_not_found")
	}
	if scope := readScope(ch.Kind, what); !s.scoped(scope) {
		return nil, lacking(scope)
	}
	return ch, nil
}

// page cuts a list by cursor and limit; usual is the limit when none is given.
func page[T any](c *call, all []T, usual, most int) ([]T, object, *failure) {
	limit := usual
	if l := c.str("limit"); l != "" {
		n, err := strconv.Atoi(l)
		if err != nil || n < 0 {
			return nil, nil, failed("invalid_limit")
		}
		if n > 0 {
			limit = min(n, most)
		}
	}
	from := 0
	if cursor := c.str("cursor"); cursor != "" {
		raw, err := base64.StdEncoding.DecodeString(cursor)
		n, err2 := strconv.Atoi(strings.TrimPrefix(string(raw), "next:"))
		if err != nil || err2 != nil || n < 0 || n > len(all) {
			return nil, nil, failed("invalid_cursor")
		}
		from = n
	}
	to := min(len(all), from+limit)
	next := ""
	if to < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte("next:" + strconv.Itoa(to)))
	}
	return all[from:to], object{"next_cursor": next}, nil
}

func (s *Server) conversationsInfo(c *call) (object, *failure) {
	ch, f := s.visible(c, "read")
	if f != nil {
		return nil, f
	}
	o := s.channelObject(ch)
	if c.flag("include_num_members") {
		o["num_members"] = len(ch.Members)
	}
	return object{"channel": o}, nil
}

func (s *Server) conversationsList(c *call) (object, *failure) {
	types := c.list("types")
	if len(types) == 0 {
		types = []string{string(Public)}
	}
	for _, t := range types {
		if !slices.Contains([]Kind{Public, Private, Direct, Group}, Kind(t)) {
			return nil, failed("invalid_types")
		}
		if scope := readScope(Kind(t), "read"); !s.scoped(scope) {
			return nil, lacking(scope)
		}
	}
	var all []*channel
	for _, ch := range s.channels {
		if slices.Contains(types, string(ch.Kind)) && s.reachable(ch.ID) != nil && (!ch.Archived || !c.flag("exclude_archived")) {
			all = append(all, ch)
		}
	}
	part, meta, f := page(c, all, 100, 1000)
	if f != nil {
		return nil, f
	}
	list := []any{}
	for _, ch := range part {
		o := s.channelObject(ch)
		if ch.Kind != Direct {
			o["num_members"] = len(ch.Members)
		}
		list = append(list, o)
	}
	return object{"channels": list, "response_metadata": meta}, nil
}

func (s *Server) conversationsMembers(c *call) (object, *failure) {
	ch, f := s.visible(c, "read")
	if f != nil {
		return nil, f
	}
	part, meta, f := page(c, ch.Members, 100, 1000)
	if f != nil {
		return nil, f
	}
	return object{"members": part, "response_metadata": meta}, nil
}

// conversationsOpen opens the direct conversation with one person, or a group one.
func (s *Server) conversationsOpen(c *call) (object, *failure) {
	users := c.list("users")
	if id := c.str("channel"); id != "" {
		ch := s.reachable(id)
		if ch == nil || (ch.Kind != Direct && ch.Kind != Group) {
			return nil, failed("channel_not_found")
		}
		return object{"channel": s.channelObject(ch), "already_open": true, "no_op": true}, nil
	}
	switch {
	case len(users) == 0:
		return nil, failed("users_list_not_supplied")
	case len(users) > 8:
		return nil, failed("too_many_users")
	case len(users) == 1 && !s.scoped("im:write"):
		return nil, lacking("im:write")
	case len(users) > 1 && !s.scoped("mpim:write"):
		return nil, lacking("mpim:write")
	}
	for _, id := range users {
		u := s.user(id)
		switch {
		case u == nil:
			return nil, failed("user_not_found")
		case u.Deleted:
			return nil, failed("user_disabled")
		case u.Bot:
			return nil, failed("cannot_dm_bot")
		}
	}
	ch, there := s.group(users)
	o := object{"id": ch.ID}
	if c.flag("return_im") {
		o = s.channelObject(ch)
	}
	answer := object{"channel": o}
	if there {
		answer["already_open"], answer["no_op"] = true, true
	}
	return answer, nil
}

// group finds or makes the conversation of the app with some people.
func (s *Server) group(users []string) (*channel, bool) {
	if len(users) == 1 {
		return s.direct(users[0])
	}
	for _, ch := range s.channels {
		if ch.Kind == Group && len(ch.Members) == len(users)+1 && !slices.ContainsFunc(users, func(u string) bool { return !ch.member(u) }) {
			return ch, true
		}
	}
	ch := &channel{Channel: Channel{ID: s.id("G"), Kind: Group, Name: "mpdm-" + strings.Join(users, "--"), Members: append(slices.Clone(users), BotUser)}}
	s.channels = append(s.channels, ch)
	return ch, false
}

func (s *Server) conversationsJoin(c *call) (object, *failure) {
	ch := s.reachable(c.str("channel"))
	switch {
	case ch == nil:
		return nil, failed("channel_not_found")
	case ch.Kind != Public:
		return nil, failed("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, failed("is_archived")
	case ch.member(BotUser):
		c.warn = append(c.warn, "already_in_channel")
	default:
		ch.Members = append(ch.Members, BotUser)
		s.tellMember(ch, s.user(BotUser), "member_joined_channel", "")
	}
	return object{"channel": s.channelObject(ch)}, nil
}

// within reports whether a ts lies between oldest and latest, of which inclusive takes the ends in.
func within(c *call, ts string) bool {
	after, before := ts > c.str("oldest"), c.str("latest") == "" || ts < c.str("latest")
	if c.flag("inclusive") {
		after, before = after || ts == c.str("oldest"), before || ts == c.str("latest")
	}
	return after && before
}

// span checks oldest and latest. Slack takes plain seconds as well; here they get their fraction.
func span(c *call) *failure {
	for _, end := range []string{"oldest", "latest"} {
		v := c.str(end)
		if v == "" || v == "0" || v == "now" {
			delete(c.args, end)
			continue
		}
		whole, fraction, _ := strings.Cut(v, ".")
		if _, err := strconv.Atoi(whole); err != nil || len(fraction) > 6 {
			return failed("invalid_ts_" + end)
		}
		c.args[end] = whole + "." + (fraction + "000000")[:6]
	}
	return nil
}

// history is newest first; replies are below their parents and not here, unless they were broadcast.
func (s *Server) history(c *call) (object, *failure) {
	ch, f := s.visible(c, "history")
	if f != nil {
		return nil, f
	}
	if !ch.member(BotUser) {
		return nil, failed("not_in_channel")
	}
	if f := span(c); f != nil {
		return nil, f
	}
	var all []*message
	for _, m := range slices.Backward(ch.messages) {
		shown := m.ts >= ch.hidden && m.ts <= s.indexed() && !slices.Contains(s.omitted, m.ts)
		if m.only == "" && (m.thread == "" || m.thread == m.ts || m.broadcast) && within(c, m.ts) && shown {
			all = append(all, m)
		}
	}
	answer, f := s.messagePage(c, ch, all, 100, 999)
	if f == nil && ch.hidden != "" {
		answer["is_limited"] = true // documented for channels.history only: methods/channels.history of slackhq/slack-api-docs
	}
	return answer, f
}

// repliesOf is a thread, oldest first, the parent at the head of every page.
func (s *Server) repliesOf(c *call) (object, *failure) {
	ch, f := s.visible(c, "history")
	if f != nil {
		return nil, f
	}
	if !ch.member(BotUser) {
		return nil, failed("not_in_channel")
	}
	if f := span(c); f != nil {
		return nil, f
	}
	m := ch.find(c.str("ts"))
	if m == nil || m.ts > s.indexed() {
		return nil, failed("thread_not_found")
	}
	if m.thread != "" && m.thread != m.ts { // the ts of a reply shows that reply alone
		return s.messagePage(c, ch, []*message{m}, 1000, 1000)
	}
	all := []*message{m}
	for _, r := range ch.replies(m.ts) {
		if within(c, r.ts) && !slices.Contains(s.omitted, r.ts) {
			all = append(all, r)
		}
	}
	return s.messagePage(c, ch, all, 1000, 1000)
}

func (s *Server) messagePage(c *call, ch *channel, all []*message, usual, most int) (object, *failure) {
	part, meta, f := page(c, all, usual, most)
	if f != nil {
		return nil, f
	}
	list := []any{}
	for _, m := range part {
		list = append(list, s.historyObject(ch, m, c.flag("include_all_metadata")))
	}
	more := meta["next_cursor"] != ""
	answer := object{"messages": list, "has_more": more, "pin_count": 0}
	if more {
		answer["response_metadata"] = meta
	}
	return answer, nil
}
