package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// checkAgain is when a topic is looked at that came while the register could not be read.
const checkAgain = 10 * time.Minute

// heldTopicCommands decide on topics that the register put aside.
func heldTopicCommands() []Command {
	ref := Arg{Name: "ref", Kind: ArgRef, On: "T", Free: true, Required: true, Label: say.T("Thema", "Topic")}
	return []Command{
		{
			Name: "topic.release", DE: []string{"freigeben"}, EN: []string{"approve", "release"}, On: "T", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Freigeben", "Release"), Help: say.T("Ein zurückgehaltenes Thema freigeben.", "Release a topic that is kept back."),
			Example: say.T("freigeben T-41", "approve T-41"), Run: runReleaseTopic,
		},
		{
			Name: "topic.hold", Roles: Everyone, Args: []Arg{ref}, Label: say.T("Zurückhalten", "Keep back"), Run: runKeepTopicBack,
		},
	}
}

// topicBody is all that a topic says, for the register.
func (b *Bot) topicBody(t *Topic) markup.Doc {
	return b.rich(strings.Join([]string{t.Text, t.Why, t.For, t.Source, strings.Join(t.Themes, "\n\n")}, "\n\n"))
}

// putAside takes a topic out of the sight of all others. Red seals it: only those who decide may read it then.
func (t *Topic) putAside(hits []Hit, red bool) { t.Held, t.Sealed, t.HeldBy = hits, red, "" }

// free puts a topic back into all lists.
func (t *Topic) free() { t.Held, t.Sealed, t.HeldBy = nil, false, "" }

// held reports whether the register put the topic aside.
func (t *Topic) held() bool { return len(t.Held) > 0 }

// screen asks the register about a topic that is submitted or changed, and puts it aside or frees it. When the register
// cannot be read the topic is taken as it is, and marked.
func (r *Request) screen(t *Topic) []Hit {
	g, err := r.books.guard()
	if err != nil {
		t.Unchecked = true
		r.bot.log.Error("the register cannot be read: a topic is taken unchecked", "error", err)
		return nil
	}
	t.Unchecked = false
	hits := g.ask(r.bot.topicBody(t))
	t.free()
	if stopping := g.stopping(hits); len(stopping) > 0 {
		t.putAside(stopping, g.flags[stopping[0].Flag].Level == Red)
	}
	return hits
}

// screened stores what follows from a screening: the counts, the second look at an unchecked topic, and the question to
// those who decide.
func (r *Request) screened(t *Topic, hits []Hit) ([]Reply, error) {
	if err := r.countHits(hits); err != nil {
		return nil, err
	}
	if t.Unchecked {
		return nil, r.setTimer("topic.check", t.Ref(), r.Now.Add(checkAgain))
	}
	if t.held() {
		return r.askAboutTopic(t)
	}
	return nil, nil
}

// topicDeciders are the people who may release a topic, in the order in which they are asked; its author is not among
// them.
func (k *books) topicDeciders(t *Topic) ([]*Person, error) {
	r := &Request{Reader: k.r, Now: k.now, bot: k.bot, books: k}
	return r.deciders(&Approval{Hits: t.Held}, t.Author)
}

// askAboutTopic asks the first two who may decide and have a chat: contact and deputy where both are named.
func (r *Request) askAboutTopic(t *Topic) ([]Reply, error) {
	list, err := r.books.topicDeciders(t)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	for _, p := range list {
		if _, ok := p.Direct(); ok && len(replies) < 2 {
			replies = append(replies, Reply{To: Somebody, Person: p, View: "topic", Ref: t.Ref()})
		}
	}
	return replies, nil
}

// jobCheckTopic asks the register about a topic that came while it could not be read.
func jobCheckTopic(_ context.Context, r *Request, ref string) ([]Reply, error) {
	_, n, _ := parseRef(ref)
	t, err := r.books.topic(n)
	if err != nil || !t.Unchecked {
		return nil, err
	}
	hits := r.screen(t)
	replies, err := r.screened(t, hits)
	if err != nil {
		return nil, err
	}
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	if t.Unchecked {
		return nil, nil
	}
	return replies, refresh(r, ref)
}

