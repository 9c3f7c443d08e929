package slack

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
)

const (
	// overlap is how far before the mark a history is read: Slack's redeliveries come out of order, up to six minutes late.
	overlap = 15 * time.Minute
	// followed is how many days before the mark the roots of threads are looked at for new answers, and messages for edits.
	followed = 7 * 24 * time.Hour
	// lookEvery is how often the histories are read though nothing was noticed: Slack gives up on an event after six minutes.
	lookEvery = 10 * time.Minute
	// deepEvery is how often such a look goes as far back as one after an outage: deletions and edits of what is older than the
	// mark may have been given up on without a sign.
	deepEvery = 24 * time.Hour
	// again is the pause after a history that could not be read.
	again = 30 * time.Second
	// mostPages bounds one reading of one channel: 20,000 messages.
	mostPages = 100
	markKey   = "mark/"
	fromKey   = "from/"
)

// marks are how far each channel was read, by the ts of its newest message. A kept mark moves only while nothing before it
// can be missing: from an outage on until its history was read, it stands still.
type marks struct {
	mu     sync.Mutex
	kept   map[string]string // as it is in the store
	newest map[string]string
	// from is since when a room is read at all: what was said before the bot came is none of its business.
	from  map[string]string
	whole map[string]bool // nothing before newest is missing
	// abreast are the channels and the threads in which what is said now follows what was said before: since the last gap their latest
	// history was read, or could not be.
	abreast map[string]bool
	// deep is when the last look began that went far back; none when something happened since that such a look must find.
	deep map[string]time.Time
	gaps gaps
	// seen are the turns that were handled lately: their histories need not hand them over again.
	seen duty.Recent
}

// gaps counts when something may have been missed.
type gaps struct {
	outages int // there was no connection at all
	losses  int // Slack is to deliver something again, after what it delivers now: one of several connections broke, or we failed
}

// load takes in what was kept.
func (m *marks) load(k bot.Kept) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.make()
	if channel, ok := strings.CutPrefix(k.Key, fromKey); ok && validTS(string(k.Value)) {
		m.from[channel] = string(k.Value)
	}
	channel, ok := strings.CutPrefix(k.Key, markKey)
	if !ok || !validTS(string(k.Value)) {
		return
	}
	m.kept[channel], m.newest[channel] = string(k.Value), string(k.Value)
}

func (m *marks) make() {
	if m.kept == nil {
		m.kept, m.newest, m.from = map[string]string{}, map[string]string{}, map[string]string{}
		m.whole, m.abreast, m.deep = map[string]bool{}, map[string]bool{}, map[string]time.Time{}
	}
}

// advance returns what to keep when a message is handled; nil when the mark stands still, or is further already.
func (m *marks) advance(channel, ts string) []bot.Kept {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.make()
	if !m.moves(channel) || compareTS(ts, m.kept[channel]) <= 0 {
		return nil
	}
	return []bot.Kept{{Key: markKey + channel, Value: []byte(ts)}}
}

// read notes that a message was handled.
func (m *marks) read(channel, ts string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.make()
	if compareTS(ts, m.newest[channel]) > 0 {
		m.newest[channel] = ts
	}
	if m.moves(channel) {
		m.whole[channel], m.kept[channel] = true, m.newest[channel]
	}
}

// moves reports whether the mark of a channel may move: also with the first direct message, which has nothing before it.
func (m *marks) moves(channel string) bool {
	return m.whole[channel] || isDirect(channel) && m.kept[channel] == ""
}

// hold makes all marks stand still.
func (m *marks) hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.whole)
	clear(m.abreast)
	clear(m.deep)
	m.gaps.outages++
}

// doubt notes that Slack may give up on telling something about a channel; empty for any. The next look goes far back.
func (m *marks) doubt(channel string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if delete(m.deep, channel); channel == "" {
		clear(m.deep)
	}
}

// deepen reports whether a look at a channel that begins now is to go far back, and notes that it does: whoever does not come
// to its end must [marks.doubt].
func (m *marks) deepen(channel string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.make()
	if last := m.deep[channel]; m.whole[channel] && !last.IsZero() && now.Sub(last) < deepEvery {
		return false
	}
	m.deep[channel] = now
	return true
}

// stumble notes that Slack is to deliver something again: marks go on, as nothing is lost.
func (m *marks) stumble() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.abreast)
	m.gaps.losses++
}

