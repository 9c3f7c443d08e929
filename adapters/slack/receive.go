package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"standleitung/bot"
)

// The kinds of what Slack sends, as Socket Mode calls them.
const (
	kindEvents      = "events_api"
	kindCommand     = "slash_commands"
	kindInteractive = "interactive"
)

// act is something that came in, ready to be done.
type act struct {
	// lane is where it waits for its turn: a channel.
	lane string
	// run does it and returns what Slack wants to hear, nil for nothing. After an error Slack is to deliver again. Nil for
	// what is passed over.
	run func(ctx context.Context, core bot.Core) (any, error)
}

// take has something done in its order; done is told the answer, or that there is none because Slack is to deliver again.
// It returns an error, and tells done nothing, when nobody can read it or nothing is let in.
func (a *Adapter) take(ctx context.Context, d delivered, done func(answer any, err error)) error {
	core, ok := a.shift.Enter()
	if !ok {
		return errNotRunning
	}
	next, err := a.read(d)
	if err != nil {
		a.shift.Leave()
		return err
	}
	if next.run == nil {
		done(nil, nil)
		a.shift.Leave()
		return nil
	}
	ctx = context.WithoutCancel(ctx) // what Slack sent is not taken back by a connection that breaks
	taken := a.lanes.Do(next.lane, func() {
		defer a.shift.Leave()
		answer, err := next.run(ctx, core)
		if err != nil {
			a.marks.refused(next.lane)
			a.log.WarnContext(ctx, "not acknowledged, slack will deliver again", "kind", d.kind, "error", err)
		}
		done(answer, err)
	})
	if !taken {
		a.marks.refused(next.lane)
		a.shift.Leave()
		return errBusy
	}
	return nil
}

// malformed is what nobody can read, however often it comes.
type malformed struct{ err error }

func (m malformed) Error() string { return fmt.Sprintf("malformed: %v", m.err) }

// delivered is what Slack sent: the JSON of its kind, or an event that was decoded already.
type delivered struct {
	kind  string
	body  []byte
	event *outer[event]
}

// read makes an act of what Slack sent.
func (a *Adapter) read(d delivered) (act, error) {
	switch {
	case d.event != nil:
		return a.anyEvent(d.event, nil, nil)
	case d.kind == kindEvents:
		return a.readEvent(d.body)
	case d.kind == kindCommand:
		return a.readCommand(d.body)
	case d.kind == kindInteractive:
		return a.readInteraction(d.body)
	}
	return a.pass("unknown_envelope"), nil
}

// pass is the act of what is passed over.
func (a *Adapter) pass(code string) act {
	a.ignored(code)
	return act{}
}

// ours reports whether something was meant for this app in this workspace; empty ids are not given and cannot tell.
func (a *Adapter) ours(team, app string) bool {
	return (team == "" || team == a.self.team || team == a.self.enterprise) && (app == "" || a.self.app == "" || app == a.self.app)
}

// outer is the envelope of an event.
type outer[E any] struct {
	Type     string `json:"type"`
	TeamID   string `json:"team_id"`
	APIAppID string `json:"api_app_id"`
	Event    E      `json:"event"`
}

// event is what is read of an event. What Slack adds to it is passed over.
type event struct {
	Type        string          `json:"type"`
	Subtype     string          `json:"subtype"`
	User        string          `json:"user"`
	BotID       string          `json:"bot_id"`
	Text        string          `json:"text"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts"`
	EventTS     string          `json:"event_ts"`
	Channel     string          `json:"channel"`
	Blocks      json.RawMessage `json:"blocks"`
	Files       []file          `json:"files"`
	Edited      *edited         `json:"edited"`
	Message     *event          `json:"message"`
	Previous    *event          `json:"previous_message"`
	DeletedTS   string          `json:"deleted_ts"`
	Reaction    string          `json:"reaction"`
	Item        item            `json:"item"`
	ReplyCount  int             `json:"reply_count"`
	LatestReply string          `json:"latest_reply"`
	Tab         string          `json:"tab"`
	Metadata    metadata        `json:"metadata"`
}

type edited struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

// item is what somebody reacted to.
type item struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

// file is a file of a message. In channels that are shared with others only its id may be told.
type file struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Title     string `json:"title"`
	Mimetype  string `json:"mimetype"`
	Size      int64  `json:"size"`
	Permalink string `json:"permalink"`
	Mode      string `json:"mode"`
	// FileAccess is "check_file_info" for one of which only files.info tells the rest.
	FileAccess string `json:"file_access"`
}

