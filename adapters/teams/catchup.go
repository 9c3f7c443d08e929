package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
)

const (
	// overlap is how far before the mark a history is read: Teams tells of things late, and clocks differ.
	overlap = 15 * time.Minute
	// lookEvery is how often the histories are read though nothing was noticed: what Teams could not deliver it gives up after
	// about a minute, without a word.
	lookEvery = 10 * time.Minute
	// lookAgain is the pause after a history that could not be read, longestLook the one that it grows to.
	lookAgain, longestLook = 30 * time.Second, 10 * time.Minute
	// patience is how long what comes in waits for what was missed before it, at the start and after something could not be taken, so
	// that the order is kept. Teams wants to be answered in fifteen seconds.
	patience = 5 * time.Second
	// firstRetry is the pause after which a history is asked for again meanwhile; doubled each time.
	firstRetry = 200 * time.Millisecond
	// readers is how many histories are read beside each other.
	readers = 8
	// turnsLive is for how long the core surely knows what it has handled; what is older is not read a second time.
	turnsLive = 13 * 24 * time.Hour
	grain     = time.Millisecond // of the times in a history
	markKey   = "mark/"          // before the id of a room
	offerKey  = "offer/"
	goneKey   = "gone/" // before the ids of a room and of a message that was deleted there
	offerLife = 30 * 24 * time.Hour
)

// mark is how far the history of a room was read.
type mark struct {
	// From is since when the bot reads there: what was written before is none of its business.
	From time.Time `json:"from"`
	// Read is the instant up to which nothing is missing.
	Read time.Time `json:"read"`
}

// errBusy says that too much waits in a room to hand its history over now.
var errBusy = errors.New("too much is waiting")

// since is the instant after which a history is to be read.
func (m mark) since(now time.Time) time.Time {
	since := m.Read.Add(-overlap)
	if now.Sub(since) > turnsLive {
		since = m.Read
	}
	if since.Before(m.From) {
		since = m.From.Add(-grain)
	}
	return since
}

// marks are those of the rooms.
type marks struct {
	mu   sync.Mutex
	kept map[string]mark
	seen duty.Recent // turns that were handled lately: histories need not hand them over again
}

// load takes in what was kept; false for a mark of a room that is none any more: should it become one again, what was said
// meanwhile is not the line's.
func (m *marks) load(k bot.Kept, rooms []string) bool {
	room, ok := strings.CutPrefix(k.Key, markKey)
	if !ok {
		return true
	}
	var known mark
	if json.Unmarshal(k.Value, &known) != nil || known.Read.IsZero() || !slices.Contains(rooms, room) {
		return false
	}
	m.put(room, known)
	return true
}

func (m *marks) put(room string, now mark) bot.Kept {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]mark{}
	}
	m.kept[room] = now
	value, _ := json.Marshal(now) // two instants can always be written
	return bot.Kept{Key: markKey + room, Value: value}
}

func (m *marks) of(room string) (mark, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.kept[room]
	return known, ok
}

// forget drops the mark of a room that the bot may not read any more.
func (m *marks) forget(room string) []bot.Kept {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.kept[room]; !ok {
		return nil
	}
	delete(m.kept, room)
	return []bot.Kept{{Key: markKey + room}}
}

// reading is the room whose history is read, and the way back into the order of its messages, while that is held.
type reading struct {
	room  string
	leave func() // nil when the order is not held
}

// roomSet is a set of rooms.
type roomSet struct {
	mu    sync.Mutex
	rooms map[string]bool
}

func (s *roomSet) add(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooms == nil {
		s.rooms = map[string]bool{}
	}
	s.rooms[room] = true
}

func (s *roomSet) has(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[room]
}

// take reports whether a room is in it, and takes it out.
func (s *roomSet) take(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.rooms[room]
	delete(s.rooms, room)
	return known
}

// passed notes that an activity was not taken. What is written next waits for it when it was a message; of changes the last one counts
// anyway.
func (a *Adapter) passed(act *incoming, room string) {
	if act.Type == "message" {
		a.overtaken.add(room)
	}
}

// comeUp hands over what could not be taken in a room before what comes in now, where its history can be read. The order of the
// room is held by who calls it.
func (a *Adapter) comeUp(ctx context.Context, core bot.Core, room string) {
	if _, marked := a.marks.of(room); !a.overtaken.take(room) || !marked || a.graph == nil {
		return
	}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if a.readRoom(ctx, asking, core, reading{room: room, leave: func() {}}) > 0 {
		a.wake() // it follows later
	}
}

