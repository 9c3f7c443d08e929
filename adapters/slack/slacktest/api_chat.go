package slacktest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What Slack takes in one message, in characters: docs.slack.dev, chat.postMessage, chat.update, and the changelog of
// April 2018. The sum of the blocks is what bolt-js #2509 measured.
const (
	maxText       = 40_000
	maxUpdate     = 4_000
	maxMarkdown   = 12_000
	maxBlocksSum  = 13_200
	maxAttachment = 100
)

var tsForm = regexp.MustCompile(`^\d{10}\.\d{6}$`)

// reachable finds a conversation that the app may know of: private ones only from the inside.
func (s *Server) reachable(id string) *channel {
	c := s.channel(id)
	if c == nil || (c.Kind != Public && !c.member(BotUser)) {
		return nil
	}
	return c
}

// target finds where a message goes: by id, by name, or the direct conversation by the id of a person.
func (s *Server) target(to string) (*channel, *failure) {
	if u := s.user(to); u != nil {
		if u.Deleted || u.Bot {
			return nil, failed("channel_not_found")
		}
		c, _ := s.direct(u.ID)
		return c, nil
	}
	c := s.reachable(to)
	for _, named := range s.channels {
		if named.Name != "" && strings.TrimPrefix(to, "#") == named.Name {
			c = s.reachable(named.ID)
		}
	}
	switch {
	case c == nil:
		return nil, failed("channel_not_found")
	case c.Archived:
		return nil, failed("is_archived")
	case !c.member(BotUser) && !s.scoped("chat:write.public"):
		return nil, failed("not_in_channel")
	}
	return c, nil
}

// compose reads what a message says from the arguments.
func (s *Server) compose(c *call, m *message) *failure {
	m.text = c.str("text")
	m.plain = c.args["mrkdwn"] != nil && !c.flag("mrkdwn")
	m.linkNames = c.flag("link_names") || c.str("parse") == "full"
	if f := s.composeBlocks(c, m); f != nil {
		return f
	}
	attachments, err := c.structured("attachments")
	list, isList := attachments.([]any)
	switch {
	case err != nil || (attachments != nil && !isList):
		return failed("invalid_attachments")
	case len(list) > maxAttachment:
		return failed("too_many_attachments")
	}
	m.attachments = list
	if md := c.str("markdown_text"); md != "" {
		if m.text != "" || m.blocks != nil {
			return failed("markdown_text_conflict")
		}
		if utf8.RuneCountInString(md) > maxMarkdown {
			return failed("msg_too_long")
		}
		m.blocks = []any{object{"type": "markdown", "text": md}}
	}
	if strings.TrimSpace(m.text) == "" && len(m.blocks) == 0 && len(m.attachments) == 0 {
		return failed("no_text")
	}
	if m.text == "" {
		m.text = s.fallback(m.blocks)
	}
	m.text = stored(m.text)
	return s.composeMetadata(c, m)
}

func (s *Server) composeBlocks(c *call, m *message) *failure {
	raw, err := c.structured("blocks")
	if err != nil {
		return failed("invalid_blocks_format")
	}
	if raw == nil {
		return nil
	}
	blocks, why := checkBlocks(raw, onMessage)
	if len(why) > 0 {
		return faulty("invalid_blocks", why...)
	}
	if sum := markdownSum(blocks); sum > maxBlocksSum {
		return failed("msg_blocks_too_long")
	}
	s.complete(blocks)
	m.blocks = blocks
	return nil
}

func (s *Server) composeMetadata(c *call, m *message) *failure {
	raw, err := c.structured("metadata")
	if err != nil {
		return failed("invalid_metadata_format")
	}
	meta, ok := raw.(object)
	if raw != nil && !ok {
		return failed("invalid_metadata_format")
	}
	if len(meta) == 0 || (meta["event_type"] == "" && isEmpty(meta["event_payload"])) {
		return nil // clients send empty ones
	}
	kind, _ := meta["event_type"].(string)
	if _, ok := meta["event_payload"].(object); !ok || kind == "" {
		return failed("invalid_metadata_format")
	}
	m.metadata = meta
	return nil
}

func isEmpty(v any) bool {
	o, ok := v.(object)
	return v == nil || (ok && len(o) == 0)
}