// readEvent makes an act of an event.
func (a *Adapter) readEvent(body []byte) (act, error) {
	var o outer[event]
	err := json.Unmarshal(body, &o)
	// Events that we do not read, and user_change, have fields of the same names with other things in them: their type is
	// read all the same.
	if other := new(json.UnmarshalTypeError); err != nil && (o.Event.Type == "" || !errors.As(err, &other)) {
		return act{}, malformed{err}
	}
	return a.anyEvent(&o, body, err)
}

// anyEvent makes an act of an event that was decoded, as far as it fitted: what did not is fault, and body is the whole.
func (a *Adapter) anyEvent(o *outer[event], body []byte, fault error) (act, error) {
	if o.Type == "app_rate_limited" {
		// Slack dropped events: they are read from the history.
		a.log.Warn("slack drops events because there are too many, will read them from the history")
		a.marks.doubt("")
		a.wake()
		return a.pass(o.Type), nil
	}
	if !a.ours(o.TeamID, o.APIAppID) {
		return a.pass("foreign"), nil
	}
	switch o.Event.Type {
	case "message", "app_mention", "reaction_added", "reaction_removed", "app_home_opened", "member_joined_channel", "member_left_channel":
	case "user_change":
		return a.readUser(body)
	case "app_uninstalled", "tokens_revoked":
		a.health.revoked("token_revoked")
		a.log.Error("slack took the token away", "event", o.Event.Type)
		return act{}, nil
	default:
		return a.pass("unknown_event"), nil
	}
	if fault != nil {
		return act{}, malformed{fault}
	}
	return a.eventAct(&o.Event), nil
}

// eventAct makes an act of an event that is known.
func (a *Adapter) eventAct(e *event) act {
	switch e.Type {
	case "reaction_added", "reaction_removed":
		return a.reacted(e)
	case "app_home_opened":
		return a.opened(e)
	case "member_joined_channel", "member_left_channel":
		return a.moved(e)
	}
	return a.talk(e)
}

// readUser takes in that a person's record changed.
func (a *Adapter) readUser(body []byte) (act, error) {
	var o outer[struct {
		User slack.User `json:"user"`
	}]
	if err := json.Unmarshal(body, &o); err != nil {
		return act{}, malformed{err}
	}
	who, known := a.changed(&o.Event.User)
	if !known || who.gone || who.machine {
		return act{}, nil
	}
	return act{who.ID, func(ctx context.Context, core bot.Core) (any, error) { return nil, a.introduce(ctx, core, who) }}, nil
}

// talk makes an act of what people say, change and delete. Everything else that Slack calls a message is passed over.
func (a *Adapter) talk(e *event) act {
	switch e.Subtype {
	case "", "file_share", "thread_broadcast", "me_message", "bot_message":
		if code := a.nobody(e); code != "" {
			return a.pass(code)
		}
		return act{e.Channel, func(ctx context.Context, core bot.Core) (any, error) {
			since := a.comeUp(ctx, core, e)
			if err := a.said(ctx, core, e); err != nil {
				return nil, err
			}
			return nil, a.handOver(ctx, core, since)
		}}
	case "message_changed":
		return a.change(e)
	case "message_deleted":
		return a.deletion(e)
	}
	return a.pass("subtype")
}

// nobody tells why a message is no person's; empty when it is.
func (a *Adapter) nobody(e *event) string {
	switch {
	case e.User == a.self.user && e.User != "", e.BotID == a.self.bot && e.BotID != "":
		return "own"
	case e.BotID != "", e.Subtype == "bot_message", e.User == slackbot:
		return "bot"
	case e.User == "" || e.Channel == "" || !validTS(e.TS):
		return "incomplete"
	}
	return ""
}

// said takes in what somebody said. Its mention event and its message event are one turn: whether the bot is meant is read
// from the text.
func (a *Adapter) said(ctx context.Context, core bot.Core, e *event) error {
	turn := a.self.saidTurn(e.Channel, e.TS)
	if a.twins.Has(twin(turn, e.Type)) {
		return nil // it came the other way already
	}
	who, err := a.who(ctx, e.User)
	if err != nil {
		return fmt.Errorf("ask who wrote it: %w", err)
	}
	if who.machine {
		a.ignored("bot")
		return nil
	}
	a.directs.learn(e.User, e.Channel)
	m := bot.Message{
		Turn: turn, Kind: bot.Said, Place: placeOf(e.Channel, e.User, e.TS, e.ThreadTS), ID: e.TS,
		From: who.Identity, Files: a.filesOf(ctx, e.Files), At: timeOf(e.TS), Broadcast: e.Subtype == "thread_broadcast",
	}
	raw, addressed := a.unmention(e.Text, m.Place.Direct)
	names := a.names(ctx)
	m.Addressed = addressed
	m.Text = plainText(raw, names)
	m.Body = a.bodyOf(e, raw, addressed, names)
	if m.Place.Thread != "" {
		a.threads.Add(threadKey(e.Channel, m.Place.Thread))
	}
	if err := a.receiveSaid(ctx, core, e.Channel, m); err != nil {
		return err
	}
	if addressed || m.Place.Direct {
		a.followHome(ctx, who)
	}
	if addressed {
		a.twins.Add(turn + "/" + e.Type)
	}
	return nil
}

