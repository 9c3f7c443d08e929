package slack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"standleitung/bot"
)

// Send carries a delivery out.
func (a *Adapter) Send(ctx context.Context, d bot.Delivery) (bot.Sent, error) {
	if _, ok := a.shift.Enter(); !ok {
		return bot.Sent{}, &bot.SendError{Fate: bot.Untried, Reason: "not_running", Err: errNotRunning}
	}
	defer a.shift.Leave()
	sent, err := a.deliver(ctx, d)
	if err == nil {
		return sent, nil
	}
	return bot.Sent{}, sendError(err)
}

var errUndeliverable = errors.New("slack cannot show it")

func (a *Adapter) deliver(ctx context.Context, d bot.Delivery) (bot.Sent, error) {
	if d.Post == "" || d.Place.Adapter != Name || d.Place.Thread != "" && !validTS(d.Place.Thread) {
		return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "bad_delivery", Err: errUndeliverable}
	}
	channel, err := a.channelOf(ctx, d.Place)
	if err != nil {
		return bot.Sent{}, harmless(err)
	}
	if d.Op == bot.OpReact { // posts need not wait for reactions, nor these for posts: Slack limits each by itself
		return bot.Sent{}, a.react(ctx, channel, d)
	}
	if left := a.limits.left(channel, a.now()); left > 0 {
		return bot.Sent{}, &bot.SendError{Fate: bot.Retry, After: left, Reason: limitReason, Err: errLimited}
	}
	sent, err := a.carry(ctx, channel, d)
	if err != nil {
		if e := sendError(err); e.Reason == limitReason {
			a.limits.set(channel, a.now().Add(e.After))
		}
	}
	return sent, err
}

var errLimited = errors.New("slack asked to leave this channel alone for a while")

// carry does what a delivery asks for.
func (a *Adapter) carry(ctx context.Context, channel string, d bot.Delivery) (sent bot.Sent, err error) {
	switch {
	case d.Op == bot.OpDelete && d.Unsure && len(d.IDs) == 0:
		err = a.removeUnsure(ctx, channel, d)
	case d.Op == bot.OpDelete:
		err = a.remove(ctx, channel, d.IDs)
	case d.Reader != "" && !d.Place.Direct:
		sent, err = a.whisper(ctx, channel, d)
	case d.Op == bot.OpEdit:
		sent, err = a.rewrite(ctx, channel, d)
	case d.Op == bot.OpPost:
		sent, err = a.post(ctx, channel, d)
	default:
		err = &bot.SendError{Fate: bot.Never, Reason: "op_unknown", Err: errUndeliverable}
	}
	return sent, err
}

// limits are until when Slack wants channels to be left alone. A channel has several lanes: what one is told holds for all.
type limits struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (l *limits) set(channel string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil || len(l.until) >= mostPeople {
		l.until = map[string]time.Time{}
	}
	l.until[channel] = until
}

// left is how long a channel is to be left alone; 0 for not at all.
func (l *limits) left(channel string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, l.until[channel].Sub(now))
}

// channelOf is the channel of a place.
func (a *Adapter) channelOf(ctx context.Context, p bot.Place) (string, error) {
	if !p.Direct {
		return p.ID, nil
	}
	return a.direct(ctx, p.ID)
}

// note tells what a call about a channel showed.
func (a *Adapter) note(channel string, err error) {
	a.health.api(err)
	a.health.room(channel, err)
}

// metadata is what every message of the adapter bears, unseen: which post it belongs to, and which part of it is.
type metadata struct {
	Type    string  `json:"event_type"`
	Payload payload `json:"event_payload"`
}

type payload struct {
	Post string `json:"post"`
	Part int    `json:"part"`
	// Revision is what it says.
	Revision int `json:"revision"`
	// Written is when a late copy was written: an edit says so too.
	Written string `json:"written"`
}

// metadataType is how the metadata of our messages is called.
const metadataType = "standleitung_post"

func (p payload) option() slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: map[string]any{
		"post": cut(p.Post, maxMetaValue), "part": p.Part, "revision": p.Revision, "written": p.Written,
	}})
}

