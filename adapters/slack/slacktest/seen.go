package slacktest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"standleitung/adapters/faketest"
)

// Seen is a message as somebody sees it.
type Seen struct {
	TS, Channel string
	// By is the person who wrote it; empty for apps.
	By string
	// Ours is set when our app wrote it.
	Ours bool
	// Author is the name at its head, Override whether that is one the app chose, Icon the picture that goes with it.
	Author   string
	Override bool
	Icon     string
	// Thread is the message it hangs on; Broadcast is set when the channel shows it as well.
	Thread    string
	Broadcast bool
	// Text is everything that can be read, markup resolved, block below block.
	Text string
	// Notification is what a lock screen shows.
	Notification string
	Buttons      []Button
	// Active is what Slack acts upon, in the blocks and in the notification.
	Active []Active
	// Ephemeral: only this reader sees it, until they reload.
	Ephemeral bool
	Edited    bool
	// Tombstone stands for a deleted message with replies.
	Tombstone bool
	Reactions map[string][]string // by emoji: who
	Files     []SeenFile
	Metadata  map[string]any
	Unfurl    map[string]any // unfurl_links and unfurl_media where the app set them
	Blocks    []any
}

// Button is something on a message that can be pressed or chosen from.
type Button struct {
	Label, ActionID, BlockID, Value, URL, Style string
	Type                                        string // "button", "static_select", …
	Confirm                                     string // what is asked before; empty for nothing
}

// SeenFile is a file on a message.
type SeenFile struct {
	ID, Name, Title, Type string
	Bytes                 []byte
	Gone                  bool
}

// Shown is what somebody sees in a conversation and its threads, oldest first; nothing if they are not in it and it is
// not public.
func (s *Server) Shown(channel, user string) []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channel(channel)
	if ch == nil || (!ch.member(user) && ch.Kind != Public) {
		return nil
	}
	var all []Seen
	for _, m := range ch.messages {
		if m.only == "" || m.only == user {
			all = append(all, s.seen(ch, m))
		}
	}
	return all
}

// AwaitShown waits until somebody sees n messages in a conversation, as long as d, and returns what they see then.
func (s *Server) AwaitShown(channel, user string, n int, d time.Duration) []Seen {
	faketest.Await(d, func() bool { return len(s.Shown(channel, user)) >= n })
	return s.Shown(channel, user)
}

func (s *Server) seen(ch *channel, m *message) Seen {
	v := Seen{
		TS: m.ts, Channel: ch.ID, By: m.user, Ours: m.app, Override: m.username != "", Broadcast: m.broadcast, Ephemeral: m.only != "",
		Edited: m.edited != nil, Tombstone: m.tombstone, Metadata: m.metadata, Unfurl: m.unfurl, Blocks: m.blocks, Reactions: map[string][]string{},
	}
	if m.app {
		v.By = ""
	}
	if m.thread != m.ts {
		v.Thread = m.thread
	}
	v.Author = s.author(m)
	for _, icon := range m.icon {
		v.Icon = fmt.Sprint(icon)
	}
	r := &reader{s: s}
	v.Notification = r.top(m)
	if len(m.blocks) > 0 {
		// With blocks the text is for notifications only; of what acts in it, only who is notified counts.
		r.active = slices.DeleteFunc(r.active, func(a Active) bool { return a.Kind != Mention && a.Kind != Broadcast })
		seen := r.active
		r.active = nil
		v.Text = r.blocks(m.blocks)
		for _, a := range seen { // people's messages say everything twice
			if !m.app || slices.Contains(r.active, a) {
				continue
			}
			r.active = append(r.active, a)
		}
	} else {
		v.Text = v.Notification
	}
	v.Text = joined(v.Text, r.attachments(m.attachments))
	v.Active, v.Buttons = r.active, buttonsOf(m.blocks)
	for _, x := range m.reactions {
		v.Reactions[x.name] = slices.Clone(x.users)
	}
	for _, f := range m.files {
		v.Files = append(v.Files, SeenFile{ID: f.id, Name: f.name, Title: f.title, Type: f.mime, Bytes: f.bytes, Gone: f.gone})
	}
	return v
}

func (s *Server) author(m *message) string {
	switch {
	case m.username != "":
		return m.username
	case m.app:
		return BotName
	}
	if u := s.user(m.user); u != nil {
		return u.RealName
	}
	return ""
}

func (r *reader) top(m *message) string {
	if m.plain {
		return unescape(m.text)
	}
	return r.read(m.text, m.linkNames)
}

// fallback is the text that Slack makes for notifications when the app gave none.
func (s *Server) fallback(blocks []any) string {
	return escape((&reader{s: s}).blocks(blocks))
}

// joined puts texts below each other, without empty ones.
func joined(all ...string) string {
	all = slices.DeleteFunc(all, func(t string) bool { return t == "" })
	return strings.Join(all, "\n")
}

// text reads a text object.
func (r *reader) text(v any) string {
	o, _ := v.(object)
	text, _ := o["text"].(string)
	if o["type"] == "mrkdwn" {
		return r.read(text, o["verbatim"] != true)
	}
	return unescape(text) // Slack shows &lt; in plain text as <, too
}

// blocks reads all blocks, one below the other.
func (r *reader) blocks(blocks []any) string {
	var all []string
	for _, b := range blocks {
		o, _ := b.(object)
		all = append(all, r.block(o))
	}
	return joined(all...)
}