// twin names the other event of a message in which the bot is mentioned: it comes as message and as app_mention.
func twin(turn, kind string) string {
	if kind == mentionEvent {
		return turn + "/message"
	}
	return turn + "/" + mentionEvent
}

// mentionEvent is the second event of a message in which the bot is mentioned.
const mentionEvent = "app_mention"

// receiveSaid hands a message over and remembers how far its channel was read.
func (a *Adapter) receiveSaid(ctx context.Context, core bot.Core, channel string, m bot.Message) error {
	if a.reads(channel) {
		m.Keep = a.marks.advance(channel, m.ID)
	}
	out, err := core.Receive(ctx, m)
	if err != nil {
		return err
	}
	if out.Form != nil {
		if err := a.offer(ctx, core, channel, m, out.Form); err != nil {
			return err
		}
	}
	a.marks.read(channel, m.ID)
	a.marks.seen.Add(m.Turn)
	return nil
}

// reads reports whether a channel is read back after an outage: the rooms, and the direct conversations that were used.
func (a *Adapter) reads(channel string) bool { return a.rooms[channel] || isDirect(channel) }

// change makes an act of a message that is no longer what it was. Slack says so too when it unfolds a link, counts the
// answers in a thread, or deleted what an answer hangs on: only what a person changed counts.
func (a *Adapter) change(e *event) act {
	m, before := e.Message, e.Previous
	if m == nil {
		return a.pass("incomplete")
	}
	m.Channel = e.Channel
	if m.Subtype == tombstone {
		// A root with answers leaves its place behind.
		gone := *e
		gone.DeletedTS = m.TS
		if before == nil {
			gone.Previous = m
		}
		return a.deletion(&gone)
	}
	if code := a.nobody(m); code != "" {
		return a.pass(code)
	}
	fresh := m.Edited != nil && (before == nil || before.Edited == nil || before.Edited.TS != m.Edited.TS)
	switch {
	case before != nil && !sameFiles(before.Files, m.Files):
		if !fresh { // somebody deleted a file: Slack does not call it an edit
			m.Edited = &edited{m.User, orElse(e.EventTS, e.TS)}
		}
	case !fresh, before != nil && before.Text == m.Text && bytes.Equal(before.Blocks, m.Blocks):
		return a.pass("no_change")
	}
	if !validTS(m.Edited.TS) {
		return a.pass("incomplete")
	}
	return act{e.Channel, func(ctx context.Context, core bot.Core) (any, error) { return nil, a.edit(ctx, core, m) }}
}

// edit takes in that somebody changed what they wrote.
func (a *Adapter) edit(ctx context.Context, core bot.Core, e *event) error {
	who, err := a.who(ctx, e.User)
	if err != nil {
		return fmt.Errorf("ask who changed it: %w", err)
	}
	names := a.names(ctx)
	turn := a.self.editedTurn(e.Channel, e.TS, e.Edited.TS)
	_, err = core.Receive(ctx, bot.Message{
		Turn: turn, Kind: bot.Edited, Place: placeOf(e.Channel, e.User, e.TS, e.ThreadTS), ID: e.TS,
		From: who.Identity, Text: plainText(e.Text, names), Body: a.bodyOf(e, e.Text, false, names), Files: a.filesOf(ctx, e.Files),
		At: timeOf(e.Edited.TS),
	})
	if err == nil {
		a.marks.seen.Add(turn)
	}
	return err
}

// deletion makes an act of a message that is gone.
func (a *Adapter) deletion(e *event) act {
	before := e.Previous
	switch {
	case e.Channel == "" || !validTS(e.DeletedTS):
		return a.pass("incomplete")
	case before == nil:
		before = &event{}
	case before.BotID != "" || before.User == a.self.user && before.User != "":
		return a.pass("own")
	}
	at := timeOf(e.EventTS)
	if at.IsZero() {
		at = timeOf(e.TS)
	}
	gone := gone{e.Channel, e.DeletedTS, before.ThreadTS, before.User, at}
	return act{e.Channel, func(ctx context.Context, core bot.Core) (any, error) { return nil, a.deleted(ctx, core, gone) }}
}

