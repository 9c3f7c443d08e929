package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

const (
	// mostBriefed is how many lines a briefing has, mostBriefedShort a short one.
	mostBriefed, mostBriefedShort = 12, 6
	// mostCounted bounds what is counted one by one: "100+" is as good as the number.
	mostCounted = 100
	// mostLooked is how many open approvals are looked at.
	mostLooked = 200
	// foldAfter is after how many briefings a line that stayed the same is folded.
	foldAfter = 3
	// soonDays is how far ahead sensitive dates are told.
	soonDays = 7
	// laneTrouble is how long a copy may wait before its room counts as disturbed.
	laneTrouble = 15 * time.Minute
)

// situation is what somebody should know now, as far as they may know it.
type situation struct {
	k     *books
	who   *Person // nil for a room
	short bool
	since time.Time // of the last briefing; zero for a look in between
	late  time.Time // when it was planned, if it comes late
	seen  map[string]int

	lines   []line
	waiting count
	folded  int
	// deadline is the first time of day at which something of the reader's own is due today.
	deadline string
}

// line is a line of the situation. A head is shown with the first line of its section.
type line struct {
	head bool // it stands above the lines that follow
	// key is what makes a line the same as yesterday's; empty for one that always counts as new.
	key    string
	text   say.Text
	meta   say.Text
	ref    string
	button string // name of the command on ref; empty for none
}

// count is a number that is not counted to its end.
type count struct {
	n    int
	more bool
}

func (c count) String() string {
	if c.more {
		return fmt.Sprintf("%d+", c.n)
	}
	return fmt.Sprint(c.n)
}