// sees reports whether somebody may know that a topic is there: all, unless it was put aside. Then its author, PR and the
// lead do; once it is sealed its author, and those who may decide.
func (k *books) sees(t *Topic, who *Person) (bool, error) {
	switch {
	case !t.held():
		return true, nil
	case who == nil:
		return false, nil
	case who.hasID(t.Author) || !t.Sealed && who.Is(PR|Lead):
		return true, nil
	}
	return k.decidesTopic(t, who)
}

func (k *books) decidesTopic(t *Topic, who *Person) (bool, error) {
	list, err := k.topicDeciders(t)
	return slices.ContainsFunc(list, func(p *Person) bool { return p.ID == who.ID }), err
}

// viewHeldTopic is the card of a topic that was put aside: a question to those who decide, a receipt for its author, and
// next to nothing for all others.
func viewHeldTopic(k *books, t *Topic, who *Person, v say.Voice) (Card, error) {
	card := Card{Title: say.T("Thema {ref}", "Topic {ref}").In(v, "ref", t.Ref()), Preview: say.T("Thema {ref}", "Topic {ref}").In(v, "ref", t.Ref())}
	sees, err := k.sees(t, who)
	if err != nil || !sees {
		card.Tone, card.Text = ToneDone, say.T("Dieses Thema ist gerade nicht zu sehen.", "This topic cannot be seen right now.").In(v)
		return card, err
	}
	if who.hasID(t.Author) {
		return k.heldForAuthor(t, card, v)
	}
	author, err := k.name(t.Author)
	if err != nil {
		return Card{}, err
	}
	card.Quote, card.Marks = t.Text, hitWords(t.Held)
	card.Meta = strings.Join(k.hitLabels(t.Held, v), " · ")
	card.Title = say.T("Zurückgehalten: Thema {ref} von {who}", "Kept back: topic {ref} by {who}").In(v, "ref", t.Ref(), "who", author)
	card.Facts = topicFacts(t, v)
	if t.State == TopicWithdrawn {
		card.Tone, card.Text = ToneDone, textTopicWithdrawn.In(v)
		return card, nil
	}
	decides, err := k.decidesTopic(t, who)
	if err != nil || !decides {
		return card, err
	}
	card.Tone = ToneHold
	if t.HeldBy == "" {
		card.Title = say.T("Wartet auf {Sie|dich}: Thema {ref} von {who}", "Waiting for you: topic {ref} by {who}").In(v, "ref", t.Ref(), "who", author)
		card.Preview = say.T("Ein Thema wartet auf eine Freigabe", "A topic waits for a release").In(v)
		card.Buttons = k.buttons(v, t.Ref(), "topic.release", "topic.hold")
		card.Buttons[0].Primary = true
		return card, nil
	}
	by, err := k.name(t.HeldBy)
	if err != nil {
		return Card{}, err
	}
	card.Text = say.T("{who} hält es zurück.", "{who} keeps it back.").In(v, "who", by)
	card.Buttons = k.buttons(v, t.Ref(), "topic.release")
	return card, nil
}

var textTopicWithdrawn = say.T("Zurückgezogen.", "Withdrawn.")