// post posts. What may have arrived is looked for first.
func (a *Adapter) post(ctx context.Context, channel string, d bot.Delivery) (bot.Sent, error) {
	found := arrived{}
	if d.Unsure {
		var err error
		if found, err = a.lookFor(ctx, channel, d); err != nil {
			return bot.Sent{}, stillUnsure(err)
		}
	}
	p, err := a.pack(ctx, d, found.files)
	if err != nil {
		return bot.Sent{}, begun(err, len(found.parts) > 0)
	}
	var ids []string
	messages := render(d, p, d.Unsure && !found.sure && len(found.parts) == 0)
	for n, m := range messages {
		ts, err := found.parts[n], error(nil)
		switch {
		case ts == "":
			ts, err = a.postPart(ctx, channel, d, n, m)
		case found.revisions[n] != d.Revision: // it was changed since
			later := d
			later.Op = bot.OpEdit
			err = a.update(ctx, channel, ts, later, n, m)
		}
		if err != nil {
			return bot.Sent{}, begun(err, len(ids) > 0 || len(found.parts) > 0)
		}
		ids = append(ids, a.idOf(channel, d.Place, ts))
	}
	if err := a.remove(ctx, channel, found.beyond(len(messages))); err != nil {
		return bot.Sent{}, begun(err, true)
	}
	if d.Place.Thread != "" {
		a.threads.Add(threadKey(channel, d.Place.Thread))
	}
	if len(found.files) > 0 {
		ids = append(ids, a.bundleIDs(ctx, channel, found.files)...)
	}
	shared, err := a.shareBelow(ctx, channel, d, p, ids)
	if err != nil {
		return bot.Sent{}, begun(err, true)
	}
	return bot.Sent{IDs: append(ids, shared...), Missing: p.missing}, nil
}

