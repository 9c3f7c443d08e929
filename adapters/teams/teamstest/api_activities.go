package teamstest

import (
	"fmt"
	"net/http"
)

// place is the conversation and the thread that a call names. An unknown thread is an unknown conversation. The lock is held,
// as in all that answers calls.
func (s *Server) place(c *call) (*conversation, string, *failure) {
	conv := s.conversation(c.at())
	_, root := threaded(c.at())
	if conv == nil {
		return nil, "", noConversation()
	}
	if root != "" {
		top := conv.find(root)
		if conv.purged[root] {
			return nil, "", noConversation()
		}
		if conv.Kind != Channel || top == nil || top.root != root {
			s.record(c.name, "no thread hangs on "+root)
			return nil, "", noConversation()
		}
	}
	return conv, root, nil
}

// writable says why the bot may not write somewhere, nil if it may.
func (s *Server) writable(conv *conversation) *failure {
	switch {
	case conv.Kind == Personal && len(conv.Members) == 1 && s.user(conv.Members[0]) != nil && s.user(conv.Members[0]).Blocked:
		return writesBlocked()
	case conv.Absent:
		return fail(http.StatusForbidden, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
	case conv.Locked:
		return fail(http.StatusForbidden, "NotEnoughPermissions", "The bot is not allowed to post in this channel.")
	}
	return nil
}

// typing shows that the bot writes. It leaves nothing behind.
func (s *Server) typing(c *call) (reply, *failure) {
	conv, _, no := s.place(c)
	if no == nil {
		no = s.writable(conv)
	}
	if no != nil {
		return reply{}, no
	}
	for key := range c.body {
		switch key {
		case "type", "from", "conversation", "recipient", "replyToId", "channelId", "serviceUrl":
		default:
			s.record(c.name, fmt.Sprintf("a typing activity has %q", key))
		}
	}
	return reply{status: http.StatusAccepted}, nil
}

// send posts an activity into a conversation or a thread.
func (s *Server) send(c *call) (reply, *failure) {
	conv, root, no := s.place(c)
	if no == nil {
		no = s.writable(conv)
	}
	if no != nil {
		return reply{}, no
	}
	if c.name == "reply" {
		if conv.find(c.path[3]) == nil {
			return reply{}, noActivity()
		}
		if conv.Kind == Channel && root == "" {
			s.record(c.name, "a reply to a channel without ;messageid= becomes a new post")
		}
	}
	if no := s.check(c, conv, c.body); no != nil {
		return reply{}, no
	}
	return s.put(c, conv, root, c.body), nil
}

// put adds a checked activity as one message, or as two where Teams splits it.
func (s *Server) put(c *call, conv *conversation, root string, activity object) reply {
	attachments, _ := activity["attachments"].([]any)
	text, _ := activity["text"].(string)
	if text != "" && len(attachments) > 0 {
		s.record(c.name, "text and attachments in one activity are split into two messages, and no id comes back")
		first, second := clone(activity), clone(activity)
		delete(first, "attachments")
		delete(second, "text")
		top := s.append(conv, root, first)
		if root == "" && conv.Kind == Channel {
			root = top.id
		}
		s.append(conv, root, second)
		return reply{status: http.StatusAccepted}
	}
	return reply{status: http.StatusCreated, body: object{"id": s.append(conv, root, activity).id}}
}

func clone(o object) object {
	c := make(object, len(o))
	for k, v := range o {
		c[k] = v
	}
	return c
}

// append adds a message of the bot.
func (s *Server) append(conv *conversation, root string, activity object) *message {
	m := &message{id: s.messageID(), post: activity, root: root, created: s.now(), views: map[string]object{}}
	if conv.Kind == Channel && root == "" {
		m.root = m.id
	}
	conv.messages = append(conv.messages, m)
	return m
}

// mine finds the message that the bot wants to change. Replies are found through their thread only.
func (s *Server) mine(c *call) (*conversation, *message, *failure) {
	conv, root, no := s.place(c)
	if no == nil {
		no = s.writable(conv)
	}
	if no != nil {
		return nil, nil, no
	}
	m := conv.find(c.path[3])
	switch {
	case m == nil || m.deleted:
		return nil, nil, noActivity()
	case m.root != root && m.root != m.id:
		s.record(c.name, "a reply in a thread is reached through the thread only")
		return nil, nil, noActivity()
	case root != "" && m.root != root:
		return nil, nil, noActivity()
	case !m.ours():
		s.record(c.name, "the message is somebody else's")
		return nil, nil, fail(http.StatusForbidden, "NotEnoughPermissions", "A bot can only change its own messages.")
	}
	return conv, m, nil
}

func (s *Server) update(c *call) (reply, *failure) {
	conv, m, no := s.mine(c)
	if no != nil {
		return reply{}, no
	}
	if no := s.check(c, conv, c.body); no != nil {
		return reply{}, no
	}
	if id, _ := c.body["id"].(string); id != "" && id != m.id {
		s.record(c.name, "the activity has another id than the path")
	}
	if attachments, _ := c.body["attachments"].([]any); len(attachments) > 0 && c.body["text"] != nil {
		s.record(c.name, "an update has text and attachments")
	}
	m.post, m.edited, m.changed = c.body, true, s.now()
	m.editedAt = m.changed
	clear(m.views)
	return reply{status: http.StatusOK, body: object{"id": m.id}}, nil
}

func (s *Server) remove(c *call) (reply, *failure) {
	_, m, no := s.mine(c)
	if no != nil {
		return reply{}, no
	}
	if len(c.raw) > 0 {
		s.record(c.name, "a body on a DELETE")
	}
	m.deleted, m.changed = true, s.now()
	m.deletedAt = m.changed
	return reply{status: http.StatusOK}, nil
}