// gone is a message that was deleted, at an instant; user is empty when nobody tells whose it was.
type gone struct {
	channel, ts, thread, user string
	at                        time.Time
}

// tombstone is the subtype of what stands where a message was that others answered.
const tombstone = "tombstone"

// deleted takes in that a message is gone.
func (a *Adapter) deleted(ctx context.Context, core bot.Core, g gone) error {
	// Slack does not tell who deleted it: the writer, or an administrator. Whoever it was, it is gone.
	from := bot.Identity{Adapter: Name, ID: unknownWriter, Guest: true}
	if g.user != "" && g.user != slackbot { // a tombstone is Slack's own
		who, err := a.who(ctx, g.user)
		if err != nil {
			return fmt.Errorf("ask whose it was: %w", err)
		}
		from = who.Identity
	}
	turn := a.self.deletedTurn(g.channel, g.ts)
	_, err := core.Receive(ctx, bot.Message{
		Turn: turn, Kind: bot.Deleted, Place: placeOf(g.channel, from.ID, g.ts, g.thread), ID: g.ts, From: from, At: g.at,
	})
	if err == nil {
		a.marks.seen.Add(turn)
	}
	return err
}

// unknownWriter stands for the writer of a message whose deletion comes without them.
const unknownWriter = "unknown"

// reacted makes an act of an emoji on a message.
func (a *Adapter) reacted(e *event) act {
	switch {
	case e.User == a.self.user:
		return a.pass("own")
	case e.Item.Type != "message" || e.User == "" || e.Item.Channel == "" || !validTS(e.Item.TS):
		return a.pass("reaction_elsewhere")
	}
	return act{e.Item.Channel, func(ctx context.Context, core bot.Core) (any, error) {
		who, err := a.who(ctx, e.User)
		if err != nil {
			return nil, fmt.Errorf("ask who reacted: %w", err)
		}
		if who.machine {
			a.ignored("bot")
			return nil, nil
		}
		_, err = core.Receive(ctx, bot.Message{
			Turn: a.self.reactedTurn(e.Type, e.Item.Channel, e.Item.TS, e.User, e.Reaction, e.EventTS),
			Kind: bot.Reacted, Place: placeOf(e.Item.Channel, e.User, "", ""), ID: e.Item.TS, From: who.Identity,
			Reaction: emojiOf(e.Reaction), Removed: e.Type == "reaction_removed", At: timeOf(e.EventTS),
		})
		return nil, err
	}}
}

// opened makes an act of a visit at the bot's.
func (a *Adapter) opened(e *event) act {
	if e.User == "" {
		return a.pass("incomplete")
	}
	a.directs.learn(e.User, e.Channel)
	return act{e.User, func(ctx context.Context, core bot.Core) (any, error) {
		who, err := a.who(ctx, e.User)
		if err != nil {
			return nil, fmt.Errorf("ask who visits: %w", err)
		}
		_, err = core.Receive(ctx, bot.Message{
			Turn: a.self.openedTurn(e.User), Kind: bot.Opened, Place: DirectPlace(e.User), From: who.Identity, At: a.now(),
		})
		if err == nil && e.Tab == homeTab {
			a.homes.visitors.Add(e.User)
			a.renewHome(ctx, who)
		}
		return nil, err
	}}
}

// moved makes an act of the bot's coming into a room, or going from it, and of that of people.
func (a *Adapter) moved(e *event) act {
	if e.Channel == "" {
		return act{}
	}
	if e.User != a.self.user {
		return a.cameOrWent(e)
	}
	return act{e.Channel, func(ctx context.Context, core bot.Core) (any, error) {
		if e.Type == "member_left_channel" {
			a.health.room(e.Channel, slack.SlackErrorResponse{Err: "not_in_channel"})
			a.log.WarnContext(ctx, "the bot was removed from a room", "room", e.Channel)
			return nil, nil
		}
		a.health.room(e.Channel, nil)
		a.log.InfoContext(ctx, "the bot came into a room", "room", e.Channel)
		// What was said before it came is none of its business.
		if !a.rooms[e.Channel] || !validTS(e.EventTS) {
			return nil, nil
		}
		return nil, a.begin(ctx, core, e.Channel, e.EventTS)
	}}
}