// shareBelow shows the files of a copy whose text is posted. Those that Slack does not take are named in the text instead.
func (a *Adapter) shareBelow(ctx context.Context, channel string, d bot.Delivery, p parcel, texts []string) ([]string, error) {
	if len(p.fresh) == 0 {
		return nil, nil
	}
	ids, err := a.share(ctx, channel, d, p.fresh)
	if err == nil || sendError(err).Fate != bot.Never && !isScope(codeOf(err)) {
		return ids, err
	}
	a.log.WarnContext(ctx, "slack does not take files, they are only named", "channel", channel, "code", codeOf(err))
	_, note, _ := refused(err, d.Voice)
	for _, f := range p.fresh {
		p.told = append(p.told, told{name: f.name, note: note})
	}
	p.names = nil
	d.Op = bot.OpEdit
	for n, m := range render(d, p, false) {
		if n >= len(texts) {
			break
		}
		if r, ok := parseRef(texts[n]); ok && !r.fleeting {
			if err := a.update(ctx, orElse(r.channel, channel), r.ts, d, n, m); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// stillUnsure keeps the doubt of a delivery that could not be looked for.
func stillUnsure(err error) *bot.SendError {
	e := sendError(err)
	if e.Fate == bot.Retry {
		e.Fate = bot.Unknown
	}
	return e
}

// begun makes the fate of a post unknown when a part of it has arrived: it is looked for before it is tried again.
func begun(err error, arrived bool) error {
	e := sendError(err)
	if arrived && e.Fate == bot.Retry {
		e.Fate = bot.Unknown
	}
	return e
}

// render renders a delivery.
func render(d bot.Delivery, p parcel, unsure bool) []message {
	if d.Copy != nil {
		return renderCopy(d.Copy, d.Voice, p, unsure)
	}
	return renderCard(&d.Card, d.Voice, unsure)
}

// options are what all messages have in common. Nothing in them is looked up, unfolded or linked by Slack.
func (m message) options(d bot.Delivery) []slack.MsgOption {
	options := []slack.MsgOption{
		slack.MsgOptionText(m.text, false), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if len(m.blocks) > 0 {
		options = append(options, slack.MsgOptionBlocks(m.blocks...))
	}
	if d.Copy != nil && d.Op == bot.OpPost {
		options = append(options, slack.MsgOptionUsername(authorName(d.Copy.Author, d.Voice)))
	}
	return options
}

// postPart posts one message of a post.
func (a *Adapter) postPart(ctx context.Context, channel string, d bot.Delivery, n int, m message) (string, error) {
	p := payload{Post: d.Post, Part: n, Revision: d.Revision}
	if d.Copy != nil && !d.Copy.Written.IsZero() {
		p.Written = d.Copy.Written.UTC().Format(time.RFC3339)
	}
	options := append(m.options(d), p.option())
	if d.Place.Thread != "" {
		options = append(options, slack.MsgOptionTS(d.Place.Thread))
		if d.Op == bot.OpPost && d.Copy != nil && d.Copy.Broadcast && n == 0 {
			options = append(options, slack.MsgOptionBroadcast())
		}
	}
	_, ts, err := a.api.PostMessageContext(ctx, channel, options...)
	a.note(channel, err)
	if codeOf(err) == "not_in_channel" || codeOf(err) == "channel_not_found" {
		// A command works where the bot is not: there its answer takes the way that came with the command.
		if address, ok := a.answers.find(d.Place.ID, "", a.now()); ok && d.Copy == nil && n == 0 {
			return "", a.answer(ctx, address, slack.ResponseTypeInChannel, m, d)
		}
	}
	return ts, err
}

// idOf is how the core keeps a message; empty for one that nobody can name.
func (a *Adapter) idOf(channel string, p bot.Place, ts string) string {
	switch {
	case ts == "":
		return ref{ts: tsOf(a.now()), fleeting: true}.String()
	case p.Direct || channel == p.ID:
		return ref{ts: ts}.String()
	}
	return ref{channel: channel, ts: ts}.String()
}

// rewrite brings a post up to date. It may have become longer: what is new goes below it; or shorter: what is left over goes.
func (a *Adapter) rewrite(ctx context.Context, channel string, d bot.Delivery) (bot.Sent, error) {
	refs, bundles := bundlesOf(d.IDs)
	if len(refs) == 0 {
		return bot.Sent{IDs: d.IDs}, nil // it went where nothing can be changed
	}
	if d.Copy != nil && d.Copy.Written.IsZero() {
		copied := *d.Copy
		copied.Written = a.writtenOf(ctx, channel, d.Place.Thread, refs[0])
		d.Copy = &copied
	}
	p, shown, err := a.reload(ctx, channel, d, bundles)
	if err != nil {
		return bot.Sent{}, err
	}
	ids, err := a.rewriteParts(ctx, channel, d, refs, render(d, p, false))
	if err != nil {
		return bot.Sent{}, err
	}
	if d.Copy == nil {
		return bot.Sent{IDs: ids}, nil
	}
	left, err := a.prune(ctx, channel, d.Copy, shown)
	if err != nil {
		return bot.Sent{}, err
	}
	fresh, err := a.shareBelow(ctx, channel, d, p, ids)
	if err != nil {
		return bot.Sent{}, harmless(err)
	}
	return bot.Sent{IDs: slices.Concat(ids, left, fresh), Missing: p.missing}, nil
}

// rewriteParts brings the messages of a post up to date and returns their ids. When an earlier try may have added some, they are
// looked for: it may have been for another text, and this one need not be longer than what was there before.
func (a *Adapter) rewriteParts(ctx context.Context, channel string, d bot.Delivery, refs []ref, messages []message) (ids []string, err error) {
	below := d
	below.Place.Thread = orElse(d.Place.Thread, refs[0].ts)
	found := arrived{}
	if d.Unsure {
		if found, err = a.lookFor(ctx, channel, below); err != nil {
			return nil, stillUnsure(err)
		}
	}
	for n, m := range messages {
		r := ref{ts: found.parts[n]}
		if n < len(refs) {
			r = refs[n]
		}
		if r.ts != "" {
			err = a.update(ctx, orElse(r.channel, channel), r.ts, d, n, m)
		} else {
			r.ts, err = a.postPart(ctx, channel, below, n, m)
		}
		if err != nil {
			return nil, begun(err, n >= len(refs))
		}
		ids = append(ids, a.idOf(channel, d.Place, r.ts))
	}
	var over []string
	for _, r := range refs[min(len(messages), len(refs)):] {
		over = append(over, r.String())
	}
	for n, ts := range found.parts {
		if n >= max(len(messages), len(refs)) {
			over = append(over, ref{ts: ts}.String())
		}
	}
	return ids, a.remove(ctx, channel, over)
}

// reload uploads what a copy has more than before. Shown are the bundles that are there, also from a try that nobody heard of.
func (a *Adapter) reload(ctx context.Context, channel string, d bot.Delivery, shown []bundle) (parcel, []bundle, error) {
	if d.Copy == nil {
		return parcel{}, shown, nil
	}
	known := shownOf(shown)
	if slices.ContainsFunc(d.Copy.Files, func(f bot.File) bool { return f.Open != nil && known[origin(f)] == "" }) {
		before, err := a.sharedBefore(ctx, channel, d.Post)
		if err != nil {
			return parcel{}, nil, harmless(err)
		}
		maps.DeleteFunc(before, func(of, _ string) bool { return known[of] != "" })
		if len(before) > 0 {
			_, more := bundlesOf(a.bundleIDs(ctx, channel, before))
			shown = slices.Concat(shown, more)
			maps.Copy(known, before)
		}
	}
	p, err := a.pack(ctx, d, known)
	if err != nil {
		return parcel{}, nil, harmless(err)
	}
	return p, shown, nil
}

// update rewrites one message. One that is gone, whoever removed it, needs no change any more.
func (a *Adapter) update(ctx context.Context, channel, ts string, d bot.Delivery, n int, m message) error {
	p := payload{Post: d.Post, Part: n, Revision: d.Revision}
	if d.Copy != nil && !d.Copy.Written.IsZero() {
		p.Written = d.Copy.Written.UTC().Format(time.RFC3339)
	}
	_, _, _, err := a.api.UpdateMessageContext(ctx, channel, ts, append(m.options(d), p.option())...)
	a.note(channel, err)
	if codeOf(err) == "message_not_found" {
		return nil
	}
	if err != nil {
		return harmless(err) // the same change twice is one
	}
	return nil
}

// remove deletes messages and files. Slack leaves a mark where others answered.
func (a *Adapter) remove(ctx context.Context, channel string, ids []string) error {
	for _, id := range ids {
		r, ok := parseRef(id)
		if !ok || r.fleeting {
			continue
		}
		var err error
		if r.file != "" {
			err = a.api.DeleteFileContext(ctx, r.file)
		} else {
			_, _, err = a.api.DeleteMessageContext(ctx, orElse(r.channel, channel), r.ts)
		}
		a.note(channel, err)
		switch codeOf(err) {
		case "message_not_found", "file_not_found", "file_deleted":
			continue
		}
		if err != nil {
			return harmless(err)
		}
	}
	return nil
}

// writtenOf is when a late copy was written, which an edit does not say again: the message itself knows. The zero time for
// one that was not late, or cannot be read now.
func (a *Adapter) writtenOf(ctx context.Context, channel, thread string, r ref) time.Time {
	list, _, err := a.history(ctx, orElse(r.channel, channel), thread, span{oldest: r.ts, latest: r.ts, limit: 2}, "")
	if err != nil {
		return time.Time{}
	}
	for _, e := range list {
		if e.TS == r.ts && e.Metadata.Type == metadataType {
			at, _ := time.Parse(time.RFC3339, e.Metadata.Payload.Written)
			return at
		}
	}
	return time.Time{}
}

// arrived is what was found of a post whose fate was unknown.
type arrived struct {
	parts map[int]string // ts by part
	// revisions are what the parts say.
	revisions map[int]int
	files     map[string]string // ids by origin
	// sure is set when all of the history was read in which it could be: what is not found was not posted.
	sure bool
}

const (
	// lookBack is how far a post of unknown fate can lie back; its row was taken after the one before it was settled.
	lookBack = 48 * time.Hour
	// lookPages bounds the pages of history that are read for it.
	lookPages = 5
	pageSize  = 200
)

// lookFor looks for a post by its metadata.
func (a *Adapter) lookFor(ctx context.Context, channel string, d bot.Delivery) (arrived, error) {
	found := arrived{parts: map[int]string{}, revisions: map[int]int{}}
	if d.Reader != "" && !d.Place.Direct {
		return found, nil
	}
	if d.Copy != nil && len(d.Copy.Files) > 0 {
		var err error
		if found.files, err = a.sharedBefore(ctx, channel, d.Post); err != nil {
			return found, err
		}
	}
	s := span{oldest: tsOf(a.now().Add(-lookBack)), limit: pageSize}
	cursor := ""
	for range lookPages {
		list, next, err := a.history(ctx, channel, d.Place.Thread, s, cursor)
		a.note(channel, err)
		if codeOf(err) == "thread_not_found" {
			found.sure = true
			return found, nil
		} else if err != nil {
			return found, err
		}
		for _, e := range list {
			found.look(e, d.Post)
		}
		if cursor = next; cursor == "" {
			found.sure = true
			return found, nil
		}
	}
	return found, nil
}

func (f *arrived) look(e *event, post string) {
	if e.Metadata.Type == metadataType && e.Metadata.Payload.Post == cut(post, maxMetaValue) {
		f.parts[e.Metadata.Payload.Part], f.revisions[e.Metadata.Payload.Part] = e.TS, e.Metadata.Payload.Revision
	}
}

// beyond are the ids of the parts from the n-th on: a post that has become shorter does not need them any more.
func (f *arrived) beyond(n int) (ids []string) {
	for part, ts := range f.parts {
		if part >= n {
			ids = append(ids, ref{ts: ts}.String())
		}
	}
	return ids
}

// removeUnsure deletes a post of which nobody knows whether it arrived.
func (a *Adapter) removeUnsure(ctx context.Context, channel string, d bot.Delivery) error {
	found, err := a.lookFor(ctx, channel, d)
	if err != nil {
		return stillUnsure(err)
	}
	if found.files, err = a.sharedBefore(ctx, channel, d.Post); err != nil {
		return stillUnsure(err)
	}
	ids := append(found.beyond(0), a.bundleIDs(ctx, channel, found.files)...)
	if len(ids) == 0 && !found.sure {
		return &bot.SendError{Fate: bot.Never, Reason: "no_id", Err: errUndeliverable}
	}
	if err := a.remove(ctx, channel, ids); err != nil {
		return stillUnsure(err)
	}
	return nil
}

// Private answers.

// whisper tells one person something in a room: at the address that came with what they did, else as an ephemeral message,
// else directly.
func (a *Adapter) whisper(ctx context.Context, channel string, d bot.Delivery) (bot.Sent, error) {
	for _, id := range d.IDs {
		if r, ok := parseRef(id); ok && !r.fleeting { // it went out as a direct message
			direct := d
			direct.Place, direct.Reader = DirectPlace(d.Reader), ""
			sent, err := a.rewrite(ctx, r.channel, direct)
			return inside(sent, r.channel), err
		}
	}
	messages := render(d, parcel{}, d.Unsure)
	if !d.Keep {
		return a.whisperAll(ctx, channel, d, messages)
	}
	// What Slack forgets with the next reload is said directly first: there it can be looked for, and changed later.
	sent, err := a.keep(ctx, d)
	if err != nil {
		return bot.Sent{}, err
	}
	here, err := a.whisperHere(ctx, channel, d, messages)
	if err != nil && !isElsewhere(codeOf(err)) {
		return bot.Sent{}, begun(err, true)
	}
	return bot.Sent{IDs: append(sent.IDs, here.IDs...)}, nil
}

// whisperAll tells one person what was rendered for them: in a room or, where they are not, directly.
func (a *Adapter) whisperAll(ctx context.Context, channel string, d bot.Delivery, messages []message) (bot.Sent, error) {
	sent, err := a.whisperHere(ctx, channel, d, messages)
	if isElsewhere(codeOf(err)) {
		return a.whisperDirectly(ctx, d, messages)
	}
	return sent, err
}

// keep says directly what is shown in a room besides.
func (a *Adapter) keep(ctx context.Context, d bot.Delivery) (bot.Sent, error) {
	channel, err := a.direct(ctx, d.Reader)
	if err != nil {
		if e := harmless(err); e.Fate == bot.Retry {
			return bot.Sent{}, e
		}
		return bot.Sent{}, nil // they cannot be written to: the room is all there is
	}
	d.Op, d.Place, d.Reader = bot.OpPost, DirectPlace(d.Reader), ""
	sent, err := a.post(ctx, channel, d)
	return inside(sent, channel), err
}

// isElsewhere reports whether a code says that somebody cannot be told something in a room at all.
func isElsewhere(code string) bool {
	switch code {
	case "user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived", "method_not_supported_for_channel_type":
		return true
	}
	return false
}

// whisperHere tells one person in a room what was rendered for them.
func (a *Adapter) whisperHere(ctx context.Context, channel string, d bot.Delivery, messages []message) (bot.Sent, error) {
	if address, ok := a.answers.find(d.Place.ID, d.Reader, a.now()); ok && len(messages) == 1 {
		switch err := a.answer(ctx, address, slack.ResponseTypeEphemeral, messages[0], d); {
		case err == nil:
			return bot.Sent{IDs: []string{a.idOf(channel, d.Place, "")}}, nil
		case sendError(err).Fate == bot.Unknown && !isExpired(err):
			return bot.Sent{}, err
		}
	}
	var ids []string
	for _, m := range messages {
		options := m.options(d)
		if a.threads.Has(threadKey(channel, d.Place.Thread)) { // in a thread that nobody answered in, nobody would see it
			options = append(options, slack.MsgOptionTS(d.Place.Thread))
		}
		ts, err := a.api.PostEphemeralContext(ctx, channel, d.Reader, options...)
		if a.note(channel, err); err != nil {
			return bot.Sent{}, err
		}
		ids = append(ids, ref{ts: orElse(ts, tsOf(a.now())), fleeting: true}.String())
	}
	return bot.Sent{IDs: ids}, nil
}

// whisperDirectly tells it in the direct conversation.
func (a *Adapter) whisperDirectly(ctx context.Context, d bot.Delivery, messages []message) (bot.Sent, error) {
	channel, err := a.direct(ctx, d.Reader)
	if err != nil {
		return bot.Sent{}, harmless(err)
	}
	d.Op, d.Place, d.Reader = bot.OpPost, DirectPlace(d.Reader), ""
	var sent bot.Sent
	for n, m := range messages {
		ts, err := a.postPart(ctx, channel, d, n, m)
		if err != nil {
			return bot.Sent{}, begun(err, n > 0)
		}
		sent.IDs = append(sent.IDs, a.idOf(channel, d.Place, ts))
	}
	return inside(sent, channel), nil
}

// inside makes ids say that they are in another channel than the delivery's.
func inside(sent bot.Sent, channel string) bot.Sent {
	ids := slices.Clone(sent.IDs)
	for i, id := range ids {
		if r, ok := parseRef(id); ok && r.channel == "" && r.file == "" && !r.fleeting {
			r.channel = channel
			ids[i] = r.String()
		}
	}
	return bot.Sent{IDs: ids}
}

// answer posts at the address that Slack gave with a command or a button.
func (a *Adapter) answer(ctx context.Context, address, how string, m message, d bot.Delivery) error {
	options := append(m.options(d), slack.MsgOptionResponseURL(address, how))
	if d.Place.Thread != "" {
		options = append(options, slack.MsgOptionTS(d.Place.Thread))
	}
	_, _, err := a.api.PostMessageContext(ctx, "", options...)
	if err == nil {
		a.answers.used(address)
	} else if sendError(err).Fate != bot.Retry {
		a.answers.spent(address)
	}
	return err
}

// isExpired reports whether an address for answers is used up: Slack says so with 404, and with 410 or 400 before.
func isExpired(err error) bool {
	var status slack.StatusCodeError
	return errors.As(err, &status) && status.Code < 500
}

// span is a part of a history.
type span struct {
	oldest, latest string // both included; empty: open
	limit          int
}

// history reads a page of a channel, newest first, or of a thread, oldest first; cursor is empty for the first one.
func (a *Adapter) history(ctx context.Context, channel, thread string, s span, cursor string) (list []*event, next string, err error) {
	form := url.Values{
		"channel": {channel}, "limit": {strconv.Itoa(s.limit)}, "include_all_metadata": {"true"}, "inclusive": {"true"},
	}
	for name, value := range map[string]string{"oldest": s.oldest, "latest": s.latest, "cursor": cursor, "ts": thread} {
		if value != "" {
			form.Set(name, value)
		}
	}
	method := "conversations.history"
	if thread != "" {
		method = "conversations.replies"
	}
	var page struct {
		Messages []*event `json:"messages"`
		HasMore  bool     `json:"has_more"`
		Metadata struct {
			NextCursor string `json:"next_cursor"`
		} `json:"response_metadata"`
	}
	if err := a.web.call(ctx, method, form, &page); err != nil {
		return nil, "", fmt.Errorf("read history: %w", err)
	}
	for _, e := range page.Messages {
		e.Channel = channel
	}
	return page.Messages, page.Metadata.NextCursor, nil
}
