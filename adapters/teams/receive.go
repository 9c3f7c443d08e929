package teams

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"standleitung/bot"
	"standleitung/bot/markup"
)

// take handles an activity and returns what Teams wants to hear: nil for nothing but that it was taken. After an error it
// is to be delivered again.
func (a *Adapter) take(ctx context.Context, core bot.Core, act *incoming) (any, error) {
	if act.Conversation.ID == "" || act.From.ID == "" || act.ID == "" {
		return nil, &denied{http.StatusBadRequest, "incomplete"}
	}
	if act.Type == "typing" {
		return nil, nil
	}
	noted := a.refs.note(act)
	keep := noted
	top, _ := splitConversation(act.Conversation.ID)
	if _, marked := a.marks.of(top); a.groups.note(act) && !marked {
		a.wake() // from now on its history can be read
	}
	answer, err := a.handle(ctx, core, act, &keep)
	if err != nil {
		return nil, err
	}
	// What no message took along is kept by itself.
	if len(keep) > 0 {
		if err := core.Keep(ctx, keep...); err != nil {
			return nil, fmt.Errorf("keep where the bot was met: %w", err)
		}
	}
	a.refs.saved(noted)
	return answer, nil
}

// handle does what an activity asks for. What is to be kept goes along with the first message, and is none any more then.
func (a *Adapter) handle(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) (any, error) {
	switch act.Type {
	case "installationUpdate", "conversationUpdate":
		return nil, a.moved(ctx, core, act, keep)
	case "invoke":
		return a.invoked(ctx, core, act, keep)
	}
	if act.ours() {
		a.ignored("own")
		return nil, nil
	}
	switch act.Type {
	case "message":
		if data := act.buttonData(); data != nil {
			return nil, a.submittedAsMessage(ctx, core, act, data, keep)
		}
		return nil, a.said(ctx, core, act, keep)
	case "messageUpdate":
		return nil, a.edited(ctx, core, act, keep)
	case "messageDelete":
		return nil, a.deleted(ctx, core, act, keep)
	case "messageReaction":
		return nil, a.reacted(ctx, core, act, keep)
	}
	a.log.InfoContext(ctx, "passed over an activity that nobody knows", "type", act.Type)
	a.ignored("unknown_activity")
	return nil, nil
}

// receive hands a message to the core, with what is to be kept.
func (a *Adapter) receive(ctx context.Context, core bot.Core, m bot.Message, keep *[]bot.Kept) (bot.Outcome, error) {
	m.Keep = append(m.Keep, *keep...)
	out, err := core.Receive(ctx, m)
	if err == nil && out.Form == nil && !out.Seen {
		*keep = nil
	}
	return out, err
}

// placeOf is where an activity happened. message is what it is about: a thread's first message is not in its own thread.
func (a *Adapter) placeOf(act *incoming, message string) (bot.Place, string) {
	top, thread := splitConversation(act.Conversation.ID)
	if act.personal() {
		return DirectPlace(act.From.ID), message
	}
	p := RoomPlace(top)
	if a.config.InsecureDev && thread != "" && !digits(message) && a.roots.first(act.Conversation.ID, message) {
		message = thread // the emulator does not say so
	}
	if thread != message {
		p.Thread = thread
	}
	return p, message
}

// said takes in what somebody wrote.
func (a *Adapter) said(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) error {
	place, id := a.placeOf(act, act.ID)
	body, addressed := a.bodyOf(act)
	m := bot.Message{
		Turn: saidTurn(act.Conversation.ID, act.ID), Kind: bot.Said, Place: place, ID: id, From: a.who(ctx, act),
		Text: markup.Plain(body), Body: body, Files: filesOf(act.more.Attachments), Addressed: addressed && !place.Direct, At: act.at(),
	}
	out, err := a.receive(ctx, core, m, keep)
	if err != nil {
		return err
	}
	if !place.Direct && !addressed {
		a.hearing.heard(place.ID)
	}
	if key := digest(m.Turn); out.Form != nil && !a.offered.Has(key) {
		if place.Thread == "" && !place.Direct {
			place.Thread = id
		}
		if err := a.offer(ctx, core, place, act, out.Form); err != nil {
			return err
		}
		a.offered.Add(key)
		// Should this fail, it may be offered once more after a restart.
		if err := core.Keep(ctx, bot.Kept{Key: offerKey + key, Value: []byte(a.now().Format(time.RFC3339))}); err != nil {
			a.log.WarnContext(ctx, "cannot keep that a form was offered", "error", err)
		}
	}
	a.marks.seen.Add(m.Turn)
	return nil
}

