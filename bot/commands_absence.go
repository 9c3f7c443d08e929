package bot

import (
	"context"
	"slices"
	"strings"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// absenceCommands say who is away, and who stands in.
func absenceCommands() []Command {
	return []Command{
		{
			Name: "person.away", DE: []string{"abwesend", "abwesenheit"}, EN: []string{"away", "absent"}, Roles: Everyone,
			Args: []Arg{
				{
					Name: "until", Kind: ArgDate, DE: "bis", EN: "until", Free: true, Required: true, Max: 80, Label: say.T("Bis wann?", "Until when?"),
					Hint: say.T("Der letzte Tag, zum Beispiel 18.12.", "The last day, for example 18 Dec"),
				},
				{
					Name: "deputy", Kind: ArgLine, DE: "vertretung", EN: "deputy", Max: 80, Label: say.T("Wer vertritt?", "Who stands in?"),
					Hint: say.T("Leer: die Leitung", "Empty: the lead"),
				},
				{Name: "from", Kind: ArgDate, DE: "ab", EN: "from", Max: 80, Label: say.T("Ab wann?", "From when?"), Hint: say.T("Leer: ab heute", "Empty: from today")},
			},
			Label:   say.T("Abwesend", "Away"),
			Help:    say.T("Sagen, bis wann {Sie|du} weg {sind|bist} und wer vertritt. Erinnerungen gehen so lange dorthin.", "Say until when you are away and who stands in. Reminders go there meanwhile."),
			Example: say.T("abwesend bis:18.12. vertretung:@jan", "away until:18 Dec deputy:@jan"), Run: runAway,
		},
		{
			Name: "person.back", DE: []string{"wieder da", "zurück"}, EN: []string{"back", "i am back"}, Roles: Everyone,
			Label: say.T("Wieder da", "Back"), Help: say.T("{Ihre|Deine} Abwesenheit beenden.", "End your absence."),
			Example: say.T("wieder da", "back"), Run: runBack,
		},
	}
}

func runAway(_ context.Context, r *Request) ([]Reply, error) {
	today := r.today()
	a := &absence{Person: r.Person.ID, From: today.String(), At: r.Now}
	until, err := r.day("until")
	if err != nil {
		return nil, err
	}
	if a.Until = until.String(); r.Has("from") {
		from, err := r.day("from")
		if err != nil {
			return nil, err
		}
		a.From = from.String()
	}
	if a.Until < a.From {
		return nil, &Error{Code: Invalid, Field: "until", Text: say.T("Das Ende liegt vor dem Anfang. Nichts geändert.", "The end is before the beginning. Nothing changed.")}
	}
	told, replies, err := r.deputise(a)
	if err != nil {
		return nil, err
	}
	if err := absences.Put(r.Tx, a); err != nil {
		return nil, err
	}
	text := say.T("Notiert: abwesend bis {day}. {told}", "Noted: away until {day}. {told}")
	if a.From > today.String() {
		text = say.T("Notiert: abwesend von {from} bis {day}. {told}", "Noted: away from {from} until {day}. {told}")
	}
	mine := Reply{To: Asker, Card: func(v say.Voice) Card {
		back := r.bot.commands.byName["person.back"]
		return Card{
			Text:    text.In(v, "day", sayDay(v, a.Until, r.Now), "from", sayDay(v, a.From, r.Now), "told", told),
			Buttons: []Button{{Label: back.Label.In(v), Do: back.do()}},
			Preview: textPreviewAnswer.In(v),
		}
	}}
	return append([]Reply{mine}, replies...), nil
}

// deputise finds the deputy and tells them. Two who stand in for each other at the same time are refused.
func (r *Request) deputise(a *absence) (say.Text, []Reply, error) {
	if !r.Has("deputy") {
		return say.T("Erinnerungen gehen so lange an die Leitung Kommunikation. Niemand wurde benachrichtigt.",
			"Meanwhile reminders go to the comms lead. No one was notified."), nil, nil
	}
	deputy, err := r.colleague("deputy")
	if err != nil {
		return say.Text{}, nil, err
	}
	if deputy.ID == r.Person.ID {
		return say.Text{}, nil, &Error{Code: Invalid, Field: "deputy", Text: say.T("{Sie können sich|Du kannst dich} nicht selbst vertreten. Nichts geändert.",
			"You can't stand in for yourself. Nothing changed.")}
	}
	a.Deputy = deputy.ID
	if err := r.refuseCircle(a, deputy); err != nil {
		return say.Text{}, nil, err
	}
	note := say.Plain("")
	if theirs, err := r.books.absence(deputy); err != nil {
		return say.Text{}, nil, err
	} else if theirs != nil && theirs.From <= a.Until && a.From <= theirs.Until {
		other, err := r.books.name(theirs.Deputy)
		if err != nil {
			return say.Text{}, nil, err
		}
		if theirs.Deputy == "" {
			note = say.T("{name} ist selbst bis {day} abwesend; so lange ist die Leitung dran. ", "{name} is away until {day}; the lead looks after it meanwhile. ")
		} else {
			note = say.T("{name} ist selbst bis {day} abwesend; so lange vertritt {other}. ", "{name} is away until {day}; {other} stands in meanwhile. ")
		}
		note = note.With("name", deputy.First(), "other", other, "day", dayText(theirs.Until, r.Now))
	}
	told, replies := r.tell(deputy, func(v say.Voice) Card {
		text := say.T("{who} ist bis {day} abwesend; {Sie vertreten|du vertrittst}. Erinnerungen kommen so lange zu {Ihnen|dir}.",
			"{who} is away until {day}; you stand in. Reminders come to you meanwhile.")
		if a.From > when.DateOf(r.Now.In(r.bot.zone)).String() {
			text = say.T("{who} ist von {from} bis {day} abwesend; {Sie vertreten|du vertrittst}. Erinnerungen kommen so lange zu {Ihnen|dir}.",
				"{who} is away from {from} until {day}; you stand in. Reminders come to you meanwhile.")
		}
		return Card{
			Text:    text.In(v, "who", r.Person.First(), "from", sayDay(v, a.From, r.Now), "day", sayDay(v, a.Until, r.Now)),
			Preview: say.T("Eine Vertretung für {Sie|dich}", "You stand in for somebody").In(v),
		}
	})
	return say.T("{note}{told}", "{note}{told}").With("note", note, "told", told), replies, nil
}

// refuseCircle follows the deputies of deputies who are away at the same time; a row that comes back to where it began
// would leave everything to nobody.
func (r *Request) refuseCircle(a *absence, deputy *Person) error {
	seen := []string{a.Person}
	for p := deputy; p != nil; {
		theirs, err := r.books.absence(p)
		if err != nil || theirs == nil || theirs.Deputy == "" || theirs.From > a.Until || a.From > theirs.Until {
			return err
		}
		if r.Person.hasID(theirs.Deputy) {
			return &Error{
				Code: Conflict, Field: "deputy", Text: say.T("{name} ist bis {day} selbst abwesend, und die Vertretung {sind Sie|bist du}. Dann wäre niemand da. Nichts geändert; wer noch?",
					"{name} is away until {day}, and you stand in. Then nobody would be there. Nothing changed; who else?"),
				Args: []any{"name", p.First(), "day", dayText(theirs.Until, r.Now)},
			}
		}
		if slices.Contains(seen, p.ID) {
			return nil
		}
		seen = append(seen, p.ID)
		if p, err = r.books.colleague(theirs.Deputy); err != nil {
			return err
		}
	}
	return nil
}

func runBack(_ context.Context, r *Request) ([]Reply, error) {
	a, err := r.books.absence(r.Person)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, fault(Conflict, say.T("{Sie sind|Du bist} nicht abwesend gemeldet. Nichts geändert.", "You are not noted as away. Nothing changed."))
	}
	if err := absences.Delete(r.Tx, a.Person); err != nil {
		return nil, err
	}
	told, replies := textNobodyTold, []Reply(nil)
	if deputy, err := r.books.colleague(a.Deputy); err != nil {
		return nil, err
	} else if deputy != nil {
		told, replies = r.tell(deputy, func(v say.Voice) Card {
			return Card{
				Text:    say.T("{who} ist wieder da; {Ihre|deine} Vertretung ist zu Ende.", "{who} is back; you no longer stand in.").In(v, "who", r.Person.First()),
				Preview: say.T("Eine Vertretung ist zu Ende", "You no longer stand in").In(v),
			}
		})
	}
	return append([]Reply{answer(say.T("Willkommen zurück. {told}", "Welcome back. {told}"), "told", told)}, replies...), nil
}

