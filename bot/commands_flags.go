package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"standleitung/bot/register"
	"standleitung/bot/say"
	"standleitung/bot/when"
)

// longestReview is how far away a review may be, in days.
const longestReview = 90

// flagCommands are PR's commands for the register of sensitive subjects.
func flagCommands() []Command {
	ref := Arg{Name: "ref", Kind: ArgRef, On: "F", Free: true, Required: true, Label: say.T("Vermerk", "Flag")}
	return []Command{
		{
			Name: "flag.set", DE: []string{"vermerk", "sprachregelung"}, EN: []string{"flag", "guidance"}, Roles: PR,
			Args: []Arg{
				{
					Name: "label", Kind: ArgLine, Free: true, Required: true, Max: 80, Label: say.T("Öffentlicher Name", "Public label"),
					Hint: say.T("Den lesen alle; die Begriffe dürfen nicht darin vorkommen.", "Everybody reads it; it must not contain the terms."),
				},
				{
					Name: "terms", Kind: ArgText, DE: "begriffe", EN: "terms", Required: true, Max: 2000, Label: say.T("Geheime Begriffe", "Secret terms"),
					Hint: say.T("Durch Strichpunkt getrennt. Nur PR sieht sie.", "Separated by semicolons. Only PR sees them."),
				},
				{
					Name: "excluded", Kind: ArgText, DE: "ausser", EN: "except", Max: 2000, Label: say.T("Nicht gemeint", "Not meant"),
					Hint: say.T("Wendungen, die harmlos sind, durch Strichpunkt getrennt.", "Harmless phrases, separated by semicolons."),
				},
				{
					Name: "level", Kind: ArgLine, DE: "stufe", EN: "level", Required: true, Max: 30, Label: say.T("Stufe", "Level"),
					Hint: say.T("grün, gelb, rot oder sperrfrist", "green, yellow, red or embargo"),
				},
				{Name: "wording", Kind: ArgText, DE: "wortlaut", EN: "wording", Max: 1000, Label: say.T("So sagen wir es", "How we say it")},
				{
					Name: "contact", Kind: ArgLine, DE: "kontakt", EN: "contact", Max: 80, Label: say.T("Wer entscheidet?", "Who decides?"),
					Hint: say.T("Leer: {Sie|du}", "Empty: you"),
				},
				{Name: "deputy", Kind: ArgLine, DE: "vertretung", EN: "deputy", Max: 80, Label: say.T("Wer vertritt?", "Who stands in?")},
				{Name: "until", Kind: ArgDate, DE: "bis", EN: "until", Max: 80, Label: say.T("Bis wann?", "Until when?")},
				{
					Name: "review", Kind: ArgDate, DE: "prüfung", EN: "review", Required: true, Max: 80, Label: say.T("Wann wieder prüfen?", "When to review?"),
					Hint: say.T("Spätestens in 90 Tagen", "In 90 days at the latest"),
				},
				{Name: "reason", Kind: ArgText, DE: "grund", EN: "reason", Max: 1000, Label: say.T("Grund", "Reason"), Hint: say.T("Nur PR sieht ihn.", "Only PR sees it.")},
			},
			Private: true,
			Label:   say.T("Vermerk setzen", "Set a flag"),
			Help:    say.T("Ein heikles Thema ins Register eintragen. Nur hier oder im Formular, nie in einem Raum.", "Enter a sensitive subject in the register. Only here or in the form, never in a room."),
			Example: say.T("vermerk Preise 2027 begriffe:teurer;Preiserhöhung stufe:gelb prüfung:in 60 Tagen", "flag Prices 2027 terms:price increase;dearer level:yellow review:in 60 days"),
			Run:     runSetFlag,
		},
		{
			Name: "flag.list", DE: []string{"vermerke"}, EN: []string{"flags"}, Roles: PR, Private: true,
			Label: say.T("Vermerke zeigen", "Show flags"), Help: say.T("Das Register zeigen.", "Show the register."),
			Example: say.T("vermerke", "flags"), Run: runFlags,
		},
		{
			Name: "flag.show", DE: []string{"zeig", "zeige"}, EN: []string{"show"}, On: "F", Roles: PR, Args: []Arg{ref}, Private: true,
			Label: say.T("Zeigen", "Show"), Help: say.T("Einen Vermerk mit seinen Begriffen zeigen.", "Show a flag with its terms."),
			Example: say.T("F-4", "F-4"), Run: runShowFlag,
		},
		{
			Name: "flag.lift", DE: []string{"aufheben"}, EN: []string{"lift"}, On: "F", Roles: PR, Args: []Arg{ref},
			Label: say.T("Aufheben", "Lift"), Help: say.T("Einen Vermerk aufheben.", "Lift a flag."),
			Example: say.T("aufheben F-4", "lift F-4"), Run: runLiftFlag,
		},
	}
}