// stored is a text as Slack keeps it: what is not a token of its markup is escaped.
func stored(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case rest[0] == '&' && !strings.HasPrefix(rest, "&amp;") && !strings.HasPrefix(rest, "&lt;") && !strings.HasPrefix(rest, "&gt;"):
			b.WriteString("&amp;")
			i++
		case rest[0] == '<':
			end := strings.IndexAny(rest[1:], "<>\n")
			if end <= 0 || rest[1] == ' ' || rest[end+1] != '>' {
				b.WriteString("&lt;")
				i++
				continue
			}
			b.WriteString(rest[:end+2])
			i += end + 2
		case rest[0] == '>':
			b.WriteString("&gt;")
			i++
		default:
			b.WriteByte(rest[0])
			i++
		}
	}
	return b.String()
}

// override reads username and icon.
func (s *Server) override(c *call, m *message) *failure {
	m.username = c.str("username")
	if icon := c.str("icon_url"); icon != "" {
		m.icon = object{"image_48": icon}
	}
	if icon := c.str("icon_emoji"); icon != "" {
		m.icon = object{"emoji": icon}
	}
	if (m.username != "" || m.icon != nil) && !s.scoped("chat:write.customize") {
		return lacking("chat:write.customize")
	}
	return nil
}

// ours is a message of the app. With a name of its own it is a bot_message of nobody.
func (s *Server) ours(m *message) {
	m.app, m.bot, m.user, m.team = true, BotID, BotUser, TeamID
	if m.username != "" || m.icon != nil {
		m.user, m.subtype = "", "bot_message"
	}
}

func (s *Server) postMessage(c *call) (object, *failure) {
	if c.str("as_user") != "" {
		return nil, failed("as_user_not_supported")
	}
	ch, f := s.target(c.str("channel"))
	if f != nil {
		return nil, f
	}
	m := &message{}
	if f := s.compose(c, m); f != nil {
		return nil, f
	}
	if f := s.override(c, m); f != nil {
		return nil, f
	}
	s.ours(m)
	if utf8.RuneCountInString(m.text) > maxText {
		m.text = string([]rune(m.text)[:maxText])
		c.warn = append(c.warn, "message_truncated")
		s.record(c.method, "a text of more than 40,000 characters, which was cut")
	}
	m.unfurl = object{}
	for _, k := range []string{"unfurl_links", "unfurl_media"} {
		if c.args[k] != nil {
			m.unfurl[k] = c.flag(k)
		}
	}
	if f := s.thread(c, ch, m); f != nil {
		return nil, f
	}
	m.ts = s.stamp()
	s.add(ch, m)
	o := s.messageObject(m)
	if m.metadata != nil {
		o["metadata"] = m.metadata
	}
	return object{"channel": ch.ID, "ts": m.ts, "message": o}, nil
}

// thread reads thread_ts and reply_broadcast. Slack takes the ts of a reply and shows the message where nobody expects it.
func (s *Server) thread(c *call, ch *channel, m *message) *failure {
	m.thread = c.str("thread_ts")
	m.broadcast = c.flag("reply_broadcast")
	if m.thread == "" {
		return nil
	}
	parent := ch.find(m.thread)
	switch {
	case parent == nil && !tsForm.MatchString(m.thread):
		return faulty("invalid_arguments", "thread_ts is not a ts")
	case parent == nil: // Slack posts such replies at the top level
		s.record(c.method, "thread_ts of no message")
		m.thread = ""
	case parent.thread != "" && parent.thread != parent.ts:
		s.record(c.method, "thread_ts of a reply, not of its parent")
		m.thread = parent.thread
	}
	if m.broadcast && m.thread != "" {
		m.subtype = "thread_broadcast"
	}
	return nil
}

// add puts a new message into its channel and tells the app.
func (s *Server) add(ch *channel, m *message) []*delivery {
	ch.insert(m)
	if parent := ch.find(m.thread); parent != nil {
		parent.thread = parent.ts
	}
	return s.tellMessage(ch, m)
}

func (s *Server) postEphemeral(c *call) (object, *failure) {
	ch, f := s.target(c.str("channel"))
	if f != nil {
		return nil, f
	}
	if !ch.member(c.str("user")) {
		return nil, failed("user_not_in_channel")
	}
	m := &message{only: c.str("user")}
	if f := s.compose(c, m); f != nil {
		return nil, f
	}
	if f := s.override(c, m); f != nil {
		return nil, f
	}
	s.ours(m)
	if f := s.thread(c, ch, m); f != nil {
		return nil, f
	}
	m.ts = s.stamp()
	ch.insert(m)
	return object{"message_ts": m.ts}, nil
}

// own finds a message of the app by channel and ts.
func (s *Server) own(c *call, denied string) (*channel, *message, *failure) {
	if s.user(c.str("channel")) != nil { // conversations are named by their own ids here
		return nil, nil, &failure{code: "channel_not_found"}
	}
	ch := s.reachable(c.str("channel"))
	if ch == nil {
		return nil, nil, failed("channel_not_found")
	}
	m := ch.find(c.str("ts"))
	switch {
	case m == nil || m.tombstone:
		return nil, nil, failed("message_not_found")
	case !m.app:
		return nil, nil, failed(denied)
	case ch.Archived:
		return nil, nil, failed("is_inactive")
	}
	return ch, m, nil
}