// filesOf are the files of a message. Those that were deleted, or that Slack keeps back, have no name.
func (a *Adapter) filesOf(ctx context.Context, list []file) []bot.File {
	var files []bot.File
	for _, f := range list {
		if f.ID == "" || f.Mode == "tombstone" || f.Mode == "hidden_by_limit" {
			continue
		}
		if f.FileAccess == "check_file_info" {
			f = a.shown(ctx, f)
		}
		files = append(files, bot.File{Name: orElse(f.Name, f.Title), Type: f.Mimetype, Size: f.Size, ID: f.ID, URL: f.Permalink})
	}
	return files
}

// shown asks for a file of which an event does not tell more than its id, as in channels that are shared with others. When
// Slack does not say, the id is all.
func (a *Adapter) shown(ctx context.Context, f file) file {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	info, _, _, err := a.api.GetFileInfoContext(ctx, f.ID, 0, 0)
	if a.health.api(err); err != nil || info == nil {
		return f
	}
	return file{ID: f.ID, Name: info.Name, Title: info.Title, Mimetype: info.Mimetype, Size: int64(info.Size), Permalink: info.Permalink}
}

// sameFiles reports whether two states of a message have the same files.
func sameFiles(x, y []file) bool {
	there := func(list []file) (ids []string) {
		for _, f := range list {
			if f.Mode != "tombstone" {
				ids = append(ids, f.ID)
			}
		}
		return ids
	}
	return slices.Equal(there(x), there(y))
}

// threadKey names a thread for [duty.Recent].
func threadKey(channel, ts string) string { return channel + "/" + ts }

// command is a slash command, as it comes over a socket; over HTTP the same names come as a form.
type command struct {
	Command     string `json:"command"`
	Text        string `json:"text"`
	UserID      string `json:"user_id"`
	ChannelID   string `json:"channel_id"`
	ThreadTS    string `json:"thread_ts"`
	TeamID      string `json:"team_id"`
	APIAppID    string `json:"api_app_id"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
}

// readCommand makes an act of a slash command.
func (a *Adapter) readCommand(body []byte) (act, error) {
	var c command
	if err := json.Unmarshal(body, &c); err != nil {
		return act{}, malformed{err}
	}
	switch {
	case !a.ours(c.TeamID, c.APIAppID):
		return a.pass("foreign"), nil
	case c.UserID == "" || c.ChannelID == "" || c.TriggerID == "":
		return act{}, malformed{fmt.Errorf("command without user, channel or trigger")}
	}
	return act{c.ChannelID, func(ctx context.Context, core bot.Core) (any, error) {
		m := bot.Message{
			Turn: a.self.triggeredTurn("command", c.TriggerID), Kind: bot.Said, Addressed: true,
			Place: placeOf(c.ChannelID, c.UserID, "", c.ThreadTS), Text: a.words(ctx, c), At: a.now(),
		}
		a.directs.learn(c.UserID, c.ChannelID)
		return a.interact(ctx, core, trigger{c.TriggerID, c.UserID, c.ChannelID, c.ResponseURL}, m)
	}}, nil
}

// words is what a slash command says: the words that it stands for, and what was written behind it.
func (a *Adapter) words(ctx context.Context, c command) string {
	text := plainText(c.Text, a.names(ctx))
	name := strings.ToLower(c.Command)
	if name == mainCommand {
		return text
	}
	verb, ok := a.config.Slashes[name]
	if !ok {
		verb = strings.TrimPrefix(name, "/")
	}
	return strings.TrimSpace(verb + " " + text)
}

// mainCommand is the slash command that every command can follow.
const mainCommand = "/standleitung"

// trigger is what Slack gives with a command, a button or a shortcut: for three seconds the right to open a dialog, for half
// an hour an address for answers.
type trigger struct {
	id, user, channel, responseURL string
}

// interact hands over what somebody did on Slack's surface, and opens the dialog that the core may ask for.
func (a *Adapter) interact(ctx context.Context, core bot.Core, t trigger, m bot.Message) (any, error) {
	who, err := a.who(ctx, t.user)
	if err != nil {
		return nil, fmt.Errorf("ask who it is: %w", err)
	}
	m.From = who.Identity
	if t.responseURL != "" {
		m.Keep = a.answers.learn(t, a.now())
	}
	out, err := core.Receive(ctx, m)
	if err == nil {
		a.followHome(ctx, who)
	}
	switch {
	case err != nil:
		return nil, err
	case out.Form != nil:
		return nil, a.open(ctx, core, t, m, out.Form)
	}
	return errorsAnswer(m, out.Errors), nil
}
