package bot_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"standleitung/bot"
	"standleitung/bot/markup"
)

// chat is a platform of the conversations: it shows what it is sent as lines of a script, and finds buttons again.
type chat struct {
	can bot.Capabilities
	// name is that of the adapter; empty for the only chat of a conversation, which is called "chat".
	name string
	// called says how a script names an id of a person: "mara@slackish"; nil where they are the same.
	called func(id string) string
	// deaf: the platform hands over only what mentions the bot.
	deaf bool

	mu    sync.Mutex
	core  bot.Core       // nil until it runs
	next  map[string]int // the newest id of each place
	posts []shown
	lines []line
	fates []fate
	// vanished are the ids of files that are gone.
	vanished []string
	// heard says what is not heard at a place, by its id.
	heard map[string]string
	// broken are the ids of files that cannot be read.
	broken []string
}

// shown is a post as the platform has it.
type shown struct {
	id int
	bot.Delivery
}

func (c *chat) Name() string          { return cmp.Or(c.name, "chat") }
func (c *chat) Can() bot.Capabilities { return c.can }
func (c *chat) Ready() error          { return nil }

// Hearing implements [bot.Listener].
func (c *chat) Hearing(p bot.Place) string {
	if c.deaf {
		return "mentions_only"
	}
	return c.heard[p.ID]
}

// fate is what becomes of the next delivery, to a place or to any.
type fate struct {
	place string
	err   *bot.SendError
}

// slow is no fate: the delivery is under way for a while, then arrives.
const slow bot.Fate = "slow"

// fail has the next delivery fail; to any place when place is empty.
func (c *chat) fail(place string, e *bot.SendError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fates = append(c.fates, fate{place, e})
}

// number is the id of the next message in a place: each place counts for itself.
func (c *chat) number(place string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strconv.Itoa(c.give(place))
}

func (c *chat) give(place string) int {
	if c.next == nil {
		c.next = map[string]int{}
	}
	c.next[place]++
	return c.next[place]
}

func (c *chat) Run(ctx context.Context, core bot.Core) error {
	c.mu.Lock()
	c.core = core
	c.mu.Unlock()
	<-ctx.Done()
	return nil
}

// flat is a copy as a platform without threads shows it: what it answers stands above it.
func (c *chat) flat(d bot.Delivery) bot.Delivery {
	if c.can.Threads {
		return d
	}
	shown := *d.Copy
	shown.Quote = cmp.Or(shown.Quote, shown.Under)
	d.Copy, d.Place.Thread = &shown, ""
	return d
}

// Send shows a delivery. It refuses what no platform would take: an edit of a post that is not there, a reader that
// is not the direct conversation's, an empty card.
func (c *chat) Send(ctx context.Context, d bot.Delivery) (bot.Sent, error) {
	var files, missing []string
	if d.Copy != nil {
		d = c.flat(d)
		var err error
		if files, missing, err = fetch(ctx, d); err != nil {
			return bot.Sent{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.IndexFunc(c.fates, func(f fate) bool { return f.place == "" || f.place == d.Place.ID }); i >= 0 {
		e := c.fates[i].err
		c.fates = slices.Delete(c.fates, i, i+1)
		if e.Fate != slow {
			return bot.Sent{}, e
		}
		c.mu.Unlock()
		time.Sleep(e.After)
		c.mu.Lock()
	}
	text := strings.Join(append([]string{render(d)}, files...), " | ")
	if n := utf8.RuneCountInString(text); n > 5000 {
		text = string([]rune(text)[:40]) + fmt.Sprintf("… (%d characters)", n)
	}
	switch d.Op {
	case bot.OpPost:
		id := c.give(d.Place.ID)
		c.posts = append(c.posts, shown{id, d})
		c.lines = append(c.lines, line{onLine(d), fmt.Sprintf("%s< %s", c.where(d), text)})
		return bot.Sent{IDs: []string{strconv.Itoa(id)}, Missing: missing}, nil
	case bot.OpEdit:
		i := slices.IndexFunc(c.posts, func(s shown) bool { return s.Place.ID == d.Place.ID && slices.Contains(d.IDs, strconv.Itoa(s.id)) })
		if i < 0 {
			return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "no_such_post", Err: fmt.Errorf("edit of %v", d.IDs)}
		}
		c.posts[i].Delivery = d
		c.lines = append(c.lines, line{onLine(d), fmt.Sprintf("%s~ %s", c.where(d), text)})
		return bot.Sent{IDs: d.IDs, Missing: missing}, nil
	}
	if d.Op == bot.OpReact {
		if !c.can.Reacts {
			return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "cannot_react", Err: io.ErrUnexpectedEOF}
		}
		c.lines = append(c.lines, line{onLine(d), fmt.Sprintf("%s~ reaction on %s: %s", c.where(d), strings.Join(d.IDs, " "), cmp.Or(d.Reaction, "none"))})
		return bot.Sent{IDs: d.IDs}, nil
	}
	if d.Op == bot.OpDelete {
		c.lines = append(c.lines, line{onLine(d), fmt.Sprintf("%s× %s", c.where(d), strings.Join(d.IDs, " "))})
		return bot.Sent{IDs: d.IDs}, nil
	}
	return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "unknown_op", Err: fmt.Errorf("op %q", d.Op)}
}