// edited takes in that somebody changed what they wrote, or took its deletion back.
func (a *Adapter) edited(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) error {
	switch act.more.ChannelData.EventType {
	case "editMessage", undeleted, "":
	default:
		a.ignored("unknown_event")
		return nil
	}
	place, id := a.placeOf(act, act.ID)
	body, _ := a.bodyOf(act)
	kind := bot.Edited
	if act.more.ChannelData.EventType == undeleted {
		kind = bot.Restored
	}
	m := bot.Message{
		Turn: editedTurn(act.Conversation.ID, act.ID, act.more.ChannelData.EventType, act.more.Timestamp), Kind: kind,
		Place: place, ID: id, From: a.who(ctx, act), Text: markup.Plain(body), Body: body, Files: filesOf(act.more.Attachments), At: act.at(),
	}
	_, err := a.receive(ctx, core, m, keep)
	if err == nil {
		a.marks.seen.Add(m.Turn)
	}
	return err
}

// undeleted is the event of a deletion that was taken back.
const undeleted = "undeleteMessage"

// deleted takes in that somebody deleted what they wrote.
func (a *Adapter) deleted(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) error {
	place, id := a.placeOf(act, act.ID)
	m := bot.Message{
		Turn: deletedTurn(act.Conversation.ID, act.ID, act.more.Timestamp), Kind: bot.Deleted, Place: place, ID: id,
		From: a.who(ctx, act), At: act.at(),
	}
	if !place.Direct {
		m.Keep = append(m.Keep, a.buried(place.ID, id))
	}
	_, err := a.receive(ctx, core, m, keep)
	if err == nil {
		a.marks.seen.Add(m.Turn)
		a.deletions.Add(place.ID + "/" + id)
	}
	return err
}

// reacted takes in emoji put on a message, or taken away.
func (a *Adapter) reacted(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) error {
	if act.ReplyToID == "" {
		a.ignored("incomplete")
		return nil
	}
	place, _ := a.placeOf(act, act.ReplyToID)
	type change struct {
		kind    string
		removed bool
	}
	var changes []change
	for _, r := range act.ReactionsRemoved {
		changes = append(changes, change{string(r.Type), true})
	}
	for _, r := range act.ReactionsAdded {
		changes = append(changes, change{string(r.Type), false})
	}
	from := a.who(ctx, act)
	for n, c := range changes {
		emoji := emojiOf(c.kind)
		if emoji == "" {
			a.ignored("unknown_reaction")
			continue
		}
		if _, err := a.receive(ctx, core, bot.Message{
			Turn: turn("reacted", act.Conversation.ID, act.ReplyToID, act.ID, act.more.Timestamp, strconv.Itoa(n)), Kind: bot.Reacted,
			Place: place, ID: act.ReplyToID, From: from, Reaction: emoji, Removed: c.removed, At: act.at(),
		}, keep); err != nil {
			return err
		}
	}
	return nil
}

// moved takes in that the bot came somewhere, or left: in a person's own conversation that is the first contact.
func (a *Adapter) moved(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) error {
	came, left := act.more.Action == "add" || act.more.Action == "add-upgrade", strings.HasPrefix(act.more.Action, "remove")
	for _, m := range act.MembersAdded {
		came = came || m.ID == act.Recipient.ID
	}
	for _, m := range act.MembersRemoved {
		left = left || m.ID == act.Recipient.ID
	}
	switch {
	case left && act.personal():
		*keep = append(*keep, a.refs.forget(act.From.ID)...)
		return nil
	case left:
		a.expelled(ctx, act, keep)
		return nil
	case !came:
		return nil
	case !act.personal():
		a.admitted(ctx, act)
		return nil
	case act.ours() || a.opened.Has(act.From.ID): // it is told twice
		return nil
	}
	_, err := a.receive(ctx, core, bot.Message{
		Turn: turn("opened", act.From.ID), Kind: bot.Opened, Place: DirectPlace(act.From.ID), From: a.who(ctx, act), At: act.at(),
	}, keep)
	if err == nil {
		a.opened.Add(act.From.ID)
	}
	return err
}