func (r reading) release() {
	if r.leave != nil {
		r.leave()
	}
}

// hold has what comes into the rooms that have a mark wait until their histories were read.
func (a *Adapter) hold() []reading {
	var all []reading
	for _, room := range a.config.Rooms {
		r := reading{room: room}
		if _, ok := a.marks.of(room); ok && a.graph != nil {
			if leave, ok := a.lanes.Enter(room); ok {
				r.leave = sync.OnceFunc(leave)
				a.unread.add(room)
			}
		}
		all = append(all, r)
	}
	return all
}

// runCatchUp reads the histories at the start, every ten minutes, and when something is known to have been missed, until ctx
// ends.
func (a *Adapter) runCatchUp(ctx context.Context, core bot.Core, held []reading) {
	wait := a.catchUp(ctx, core, held, patience)
	failed := time.Duration(0)
	for {
		switch {
		case wait <= 0:
			wait, failed = lookEvery, 0
		default:
			failed = min(max(2*failed, lookAgain), longestLook)
			wait = max(wait, failed)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-a.woken:
			timer.Stop()
		case <-timer.C:
		}
		wait = a.catchUp(ctx, core, a.loose(), callTime*readers)
	}
}

// loose are the rooms without an order that is held.
func (a *Adapter) loose() []reading {
	var all []reading
	for _, room := range a.config.Rooms {
		all = append(all, reading{room: room})
	}
	return all
}

// wake has the histories read now.
func (a *Adapter) wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

// catchUp reads the histories of rooms for so long at most, and returns when to try again what could not be read; 0 for
// nothing.
func (a *Adapter) catchUp(ctx context.Context, core bot.Core, rooms []reading, most time.Duration) time.Duration {
	asking, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var mu sync.Mutex
	var again time.Duration
	var group sync.WaitGroup
	places := make(chan struct{}, readers)
	for _, r := range rooms {
		group.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			wait := a.readRoom(ctx, asking, core, r)
			mu.Lock()
			defer mu.Unlock()
			again = max(again, wait)
		})
	}
	group.Wait()
	if keep := a.groups.unsaved(); len(keep) > 0 && core.Keep(context.WithoutCancel(ctx), keep...) == nil {
		a.groups.saved(keep) // else the next look does it
	}
	return again
}

// readRoom hands over what was missed in a room; it returns when to try again, 0 for not before the next look. Microsoft is
// asked within asking, more than once while others wait for it.
func (a *Adapter) readRoom(ctx, asking context.Context, core bot.Core, r reading) time.Duration {
	defer r.release()
	err := a.readBack(ctx, asking, core, r)
	for pause := firstRetry; r.leave != nil && err != nil && passing(err) && duty.Sleep(asking, max(pause, afterOf(err))); pause *= 2 {
		err = a.readBack(ctx, asking, core, r)
	}
	if ctx.Err() != nil {
		return 0 // what waits for it is not taken any more
	}
	a.unread.take(r.room)
	code := codeOf(err)
	if statusOf(err) == http.StatusForbidden {
		code = mentionsOnly
		if keep := a.marks.forget(r.room); len(keep) > 0 {
			if err := core.Keep(context.WithoutCancel(ctx), keep...); err != nil {
				a.log.WarnContext(ctx, "cannot forget how far a room was read", "room", r.room, "error", err)
			}
		}
	}
	if a.hearing.history(r.room, code) {
		if err == nil {
			a.log.InfoContext(ctx, "the history of a room can be read", "room", r.room)
		} else {
			a.log.WarnContext(ctx, "nothing is caught up in a room", "room", r.room, "code", code, "error", err)
		}
	}
	if err == nil || code == mentionsOnly {
		return 0
	}
	return cmp.Or(afterOf(err), time.Millisecond)
}