// refused notes that something of a channel was not taken: if that fails as often as Slack tries, only a history tells.
func (m *marks) refused(channel string) {
	m.stumble()
	m.doubt(channel)
}

// behind returns a channel's mark when something may have been said there before what is said now in one of its threads, empty
// for the channel itself; "" when nothing was. The gaps are to be told to caughtUp.
func (m *marks) behind(channel, thread string) (mark string, g gaps) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.abreast[channel] || m.abreast[threadKey(channel, thread)] {
		return "", g
	}
	return m.kept[channel], m.gaps
}

// caughtUp notes that what is said in a thread now follows what was said before, unless there was another gap meanwhile.
func (m *marks) caughtUp(channel, thread string, g gaps) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.make(); m.gaps == g {
		m.abreast[threadKey(channel, thread)] = true
	}
}

// of returns a channel's mark. The gaps are to be told to release.
func (m *marks) of(channel string) (ts string, g gaps) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[channel], m.gaps
}

// release lets a mark move again, as all of a channel was read, and returns where it stands now; unless there was another outage
// meanwhile.
func (m *marks) release(channel string, g gaps) []bot.Kept {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.make()
	m.abreast[channel] = m.abreast[channel] || m.gaps == g
	if m.gaps.outages != g.outages {
		return nil
	}
	m.whole[channel] = true
	if m.newest[channel] == m.kept[channel] {
		return nil
	}
	m.kept[channel] = m.newest[channel]
	return []bot.Kept{{Key: markKey + channel, Value: []byte(m.newest[channel])}}
}

// begin notes that a channel is read from a ts on and returns what to keep of it.
func (m *marks) begin(channel, ts string) bot.Kept {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.make()
	m.from[channel] = ts
	return bot.Kept{Key: fromKey + channel, Value: []byte(ts)}
}

// after is a ts, or since when a channel is read when that is later.
func (m *marks) after(channel, ts string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if from := m.from[channel]; compareTS(from, ts) > 0 {
		return from
	}
	return ts
}

// channels are all that have a mark.
func (m *marks) channels() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.kept))
}

// begin has a room read from an instant on: nothing before it is missing.
func (a *Adapter) begin(ctx context.Context, core bot.Core, channel, ts string) error {
	from := a.marks.begin(channel, ts)
	a.marks.read(channel, ts)
	_, g := a.marks.of(channel)
	return core.Keep(ctx, append(a.marks.release(channel, g), from)...)
}

// runCatchUp reads the histories when something may have been missed, until ctx ends.
func (a *Adapter) runCatchUp(ctx context.Context) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.woken:
		case <-timer.C:
		}
		pause := lookEvery
		if !a.catchUp(ctx) {
			pause = again
		}
		timer.Reset(pause)
	}
}

// catchUp reads the history of every channel; false when it is to be tried again soon.
func (a *Adapter) catchUp(ctx context.Context) bool {
	core, ok := a.shift.Enter()
	if !ok {
		return true
	}
	defer a.shift.Leave()
	a.forgetOffers(ctx, core)
	a.forgetSharings(ctx, core)
	done := true
	channels := slices.Sorted(maps.Keys(a.rooms))
	for _, c := range a.marks.channels() {
		if isDirect(c) {
			channels = append(channels, c)
		}
	}
	var readings []*reading
	for _, channel := range channels {
		r, err := a.readBack(ctx, core, channel)
		if r != nil {
			readings = append(readings, r)
		}
		switch code := codeOf(err); {
		case ctx.Err() != nil:
			return true
		case err == nil, code == "not_in_channel", code == "channel_not_found", code == "is_archived":
		default:
			a.log.WarnContext(ctx, "cannot read a history, will retry", "channel", channel, "error", err)
			done = false
			if !duty.Sleep(ctx, min(patienceOf(err), time.Minute)) {
				return true
			}
		}
	}
	return a.compareAll(ctx, core, readings) && done // last: it may take a while, and nobody waits for it
}

// readBack hands over what was missed in a channel, and returns what was read.
func (a *Adapter) readBack(ctx context.Context, core bot.Core, channel string) (*reading, error) {
	mark, g := a.marks.of(channel)
	if mark == "" {
		// The first time: from what is there on, by Slack's own clock. The call tells whether the bot is there.
		newest, _, err := a.history(ctx, channel, "", span{limit: 1}, "")
		if a.note(channel, err); err != nil {
			return nil, err
		}
		ts := tsOf(a.now().Add(-followed)) // an empty channel has nothing from before
		if len(newest) > 0 {
			ts = newest[0].TS
		}
		return nil, a.begin(ctx, core, channel, ts)
	}
	r := &reading{channel: channel, deep: a.marks.deepen(channel, a.now()), shown: map[string]bool{}, threads: map[string]string{}}
	err := a.takeBack(ctx, core, r, mark, g)
	if err != nil {
		a.marks.doubt(channel)
		return nil, err
	}
	return r, nil
}