// update replaces text and blocks: one without the other removes the other.
func (s *Server) update(c *call) (object, *failure) {
	ch, m, f := s.own(c, "cant_update_message")
	if f != nil {
		return nil, f
	}
	if utf8.RuneCountInString(c.str("text")) > maxUpdate {
		return nil, failed("msg_too_long")
	}
	next := *m
	next.blocks, next.attachments = nil, nil
	if f := s.compose(c, &next); f != nil {
		return nil, f
	}
	before := s.messageObject(m)
	author := m.user
	if author == "" {
		author = m.bot
	}
	next.edited = object{"user": author, "ts": s.stamp()}
	*m = next
	s.tellChanged(ch, m, before)
	o := s.messageObject(m)
	if m.metadata != nil {
		o["metadata"] = m.metadata
	}
	return object{"channel": ch.ID, "ts": m.ts, "text": m.text, "message": o}, nil
}

func (s *Server) deleteMessage(c *call) (object, *failure) {
	ch, m, f := s.own(c, "cant_delete_message")
	if f != nil {
		return nil, f
	}
	s.remove(ch, m)
	return object{"channel": ch.ID, "ts": m.ts}, nil
}

// remove deletes a message and tells the app. A parent with replies leaves a tombstone.
func (s *Server) remove(ch *channel, m *message) []*delivery {
	before := s.messageObject(m)
	if below := ch.replies(m.ts); len(below) > 0 {
		*m = message{ts: m.ts, thread: m.ts, tombstone: true, text: "This message was deleted."}
		return append(s.tellChanged(ch, m, before), s.replay(ch, below)...)
	}
	ch.messages = slices.DeleteFunc(ch.messages, func(x *message) bool { return x == m })
	all := s.tellDeleted(ch, m, before)
	if parent := ch.find(m.thread); parent != nil && parent != m && len(ch.replies(parent.ts)) == 0 {
		if parent.tombstone { // with its last reply the tombstone goes, too: slack-edge #10 has the event
			return append(all, s.remove(ch, parent)...)
		}
		parent.thread = ""
	}
	return all
}

// replay tells the app of the replies below a message that was deleted, each as changed though nothing in it did: matterbridge
// #600 and #1959. Whether they are marked as edited nobody wrote down; here they are, which is the harder case.
func (s *Server) replay(ch *channel, below []*message) []*delivery {
	var all []*delivery
	for _, m := range below {
		before := s.messageObject(m)
		author := m.user
		if author == "" {
			author = m.bot
		}
		m.edited = object{"user": author, "ts": s.stamp()}
		all = append(all, s.tellChanged(ch, m, before)...)
	}
	return all
}

func (s *Server) permalink(c *call) (object, *failure) {
	ch := s.reachable(c.str("channel"))
	if ch == nil {
		return nil, failed("channel_not_found")
	}
	m := ch.find(c.str("message_ts"))
	if m == nil {
		return nil, failed("message_not_found")
	}
	link := s.URL + "/archives/" + ch.ID + "/p" + strings.ReplaceAll(m.ts, ".", "")
	if m.thread != "" && m.thread != m.ts {
		link += "?thread_ts=" + m.thread + "&cid=" + ch.ID
	}
	return object{"channel": ch.ID, "permalink": link}, nil
}

// historyObject is a message as history shows it to the app: metadata on request, counts at the parents of threads.
func (s *Server) historyObject(ch *channel, m *message, metadata bool) object {
	o := maps.Clone(s.messageObject(m))
	if m.metadata != nil {
		if metadata {
			o["metadata"] = m.metadata
		} else {
			o["metadata"] = object{"event_type": m.metadata["event_type"]}
		}
	}
	if m.thread != "" && m.thread != m.ts {
		if parent := ch.find(m.thread); parent != nil && parent.user != "" {
			o["parent_user_id"] = parent.user
		}
		return o
	}
	if below := ch.replies(m.ts); len(below) > 0 {
		var who []string
		for _, r := range below {
			if r.user != "" && !slices.Contains(who, r.user) {
				who = append(who, r.user)
			}
		}
		o["reply_count"], o["reply_users_count"], o["reply_users"] = len(below), len(who), who
		o["latest_reply"], o["is_locked"], o["subscribed"] = below[len(below)-1].ts, false, false
	}
	return o
}
