package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"standleitung/bot/say"
)

// topicItem is a topic as a row of a list, with a button to show it.
func (k *books) topicItem(t *Topic, v say.Voice) (Item, error) {
	author, err := k.name(t.Author)
	if err != nil {
		return Item{}, err
	}
	show := k.bot.commands.byName["topic.show"]
	return Item{
		Ref: t.Ref(), Text: t.title(), Meta: strings.Join(topicMeta(t, author, v, k.bot.zone, k.now), " · "),
		Button: &Button{Label: show.Label.In(v), Do: show.do(t.Ref())},
	}, nil
}

// runTopics lists topics.
func runTopics(_ context.Context, r *Request) ([]Reply, error) {
	filter := strings.TrimSpace(r.Text("filter"))
	if theme := r.Themes(); len(theme) > 0 && filter == "" {
		filter = "#" + theme[0]
	}
	list, more, title, err := r.listTopics(filter)
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, t := range list {
		item, err := r.books.topicItem(t, r.Voice)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{Title: title.In(v), Items: items, Preview: textPreviewAnswer.In(v)}
		if len(items) == 0 {
			suggest := r.bot.commands.byName["topic.suggest"]
			card.Text = say.T("Hier ist noch nichts.", "There is nothing here yet.").In(v)
			card.Buttons = []Button{{Label: suggest.Label.In(v), Do: suggest.do()}}
		}
		if more {
			card.Buttons = append(card.Buttons, Button{
				Label: say.T("Weitere", "More").In(v),
				Do:    r.Command.do(filter, "before:"+list[len(list)-1].Ref()),
			})
		}
		return card
	}}}, nil
}

// topicFilters are the words that choose a state.
var topicFilters = map[string]TopicState{
	"": TopicNew, "offen": TopicNew, "offene": TopicNew, "open": TopicNew, "neu": TopicNew, "neue": TopicNew, "new": TopicNew,
	"geparkt": TopicParked, "geparkte": TopicParked, "parked": TopicParked,
	"angenommen": TopicAccepted, "angenommene": TopicAccepted, "accepted": TopicAccepted,
	"abgelehnt": TopicDeclined, "abgelehnte": TopicDeclined, "declined": TopicDeclined,
}

// listTopics reads the topics that the filter asks for, and says whether there are more.
func (r *Request) listTopics(filter string) (list []*Topic, more bool, title say.Text, err error) {
	first, rest := cutWord(filter)
	var q Query
	var qs []Query // several where the person has several ids
	state, known := topicFilters[strings.ToLower(first)]
	theme, themed := parseTheme(first)
	switch word := foldVerb(first); {
	case (word == foldVerb("zurückgehalten") || word == "kept") && rest == "" && r.Person.Is(PR|Lead):
		list, err = r.heldTopics()
		return list, false, say.T("Themen: zurückgehalten", "Topics: kept back"), err
	case known && rest == "":
		q.Index, title = "state", say.T("Themen: {state}", "Topics: {state}")
		q.From, q.To = Under(string(state))
	case word == "meine" || word == "mine" || word == "my":
		q.Index, title = "author", say.T("{Ihre|Deine} Themen", "Your topics")
		qs = r.Person.each(q, "", "~")
	case themed && rest == "":
		q.Index, title = "theme", say.T("Themen: {theme}", "Topics: {theme}")
		q.From, q.To = Under(theme)
	default:
		if word == "suche" || word == "search" || word == "such" {
			filter = rest
		}
		list, err = searchTopics(r.Tx, filter, mostListed)
		return list, false, say.T("Themen mit „{text}“", "Topics with “{text}”").With("text", shorten(filter, 40)), err
	}
	title = title.With("state", topicStates[state], "theme", "#"+theme)
	if qs == nil {
		qs = []Query{q}
	}
	for _, q := range qs {
		if n := r.Ref("before"); n > 0 {
			q.To = q.From + Serial(n)
		}
		q.Reverse, q.Limit = true, mostListed+1
		for t, err := range topics.All(r.Tx, q) {
			if err != nil {
				return nil, false, title, err
			}
			list = append(list, t)
		}
	}
	if len(qs) > 1 {
		slices.SortFunc(list, func(a, b *Topic) int { return cmp.Compare(b.ID, a.ID) })
	}
	if more = len(list) > mostListed; more {
		list = list[:mostListed]
	}
	return list, more, title, nil
}