// takeBack reads a channel and hands over what was missed there.
func (a *Adapter) takeBack(ctx context.Context, core bot.Core, r *reading, mark string, g gaps) error {
	r.begin(&a.marks, mark)
	if err := a.askOriginals(ctx, core, r); err != nil {
		return err
	}
	missed, err := a.missed(ctx, r, mark)
	if a.note(r.channel, err); err != nil {
		return err
	}
	if err := a.handOverInLane(ctx, core, r.channel, missed); err != nil {
		return err
	}
	return core.Keep(context.WithoutCancel(ctx), a.marks.release(r.channel, g)...)
}

// handOverInLane hands over what was missed in a channel, after what came in there before.
func (a *Adapter) handOverInLane(ctx context.Context, core bot.Core, channel string, list []past) error {
	handed := make(chan error, 1)
	if !a.lanes.Do(channel, func() { handed <- a.handOver(ctx, core, list) }) {
		return errBusy
	}
	return <-handed
}

// comeUpTime is how long a message waits for what was said before it; Slack wants to hear within three seconds that it was taken.
const comeUpTime = 2 * time.Second

// comeUp hands over what was said in a channel before a message that has just come in, when that may have been missed, and returns
// what was said since: so that nothing overtakes what Slack could not deliver at first, which it delivers again when it likes. It runs
// in the lane of the channel, once after a gap, and once for each thread that goes on. What cannot be read in time comes later, out of
// order.
func (a *Adapter) comeUp(ctx context.Context, core bot.Core, e *event) (since []past) {
	if !a.reads(e.Channel) {
		return nil
	}
	var missed []past
	ctx, cancel := context.WithTimeout(ctx, comeUpTime)
	defer cancel()
	threads := []string{""}
	if e.ThreadTS != "" && e.ThreadTS != e.TS {
		threads = append(threads, e.ThreadTS)
	}
	for _, thread := range threads {
		mark, g := a.marks.behind(e.Channel, thread)
		if mark == "" {
			continue
		}
		list, err := a.latest(ctx, e, thread, a.marks.after(e.Channel, tsOf(timeOf(mark).Add(-overlap))))
		if err != nil { // half of it would be the newer half
			a.log.WarnContext(ctx, "cannot read what was said before, it follows later", "channel", e.Channel, "error", err)
			list = nil
		}
		missed = append(missed, list...)
		a.marks.caughtUp(e.Channel, thread, g)
	}
	inOrder(missed)
	before := len(missed)
	if i := slices.IndexFunc(missed, func(p past) bool { return compareTS(p.at, e.TS) > 0 }); i >= 0 {
		before = i
	}
	if err := a.handOver(ctx, core, missed[:before]); err != nil {
		a.log.WarnContext(ctx, "cannot take in what was said before, it follows later", "channel", e.Channel, "error", err)
	}
	return missed[before:]
}

// latest reads what was said and changed in a thread since an instant, empty for the channel itself, without one message.
func (a *Adapter) latest(ctx context.Context, but *event, thread, since string) (found []past, err error) {
	_, err = a.pages(ctx, but.Channel, thread, span{oldest: since, limit: pageSize}, func(e *event) {
		if e.TS != but.TS && (thread == "" || e.TS != thread) {
			found = appendPast(found, e, since)
		}
	})
	if codeOf(err) == "thread_not_found" {
		err = nil // it was deleted meanwhile
	}
	return found, err
}

// inOrder sorts by the time at which it happened.
func inOrder(list []past) {
	slices.SortStableFunc(list, func(x, y past) int { return cmp.Or(compareTS(x.at, y.at), cmp.Compare(x.TS, y.TS)) })
}

// past is something that a history shows: a message, that it was changed, or that it is gone.
type past struct {
	at   string // ts
	kind bot.MessageKind
	*event
}

// turn is that of the event that would have told.
func (p past) turn(s *self) string {
	switch p.kind {
	case bot.Edited:
		return s.editedTurn(p.Channel, p.TS, p.Edited.TS)
	case bot.Deleted:
		return s.deletedTurn(p.Channel, p.TS)
	}
	return s.saidTurn(p.Channel, p.TS)
}

