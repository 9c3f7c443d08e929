package bot

import (
	"context"
	"strings"

	"standleitung/bot/say"
)

// runMilestones lists unfinished milestones by their day. Who is late is known to those whom it concerns: others see what
// is due from today on.
func runMilestones(_ context.Context, r *Request) ([]Reply, error) {
	list, more, title, err := r.listMilestones(foldVerb(r.Text("filter")))
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, m := range list {
		item, err := r.books.milestoneItem(m, r.Person, r.Voice)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{Title: title.In(v), Items: items, Preview: textPreviewAnswer.In(v)}
		if len(items) == 0 {
			card.Text = say.T("Hier ist nichts offen.", "Nothing is open here.").In(v)
		}
		if more {
			last := list[len(list)-1]
			card.Buttons = []Button{{Label: say.T("Weitere", "More").In(v), Do: r.Command.do(r.Text("filter"), "after:"+strings.ReplaceAll(last.order(), Sep, "/"))}}
		}
		return card
	}}}, nil
}

// listMilestones reads a page of what the filter asks for.
func (r *Request) listMilestones(filter string) (list []*Milestone, more bool, title say.Text, err error) {
	today := r.today().String()
	q := Query{Index: "open", From: today, Limit: mostListed + 1}
	title = say.T("Offene Meilensteine", "Open milestones")
	mine, from, to := false, "", ""
	switch filter {
	case "meine", "mine", "my":
		q.Index, title = "owner", say.T("{Ihre|Deine} Meilensteine", "Your milestones")
		mine, from, to = true, "", "~"
	case foldVerb("überfällig"), foldVerb("überfällige"), foldVerb("overdue"):
		title = say.T("Überfällige Meilensteine", "Overdue milestones")
		q.From, q.To = "", today
		if !r.Person.Is(Lead) {
			q.Index = "owner"
			mine, to = true, today
			title = say.T("{Ihre|Deine} überfälligen Meilensteine", "Your overdue milestones")
		}
	case "", "alle", "all", "offen", "offene", "open":
		if r.Person.Is(Lead) {
			q.From = ""
		}
	default:
		return nil, false, title, &Error{
			Code: Invalid, Field: "filter", Text: say.T("„{text}“ kenne ich nicht. So geht es: meilensteine, meilensteine meine, meilensteine überfällig.",
				"I don't know “{text}”. It works like this: milestones, milestones mine, milestones overdue."), Args: []any{"text", shorten(r.Text("filter"), 30)},
		}
	}
	if after := r.afterMilestone(); after != "" {
		q.From, from = max(q.From, after), after
	}
	qs := []Query{q}
	if mine {
		qs = r.Person.each(q, from, to)
	}
	if list, err = milestonesOf(r.Tx, qs, mostListed+1); err != nil {
		return nil, false, title, err
	}
	if more = len(list) > mostListed; more {
		list = list[:mostListed]
	}
	return list, more, title, nil
}

// afterMilestone is the index value right behind the last one of the page before; empty for the first page.
func (r *Request) afterMilestone() string {
	after := r.Text("after")
	if strings.Count(after, "/") != 2 {
		return ""
	}
	return strings.ReplaceAll(after, "/", Sep) + "\x01"
}
