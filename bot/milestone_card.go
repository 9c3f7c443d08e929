package bot

import (
	"strings"

	"standleitung/bot/say"
	"standleitung/bot/when"
)

// viewMilestone is the living card of a milestone.
func viewMilestone(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	m, err := k.milestone(ref)
	if err != nil {
		return Card{}, err
	}
	card, err := k.milestoneCard(m, who, v)
	if err != nil {
		return Card{}, err
	}
	card.Title = say.T("Meilenstein {ref}: {title}", "Milestone {ref}: {title}").In(v, "ref", ref, "title", m.Title)
	if m.State != MilestoneOpen || m.By != "" || m.Prev != 0 || who != nil && !who.hasID(m.Setter) {
		return card, nil
	}
	if who != nil {
		card.Title = say.T("Notiert: Meilenstein {ref}: {title}", "Noted: milestone {ref}: {title}").In(v, "ref", ref, "title", m.Title)
	}
	if card.Text, err = k.ownerStatus(m, who, v); err != nil {
		return Card{}, err
	}
	return card, nil
}

// viewReminder is the living card of a reminder: it says how near the day is, and whose it is when the reader only
// stands in.
func viewReminder(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	m, err := k.milestone(ref)
	if err != nil {
		return Card{}, err
	}
	card, err := k.milestoneCard(m, who, v)
	if err != nil {
		return Card{}, err
	}
	today := when.DateOf(k.now.In(k.bot.zoneOf(who)))
	title := say.T("Fällig {day}: Meilenstein {ref} „{title}“", "Due {day}: milestone {ref} “{title}”")
	preview := say.T("Bald fällig: Meilenstein {ref}", "Due soon: milestone {ref}")
	switch day := m.date(); {
	case !m.unfinished():
		title, preview = say.T("Meilenstein {ref} „{title}“", "Milestone {ref} “{title}”"), say.T("Meilenstein {ref}", "Milestone {ref}")
	case day == today:
		title = say.T("Heute fällig: Meilenstein {ref} „{title}“", "Due today: milestone {ref} “{title}”")
		preview = say.T("Heute fällig: Meilenstein {ref}", "Due today: milestone {ref}")
	case day.Before(today):
		title = say.T("Überfällig seit {day}: Meilenstein {ref} „{title}“", "Overdue since {day}: milestone {ref} “{title}”")
		preview = say.T("Überfällig: Meilenstein {ref}", "Overdue: milestone {ref}")
	}
	card.Title, card.Preview = title.In(v, "day", sayDay(v, m.Day, k.now), "ref", ref, "title", m.Title), preview.In(v, "ref", ref)
	if !m.unfinished() {
		return card, nil
	}
	why, err := k.whyYou(m, who, v)
	if err != nil {
		return Card{}, err
	}
	card.Note = strings.TrimSpace(why + " " + card.Note)
	if !m.Late.IsZero() && who != nil {
		late := say.T("Verspätet: geplant {when}.", "Late: planned {when}.").In(v, "when", sayTime(who, m.Late, k.now))
		card.Note = strings.TrimSpace(late + " " + card.Note)
	}
	return card, nil
}

// milestoneCard is what both cards have in common.
func (k *books) milestoneCard(m *Milestone, who *Person, v say.Voice) (Card, error) {
	meta, err := k.milestoneMeta(m, who, v)
	if err != nil {
		return Card{}, err
	}
	card := Card{
		Meta: strings.Join(meta, " · "), Buttons: k.milestoneButtons(m, who, v),
		Preview: say.T("Meilenstein {ref}", "Milestone {ref}").In(v, "ref", m.Ref()),
	}
	by, err := k.name(m.By)
	if err != nil {
		return Card{}, err
	}
	name := say.Plain(by)
	if who != nil && who.hasID(m.By) {
		name = say.T("{Ihnen|dir}", "you")
	}
	args := []any{"who", name, "reason", m.Reason, "when", k.decidedAt(m, who, v)}
	switch m.State {
	case MilestoneBlocked:
		card.Text = say.T("Blockiert, gemeldet von {who}: {reason}", "Blocked, reported by {who}: {reason}").In(v, args...)
	case MilestoneDone:
		card.Text, card.Tone = say.T("Erledigt von {who}, {when}.", "Done by {who}, {when}.").In(v, args...), ToneDone
	case MilestoneDropped:
		card.Text, card.Tone = say.T("Gestrichen von {who}, {when}.", "Dropped by {who}, {when}.").In(v, args...), ToneDone
	}
	if m.Quiet && m.unfinished() {
		card.Note = say.T("Ohne Erinnerungen.", "Without reminders.").In(v)
	}
	return card, nil
}