// expelled notes that the bot was removed from a room, or from a team with all its channels. What is said there from now on is
// none of its business, even should it be added again.
func (a *Adapter) expelled(ctx context.Context, act *incoming, keep *[]bot.Kept) {
	for _, room := range a.roomsOf(act) {
		a.health.room(room, notInRoster)
		*keep = append(*keep, a.marks.forget(room)...)
		a.log.InfoContext(ctx, "the bot was removed from a room", "room", room)
	}
}

// admitted notes that the bot was added to a room, or to a team with all its channels.
func (a *Adapter) admitted(ctx context.Context, act *incoming) {
	for _, room := range a.roomsOf(act) {
		a.health.room(room, "")
		a.log.InfoContext(ctx, "the bot came into a room", "room", room)
	}
	a.wake()
}

// roomsOf are the rooms that an activity about a team or a chat is about.
func (a *Adapter) roomsOf(act *incoming) []string {
	top, _ := splitConversation(act.Conversation.ID)
	rooms := a.groups.in(act.more.ChannelData.Team.ID, a.config.Rooms)
	if !slices.Contains(rooms, top) {
		rooms = append(rooms, top)
	}
	return rooms
}

// press is something done with a click.
type press struct {
	turn string
	at   time.Time
	// answered is when Teams heard the answer; zero while that is not certain.
	answered time.Time
}

const (
	// pressTime is for how long a click of the same person on the same thing may be one that was not answered, come again:
	// Teams repeats it up to four times, under new ids.
	pressTime = time.Minute
	// answerTime is within which an answer certainly arrived in time; Teams waits ten seconds for one.
	answerTime = 5 * time.Second
	pressKey   = "press/"
	// mostPresses bounds how many are remembered.
	mostPresses = 5_000
)

// presses remembers clicks. One of the same key that begins before the first was answered, or when it is not certain that
// Teams heard the answer, is the same click. They are kept with what they caused, so that a crash between the two is one more
// way of not answering.
type presses struct {
	mu    sync.Mutex
	known map[string]press
	kept  map[string]time.Time // what is in the store
}

// load takes in what was kept; false for what is of no use any more, and nobody else's.
func (p *presses) load(k bot.Kept, now time.Time) bool {
	key, ok := strings.CutPrefix(k.Key, pressKey)
	if !ok {
		return true
	}
	stamp, turn, _ := strings.Cut(string(k.Value), " ")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	at := time.Unix(seconds, 0)
	if err != nil || turn == "" || now.Sub(at) > pressTime {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin()
	p.known[key], p.kept[key] = press{turn: turn, at: at}, at
	return true
}

func (p *presses) begin() {
	if p.known == nil || len(p.known) >= mostPresses {
		p.known = map[string]press{}
	}
	if p.kept == nil {
		p.kept = map[string]time.Time{}
	}
}

// turn is that of a click that began at a time: the one of the click before, when this is it come again.
func (p *presses) turn(key, fresh string, began time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, ok := p.known[key]
	if !ok || began.Sub(before.at) > pressTime || !before.answered.IsZero() && began.After(before.answered) {
		return fresh
	}
	return before.turn
}

// keep is what is to be kept with a click, and of those that are over.
func (p *presses) keep(key, turn string, now time.Time) []bot.Kept {
	p.mu.Lock()
	defer p.mu.Unlock()
	keep := []bot.Kept{{Key: pressKey + key, Value: []byte(strconv.FormatInt(now.Unix(), 10) + " " + turn)}}
	for other, at := range p.kept {
		if other != key && now.Sub(at) > pressTime && len(keep) < 20 {
			keep = append(keep, bot.Kept{Key: pressKey + other})
		}
	}
	return keep
}

// taken remembers a click that the core has taken, with what was kept of it.
func (p *presses) taken(key, turn string, kept []bot.Kept, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin()
	if p.known[key].turn != turn {
		p.known[key] = press{turn: turn, at: now}
	}
	for _, k := range kept {
		if k.Value == nil {
			delete(p.kept, strings.TrimPrefix(k.Key, pressKey))
		} else {
			p.kept[strings.TrimPrefix(k.Key, pressKey)] = now
		}
	}
}

// answered notes that Teams heard the answer to a click: a later one is another one.
func (p *presses) answered(key string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if before, ok := p.known[key]; ok {
		before.answered = now
		p.known[key] = before
	}
}