// runSetFlag enters a flag. Faults of terms and label are told beside their inputs; nothing is stored then.
func runSetFlag(_ context.Context, r *Request) ([]Reply, error) {
	f := &Flag{
		Label: r.Text("label"), Terms: split(r.Text("terms")), Excluded: split(r.Text("excluded")), Wording: r.Text("wording"),
		Reason: r.Text("reason"), By: r.Person.ID, At: r.Now,
	}
	var ok bool
	if f.Level, ok = parseLevel(r.Text("level")); !ok {
		return nil, &Error{Code: Invalid, Field: "level", Text: say.T("Als Stufe geht grün, gelb, rot oder sperrfrist. Nichts gespeichert.",
			"The level is green, yellow, red or embargo. Nothing stored.")}
	}
	if err := r.checkTerms(f); err != nil {
		return nil, err
	}
	if err := r.flagPeople(f); err != nil {
		return nil, err
	}
	if err := r.flagDays(f); err != nil {
		return nil, err
	}
	n, err := r.Tx.Number("F")
	if err != nil {
		return nil, err
	}
	f.ID = n
	if err := r.storeFlag(f); err != nil {
		return nil, err
	}
	return []Reply{{To: Asker, View: "flag", Ref: f.Ref()}}, nil
}

// split cuts a list at its semicolons.
func split(list string) []string {
	var parts []string
	for part := range strings.SplitSeq(list, ";") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func (r *Request) checkTerms(f *Flag) error {
	if len(f.Terms) == 0 {
		return &Error{Code: Invalid, Field: "terms", Text: textMissing, Args: []any{"what", say.T("Geheime Begriffe", "Secret terms")}}
	}
	fields := map[register.Place]string{register.InLabel: "label", register.InTerms: "terms", register.InExcluded: "excluded"}
	for _, fault := range register.Check(register.Entry{Label: f.Label, Terms: f.Terms, Excluded: f.Excluded}) {
		return &Error{Code: Invalid, Field: fields[fault.Place], Text: say.T("{fault} Nichts gespeichert.", "{fault} Nothing stored."), Args: []any{"fault", fault.Text()}}
	}
	return nil
}

// flagPeople finds contact and deputy by name.
func (r *Request) flagPeople(f *Flag) error {
	f.Contact = r.Person.ID
	for arg, id := range map[string]*string{"contact": &f.Contact, "deputy": &f.Deputy} {
		if !r.Has(arg) {
			continue
		}
		m := r.bot.memberNamed(r.Text(arg))
		if m == nil {
			return &Error{
				Code: Invalid, Field: arg, Text: say.T("„{who}“ kenne ich nicht. Nichts gespeichert.", "I don't know “{who}”. Nothing stored."),
				Args: []any{"who", shorten(r.Text(arg), 40)},
			}
		}
		*id = m.ID
	}
	if f.Deputy == f.Contact {
		f.Deputy = ""
	}
	return nil
}

// memberNamed finds a member by id, full or first name; nil for none.
func (b *Bot) memberNamed(name string) *Member {
	name = foldVerb(strings.TrimPrefix(name, "@"))
	i := slices.IndexFunc(b.company, func(m Member) bool {
		first, _, _ := strings.Cut(m.Name, " ")
		return name == foldVerb(m.ID) || name == foldVerb(m.Name) || name == foldVerb(first)
	})
	if i < 0 {
		return nil
	}
	return &b.company[i]
}

func (r *Request) flagDays(f *Flag) error {
	review, err := r.day("review")
	if err != nil {
		return err
	}
	if today := r.today(); review.Before(today) || today.DaysUntil(review) > longestReview {
		return &Error{Code: Invalid, Field: "review", Text: say.T("Die Prüfung muss in den nächsten 90 Tagen liegen. Nichts gespeichert.",
			"The review must be within the next 90 days. Nothing stored.")}
	}
	f.Review = review.String()
	if r.Has("until") {
		until, err := r.day("until")
		if err != nil {
			return err
		}
		f.Until = until.String()
	}
	if f.Level == Embargo && f.Until == "" {
		return &Error{Code: Invalid, Field: "until", Text: say.T("Eine Sperrfrist braucht einen Tag. Nichts gespeichert.", "An embargo needs a day. Nothing stored.")}
	}
	return nil
}

// storeFlag stores a flag and makes a new edition of the register.
func (r *Request) storeFlag(f *Flag) error {
	if err := flags.Put(r.Tx, f); err != nil {
		return err
	}
	e, err := editions.Get(r.Tx, "register")
	if errors.Is(err, ErrNotFound) {
		e, err = &edition{}, nil
	}
	if err != nil {
		return err
	}
	e.N++
	if err := editions.Put(r.Tx, e); err != nil {
		return err
	}
	if f.Level == Embargo && f.Lifted.IsZero() {
		day, err := when.ParseDate(f.Until)
		if err != nil {
			return err
		}
		return r.setTimer("embargo.lift", f.Ref(), when.At(day, 0, r.bot.zone))
	}
	return nil
}

func runLiftFlag(_ context.Context, r *Request) ([]Reply, error) {
	f, err := r.flag()
	if err != nil {
		return nil, err
	}
	if !f.Lifted.IsZero() {
		return nil, fault(Conflict, say.T("Vermerk {ref} ist schon aufgehoben. Nichts geändert.", "Flag {ref} is lifted already. Nothing changed."), "ref", f.Ref())
	}
	f.Lifted = r.Now
	if err := r.storeFlag(f); err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Aufgehoben: Vermerk {ref}. Was angehalten ist, bleibt es, bis jemand entscheidet. {nobody}",
		"Lifted: flag {ref}. What is held stays held until somebody decides. {nobody}"), "ref", f.Ref(), "nobody", textNobodyTold)}, refresh(r, f.Ref())
}

