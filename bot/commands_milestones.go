package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// planners are those who plan for others.
const planners = Editor | PR | Lead | Management | Admin

// undoDone is how long "done" can be undone.
const undoDone = 10 * time.Minute

// milestoneCommands are the commands around milestones.
func milestoneCommands() []Command {
	ref := Arg{Name: "ref", Kind: ArgRef, On: "M", Free: true, Required: true, Label: say.T("Meilenstein", "Milestone"), Hint: say.T("Die Nummer, zum Beispiel M-31", "The reference, such as M-31")}
	until := Arg{
		Name: "until", Kind: ArgDate, DE: "bis", EN: "until", Max: 120, Label: say.T("Bis wann?", "Until when?"),
		Hint: say.T("Zum Beispiel: 3.12., Freitag 10 Uhr, jeden Montag", "For example: 3 Dec, Friday 10am, every Monday"),
	}
	to := Arg{Name: "to", Kind: ArgLine, DE: "an", EN: "to", Max: 80, Label: say.T("Wer?", "Who?"), Hint: say.T("Leer: {Sie|du}", "Empty: you")}
	deputy := Arg{Name: "deputy", Kind: ArgLine, DE: "vertretung", EN: "deputy", Max: 80, Label: say.T("Wer vertritt?", "Who stands in?")}
	hand := Arg{Name: "to", Kind: ArgLine, DE: "an", EN: "to", Free: true, Required: true, Max: 80, Label: say.T("An wen?", "To whom?")}
	keep := to
	keep.Hint = say.Text{}
	return []Command{
		{
			Name: "milestone.set", DE: []string{"meilenstein"}, EN: []string{"milestone"}, Roles: planners,
			Args: []Arg{
				{Name: "title", Kind: ArgLine, Free: true, Required: true, Max: 200, Label: say.T("Was soll fertig sein?", "What shall be done?")},
				until, to, deputy,
			},
			Label:   say.T("Meilenstein setzen", "Set a milestone"),
			Help:    say.T("Einen Termin setzen: wer liefert was bis wann. Ich erinnere höchstens dreimal.", "Set a date: who delivers what until when. I remind at most three times."),
			Example: say.T("meilenstein Bild liefern bis:3.12. an:@lea vertretung:@jan", "milestone Deliver the picture until:3 Dec to:@lea deputy:@jan"),
			Run:     runSetMilestone,
		},
		{
			Name: "milestones.list", DE: []string{"meilensteine"}, EN: []string{"milestones"}, Roles: Everyone, Slash: "/meilensteine",
			Args: []Arg{
				{Name: "filter", Kind: ArgWord, Free: true, Max: 30, Label: say.T("Welche?", "Which?")},
				{Name: "after", Kind: ArgLine, EN: "after", Max: 60, Label: say.T("Nach", "After")},
			},
			Label:   say.T("Meilensteine zeigen", "Show milestones"),
			Help:    say.T("Offene Meilensteine zeigen: alle, meine oder überfällig.", "List open milestones: all, mine or overdue."),
			Example: say.T("meilensteine meine", "milestones mine"), Run: runMilestones,
		},
		{
			Name: "milestone.show", DE: []string{"zeig", "zeige"}, EN: []string{"show"}, On: "M", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Zeigen", "Show"), Help: say.T("Einen Meilenstein zeigen. Die Nummer allein genügt.", "Show a milestone. The reference alone will do."),
			Example: say.T("M-31", "M-31"), Run: runShowMilestone,
		},
		{
			Name: "milestone.done", DE: []string{"erledigt"}, EN: []string{"done"}, On: "M", Roles: Everyone, Args: []Arg{ref}, Daily: 6,
			Label: say.T("Erledigt", "Done"), Help: say.T("Einen Meilenstein abhaken.", "Tick off a milestone."),
			Example: say.T("erledigt M-31", "done M-31"), Run: runDone,
		},
		{
			Name: "milestone.undo", DE: []string{"rückgängig"}, EN: []string{"undo"}, On: "M", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Rückgängig", "Undo"), Help: say.T("„Erledigt“ zurücknehmen, zehn Minuten lang.", "Take back “done”, for ten minutes."),
			Example: say.T("rückgängig M-31", "undo M-31"), Run: runUndone,
		},
		{
			Name: "milestone.change", DE: []string{"ändern", "ändere"}, EN: []string{"edit", "change"}, On: "M", Roles: Everyone, Form: true, Now: milestoneNow,
			Args: []Arg{
				ref,
				{Name: "shift", Kind: ArgShift, Free: true, Max: 40, Label: say.T("Um wie viel?", "By how much?"), Hint: say.T("Zum Beispiel: +2t, +1 Woche, +3 Werktage", "For example: +2d, +1 week, +3 workdays")},
				until, keep, deputy,
				{Name: "title", Kind: ArgLine, DE: "titel", EN: "title", Max: 200, Label: say.T("Was?", "What?")},
			},
			Label: say.T("Ändern", "Edit"), Help: say.T("Verschieben, übergeben, umbenennen.", "Move, hand over, rename."),
			Example: say.T("M-31 +2t", "M-31 +2d"), Run: runChangeMilestone,
		},
		{
			Name: "milestone.hand", DE: []string{"übergeben", "übergib"}, EN: []string{"hand over"}, On: "M", Roles: Everyone, Args: []Arg{ref, hand},
			Label: say.T("Übergeben", "Hand over"), Help: say.T("Einen Meilenstein jemand anderem geben.", "Give a milestone to somebody else."),
			Example: say.T("übergeben M-31 an:@lea", "hand over M-31 to:@lea"), Run: runHand,
		},
		{
			Name: "milestone.block", DE: []string{"blockiert"}, EN: []string{"blocked"}, On: "M", Roles: Everyone,
			Args: []Arg{ref, {
				Name: "reason", Kind: ArgText, DE: "grund", EN: "reason", Free: true, Required: true, Max: 500, Label: say.T("Woran hängt es?", "What is in the way?"),
				Hint: say.T("Das liest die Leitung Kommunikation.", "The comms lead reads this."),
			}},
			Label: say.T("Blockiert", "Blocked"), Help: say.T("Sagen, dass es nicht weitergeht, und warum.", "Say that it does not go on, and why."),
			Example: say.T("M-31 blockiert Der Fotograf ist krank.", "M-31 blocked The photographer is ill."), Run: runBlock,
		},
		{
			Name: "milestone.free", DE: []string{"weiter"}, EN: []string{"unblock", "go on"}, On: "M", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Geht weiter", "Goes on"), Help: say.T("Ein Meilenstein ist nicht mehr blockiert.", "A milestone is no longer blocked."),
			Example: say.T("M-31 weiter", "M-31 unblock"), Run: runUnblock,
		},
		{
			Name: "milestone.quiet", DE: []string{"keine erinnerungen", "keine erinnerung"}, EN: []string{"no reminders", "no more reminders"}, On: "M", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Keine Erinnerungen mehr", "No more reminders"), Help: say.T("An diesen Meilenstein nicht mehr erinnern.", "Don't remind of this milestone any more."),
			Example: say.T("M-31 keine Erinnerungen", "M-31 no reminders"), Run: runQuiet,
		},
		{
			Name: "milestone.remind", DE: []string{"erinnern"}, EN: []string{"remind"}, On: "M", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Wieder erinnern", "Remind again"), Help: say.T("An diesen Meilenstein wieder erinnern.", "Remind of this milestone again."),
			Example: say.T("M-31 erinnern", "M-31 remind"), Run: runRemindAgain,
		},
		{
			Name: "milestone.drop", DE: []string{"streichen"}, EN: []string{"drop"}, On: "M", Roles: planners, Args: []Arg{ref},
			Label: say.T("Streichen", "Drop"), Help: say.T("Einen Meilenstein streichen; wenn er sich wiederholt, kommt keiner mehr.", "Drop a milestone; if it repeats, no more will come."),
			Example: say.T("streichen M-31", "drop M-31"), Run: runDrop,
		},
	}
}