// heldForAuthor is what the author of a topic reads that was put aside.
func (k *books) heldForAuthor(t *Topic, card Card, v say.Voice) (Card, error) {
	if t.State == TopicWithdrawn {
		card.Tone, card.Text = ToneDone, textTopicWithdrawn.In(v)
		return card, nil
	}
	deciders, err := k.topicDeciders(t)
	if err != nil {
		return Card{}, err
	}
	who := say.T("PR", "PR")
	if len(deciders) > 0 {
		who = say.Plain(deciders[0].First())
	}
	card.Title, card.Tone = say.T("Notiert: Thema {ref}", "Noted: topic {ref}").In(v, "ref", t.Ref()), ToneHold
	if t.Sealed {
		card.Text = say.T("Vertraulich aufgenommen. {who} sieht es zuerst an; {Sie hören|du hörst} davon.", "Taken in confidence. {who} looks at it first; you'll hear about it.").In(v, "who", who)
		card.Buttons = k.buttons(v, t.Ref(), "topic.withdraw")
		return card, nil
	}
	f, err := k.flag(t.Held[0].Flag)
	if err != nil {
		return Card{}, err
	}
	card.Quote, card.Marks = t.Text, hitWords(t.Held)
	card.Facts = holdingFact(f, v)
	card.Buttons = k.buttons(v, t.Ref(), "topic.edit", "topic.withdraw")
	if t.HeldBy != "" {
		by, err := k.name(t.HeldBy)
		card.Text = say.T("Es betrifft „{label}“. {who} hält es vorerst zurück; sonst sieht es niemand.", "It touches “{label}”. {who} keeps it back for now; nobody else sees it.").
			In(v, "label", f.Label, "who", by)
		return card, err
	}
	card.Text = say.T("„{words}“ betrifft „{label}“. {who} sieht es zuerst an; bis dahin sieht es sonst niemand.",
		"“{words}” touches “{label}”. {who} looks at it first; nobody else sees it until then.").In(v, "words", t.Held[0].Words, "label", f.Label, "who", who)
	return card, nil
}

// holdingFact is what may be said meanwhile; nil where nothing was agreed.
func holdingFact(f *Flag, v say.Voice) []Fact {
	words := spoken(f.Holdings, v)
	if words == "" || f.Level == Red {
		return nil
	}
	return []Fact{{say.T("Solange geht", "Meanwhile").In(v), words}}
}

// heldTopic is the named topic when it was put aside and the person may decide on it.
func (r *Request) heldTopic() (*Topic, error) {
	t, err := r.topic("ref")
	if err != nil {
		return nil, err
	}
	if !t.held() {
		return nil, fault(Conflict, say.T("Thema {ref} ist nicht zurückgehalten. Nichts geändert.", "Topic {ref} is not kept back. Nothing changed."), "ref", t.Ref())
	}
	list, err := r.books.topicDeciders(t)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(list, func(p *Person) bool { return p.ID == r.Person.ID }) {
		return nil, r.notYours(list, t.Author)
	}
	return t, nil
}

// runReleaseTopic puts a topic back and shows it to those who decide on topics.
func runReleaseTopic(_ context.Context, r *Request) ([]Reply, error) {
	t, err := r.heldTopic()
	if err != nil {
		return nil, err
	}
	replies, err := r.freeTopic(t)
	if err != nil {
		return nil, err
	}
	more, err := r.tellAuthor(t, say.T("{who} hat {Ihr|dein} Thema {ref} freigegeben.", "{who} released your topic {ref}."),
		say.T("Freigegeben: Thema {ref}. {told}", "Released: topic {ref}. {told}"))
	return append(more, replies...), err
}

// runKeepTopicBack notes that a topic stays aside.
func runKeepTopicBack(_ context.Context, r *Request) ([]Reply, error) {
	t, err := r.heldTopic()
	if err != nil {
		return nil, err
	}
	if t.HeldBy != "" {
		by, err := r.books.name(t.HeldBy)
		if err != nil {
			return nil, err
		}
		return nil, fault(Conflict, say.T("{who} hält es schon zurück. Nichts geändert.", "{who} keeps it back already. Nothing changed."), "who", by)
	}
	t.HeldBy = r.Person.ID
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	replies, err := r.tellAuthor(t, say.T("{who} hält {Ihr|dein} Thema {ref} vorerst zurück.", "{who} is keeping your topic {ref} back for now."),
		say.T("Zurückgehalten: Thema {ref}. {told}", "Kept back: topic {ref}. {told}"))
	if err != nil {
		return nil, err
	}
	return replies, refresh(r, t.Ref())
}