// flag is the flag that the command names.
func (r *Request) flag() (*Flag, error) {
	f, err := flags.Get(r.Reader, flagKey(r.Text("ref")))
	if errors.Is(err, ErrNotFound) {
		return nil, fault(NotFound, say.T("Einen Vermerk {ref} gibt es nicht. Nichts geändert.", "There is no flag {ref}. Nothing changed."), "ref", r.Text("ref"))
	}
	return f, err
}

func runShowFlag(_ context.Context, r *Request) ([]Reply, error) {
	f, err := r.flag()
	if err != nil {
		return nil, err
	}
	return []Reply{{To: Asker, View: "flag", Ref: f.Ref()}}, nil
}

func runFlags(_ context.Context, r *Request) ([]Reply, error) {
	var items []Item
	show := r.bot.commands.byName["flag.show"]
	for f, err := range flags.All(r.Tx, Query{Index: "active", Reverse: true, Limit: mostListed}) {
		if err != nil {
			return nil, err
		}
		items = append(items, Item{
			Ref: f.Ref(), Text: f.Label, Meta: f.meta(r.Voice, r.Now),
			Button: &Button{Label: show.Label.In(r.Voice), Do: show.do(f.Ref())},
		})
	}
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		card := Card{Title: say.T("Register", "Register").In(v), Items: items, Preview: textPreviewAnswer.In(v)}
		if len(items) == 0 {
			set := r.bot.commands.byName["flag.set"]
			card.Text = say.T("Hier ist noch nichts.", "There is nothing here yet.").In(v)
			card.Buttons = []Button{{Label: set.Label.In(v), Do: set.do(), Primary: true}}
		}
		return card
	}}}, nil
}