func runSetMilestone(_ context.Context, r *Request) ([]Reply, error) {
	m := &Milestone{Title: oneLine(r.Text("title")), Owner: r.Person.ID, Setter: r.Person.ID, At: r.Now, State: MilestoneOpen}
	if err := r.readTitle(m); err != nil {
		return nil, err
	}
	for arg, id := range map[string]*string{"to": &m.Owner, "deputy": &m.Deputy} {
		if !r.Has(arg) {
			continue
		}
		p, err := r.colleague(arg)
		if err != nil {
			return nil, err
		}
		*id = p.ID
	}
	if m.Deputy == m.Owner {
		m.Deputy = ""
	}
	n, err := r.Tx.Number("M")
	if err != nil {
		return nil, err
	}
	m.ID = n
	if err := r.keepMilestone(m, true); err != nil {
		return nil, err
	}
	replies := []Reply{{View: "milestone", Ref: m.Ref()}}
	more, err := r.tellNext(m)
	return append(replies, more...), err
}

// readTitle reads when it is due, from its own argument or from the end or the beginning of the title.
func (r *Request) readTitle(m *Milestone) error {
	today := r.today()
	var first when.Date
	if !r.Has("until") {
		if m.Title, m.Rule, first = cutRule(m.Title, today, r.bot.calendar); m.Rule == nil {
			found := when.Find(m.Title, when.Options{Now: r.Now.In(r.Person.In()), Calendar: r.bot.calendar})
			rest := found.Rest(m.Title)
			switch {
			case found.Kind == when.None || rest == "":
				return &Error{Code: Invalid, Field: "until", Text: say.T("Bis wann? Nichts gespeichert. So geht es: {example}", "Until when? Nothing stored. It works like this: {example}"), Args: []any{"example", r.Command.Example}}
			case found.Kind == when.Unclear:
				r.args["title"] = rest
				return r.unclear("until", m.Title[found.Start:found.End], found.Result)
			}
			m.Title = rest
			r.setMoment(m, found.Moment)
		}
	} else if m.Rule, first = r.rule("until"); m.Rule == nil {
		at, err := r.moment("until")
		if err != nil {
			return err
		}
		m.Title, m.Rule, _ = cutRule(m.Title, at.Date, r.bot.calendar)
		r.setMoment(m, at)
	}
	if m.Day == "" {
		m.Day = first.String()
	}
	return r.refusePast(m, "until")
}