func (k *books) decidedAt(m *Milestone, who *Person, v say.Voice) string {
	if who != nil {
		return sayTime(who, m.Decided, k.now)
	}
	return shortDay(v, m.Decided.In(k.bot.zone), k.now)
}

// milestoneMeta says when it is due, whose it is, and how it repeats. Whose it is when it is late is nobody's business
// but that of those whom it concerns.
func (k *books) milestoneMeta(m *Milestone, who *Person, v say.Voice) ([]string, error) {
	zone := k.bot.zoneOf(who)
	meta := []string{k.dueText(m, who).In(v)}
	if !m.overdue(when.DateOf(k.now.In(zone))) || m.concerns(who) {
		names, err := k.milestonePeople(m, v)
		if err != nil {
			return nil, err
		}
		meta = append(meta, names...)
	}
	if m.Rule != nil {
		meta = append(meta, m.Rule.text().In(v))
	}
	return meta, nil
}

func (k *books) milestonePeople(m *Milestone, v say.Voice) ([]string, error) {
	owner, err := k.name(m.Owner)
	if err != nil || m.Deputy == "" {
		return []string{owner}, err
	}
	deputy, err := k.name(m.Deputy)
	return []string{owner, say.T("Vertretung {name}", "deputy {name}").In(v, "name", deputy)}, err
}

// dueText is the day with its weekday, and the time in the reader's zone if there is one.
func (k *books) dueText(m *Milestone, who *Person) say.Text {
	now := k.now.In(k.bot.zoneOf(who))
	day := when.Moment{Date: m.date()}
	if at, ok := m.instant(k.bot.zone); ok {
		day = when.Moment{Date: when.DateOf(at.In(now.Location())), Time: at.In(now.Location())}
	}
	if asOfDay(day.Date, when.DateOf(now)) == day.Date {
		now = day.In(now.Location(), 0)
	}
	return say.T(when.Speak(day, now, say.German), when.Speak(day, now, say.English))
}

// ownerStatus says whether the owner knows, and who looks after it if they cannot.
func (k *books) ownerStatus(m *Milestone, reader *Person, v say.Voice) (string, error) {
	owner, err := k.colleague(m.Owner)
	if err != nil {
		return "", err
	}
	stand, err := k.standIn(m)
	if err != nil {
		return "", err
	}
	if owner != nil && reader != nil && owner.ID == reader.ID {
		return textNobodyTold.In(v), nil
	}
	if owner == nil {
		return lookedAfter(say.T("Wem das gehörte, ist nicht mehr dabei.", "Its owner is no longer here.").In(v), stand, owner, reader, v), nil
	}
	away, err := k.away(owner)
	if err != nil {
		return "", err
	}
	_, chat := owner.Direct()
	switch {
	case !chat:
		return lookedAfter(say.T("{name} hat keinen Chat.", "{name} has no chat.").In(v, "name", owner.First()), stand, owner, reader, v), nil
	case away != nil:
		text := say.T("{name} ist bis {day} abwesend.", "{name} is away until {day}.").In(v, "name", owner.First(), "day", sayDay(v, away.Until, k.now))
		return lookedAfter(text, stand, owner, reader, v), nil
	}
	return say.T("{name} weiß Bescheid.", "{name} was told.").In(v, "name", owner.First()), nil
}