// meta says how heavy a flag is and until when it holds.
func (f *Flag) meta(v say.Voice, now time.Time) string {
	parts := []string{f.Level.text().In(v)}
	if f.Until != "" {
		parts = append(parts, say.T("bis {day}", "until {day}").In(v, "day", sayDay(v, f.Until, now)))
	}
	return strings.Join(append(parts, say.T("prüfen {day}", "review {day}").In(v, "day", sayDay(v, f.Review, now))), " · ")
}

// viewFlag is the living card of a flag, for PR alone.
func viewFlag(k *books, ref string, who *Person, v say.Voice) (Card, error) {
	f, err := k.flag(ref)
	if err != nil {
		return Card{}, err
	}
	card := Card{
		Title: say.T("Vermerk {ref}: {label}", "Flag {ref}: {label}").In(v, "ref", ref, "label", f.Label), Meta: f.meta(v, k.now),
		Preview: say.T("Vermerk {ref}", "Flag {ref}").In(v, "ref", ref),
	}
	if who == nil || !who.Is(PR) {
		card.Title = card.Preview
		return card, nil
	}
	contact, err := k.name(f.Contact)
	if err != nil {
		return Card{}, err
	}
	card.Facts = append(card.Facts, Fact{say.T("Begriffe", "Terms").In(v), strings.Join(f.Terms, "; ")})
	for _, fact := range []Fact{
		{say.T("Nicht gemeint", "Not meant").In(v), strings.Join(f.Excluded, "; ")},
		{say.T("So sagen wir es", "How we say it").In(v), f.Wording},
		{say.T("Entscheidet", "Decides").In(v), contact},
		{say.T("Grund", "Reason").In(v), f.Reason},
	} {
		if fact.Value != "" {
			card.Facts = append(card.Facts, fact)
		}
	}
	if f.Lifted.IsZero() {
		card.Buttons = k.buttons(v, ref, "flag.lift")
	} else {
		card.Tone, card.Text = ToneDone, say.T("Aufgehoben.", "Lifted.").In(v)
	}
	return card, nil
}

// jobLiftEmbargo lifts an embargo at its instant and lets go what it alone held.
func jobLiftEmbargo(_ context.Context, r *Request, ref string) ([]Reply, error) {
	f, err := r.books.flag(ref)
	if err != nil || !f.Lifted.IsZero() {
		return nil, err
	}
	f.Lifted = r.Now
	if err := r.storeFlag(f); err != nil {
		return nil, err
	}
	if err := refresh(r, ref); err != nil {
		return nil, err
	}
	var open []*Approval
	for a, err := range approvals.All(r.Tx, Query{Index: "open"}) {
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(a.Hits, func(h Hit) bool { return h.Flag == ref }) {
			open = append(open, a)
		}
	}
	var replies []Reply
	for _, a := range open {
		c, err := r.books.crossing(a.Crossing)
		if err != nil {
			return nil, err
		}
		if c == nil || !r.onlyLifted(a) {
			continue
		}
		a.At = r.Now
		more, err := r.letGo(a, c)
		if err != nil {
			return nil, err
		}
		replies = append(replies, more...)
	}
	return replies, nil
}

// onlyLifted reports whether nothing holds a message any more but flags that are lifted.
func (r *Request) onlyLifted(a *Approval) bool {
	return !slices.ContainsFunc(a.Hits, func(h Hit) bool {
		f, err := r.books.flag(h.Flag)
		return err != nil || f.holds() && (f.Level != Embargo || f.Lifted.IsZero())
	})
}