// rule reads an argument as something that repeats; nil for anything else.
func (r *Request) rule(arg string) (*Rule, when.Date) {
	rule, first, ok := parseRule(r.Text(arg), r.today(), r.bot.calendar)
	if !ok {
		return nil, when.Date{}
	}
	return rule, first
}

// setMoment stores a day and, in the company's zone, its time.
func (r *Request) setMoment(m *Milestone, at when.Moment) {
	m.Day, m.Clock = at.Date.String(), ""
	if !at.IsDay() {
		local := at.Time.In(r.bot.zone)
		m.Day, m.Clock = when.DateOf(local).String(), clock(local)
	}
}

// refusePast refuses a day that is over.
func (r *Request) refusePast(m *Milestone, arg string) error {
	at, timed := m.instant(r.bot.zone)
	if timed && at.After(r.Now) || !timed && !m.date().Before(r.today()) {
		return nil
	}
	return &Error{
		Code: Invalid, Field: arg, Text: say.T("{day} ist schon vorbei. Nichts geändert.", "{day} has already passed. Nothing changed."),
		Args: []any{"day", r.books.dueText(m, r.Person)},
	}
}

// tellNext shows a milestone to its owner and, if they cannot see it now, to who looks after it.
func (r *Request) tellNext(m *Milestone) ([]Reply, error) {
	var replies []Reply
	owner, err := r.books.colleague(m.Owner)
	if err != nil {
		return nil, err
	}
	stand, err := r.books.standIn(m)
	if err != nil {
		return nil, err
	}
	for _, p := range []*Person{owner, stand} {
		if p == nil || r.Person != nil && p.ID == r.Person.ID || len(replies) > 0 && p == owner {
			continue
		}
		replies = append(replies, Reply{To: Somebody, Person: p, View: "milestone", Ref: m.Ref()})
	}
	return replies, nil
}

// theMilestone is the milestone that the command names.
func (r *Request) theMilestone() (*Milestone, error) {
	m, err := r.books.milestone(r.Text("ref"))
	if errors.Is(err, ErrNotFound) {
		return nil, &Error{
			Code: NotFound, Field: "ref", Text: say.T("Einen Meilenstein {ref} gibt es nicht. Nichts geändert.", "There is no milestone {ref}. Nothing changed."),
			Args: []any{"ref", r.Text("ref")},
		}
	}
	return m, err
}

