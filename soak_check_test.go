//go:build soak

package main_test

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// soakLost is what Teams gave up on: the program acknowledged none of its deliveries. What Slack gave up on is no excuse.
type soakLost struct {
	said, changed, deleted map[string]bool // by id of the message
}

// lost asks the platforms what they gave up on, and counts it.
func (s *soak) lost() soakLost {
	l := soakLost{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, e := range s.slack.Lost() {
		switch e.Type {
		case "message":
			s.count("events that Slack gave up on, read from its history")
		case "message_changed":
			s.count("events that Slack gave up on, read from its history")
		case "message_deleted":
			s.count("deletions that Slack gave up on, found by what its history does not show")
		}
	}
	for _, a := range s.teams.Lost() {
		s.count("activities that Teams gave up on, read in Microsoft Graph")
		id, _ := a["id"].(string)
		switch a["type"] {
		case "message":
			l.said[id] = true
		case "messageUpdate":
			l.changed[id] = true
		case "messageDelete":
			l.deleted[id] = true
		}
	}
	return l
}

// check compares what every room shows with what people wrote.
func (s *soak) check() {
	lost := s.lost()
	for _, r := range s.rooms {
		all := s.look(r)
		copies := s.copies(all)
		s.checkSecrets(r, all)
		for name, list := range copies {
			if m := list[0].m; !hears(m, r.name) {
				s.fault("a message in a room that must not have it", "%s (%s) in %s: %q", name, m.class, r.name, list[0].text)
			}
		}
		for _, from := range s.rooms {
			for _, m := range from.messages {
				if m.said && hears(m, r.name) {
					s.checkCopies(r, m, copies[m.name], lost)
					s.checkThread(r, m, copies)
				}
			}
			s.checkOrder(r, from, copies)
		}
		s.countRoom(all, copies)
	}
	s.checkBreaches()
	s.checkLog()
	s.checkStore()
}

// checkSecrets looks for what must not be read anywhere: held texts, also in quotes, and terms of the register.
func (s *soak) checkSecrets(r *soakRoom, all []*sight) {
	for _, v := range all {
		if !v.bot {
			continue
		}
		if strings.Contains(v.text, soakSecret) {
			s.fault("a term of the register", "in %s: %q", r.name, v.text)
		}
		for _, token := range soakToken.FindAllStringSubmatch(v.text, -1) {
			switch m, _ := s.message(token); {
			case m.class == soakHeld, m.class == soakRelease && !s.released[m.name]:
				s.fault("what nobody released", "%s in %s: %q", token[0], r.name, v.text)
			case m.room != r && !hears(m, r.name):
				s.fault("words from a room that is not heard", "%s in %s: %q", token[0], r.name, v.text)
			}
		}
	}
}

// checkCopies looks at the copies of one message in one room.
func (s *soak) checkCopies(r *soakRoom, m *soakMessage, list []copied, lost soakLost) {
	what := fmt.Sprintf("%s (%s, answer to %v, first delivery %v) in %s", m.name, m.class, m.thread, m.first, r.name)
	held := m.class == soakHeld || m.class == soakRelease && !s.released[m.name]
	gone := m.gone && !lost.deleted[m.id]
	if len(list) == 0 {
		switch {
		case held, m.gone:
		case m.class == soakSent && r.platform != "teams" && m.room.platform == "teams" && s.denied(m):
			s.count("commands from Teams refused, as its roster could not be asked, and the writer told")
		default:
			s.fault("a message is missing", "%s", what)
		}
		return
	}
	if held {
		return // told by checkSecrets
	}
	for i, again := range list {
		switch {
		case i > 0:
			s.fault("a second copy of what had arrived", "%s: %s and %s", what, list[0].id, again.id)
		case again.marked:
			s.fault("a mark where it could be looked up", "%s: %q", what, again.text)
		}
	}
	last := list[len(list)-1]
	switch {
	case gone:
		s.fault("a deleted message is shown", "%s: %s %q", what, last.id, last.text)
	case last.version != m.shown && !m.gone:
		s.fault("not the newest text", "%s: %d, want %d, in %s (digest %v)", what, last.version, m.shown, last.id, last.digest)
	}
}

// denied reports whether the writer of a command was told at Teams that guests may not. It counts for as many commands as it was told:
// a person whom the roster cannot tell for now is a guest.
func (s *soak) denied(m *soakMessage) bool {
	told := 0
	for _, v := range s.teams.Shown(s.teams.Direct(m.by), m.by) {
		if v.Ours && guestText.MatchString(v.Text) {
			told++
		}
	}
	s.refused[m.by+m.name] = true
	n := 0
	for key := range s.refused {
		if strings.HasPrefix(key, m.by) {
			n++
		}
	}
	return n <= told
}

// checkThread checks under what the copies of a message hang.
func (s *soak) checkThread(r *soakRoom, m *soakMessage, copies map[string][]copied) {
	for _, c := range copies[m.name] {
		if c.digest {
			continue
		}
		if m.root == nil {
			if c.thread != "" {
				s.fault("in a thread without being an answer", "%s in %s: %s", m.name, r.name, c.thread)
			}
			continue
		}
		s.count("answers shown")
		alone := m.room.platform == "teams" && !m.root.first && s.unread(teamsTime(m.root.id)) // its root was not there when it came, or had no copy of its own
		var want []string
		for _, root := range copies[m.root.name] {
			want = append(want, root.id)
			alone = alone || root.digest
		}
		if alone || len(want) == 0 {
			want = append(want, "")
		}
		if !slices.Contains(want, c.thread) {
			s.fault("not under its root", "%s in %s: thread %q, want one of %q", m.name, r.name, c.thread, want)
		}
	}
}

// checkOrder checks that the copies from a room stand in the order in which they were written there, also what Slack could not deliver
// at first. Not judged is what a platform itself delivers out of order, and what Teams could not deliver at first shortly before or while
// it was away itself: then no history can be read, and what it does deliver goes on without. Each thread has an order of its own.
func (s *soak) checkOrder(r, from *soakRoom, copies map[string][]copied) {
	newest := map[*soakMessage]*copied{} // of each thread; of the room itself under nil
	for _, m := range from.messages {
		list := copies[m.name]
		late := m.held || from.platform == "teams" && !m.first && s.unread(teamsTime(m.id))
		if len(list) == 0 || late || m.class == soakRelease {
			continue
		}
		before := newest[m.root]
		if before != nil && list[0].place < before.place {
			s.fault("out of order", "%s (first delivery %v) in %s, %s (digest %v), stands before %s (first delivery %v), %s (digest %v)", m.name, m.first, r.name,
				list[0].id, list[0].digest, before.m.name, before.m.first, before.id, before.digest)
			continue
		}
		newest[m.root] = &list[0]
		s.count("copies in order")
	}
}

// unread reports whether what Teams could not deliver at an instant could not be read in time either.
func (s *soak) unread(at time.Time) bool {
	return !s.teamsAway.IsZero() && at.After(s.teamsAway.Add(-away/2)) && at.Before(s.teamsAway.Add(away))
}

// teamsTime is the real time of the id of a message.
func teamsTime(id string) time.Time {
	ms, _ := strconv.ParseInt(id, 10, 64)
	return time.UnixMilli(ms).Add(soakLag)
}

func (s *soak) countRoom(all []*sight, copies map[string][]copied) {
	for _, v := range all {
		switch {
		case v.digest:
			s.count("digests")
		case v.bot && v.deleted:
			s.count("tombstones")
		}
	}
	for _, list := range copies {
		s.counts["copies shown"] += len(list)
		if list[0].digest {
			s.count("copies shown in a digest")
		}
	}
}

// checkBreaches looks at how the platforms were treated. A kill can make the program forget that it was asked to wait.
func (s *soak) checkBreaches() {
	var all []string
	for _, b := range s.slack.Breaches() {
		all = append(all, "slack: "+b.String())
	}
	for _, b := range s.teams.Breaches() {
		all = append(all, "teams: "+b.String())
	}
	hasty := 0
	for _, b := range all {
		if strings.Contains(b, "before Retry-After had gone by") {
			hasty++
			continue
		}
		s.fault("a platform was treated badly", "%s", b)
	}
	s.counts["calls before Retry-After had gone by"] = hasty
	if hasty > s.lives {
		s.fault("a platform was not left alone", "%d times, with %d lives", hasty, s.lives)
	}
}

// checkLog looks for people's words and for errors in what the program wrote.
func (s *soak) checkLog() {
	for _, text := range s.log {
		for line := range strings.Lines(text) {
			switch {
			case soakToken.MatchString(line), strings.Contains(line, soakTerm), strings.Contains(line, soakSecret):
				s.fault("words of people in the log", "%s", line)
			case strings.Contains(line, `"level":"ERROR"`), strings.Contains(line, "panic"), strings.Contains(line, "DATA RACE"):
				s.fault("an error in the log", "%s", line)
			}
		}
	}
}

// checkStore looks whether the store is whole and nothing was left in the outbox.
func (s *soak) checkStore() {
	store, err := bolt.Open(s.ctx, bolt.Config{
		Path: filepath.Join(s.program.dir, "store.db"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Migrations: bot.Migrations(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	stats, err := store.Stats(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	if stats.Queued+stats.Sending+stats.Unknown+stats.Parked > 0 {
		s.fault("rows are left in the outbox", "%+v", stats)
	}
	if proof, err := bot.Verify(s.ctx, store); err != nil || proof.Wrong > 0 {
		s.fault("the store cannot be proven", "%v, %+v", err, proof)
	}
}

// report prints the counts and what went wrong.
func (s *soak) report(took time.Duration) {
	for _, r := range s.rooms {
		for _, m := range r.messages {
			if m.root != nil {
				s.counts["answers written"]++
			}
			if m.class != soakPlain {
				s.counts["messages "+string(m.class)]++
			}
		}
	}
	s.counts["calls of Slack"], s.counts["calls of Teams that met a fault"] = s.slack.Calls("chat.postMessage"), len(s.teams.Struck())
	for _, k := range s.teams.Struck() {
		if (k.Call == "create" || k.Call == "post") && k.Message != "" {
			s.count("posts in Teams of which nobody heard that they arrived")
		}
	}
	var table strings.Builder
	for _, what := range slices.Sorted(maps.Keys(s.counts)) {
		fmt.Fprintf(&table, "%8d  %s\n", s.counts[what], what)
	}
	s.t.Logf("%v, seed %d\n%s", took.Round(time.Second), s.seed, table.String())
	for what, least := range map[string]int{
		"kills (SIGKILL)": soakKills, "clean ends (SIGTERM)": 2, "messages written": 2000, "copies shown": 2500, "answers shown": 100, "edits": 200, "deletions": 50,
		"digests": 1, "posts in Teams of which nobody heard that they arrived": 3, "times Slack was away": 1, "times Teams was away": 1,
	} {
		if s.counts[what] < least {
			s.t.Errorf("too little to prove anything: %d %s, want %d", s.counts[what], what, least)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(s.faults)) {
		examples := s.faults[kind]
		s.t.Errorf("%s: %d times, such as\n  %s", kind, len(examples), strings.Join(examples[:min(6, len(examples))], "\n  "))
	}
}