func (r *reader) block(b object) string {
	list, _ := b["elements"].([]any)
	switch b["type"] {
	case "section":
		parts := []string{r.text(b["text"])}
		fields, _ := b["fields"].([]any)
		for _, f := range fields {
			parts = append(parts, r.text(f))
		}
		return joined(parts...)
	case "header":
		return r.text(b["text"])
	case "context":
		var parts []string
		for _, e := range list {
			o, _ := e.(object)
			if o["type"] == "image" {
				parts = append(parts, fmt.Sprint(o["alt_text"]))
				continue
			}
			parts = append(parts, r.text(o))
		}
		return strings.Join(parts, " ")
	case "image":
		return joined(r.text(b["title"]), fmt.Sprint(b["alt_text"]))
	case "input":
		return joined(r.text(b["label"]), r.text(b["hint"]))
	case "rich_text":
		return r.rich(list)
	case "markdown":
		text, _ := b["text"].(string)
		r.act(Format, text) // the fake does not read standard Markdown: whatever stands there may act
		return text
	case "table":
		return r.table(b)
	}
	return ""
}

func (r *reader) table(b object) string {
	var lines []string
	rows, _ := b["rows"].([]any)
	for _, row := range rows {
		cells, _ := row.([]any)
		var line []string
		for _, c := range cells {
			o, _ := c.(object)
			if o["type"] == "rich_text" {
				line = append(line, r.block(o))
				continue
			}
			line = append(line, fmt.Sprint(o["text"]))
		}
		lines = append(lines, strings.Join(line, " | "))
	}
	return joined(lines...)
}

// rich reads formatted text. Its sections stand below each other.
func (r *reader) rich(list []any) string {
	var all []string
	for _, e := range list {
		o, _ := e.(object)
		inner, _ := o["elements"].([]any)
		if o["type"] == "rich_text_list" {
			for i, item := range inner {
				section, _ := item.(object)
				parts, _ := section["elements"].([]any)
				mark := "• "
				if o["style"] == "ordered" {
					mark = fmt.Sprintf("%d. ", i+1)
				}
				all = append(all, mark+r.line(parts))
			}
			continue
		}
		all = append(all, strings.TrimSuffix(r.line(inner), "\n"))
	}
	return joined(all...)
}

// line reads the elements of one section of formatted text. Styles are the app's own and do not act.
func (r *reader) line(list []any) string {
	var b strings.Builder
	for _, e := range list {
		o, _ := e.(object)
		text, _ := o["text"].(string)
		switch o["type"] {
		case "text":
			b.WriteString(text)
		case "link":
			address := fmt.Sprint(o["url"])
			if text == "" {
				text = address
			} else if text != strings.TrimPrefix(address, "mailto:") && "http://"+text != address && text != address {
				r.act(Link, address+"|"+text)
			}
			b.WriteString(text)
		case "user":
			b.WriteString(r.token("@" + fmt.Sprint(o["user_id"])))
		case "usergroup":
			b.WriteString(r.token("!subteam^" + fmt.Sprint(o["usergroup_id"])))
		case "channel":
			b.WriteString(r.token("#" + fmt.Sprint(o["channel_id"])))
		case "broadcast":
			b.WriteString(r.token("!" + fmt.Sprint(o["range"])))
		case "date":
			r.act(Date, fmt.Sprint(o["timestamp"]))
			_, _ = fmt.Fprint(&b, o["fallback"])
		case "emoji":
			b.WriteString(emojiShown(o))
		case "color":
			_, _ = fmt.Fprint(&b, o["value"])
		}
	}
	return b.String()
}

// emojiShown is the emoji itself where Slack knows it by code points, else its name.
func emojiShown(o object) string {
	code, _ := o["unicode"].(string)
	if code == "" {
		for e, name := range emojis {
			if name == o["name"] {
				return e
			}
		}
		return fmt.Sprintf(":%v:", o["name"])
	}
	var b strings.Builder
	for part := range strings.SplitSeq(code, "-") {
		var c rune
		if _, err := fmt.Sscanf(part, "%x", &c); err == nil {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func (r *reader) attachments(list []any) string {
	var all []string
	for _, a := range list {
		o, _ := a.(object)
		for _, k := range []string{"pretext", "title", "text", "footer"} {
			if text, _ := o[k].(string); text != "" {
				all = append(all, r.read(text, false))
			}
		}
		if blocks, ok := o["blocks"].([]any); ok {
			all = append(all, r.blocks(blocks))
		}
	}
	return joined(all...)
}

// buttonsOf are the elements of blocks that can be pressed, in order.
func buttonsOf(blocks []any) []Button {
	var all []Button
	word := func(v any) string { text, _ := v.(string); return text }
	for _, b := range blocks {
		block, _ := b.(object)
		for _, e := range elementsOf(block) {
			if e["type"] == "image" {
				continue
			}
			n := Button{
				Label: textOf(e["text"]), ActionID: word(e["action_id"]), BlockID: word(block["block_id"]), Value: word(e["value"]),
				URL: word(e["url"]), Style: word(e["style"]), Type: word(e["type"]),
			}
			if n.Label == "" {
				n.Label = textOf(e["placeholder"])
			}
			if confirm, ok := e["confirm"].(object); ok {
				n.Confirm = textOf(confirm["text"])
			}
			all = append(all, n)
		}
	}
	return all
}