// myMilestone is the named milestone when the person may change it and it is not settled.
func (r *Request) myMilestone() (*Milestone, error) {
	m, err := r.theMilestone()
	if err != nil {
		return nil, err
	}
	if !r.books.mayChange(m, r.Person) {
		owner, err := r.books.name(m.Owner)
		if err != nil {
			return nil, err
		}
		return nil, fault(Denied, say.T("Meilenstein {ref} ist bei {who}; ändern kann ihn sonst nur die Redaktion. Nichts geändert.",
			"Milestone {ref} is {who}'s; besides only an editor can change it. Nothing changed."), "ref", m.Ref(), "who", owner)
	}
	if !m.unfinished() {
		return nil, r.settledMilestone(m)
	}
	return m, nil
}

// settledMilestone says who was first.
func (r *Request) settledMilestone(m *Milestone) error {
	by, err := r.books.name(m.By)
	if err != nil {
		return err
	}
	return fault(Conflict, say.T("Meilenstein {ref} ist schon {state}, von {who}, {when}. Nichts geändert.", "Milestone {ref} is {state} already, by {who}, {when}. Nothing changed."),
		"ref", m.Ref(), "state", milestoneStates[m.State], "who", by, "when", sayTime(r.Person, m.Decided, r.Now))
}

func runShowMilestone(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.theMilestone()
	if err != nil {
		return nil, err
	}
	return []Reply{{View: "milestone", Ref: m.Ref()}}, nil
}

func runDone(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.myMilestone()
	if err != nil {
		return nil, err
	}
	next := (*Milestone)(nil)
	if m.rolls() {
		if next, err = r.roll(m); err != nil {
			return nil, err
		}
	}
	r.decideMilestone(m, MilestoneDone)
	if err := r.keepMilestone(m, false); err != nil {
		return nil, err
	}
	mine := Reply{To: Asker, Card: func(v say.Voice) Card {
		text := say.T("Erledigt: Meilenstein {ref} „{title}“. {nobody}", "Done: milestone {ref} “{title}”. {nobody}")
		args := []any{"ref", m.Ref(), "title", m.Title, "nobody", textNobodyTold}
		if next != nil {
			text = say.T("Erledigt: Meilenstein {ref} „{title}“. Der nächste ist {next}, {day}.", "Done: milestone {ref} “{title}”. The next one is {next}, {day}.")
			args = append(args, "next", next.Ref(), "day", r.books.dueText(next, r.Person))
		}
		return Card{Text: text.In(v, args...), Buttons: r.books.buttons(v, m.Ref(), "milestone.undo"), Preview: textPreviewAnswer.In(v)}
	}}
	return []Reply{mine}, refresh(r, m.Ref())
}

// decideMilestone notes a change of state.
func (r *Request) decideMilestone(m *Milestone, state MilestoneState) {
	m.Was, m.State, m.By, m.Decided = m.State, state, r.Person.ID, r.Now
}

// runUndone takes "done" back, and with it the next one of the series if nobody has touched that.
func runUndone(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.theMilestone()
	switch {
	case err != nil:
		return nil, err
	case !r.books.mayChange(m, r.Person) || m.State != MilestoneDone:
		return nil, r.notDone(m)
	case !r.Now.Before(m.Decided.Add(undoDone)):
		return nil, fault(Conflict, say.T("Das ging nur zehn Minuten lang. Nichts geändert; ein neuer Meilenstein geht immer.", "That was possible for ten minutes only. Nothing changed; a new milestone is always possible."))
	}
	m.State, m.By, m.Decided = m.Was, "", time.Time{}
	if m.Next != 0 {
		next, err := r.books.milestone(formatRef("M", m.Next))
		if err != nil {
			return nil, err
		}
		if next.By == "" && next.unfinished() && next.Sent == 0 {
			r.decideMilestone(next, MilestoneDropped)
			if err := r.keepMilestone(next, false); err != nil {
				return nil, err
			}
			if err := refresh(r, next.Ref()); err != nil {
				return nil, err
			}
			m.Next = 0
		}
	}
	if err := r.keepMilestone(m, false); err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Zurückgenommen: Meilenstein {ref} ist wieder offen, {day}. {nobody}", "Taken back: milestone {ref} is open again, {day}. {nobody}"),
		"ref", m.Ref(), "day", r.books.dueText(m, r.Person), "nobody", textNobodyTold)}, refresh(r, m.Ref())
}