// tellAuthor tells the author of a topic, and the person who decided that it was done.
func (r *Request) tellAuthor(t *Topic, news, receipt say.Text) ([]Reply, error) {
	author, err := r.foundWriter(&found{Topic: t.ID})
	if err != nil {
		return nil, err
	}
	told, replies := r.tell(author, func(v say.Voice) Card {
		return Card{
			Text:    news.In(v, "who", r.Person.First(), "ref", t.Ref()),
			Preview: say.T("Neues zu {Ihrem|deinem} Thema {ref}", "News about your topic {ref}").In(v, "ref", t.Ref()),
		}
	})
	return append([]Reply{answer(receipt, "ref", t.Ref(), "told", told)}, replies...), nil
}

// freeTopic puts a topic back into all lists, and before those who decide on topics when it is new.
func (r *Request) freeTopic(t *Topic) ([]Reply, error) {
	t.free()
	if err := topics.Put(r.Tx, t); err != nil {
		return nil, err
	}
	if err := refresh(r, t.Ref()); err != nil {
		return nil, err
	}
	return r.showLeads(t)
}

// showLeads shows a new topic to those who decide on topics.
func (r *Request) showLeads(t *Topic) ([]Reply, error) {
	leads, err := r.books.holders(Lead)
	if err != nil || t.State != TopicNew {
		return nil, err
	}
	var replies []Reply
	for _, lead := range leads {
		if lead.ID != t.Author {
			replies = append(replies, Reply{To: Somebody, Person: lead, View: "topic", Ref: t.Ref()})
		}
	}
	return replies, nil
}

// topicsOf are the topics that a flag puts aside.
func (r *Request) topicsOf(flag string) (list []*Topic, err error) {
	from, to := Under(flag)
	for t, err := range topics.All(r.Tx, Query{Index: "held", From: from, To: to}) {
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// reseal seals a topic whose flag has become red, or opens one whose flag is red no more.
func (r *Request) reseal(t *Topic) error {
	t.Sealed = false
	for _, h := range t.Held {
		f, err := r.books.flag(h.Flag)
		if err != nil {
			return err
		}
		t.Sealed = t.Sealed || f.Level == Red
	}
	r.books.topics[t.ID] = t
	if err := topics.Put(r.Tx, t); err != nil {
		return err
	}
	return refresh(r, t.Ref())
}

// topicsFreed frees the topics that nothing holds any more but lifted embargoes.
func (r *Request) topicsFreed(flag string) (n int, replies []Reply, err error) {
	list, err := r.topicsOf(flag)
	if err != nil {
		return 0, nil, err
	}
	for _, t := range list {
		if t.State == TopicWithdrawn || !r.onlyLifted(t.Held) {
			continue
		}
		r.books.topics[t.ID] = t
		more, err := r.freeTopic(t)
		if err != nil {
			return 0, nil, err
		}
		n++
		replies = append(replies, more...)
	}
	return n, replies, nil
}

// untouchable is a fault while a topic is put aside: PR comes first.
func (r *Request) untouchable(t *Topic) error {
	if !t.held() {
		return nil
	}
	return fault(Conflict, say.T("Thema {ref} hält PR gerade zurück. Nichts geändert.", "PR is keeping topic {ref} back right now. Nothing changed."), "ref", t.Ref())
}

// heldTopics are the newest topics that were put aside, as far as the person may see them.
func (r *Request) heldTopics() (list []*Topic, err error) {
	for t, err := range topics.All(r.Tx, Query{Index: "held", Reverse: true}) {
		if err != nil {
			return nil, err
		}
		sees, err := r.books.sees(t, r.Person)
		if err != nil {
			return nil, err
		}
		if !sees || slices.ContainsFunc(list, func(o *Topic) bool { return o.ID == t.ID }) {
			continue
		}
		if list = append(list, t); len(list) == mostListed {
			break
		}
	}
	return list, nil
}