// lookedAfter adds who looks after it in the owner's place.
func lookedAfter(why string, stand, owner, reader *Person, v say.Voice) string {
	switch {
	case stand == nil || stand == owner:
		return why + " " + textNobodyTold.In(v)
	case reader != nil && stand.ID == reader.ID:
		return why + " " + textNobodyTold.In(v) + " " + say.T("Erinnerungen kommen zu {Ihnen|dir}.", "Reminders come to you.").In(v)
	}
	return why + " " + say.T("{stand} weiß Bescheid.", "{stand} was told.").In(v, "stand", stand.First())
}

// whyYou tells somebody who is not the owner why they are reminded; empty for the owner.
func (k *books) whyYou(m *Milestone, who *Person, v say.Voice) (string, error) {
	if who == nil || who.hasID(m.Owner) {
		return "", nil
	}
	owner, err := k.colleague(m.Owner)
	if err != nil {
		return "", err
	}
	if owner == nil {
		return say.T("Wem das gehörte, ist nicht mehr dabei. Bitte übergeben.", "Its owner is no longer here. Please hand it over.").In(v), nil
	}
	if _, ok := owner.Direct(); !ok {
		return say.T("Für {name}, ohne Chat.", "For {name}, who has no chat.").In(v, "name", owner.First()), nil
	}
	away, err := k.away(owner)
	if err != nil {
		return "", err
	}
	if away != nil {
		return say.T("Für {name}, abwesend bis {day}.", "For {name}, away until {day}.").In(v, "name", owner.First(), "day", sayDay(v, away.Until, k.now)), nil
	}
	return say.T("Das ist bei {name}; {Sie vertreten|du vertrittst}.", "This is {name}'s; you stand in.").In(v, "name", owner.First()), nil
}

// milestoneButtons are what the reader may do with it as it is now.
func (k *books) milestoneButtons(m *Milestone, who *Person, v say.Voice) []Button {
	if who == nil || !k.mayChange(m, who) {
		return nil
	}
	if m.State == MilestoneDone && k.now.Before(m.Decided.Add(undoDone)) {
		return k.buttons(v, m.Ref(), "milestone.undo")
	}
	if !m.unfinished() {
		return nil
	}
	list := k.buttons(v, m.Ref(), "milestone.done")
	list[0].Primary = true
	change := k.bot.commands.byName["milestone.change"]
	list = append(list, Button{Label: say.T("+1 Tag", "+1 day").In(v), Do: change.do(m.Ref(), "+1d")})
	list = append(list, k.buttons(v, m.Ref(), "milestone.hand")...)
	if m.State == MilestoneBlocked {
		return append(list, k.buttons(v, m.Ref(), "milestone.free")...)
	}
	list = append(list, k.buttons(v, m.Ref(), "milestone.block")...)
	if !m.Quiet {
		return append(list, k.buttons(v, m.Ref(), "milestone.quiet")...)
	}
	return append(list, k.buttons(v, m.Ref(), "milestone.remind")...)
}

// mayChange reports whether somebody may change a milestone: its owner, the deputy, who set it, who stands in, and
// those who plan.
func (k *books) mayChange(m *Milestone, who *Person) bool {
	if m.concerns(who) || who.hasID(m.Setter) || who.Is(planners) {
		return true
	}
	stand, err := k.standIn(m)
	return err == nil && stand != nil && stand.ID == who.ID
}

// milestoneItem is a milestone as a row of a list.
func (k *books) milestoneItem(m *Milestone, who *Person, v say.Voice) (Item, error) {
	meta, err := k.milestoneMeta(m, who, v)
	if err != nil {
		return Item{}, err
	}
	if m.State == MilestoneBlocked {
		meta = append(meta, milestoneStates[m.State].In(v))
	}
	if m.concerns(who) && m.overdue(when.DateOf(k.now.In(who.In()))) {
		meta = append(meta, say.T("überfällig", "overdue").In(v))
	}
	show := k.bot.commands.byName["milestone.show"]
	return Item{Ref: m.Ref(), Text: m.Title, Meta: strings.Join(meta, " · "), Button: &Button{Label: show.Label.In(v), Do: show.do(m.Ref())}}, nil
}