func (r *Request) notDone(m *Milestone) error {
	return fault(Conflict, say.T("Meilenstein {ref} ist {state}. Nichts geändert.", "Milestone {ref} is {state}. Nothing changed."), "ref", m.Ref(), "state", milestoneStates[m.State])
}

// milestoneNow is what a milestone says, for the form that changes it.
func milestoneNow(r *Request) (map[string]string, error) {
	m, err := r.theMilestone()
	if err != nil {
		return nil, err
	}
	owner, err := r.books.name(m.Owner)
	if err != nil {
		return nil, err
	}
	deputy := ""
	if m.Deputy != "" {
		if deputy, err = r.books.name(m.Deputy); err != nil {
			return nil, err
		}
	}
	return map[string]string{"title": m.Title, "until": strings.TrimSpace(m.Day + " " + m.Clock), "to": owner, "deputy": deputy}, nil
}

// runChangeMilestone moves, hands over, renames: whatever is given.
func runChangeMilestone(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.myMilestone()
	if err != nil {
		return nil, err
	}
	was := *m
	if r.Has("title") {
		m.Title = oneLine(r.Text("title"))
	}
	if err := r.changeDay(m); err != nil {
		return nil, err
	}
	if err := r.changePeople(m); err != nil {
		return nil, err
	}
	return r.changedMilestone(m, &was)
}

// changeDay moves the day by a distance, or to another day. What is late moves from today.
func (r *Request) changeDay(m *Milestone) error {
	switch {
	case r.Has("shift"):
		shift, ok := when.ParseShift(r.Text("shift"), "")
		if !ok {
			return &Error{
				Code: Invalid, Field: "shift", Text: say.T("„{text}“ verstehe ich nicht. So geht es: +2t, +1 Woche, +3 Werktage. Nichts geändert.",
					"I don't understand “{text}”. It works like this: +2d, +1 week, +3 workdays. Nothing changed."),
				Args: []any{"text", shorten(r.Text("shift"), 40)},
			}
		}
		from := m.date()
		if today := r.today(); from.Before(today) {
			from = today
		}
		m.Day = shift.Apply(from, r.bot.calendar).String()
		return r.refusePast(m, "shift")
	case r.Has("until") && r.Text("until") != strings.TrimSpace(m.Day+" "+m.Clock):
		if rule, first := r.rule("until"); rule != nil {
			m.Rule, m.Day = rule, first.String()
			return nil
		}
		at, err := r.moment("until")
		if err != nil {
			return err
		}
		r.setMoment(m, at)
		return r.refusePast(m, "until")
	}
	return nil
}

func (r *Request) changePeople(m *Milestone) error {
	for arg, id := range map[string]*string{"to": &m.Owner, "deputy": &m.Deputy} {
		if !r.Has(arg) {
			continue
		}
		if now, err := r.books.name(*id); err != nil || *id != "" && now == r.Text(arg) {
			if err != nil {
				return err
			}
			continue // the form says what it is
		}
		p, err := r.colleague(arg)
		if err != nil {
			return err
		}
		*id = p.ID
	}
	if m.Deputy == m.Owner {
		m.Deputy = ""
	}
	return nil
}

func runHand(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.myMilestone()
	if err != nil {
		return nil, err
	}
	was := *m
	if err := r.changePeople(m); err != nil {
		return nil, err
	}
	if m.Owner == was.Owner {
		name, err := r.books.name(m.Owner)
		if err != nil {
			return nil, err
		}
		return nil, fault(Conflict, say.T("Meilenstein {ref} ist schon bei {who}. Nichts geändert.", "Milestone {ref} is {who}'s already. Nothing changed."), "ref", m.Ref(), "who", name)
	}
	return r.changedMilestone(m, &was)
}