// situation gathers what the reader should know; who is nil for a room, d nil for a look in between.
func (k *books) situation(who *Person, d *reader) (*situation, error) {
	s := &situation{k: k, who: who}
	if d != nil {
		s.since, s.short, s.seen = d.Last, d.Short, d.Seen
	}
	sections := []func() error{s.addWaiting, s.addToday, s.addSensitive, s.addWeek, s.addTrouble}
	if s.short {
		sections = sections[:3]
	}
	for _, add := range sections {
		if err := add(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *situation) add(l line) { s.lines = append(s.lines, l) }

func (s *situation) zone() *time.Location { return s.k.bot.zoneOf(s.who) }

func (s *situation) today() when.Date { return when.DateOf(s.k.now.In(s.zone())) }

// addWaiting adds what waits for the reader: messages that they may release, topics that they decide.
func (s *situation) addWaiting() error {
	if s.who == nil {
		return nil
	}
	held, err := s.heldFor()
	if err != nil {
		return err
	}
	undecided, n, err := s.undecided()
	if err != nil {
		return err
	}
	s.waiting = count{len(held) + n.n, n.more}
	if s.waiting.n == 0 {
		return nil
	}
	s.add(line{head: true, text: say.T("Wartet auf {Sie|dich}: {n}", "Waiting for you: {n}").With("n", s.waiting.String())})
	s.lines = append(append(s.lines, held...), undecided...)
	return nil
}

// heldFor are the held messages on which the reader may decide, the oldest first.
func (s *situation) heldFor() ([]line, error) {
	var lines []line
	r := &Request{Reader: s.k.r, books: s.k, bot: s.k.bot}
	for a, err := range approvals.All(s.k.r, Query{Index: "open", Limit: mostLooked}) {
		if err != nil {
			return nil, err
		}
		c, err := s.k.crossing(a.Crossing)
		if err != nil {
			return nil, err
		}
		if c == nil || a.Blind {
			continue // nobody can decide before the register is read
		}
		may, err := r.deciders(a, c.Person)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(may, func(p *Person) bool { return p.ID == s.who.ID }) {
			continue
		}
		text := say.T("Freigabe, seit {when}", "Approval, since {when}")
		label := ""
		if len(a.Hits) > 0 {
			if f, err := s.k.flag(a.Hits[0].Flag); err == nil {
				text, label = say.T("Freigabe „{label}“, seit {when}", "Approval “{label}”, since {when}"), f.Label
			}
		}
		// Somebody waits for this: it never folds.
		lines = append(lines, line{ref: a.Ref(), button: "approval.show", text: text.With("label", label, "when", sayTime(s.who, a.Since, s.k.now))})
	}
	return lines, nil
}

// undecided are the topics that nobody has decided on, the oldest first, with their age.
func (s *situation) undecided() ([]line, count, error) {
	if !s.who.Is(Lead) {
		return nil, count{}, nil
	}
	from, to := Under(string(TopicNew))
	n, err := s.k.count(Query{Kind: topics.Name, Index: "state", From: from, To: to})
	if err != nil {
		return nil, n, err
	}
	var lines []line
	for t, err := range topics.All(s.k.r, Query{Index: "state", From: from, To: to, Limit: mostBriefed}) {
		if err != nil {
			return nil, n, err
		}
		text := say.T("Thema „{title}“, heute", "Topic “{title}”, today")
		age := when.DateOf(t.At.In(s.zone())).DaysUntil(s.today())
		if age > 0 {
			text = say.T("Thema „{title}“, {n} {n:Tag|Tage}", "Topic “{title}”, {n} {n:day|days}")
		}
		lines = append(lines, line{key: t.Ref(), ref: t.Ref(), button: "topic.show", text: text.With("title", shorten(t.title(), 40), "n", age)})
	}
	return lines, n, nil
}

// count counts what a query matches, up to a bound.
func (k *books) count(q Query) (count, error) { return k.countAll([]Query{q}) }

// countAll counts what several queries yield together, none of it twice.
func (k *books) countAll(qs []Query) (count, error) {
	n := count{}
	for _, q := range qs {
		q.Limit, q.KeysOnly = mostCounted+1-n.n, true
		if q.Limit <= 0 {
			break
		}
		for _, err := range k.r.Scan(q) {
			if err != nil {
				return n, err
			}
			n.n++
		}
	}
	if n.n > mostCounted {
		n = count{mostCounted, true}
	}
	return n, nil
}

// addToday adds what is due today, and what nobody was reminded of because the program was down.
func (s *situation) addToday() error {
	today := s.today().String()
	from, to := Under(today)
	n, err := s.k.count(Query{Kind: milestones.Name, Index: "open", From: from, To: to})
	if err != nil {
		return err
	}
	if err := s.addMissed(); err != nil || n.n == 0 {
		return err
	}
	head := say.T("Heute", "Today")
	if n.n > mostBriefed {
		head = say.T("Heute: {n} Meilensteine", "Today: {n} milestones").With("n", n.String())
	}
	s.add(line{head: true, text: head})
	for m, err := range milestones.All(s.k.r, Query{Index: "open", From: from, To: to, Limit: mostBriefed}) {
		if err != nil {
			return err
		}
		l, err := s.milestoneLine(m)
		if err != nil {
			return err
		}
		s.add(l)
		if s.who != nil && s.who.hasID(m.Owner) && s.deadline == "" {
			s.deadline = s.clockOf(m)
		}
	}
	return nil
}

// clockOf is the time at which a milestone is due for the reader; empty for a whole day.
func (s *situation) clockOf(m *Milestone) string {
	at, ok := m.instant(s.k.bot.zone)
	if !ok {
		return ""
	}
	return clock(at.In(s.zone()))
}

// milestoneLine is a milestone that is due today: "10:00 Bild · Jan".
func (s *situation) milestoneLine(m *Milestone) (line, error) {
	owner, err := s.k.name(m.Owner)
	if err != nil {
		return line{}, err
	}
	text := strings.TrimSpace(s.clockOf(m) + " " + shorten(m.Title, 50) + " · " + owner)
	l := line{key: m.Ref() + "/" + m.Day, ref: m.Ref(), button: "milestone.show", text: say.Plain(text)}
	if m.State == MilestoneBlocked {
		l.meta = milestoneStates[m.State]
	}
	return l, nil
}

// addMissed folds the reminders that were too old to be sent, since the last briefing, into one line for the lead.
func (s *situation) addMissed() error {
	if s.who == nil || s.since.IsZero() || !s.who.Is(Lead) {
		return nil
	}
	q := Query{Kind: milestones.Name, Index: "missed", From: Stamp(s.since)}
	n, err := s.k.count(q)
	if err != nil || n.n == 0 {
		return err
	}
	const shown = 3
	q.Limit = shown
	var names []string
	l := line{}
	for m, err := range milestones.All(s.k.r, q) {
		if err != nil {
			return err
		}
		owner, err := s.k.name(m.Owner)
		if err != nil {
			return err
		}
		names = append(names, shorten(m.Title, 40)+" · "+owner)
		l.ref = m.Ref()
	}
	if n.n == 1 {
		l.button = "milestone.show"
	}
	list := strings.Join(names, ", ")
	if n.n > shown {
		list += ", …"
	}
	l.text = say.T("Ohne Erinnerung wegen eines Ausfalls: {n} ({list})", "Not reminded because of an outage: {n} ({list})").With("n", n.String(), "list", list)
	s.add(l)
	return nil
}

func (s *situation) shortDay(day string) say.Text {
	d, _ := when.ParseDate(day) // written by String
	as := asOfDay(d, s.today())
	return say.T(when.ShortDay(d, as, say.German), when.ShortDay(d, as, say.English))
}

// addSensitive adds what becomes sensitive or free within a week, by its public label. A red entry is shown to PR and
// to those who decide on it, and to nobody else.
func (s *situation) addSensitive() error {
	if s.who == nil {
		return nil
	}
	g, err := s.k.guard()
	if err != nil {
		s.add(line{text: say.T("Heikel: Das Register ist gerade nicht lesbar.", "Sensitive: the register cannot be read right now.")})
		return nil //nolint:nilerr // the briefing says so and goes on
	}
	first, last := s.today().String(), s.today().AddDays(soonDays).String()
	var soon []*Flag
	for _, f := range g.flags {
		mine := s.who.Is(PR) || f.decides(s.who)
		if f.Until >= first && f.Until <= last && (f.Level != Red || mine) {
			soon = append(soon, f)
		}
	}
	slices.SortFunc(soon, func(a, b *Flag) int { return cmp.Or(cmp.Compare(a.Until, b.Until), cmp.Compare(a.ID, b.ID)) })
	for _, f := range soon {
		key := f.Ref() + "/" + f.Until
		if f.Until <= s.today().AddDays(1).String() {
			key = "" // the end is near: it does not fold
		}
		l := line{key: key, text: say.T("Heikel: {label} bis {day}", "Sensitive: {label} until {day}").With("label", f.Label, "day", s.shortDay(f.Until))}
		if s.who.Is(PR) {
			l.ref, l.button = f.Ref(), "flag.show"
		}
		s.add(l)
	}
	return nil
}

// addWeek counts what is planned until Sunday and, for those whom it concerns, what is overdue; the lead reads what.
func (s *situation) addWeek() error {
	today := s.today()
	sunday := today.AddDays((7 - int(today.Weekday())) % 7)
	planned, err := s.k.count(Query{Kind: milestones.Name, Index: "open", From: today.String(), To: sunday.AddDays(1).String()})
	if err != nil {
		return err
	}
	over, lines, err := s.overdue()
	if err != nil || planned.n == 0 && over.n == 0 {
		return err
	}
	text := say.T("Woche: {n} geplant", "Week: {n} planned")
	if over.n > 0 {
		text = say.T("Woche: {n} geplant, {over} überfällig", "Week: {n} planned, {over} overdue")
	}
	s.add(line{text: text.With("n", planned.String(), "over", over.String())})
	s.lines = append(s.lines, lines...)
	return nil
}

func (s *situation) overdue() (count, []line, error) {
	if s.who == nil {
		return count{}, nil, nil
	}
	q := Query{Kind: milestones.Name, Index: "open", To: s.today().String()}
	qs := []Query{q}
	if !s.who.Is(Lead) {
		q.Index = "owner"
		qs = s.who.each(q, "", q.To)
	}
	n, err := s.k.countAll(qs)
	if err != nil || n.n == 0 {
		return n, nil, err
	}
	const shown = 3
	list, err := milestonesOf(s.k.r, qs, shown)
	if err != nil {
		return n, nil, err
	}
	var lines []line
	for _, m := range list {
		owner, err := s.k.name(m.Owner)
		if err != nil {
			return n, nil, err
		}
		l := line{
			key: m.Ref() + "/late/" + m.Day + "/" + string(m.State), ref: m.Ref(), button: "milestone.show",
			text: say.T("Überfällig: {title} · {who}, seit {day}", "Overdue: {title} · {who}, since {day}").With("title", shorten(m.Title, 40), "who", owner, "day", s.shortDay(m.Day)),
		}
		if m.State == MilestoneBlocked {
			l.meta = milestoneStates[m.State]
		}
		lines = append(lines, l)
	}
	return n, lines, nil
}

// addTrouble adds the rooms of the lines where copies wait too long or cannot be delivered.
func (s *situation) addTrouble() error {
	done := map[string]bool{}
	for _, l := range s.k.bot.lines {
		for _, name := range l.Rooms {
			room := s.k.bot.room(name)
			if room == nil || done[name] {
				continue
			}
			done[name] = true
			lane, err := s.k.r.Lane(room.Place.LineLane())
			if err != nil {
				return err
			}
			since := ""
			if lane.Waiting > 0 && s.k.now.Sub(lane.Oldest.Since) >= laneTrouble {
				since = s.sayWhen(lane.Oldest.Since)
			}
			switch {
			case since != "":
				s.add(line{text: say.T("Störung: {room} seit {when}, {n} {n:wartet|warten}", "Trouble: {room} since {when}, {n} waiting").With("room", name, "when", since, "n", lane.Waiting)})
			case lane.Parked > 0:
				s.add(line{key: "parked/" + name + "/" + fmt.Sprint(lane.Parked), text: say.T("Störung: {room}, {n} nicht zustellbar", "Trouble: {room}, {n} undeliverable").With("room", name, "n", lane.Parked)})
			}
		}
	}
	return nil
}

// sayWhen speaks an instant for the reader, or for a room.
func (s *situation) sayWhen(t time.Time) string {
	if s.who != nil {
		return sayTime(s.who, t, s.k.now)
	}
	return clock(t.In(s.zone()))
}

// note folds what has stayed the same for days, and remembers what was shown.
func (s *situation) note(d *reader) {
	seen := map[string]int{}
	var kept []line
	for _, l := range s.lines {
		if l.key == "" {
			kept = append(kept, l)
			continue
		}
		seen[l.key] = s.seen[l.key] + 1
		if seen[l.key] > foldAfter {
			s.folded++
			continue
		}
		kept = append(kept, l)
	}
	s.lines, d.Seen = kept, seen
}

// card shows the situation in at most a dozen lines.
func (s *situation) card(v say.Voice, head string) Card {
	most := mostBriefed
	if s.short {
		most = mostBriefedShort
	}
	card := Card{Title: head, Preview: s.preview(v)}
	shown := s.lines[:min(most, len(s.lines))]
	if left := len(s.lines) - len(shown); left > 0 {
		shown = shown[:len(shown)-1]
		card.Note = say.T("+{n} weitere", "+{n} more").In(v, "n", left+1)
	}
	for _, l := range shown {
		item := s.item(l, v)
		if item.Button != nil {
			item.Button.Label = say.T("Lesen", "Read").In(v)
		}
		card.Items = append(card.Items, item)
	}
	if s.folded > 0 {
		card.Note = strings.TrimSpace(card.Note + " " + say.T("{n} unverändert seit drei Tagen", "{n} unchanged for three days").In(v, "n", s.folded))
	}
	return card
}

// item is a line as a row of a list, with the command on its reference.
func (s *situation) item(l line, v say.Voice) Item {
	item := Item{Text: l.text.In(v), Meta: l.meta.In(v), Head: l.head}
	if l.button != "" && s.who != nil {
		row := s.k.bot.commands.byName[l.button]
		item.Button = &Button{Label: row.Label.In(v), Do: row.do(l.ref)}
	}
	return item
}

// preview is what a lock screen shows: numbers and times, never titles.
func (s *situation) preview(v say.Voice) string {
	text := say.T("Lage: nichts wartet", "Status: nothing waits")
	if s.waiting.n > 0 {
		text = say.T("Lage: {n} {n:wartet|warten}", "Status: {n} waiting")
	}
	preview := text.In(v, "n", s.waiting.String())
	if s.deadline != "" {
		preview += ", " + say.T("Frist {when}", "due {when}").In(v, "when", s.deadline)
	}
	return preview
}

// briefing is the daily card. A quiet day is one line.
func (s *situation) briefing(v say.Voice) Card {
	head := say.T("Lage", "Status").In(v) + " · " + s.shortDay(s.today().String()).In(v)
	at := clock(s.k.now.In(s.zone()))
	late := ""
	if !s.late.IsZero() {
		late = say.T("Verspätet: geplant {when}.", "Late: planned {when}.").In(v, "when", clock(s.late.In(s.zone())))
	}
	if len(s.lines) == 0 && s.folded == 0 {
		return Card{Text: strings.TrimSpace(say.T("{head}: ruhig, nichts wartet.", "{head}: quiet, nothing waits.").In(v, "head", head) + " " + late), Preview: s.preview(v)}
	}
	card := s.card(v, head+" · "+at)
	card.Meta = late
	return card
}

// status is the card of a look in between.
func (s *situation) status(v say.Voice) Card {
	head := say.T("Lage", "Status").In(v) + " · " + s.shortDay(s.today().String()).In(v) + " · " + clock(s.k.now.In(s.zone()))
	if len(s.lines) == 0 {
		return Card{Text: say.T("Ruhig: Nichts wartet, heute ist nichts fällig.", "Quiet: nothing waits, nothing is due today.").In(v), Preview: s.preview(v)}
	}
	return s.card(v, head)
}