// readBack hands over what was missed in a room. The first time nothing was: it is found out whether it may be read, and from
// when on: after what is there by then, by the clock of Teams.
func (a *Adapter) readBack(ctx, asking context.Context, core bot.Core, r reading) error {
	group := ""
	if isChannel(r.room) {
		var err error
		if group, err = a.groupOf(asking, r.room); err != nil || group == "" {
			return err
		}
	}
	began := a.now().Truncate(grain)
	known, marked := a.marks.of(r.room)
	if !marked {
		from := began.Add(-overlap) // nothing is there since, or else after the newest of it
		before, err := a.history(asking, r.room, group, from)
		if err != nil {
			return err
		}
		if len(before) > 0 {
			from = before[len(before)-1].at.Truncate(grain).Add(grain)
		}
		return core.Keep(context.WithoutCancel(ctx), a.marks.put(r.room, mark{From: from, Read: from}))
	}
	missed, err := a.history(asking, r.room, group, known.since(began))
	if err != nil {
		return err
	}
	acts, err := a.reenactAll(asking, r.room, known, missed)
	if err != nil {
		return err
	}
	if r.leave == nil && len(acts) > 0 {
		leave, ok := a.lanes.Enter(r.room)
		if !ok {
			return errBusy
		}
		defer leave()
	}
	if err := a.handOver(ctx, core, acts); err != nil {
		return err
	}
	if now, ok := a.marks.of(r.room); !ok || now != known {
		return nil // the bot was removed meanwhile
	}
	return core.Keep(context.WithoutCancel(ctx), a.marks.put(r.room, mark{From: known.From, Read: began}))
}

// act is something past as an activity.
type act struct {
	*incoming
	what happening
	turn string
}

// reenactAll makes activities of what people did that was not handled already.
func (a *Adapter) reenactAll(ctx context.Context, room string, known mark, list []past) ([]act, error) {
	var acts []act
	for _, p := range list {
		if why := a.stranger(p.chatMessage); why != "" || p.what == written && p.at.Before(known.From) {
			continue
		}
		turn := pastTurn(room, p)
		if a.marks.seen.Has(turn) || p.what == touched && !a.deletions.Has(room+"/"+p.ID) {
			continue
		}
		in, err := a.reenact(ctx, room, p)
		if err != nil {
			return nil, err
		}
		acts = append(acts, act{in, p.what, turn})
	}
	return acts, nil
}

// pastTurn is the turn that something past has, or had when Teams told of it.
func pastTurn(room string, p past) string {
	at := room
	if isChannel(room) {
		at = inThread(room, cmp.Or(p.Root, p.ID))
	}
	switch p.what {
	case changed:
		return editedTurn(at, p.ID, "editMessage", p.at.Format(time.RFC3339Nano))
	case touched:
		return editedTurn(at, p.ID, undeleted, p.at.Format(time.RFC3339Nano))
	case removed:
		return deletedTurn(at, p.ID, p.at.Format(time.RFC3339Nano))
	}
	return saidTurn(at, p.ID)
}

// handOver hands over what was missed, as if it came now.
func (a *Adapter) handOver(ctx context.Context, core bot.Core, acts []act) error {
	for _, one := range acts {
		if ctx.Err() != nil {
			return ctx.Err() // the next start goes on here
		}
		if a.marks.seen.Has(one.turn) {
			continue // it came in while its history was read
		}
		take := a.said
		switch one.what {
		case changed, touched:
			take = a.edited
		case removed:
			take = a.deleted
		}
		if err := take(context.WithoutCancel(ctx), core, one.incoming, &[]bot.Kept{}); err != nil {
			return fmt.Errorf("hand over what was missed: %w", err)
		}
	}
	return nil
}

// buried is what is to be kept of a message that was deleted, so that a history tells when that is taken back.
func (a *Adapter) buried(room, id string) bot.Kept {
	return bot.Kept{Key: goneKey + room + "/" + id, Value: []byte(a.now().Format(time.RFC3339))}
}

// buriedBefore takes in what was deleted; false for what is so long ago that nobody takes it back.
func (a *Adapter) buriedBefore(k bot.Kept) bool {
	key, ok := strings.CutPrefix(k.Key, goneKey)
	if !ok {
		return true
	}
	if a.now().Sub(timeOf(string(k.Value))) > offerLife {
		return false
	}
	a.deletions.Add(key)
	return true
}

// offeredBefore takes in which forms were offered; false for one that is so old that no history brings it up again.
func (a *Adapter) offeredBefore(k bot.Kept) bool {
	key, ok := strings.CutPrefix(k.Key, offerKey)
	if !ok {
		return true
	}
	if a.now().Sub(timeOf(string(k.Value))) > offerLife {
		return false
	}
	a.offered.Add(key)
	return true
}