// colleague reads an argument as a person of the company: by key, full or first name, or the person who asks ("mich").
// A first name that several have is asked for.
func (r *Request) colleague(arg string) (*Person, error) {
	said := r.Text(arg)
	name := foldVerb(strings.TrimPrefix(strings.TrimSpace(said), "@"))
	if slices.Contains([]string{"mich", "mir", "ich", "me", "myself"}, name) && r.Person.member != nil {
		return r.Person, nil
	}
	var found []*Member
	for i := range r.bot.company {
		m := &r.bot.company[i]
		if name == foldVerb(m.ID) || name == foldVerb(m.Name) {
			return r.books.person(m.ID)
		}
		if first, _ := cutWord(m.Name); name != "" && name == foldVerb(first) {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 1:
		return r.books.person(found[0].ID)
	case 0:
		return nil, &Error{
			Code: Invalid, Field: arg, Text: say.T("„{who}“ kenne ich nicht. Nichts geändert.", "I don't know “{who}”. Nothing changed."),
			Args: []any{"who", shorten(said, 40)},
		}
	}
	var names []string
	for _, m := range found {
		names = append(names, m.Name)
	}
	return nil, &Error{
		Code: Invalid, Field: arg, Text: say.T("„{who}“ heißen mehrere: {names}? Nichts geändert; bitte mit dem ganzen Namen.",
			"Several are called “{who}”: {names}? Nothing changed; please give the full name."),
		Args: []any{"who", shorten(said, 40), "names", say.Either(names...)},
	}
}