// changedMilestone stores what was changed, rewrites all cards and tells whom it concerns.
func (r *Request) changedMilestone(m, was *Milestone) ([]Reply, error) {
	moved := m.Day != was.Day || m.Clock != was.Clock
	handed := m.Owner != was.Owner
	if err := r.keepMilestone(m, moved || handed); err != nil {
		return nil, err
	}
	receipt := say.T("Geändert: Meilenstein {ref} „{title}“, {day}. {told}", "Changed: milestone {ref} “{title}”, {day}. {told}")
	switch {
	case handed:
		receipt = say.T("Übergeben an {owner}: Meilenstein {ref} „{title}“, {day}. {told}", "Handed over to {owner}: milestone {ref} “{title}”, {day}. {told}")
	case moved:
		receipt = say.T("Verschoben auf {day}: Meilenstein {ref} „{title}“. {told}", "Moved to {day}: milestone {ref} “{title}”. {told}")
	}
	owner, err := r.books.name(m.Owner)
	if err != nil {
		return nil, err
	}
	told, replies, err := r.tellOwner(m, was, moved, handed)
	if err != nil {
		return nil, err
	}
	mine := Reply{To: Asker, Card: func(v say.Voice) Card {
		return Card{
			Text:    receipt.In(v, "ref", m.Ref(), "title", m.Title, "day", r.books.dueText(m, r.Person), "owner", owner, "told", told.In(v)),
			Preview: textPreviewAnswer.In(v),
		}
	}}
	return append([]Reply{mine}, replies...), refresh(r, m.Ref())
}

// tellOwner tells owner and setter what changed: a new owner by the card itself, others by a word.
func (r *Request) tellOwner(m, was *Milestone, moved, handed bool) (say.Text, []Reply, error) {
	if handed {
		replies, err := r.tellNext(m)
		if err != nil {
			return say.Text{}, nil, err
		}
		told := textNobodyTold
		if !r.Person.hasID(m.Owner) {
			de, err := r.books.ownerStatus(m, r.Person, say.Voice{Language: say.German, Address: r.Voice.Address})
			if err != nil {
				return say.Text{}, nil, err
			}
			en, err := r.books.ownerStatus(m, r.Person, say.Voice{Language: say.English})
			if err != nil {
				return say.Text{}, nil, err
			}
			told = say.Both(de, en)
		}
		before, err := r.books.colleague(was.Owner)
		if before == nil || err != nil {
			return told, replies, err
		}
		_, news := r.tell(before, r.milestoneNews(m, say.T("{who} hat {ref} „{title}“ an {owner} übergeben.", "{who} handed {ref} “{title}” over to {owner}.")))
		return told, append(replies, news...), nil
	}
	if !moved {
		return textNobodyTold, nil, nil
	}
	return r.tellAll([]string{m.Owner, m.Setter}, r.milestoneNews(m, say.T("{who} hat {ref} „{title}“ verschoben: {day}.", "{who} moved {ref} “{title}”: {day}.")))
}

// milestoneNews is a word on what somebody did with a milestone.
func (r *Request) milestoneNews(m *Milestone, text say.Text) Voiced {
	return func(v say.Voice) Card {
		owner, err := r.books.name(m.Owner)
		if err != nil {
			owner = "?"
		}
		return Card{
			Text:    text.In(v, "who", r.Person.First(), "ref", say.T("Meilenstein {n}", "milestone {n}").In(v, "n", m.Ref()), "title", m.Title, "owner", owner, "day", r.books.dueText(m, nil)),
			Quote:   m.blockedBy(),
			Preview: say.T("Neues zu Meilenstein {ref}", "News about milestone {ref}").In(v, "ref", m.Ref()),
		}
	}
}

// blockedBy is why it is blocked; empty when it is not.
func (m *Milestone) blockedBy() string {
	if m.State == MilestoneBlocked {
		return m.Reason
	}
	return ""
}

// runBlock notes that it does not go on, and tells the lead: a blocked milestone reminds nobody.
func runBlock(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.myMilestone()
	if err != nil {
		return nil, err
	}
	r.decideMilestone(m, MilestoneBlocked)
	m.Reason = r.Text("reason")
	if err := r.keepMilestone(m, false); err != nil {
		return nil, err
	}
	tell := []string{m.Setter}
	leads, err := r.books.holders(Lead)
	if err != nil {
		return nil, err
	}
	for _, lead := range leads {
		tell = append(tell, lead.ID)
	}
	told, replies, err := r.tellAll(tell, r.milestoneNews(m, say.T("{who} kommt mit {ref} „{title}“ nicht weiter.", "{who} can't go on with {ref} “{title}”.")))
	if err != nil {
		return nil, err
	}
	mine := answer(say.T("Notiert: Meilenstein {ref} ist blockiert. {told} Bis es weitergeht, erinnere ich nicht.",
		"Noted: milestone {ref} is blocked. {told} Until it goes on I don't remind."), "ref", m.Ref(), "told", told)
	return append([]Reply{mine}, replies...), refresh(r, m.Ref())
}