// where says who reads a post: "bot to anna", "bot in #pr", "bot in #pr to anna", with the thread as @id.
func (c *chat) where(d bot.Delivery) string {
	if d.Place.Direct {
		return "bot to " + c.who(d.Place.ID)
	}
	s := "bot in " + d.Place.ID
	if d.Place.Thread != "" {
		s += " @" + d.Place.Thread
	}
	if d.Reader != "" {
		s += " to " + c.who(d.Reader)
	}
	return s
}

// who is how a script names the owner of an id.
func (c *chat) who(id string) string {
	if c.called == nil {
		return id
	}
	return c.called(id)
}

// drain takes what was shown.
func (c *chat) drain() []line {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := c.lines
	c.lines = nil
	return lines
}

// inOrder sorts lines by place and lane.
func inOrder(lines []line) []line {
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(strings.Compare(place(a.text), place(b.text)), strings.Compare(a.lane, b.lane))
	})
	return lines
}

// line is one thing that was shown. Order holds within a lane only.
type line struct{ lane, text string }

// onLine tells the lane of copies from that of answers.
func onLine(d bot.Delivery) string {
	if d.Copy != nil || strings.HasPrefix(d.Post, "late-") || strings.HasPrefix(d.Post, "hourly-") {
		return "copies"
	}
	return "talk"
}

// place is the part of a line that says where it was seen: order holds within a place only.
func place(line string) string {
	where, _, _ := strings.Cut(line, "<")
	where, _, _ = strings.Cut(where, "~")
	where, _, _ = strings.Cut(where, "×")
	return where
}

// button finds the newest button with a label that the person can see; of post id when it is not empty.
func (c *chat) button(who, label, id string) (bot.Place, string, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range slices.Backward(c.posts) {
		visible := s.Place.Direct && s.Place.ID == who || !s.Place.Direct && (s.Reader == "" || s.Reader == who)
		if !visible || id != "" && id != strconv.Itoa(s.id) {
			continue
		}
		buttons := slices.Clone(s.Card.Buttons)
		for _, item := range s.Card.Items {
			if item.Button != nil {
				buttons = append(buttons, *item.Button)
			}
		}
		for _, b := range buttons {
			if b.Label == label {
				return s.Place, strconv.Itoa(s.id), b.Do
			}
		}
	}
	return bot.Place{}, "", ""
}

// render writes a card in one line, its parts in the order in which people read them.
func render(d bot.Delivery) string {
	if d.Copy != nil {
		return renderCopy(d)
	}
	c := d.Card
	var parts []string
	add := func(format, s string) {
		if s != "" {
			parts = append(parts, fmt.Sprintf(format, strings.ReplaceAll(s, "\n", " / ")))
		}
	}
	if d.Unsure {
		add("(%s)", "perhaps again")
	}
	add("%s", c.Title)
	add("(%s)", c.Meta)
	add("> %s", c.Quote)
	add("(!) %s", strings.Join(c.Marks, ", "))
	add("%s", c.Text)
	for _, fact := range c.Facts {
		add("%s", fact.Label+": "+fact.Value)
	}
	for _, item := range c.Items {
		line := item.Text
		if item.Ref != "" {
			line = item.Ref + " " + line
		}
		if item.Meta != "" {
			line += " (" + item.Meta + ")"
		}
		if item.Button != nil {
			line += " [" + item.Button.Label + "]"
		}
		add("- %s", line)
	}
	var buttons []string
	for _, b := range c.Buttons {
		buttons = append(buttons, "["+b.Label+"]")
	}
	add("%s", strings.Join(buttons, " "))
	add("%s", c.Note)
	return strings.Join(parts, " | ")
}

// renderCopy writes a copy as it is read: who wrote it where, and what.
func renderCopy(d bot.Delivery) string {
	var parts []string
	if d.Unsure {
		parts = append(parts, "(perhaps again)")
	}
	if !d.Copy.Written.IsZero() {
		parts = append(parts, "(late, written "+d.Copy.Written.UTC().Format("15:04")+")")
	}
	if d.Copy.Broadcast {
		parts = append(parts, "(in the room, too)")
	}
	if d.Copy.Quote != "" {
		parts = append(parts, "> "+d.Copy.Quote)
	}
	who := d.Copy.Author.Name
	if d.Copy.Author.Party != "" {
		who += " · " + d.Copy.Author.Party
	}
	body := d.Copy.Body
	if d.Place.Adapter != "chat" { // among several chats, who is really mentioned
		body = markup.Replace(body, func(in markup.Inline) markup.Inline {
			if in.Kind == markup.Mention {
				return markup.Inline{Kind: markup.Text, Text: "<@" + in.Ref + ">"}
			}
			return in
		})
		who += " · " + d.Copy.Author.Platform
	}
	parts = append(parts, who+": "+strings.ReplaceAll(markup.Plain(body), "\n", " / "))
	return strings.Join(parts, " | ")
}