// missed reads what happened in a channel since an overlap before its mark, in order; a deep reading looks further back for threads
// and edits.
func (a *Adapter) missed(ctx context.Context, r *reading, mark string) ([]past, error) {
	since := a.marks.after(r.channel, tsOf(timeOf(mark).Add(-overlap)))
	var found, deleted []past
	var roots []string
	var err error
	now := tsOf(a.now())
	r.whole, err = a.pages(ctx, r.channel, "", span{oldest: r.oldest, limit: pageSize}, func(e *event) {
		r.see(e)
		if isDirect(r.channel) && a.nobody(e) == "" {
			a.directs.learn(e.User, r.channel)
		}
		if e.Subtype == tombstone {
			deleted = append(deleted, past{now, bot.Deleted, e})
		} else {
			found = appendPast(found, e, since)
		}
		if e.ReplyCount > 0 && (e.LatestReply == "" || compareTS(e.LatestReply, since) > 0) {
			roots = append(roots, e.TS)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		_, err := a.pages(ctx, r.channel, root, span{oldest: since, limit: pageSize}, func(e *event) {
			r.shown[e.TS] = true
			if e.TS != root {
				found = appendPast(found, e, since)
			}
		})
		if codeOf(err) == "thread_not_found" {
			continue // it was deleted meanwhile
		} else if err != nil {
			return nil, err
		}
	}
	inOrder(found)
	return append(found, deleted...), nil // when they were deleted nobody knows: after what hangs on them
}

// appendPast adds what happened to a message after an instant.
func appendPast(list []past, e *event, since string) []past {
	if compareTS(e.TS, since) > 0 {
		list = append(list, past{e.TS, bot.Said, e})
	}
	if e.Edited != nil && validTS(e.Edited.TS) && compareTS(e.Edited.TS, since) > 0 {
		list = append(list, past{e.Edited.TS, bot.Edited, e})
	}
	return list
}

// pages reads a history to its end; whole is false when it is too long for that.
func (a *Adapter) pages(ctx context.Context, channel, thread string, s span, see func(*event)) (whole bool, err error) {
	cursor := ""
	for range mostPages {
		list, next, err := a.history(ctx, channel, thread, s, cursor)
		if err != nil {
			return false, err
		}
		for _, e := range list {
			see(e)
		}
		if cursor = next; cursor == "" {
			return true, nil
		}
	}
	a.log.WarnContext(ctx, "a history is too long to be read whole", "channel", channel, "pages", mostPages)
	return false, nil
}

// handOver hands over what was missed, as if it came now; what was handled already is left out.
func (a *Adapter) handOver(ctx context.Context, core bot.Core, list []past) error {
	ctx = context.WithoutCancel(ctx)
	for _, p := range list {
		if a.marks.seen.Has(p.turn(&a.self)) {
			continue
		}
		if err := a.makeUp(ctx, core, p); err != nil {
			return fmt.Errorf("hand over what was missed: %w", err)
		}
	}
	return nil
}

// makeUp takes in one thing that was missed; what is no person's is passed over.
func (a *Adapter) makeUp(ctx context.Context, core bot.Core, p past) error {
	switch {
	case p.kind == bot.Deleted:
		return a.deleted(ctx, core, gone{channel: p.Channel, ts: p.TS, user: p.User, at: timeOf(p.at)})
	case !talked(p.Subtype) || a.nobody(p.event) != "":
		return nil
	case p.kind == bot.Edited:
		return a.edit(ctx, core, p.event)
	}
	return a.said(ctx, core, p.event)
}

// talked reports whether a subtype is that of what people say.
func talked(subtype string) bool {
	switch subtype {
	case "", "file_share", "thread_broadcast", "me_message":
		return true
	}
	return false
}

// forgetOffers forgets the forms that were offered so long ago that no history brings them up again.
func (a *Adapter) forgetOffers(ctx context.Context, core bot.Core) {
	kept, err := core.Kept(ctx, offerKey)
	if err != nil {
		return // the next look does it
	}
	var old []bot.Kept
	for _, k := range kept {
		if a.now().Sub(timeOf(string(k.Value))) > 30*24*time.Hour {
			old = append(old, bot.Kept{Key: k.Key})
		}
	}
	if len(old) > 0 {
		_ = core.Keep(ctx, old...) // the next look does it
	}
}