// tellAll tells several people, each once, and says who knows.
func (r *Request) tellAll(ids []string, card Voiced) (say.Text, []Reply, error) {
	var names []string
	var replies []Reply
	seen := map[string]bool{r.Person.ID: true}
	for _, id := range ids {
		p, err := r.books.colleague(id)
		if err != nil {
			return say.Text{}, nil, err
		}
		if p == nil || seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		if _, ok := p.Direct(); ok {
			names = append(names, p.First())
			replies = append(replies, Reply{To: Somebody, Person: p, Card: card})
		}
	}
	switch len(names) {
	case 0:
		return textNobodyTold, nil, nil
	case 1:
		return say.T("{name} weiß Bescheid.", "{name} was told.").With("name", names[0]), replies, nil
	}
	head, last := strings.Join(names[:len(names)-1], ", "), names[len(names)-1]
	return say.T("{head} und {last} wissen Bescheid.", "{head} and {last} were told.").With("head", head, "last", last), replies, nil
}

func runUnblock(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.myMilestone()
	switch {
	case err != nil:
		return nil, err
	case m.State != MilestoneBlocked:
		return nil, r.notDone(m)
	}
	r.decideMilestone(m, MilestoneOpen)
	m.Reason, m.By = "", ""
	return r.keptMilestone(m, say.T("Notiert: Meilenstein {ref} geht weiter, fällig {day}. {nobody}", "Noted: milestone {ref} goes on, due {day}. {nobody}"))
}

func runQuiet(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.myMilestone()
	if err != nil {
		return nil, err
	}
	m.Quiet = true
	return r.keptMilestone(m, say.T("Gut: keine Erinnerungen mehr an Meilenstein {ref}, fällig {day}. {nobody}", "Right: no more reminders of milestone {ref}, due {day}. {nobody}"))
}

func runRemindAgain(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.myMilestone()
	if err != nil {
		return nil, err
	}
	m.Quiet = false
	return r.keptMilestone(m, say.T("Gut: Ich erinnere wieder an Meilenstein {ref}, fällig {day}. {nobody}", "Right: I remind of milestone {ref} again, due {day}. {nobody}"))
}

func runDrop(_ context.Context, r *Request) ([]Reply, error) {
	m, err := r.myMilestone()
	if err != nil {
		return nil, err
	}
	r.decideMilestone(m, MilestoneDropped)
	if err := r.keepMilestone(m, false); err != nil {
		return nil, err
	}
	owner, err := r.books.colleague(m.Owner)
	if err != nil {
		return nil, err
	}
	told, replies := r.tell(owner, r.milestoneNews(m, say.T("{who} hat {ref} „{title}“ gestrichen.", "{who} dropped {ref} “{title}”.")))
	text := say.T("Gestrichen: Meilenstein {ref} „{title}“. {told}", "Dropped: milestone {ref} “{title}”. {told}")
	if m.Next != 0 {
		text = say.T("Gestrichen: Meilenstein {ref} „{title}“. {told} Der nächste, {next}, bleibt.", "Dropped: milestone {ref} “{title}”. {told} The next one, {next}, stays.")
	}
	mine := answer(text, "ref", m.Ref(), "title", m.Title, "told", told, "next", formatRef("M", m.Next))
	return append([]Reply{mine}, replies...), refresh(r, m.Ref())
}

// keptMilestone stores a change that nobody else needs to hear of, and says so.
func (r *Request) keptMilestone(m *Milestone, text say.Text) ([]Reply, error) {
	if err := r.keepMilestone(m, false); err != nil {
		return nil, err
	}
	return []Reply{answer(text, "ref", m.Ref(), "day", r.books.dueText(m, r.Person), "nobody", textNobodyTold)}, refresh(r, m.Ref())
}

// oneLine makes a title of what somebody wrote.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
