package bot

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"standleitung/bot/register"
	"standleitung/bot/say"
)

// longestReview is how far away a review may be, in days.
const longestReview = 90

// flagCommands are PR's commands for the register of sensitive subjects.
func flagCommands() []Command {
	ref := Arg{Name: "ref", Kind: ArgRef, On: "F", Free: true, Required: true, Label: say.T("Vermerk", "Flag")}
	set := flagArgs()
	change := []Arg{ref}
	for _, a := range set[:len(set)-1] {
		a.Required, a.Free = false, false
		if a.Name == "label" {
			a.DE, a.EN = "name", "label"
		}
		change = append(change, a)
	}
	until, review := argNamed(set, "until"), argNamed(set, "review")
	review.Required = false
	return []Command{
		{
			Name: "flag.set", DE: []string{"vermerk", "sprachregelung"}, EN: []string{"flag", "guidance"}, Roles: PR, Args: set, Private: true,
			Label:   say.T("Vermerk setzen", "Set a flag"),
			Help:    say.T("Ein heikles Thema ins Register eintragen. Nur hier oder im Formular, nie in einem Raum.", "Enter a sensitive subject in the register. Only here or in the form, never in a room."),
			Example: say.T("vermerk Preise 2027 begriffe:teurer;Preiserhöhung stufe:gelb prüfung:in 60 Tagen", "flag Prices 2027 terms:price increase;dearer level:yellow review:in 60 days"),
			Now:     concernNow, Run: runSetFlag,
		},
		{
			Name: "flag.list", DE: []string{"vermerke"}, EN: []string{"flags"}, Roles: PR, Private: true,
			Label: say.T("Vermerke zeigen", "Show flags"), Help: say.T("Das Register zeigen.", "Show the register."),
			Example: say.T("vermerke", "flags"), Run: runFlags,
		},
		{
			Name: "flag.review", DE: []string{"vermerk pflege", "vermerke pflegen"}, EN: []string{"flag review", "review flags"}, Roles: PR, Private: true,
			Label:   say.T("Vermerke pflegen", "Review the flags"),
			Help:    say.T("Was im Register zu tun ist: Treffer, Fehlgriffe, überfällige Prüfungen.", "What the register needs: hits, misfits, overdue reviews."),
			Example: say.T("vermerk pflege", "flag review"), Run: runReviewFlags,
		},
		{
			Name: "flag.show", DE: []string{"zeig", "zeige"}, EN: []string{"show"}, On: "F", Roles: PR, Args: []Arg{ref}, Private: true,
			Label: say.T("Zeigen", "Show"), Help: say.T("Einen Vermerk mit seinen Begriffen zeigen.", "Show a flag with its terms."),
			Example: say.T("F-4", "F-4"), Run: runShowFlag,
		},
		{
			Name: "flag.change", DE: []string{"ändern", "ändere", "vermerk ändern"}, EN: []string{"change", "edit", "change flag"}, On: "F", Roles: PR,
			Args: change, Private: true, Form: true, Label: say.T("Ändern", "Change"),
			Help:    say.T("Einen Vermerk ändern. Danach wird noch einmal geprüft, was schon da ist.", "Change a flag. What is there already is searched again."),
			Example: say.T("ändern F-4 stufe:rot", "change F-4 level:red"), Now: flagNow, Run: runChangeFlag,
		},
		{
			Name: "flag.extend", DE: []string{"verlängern", "vermerk verlängern"}, EN: []string{"extend", "extend flag"}, On: "F", Roles: PR,
			Args: []Arg{ref, until, review}, Form: true, Label: say.T("Verlängern", "Extend"),
			Help:    say.T("Ende oder Prüfung eines Vermerks verschieben.", "Move the end or the review of a flag."),
			Example: say.T("verlängern F-4 bis:15.1. prüfung:in 60 Tagen", "extend F-4 until:15 Jan review:in 60 days"), Now: flagNow, Run: runExtendFlag,
		},
		{
			Name: "flag.keep", Roles: PR, Args: []Arg{ref}, Label: say.T("So lassen", "Leave it"), Run: runKeepFlag,
		},
		{
			Name: "flag.lift", DE: []string{"aufheben"}, EN: []string{"lift"}, On: "F", Roles: PR, Args: []Arg{ref},
			Label: say.T("Aufheben", "Lift"), Help: say.T("Einen Vermerk aufheben.", "Lift a flag."),
			Example: say.T("aufheben F-4", "lift F-4"), Run: runLiftFlag,
		},
	}
}

// flagArgs are what a flag consists of. The key of a wording is in its language: "wortlaut:" is German, "wording:" is
// English, and each has a key for those who write in the other.
func flagArgs() []Arg {
	return []Arg{
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
		{Name: "wording_de", Kind: ArgText, DE: "wortlaut", EN: "wording-de", Max: 1000, Label: say.T("So sagen wir es, deutsch", "How we say it, in German")},
		{Name: "wording_en", Kind: ArgText, DE: "wortlaut-en", EN: "wording", Max: 1000, Label: say.T("So sagen wir es, englisch", "How we say it, in English")},
		{
			Name: "holding_de", Kind: ArgText, DE: "haltezeile", EN: "holding-de", Max: 1000, Label: say.T("Was solange geht, deutsch", "What may be said meanwhile, in German"),
			Hint: say.T("Liest, wessen Nachricht auf ein Ja wartet.", "Read by those whose message waits for a yes."),
		},
		{
			Name: "holding_en", Kind: ArgText, DE: "haltezeile-en", EN: "holding", Max: 1000,
			Label: say.T("Was solange geht, englisch", "What may be said meanwhile, in English"),
		},
		{
			Name: "contact", Kind: ArgLine, DE: "kontakt", EN: "contact", Max: 80, Label: say.T("Wer entscheidet?", "Who decides?"),
			Hint: say.T("Leer: {Sie|du}", "Empty: you"),
		},
		{Name: "deputy", Kind: ArgLine, DE: "vertretung", EN: "deputy", Max: 80, Label: say.T("Wer vertritt?", "Who stands in?")},
		{
			Name: "until", Kind: ArgDate, DE: "bis", EN: "until", Max: 80, Label: say.T("Bis wann?", "Until when?"),
			Hint: say.T("Ein Tag, bei Bedarf mit Uhrzeit", "A day, with a time where it matters"),
		},
		{
			Name: "review", Kind: ArgDate, DE: "prüfung", EN: "review", Required: true, Max: 80, Label: say.T("Wann wieder prüfen?", "When to review?"),
			Hint: say.T("Spätestens in 90 Tagen", "In 90 days at the latest"),
		},
		{
			Name: "scope", Kind: ArgLine, DE: "gilt", EN: "scope", Max: 400, Label: say.T("Für wen gilt es?", "Whom does it concern?"),
			Hint: say.T("Abteilungen, Räume oder Leitungen, durch Strichpunkt getrennt. Leer: alle", "Departments, rooms or lines, separated by semicolons. Empty: all"),
		},
		{Name: "reason", Kind: ArgText, DE: "grund", EN: "reason", Max: 1000, Label: say.T("Grund", "Reason"), Hint: say.T("Nur PR sieht ihn.", "Only PR sees it.")},
		{Name: "concern", Kind: ArgWord, EN: "concern", Max: 20, Carried: true, Label: say.T("Hinweis", "Concern")},
	}
}

func argNamed(list []Arg, name string) Arg {
	return list[slices.IndexFunc(list, func(a Arg) bool { return a.Name == name })]
}

// runSetFlag enters a flag. Faults of terms and label are told beside their inputs; nothing is stored then.
func runSetFlag(_ context.Context, r *Request) ([]Reply, error) {
	f := &Flag{Contact: r.Person.ID, By: r.Person.ID, At: r.Now}
	if err := r.fillFlag(f); err != nil {
		return nil, err
	}
	var err error
	if f.ID, err = r.Tx.Number("F"); err != nil {
		return nil, err
	}
	if err := r.startRecheck(f); err != nil {
		return nil, err
	}
	if err := r.storeFlag(f); err != nil {
		return nil, err
	}
	replies := []Reply{{To: Asker, View: "flag", Ref: f.Ref()}}
	if !r.Has("concern") {
		return replies, nil
	}
	more, err := r.settleConcern()
	if CodeOf(err) == Conflict || CodeOf(err) == NotFound {
		return replies, nil // the flag stands, whoever looked at the hint before
	}
	return append(replies, more...), err
}

// runChangeFlag changes what was given; a form gives everything. What was there before is searched again.
func runChangeFlag(_ context.Context, r *Request) ([]Reply, error) {
	f, err := r.activeFlag()
	if err != nil {
		return nil, err
	}
	if err := r.fillFlag(f); err != nil {
		return nil, err
	}
	f.settle(r.Person, r.Now)
	if err := r.startRecheck(f); err != nil {
		return nil, err
	}
	if err := r.storeFlag(f); err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Geändert: Vermerk {ref}. Was schon da ist, wird neu geprüft.", "Changed: flag {ref}. What is there already is searched again."),
		"ref", f.Ref())}, r.refreshFlag(f.Ref())
}

// refreshFlag rewrites the cards of a changed flag, and those of what it holds.
func (r *Request) refreshFlag(ref string) error {
	open, err := r.heldByFlag(ref)
	if err != nil {
		return err
	}
	for _, a := range open {
		lifts, err := r.books.lifts(a)
		if err != nil {
			return err
		}
		if lifts == nil { // what was an embargo may need an answer now
			if err := setTimerOnce(r.Tx, "approval.next", a.Ref(), r.Now.Add(deputyAfter)); err != nil {
				return err
			}
		}
		if err := refresh(r, a.Ref()); err != nil {
			return err
		}
	}
	list, err := r.topicsOf(ref)
	if err != nil {
		return err
	}
	for _, t := range list {
		if err := r.reseal(t); err != nil {
			return err
		}
	}
	return refresh(r, ref)
}

// runExtendFlag moves the end or the review.
func runExtendFlag(_ context.Context, r *Request) ([]Reply, error) {
	f, err := r.activeFlag()
	if err != nil {
		return nil, err
	}
	if err := r.flagDays(f); err != nil {
		return nil, err
	}
	f.settle(r.Person, r.Now)
	if err := r.storeFlag(f); err != nil {
		return nil, err
	}
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		return Card{
			Text: say.T("Verlängert: Vermerk {ref}, {meta}. {nobody}", "Extended: flag {ref}, {meta}. {nobody}").
				In(v, "ref", f.Ref(), "meta", f.meta(v, r.Person.In(), r.Now), "nobody", textNobodyTold),
			Preview: textPreviewAnswer.In(v),
		}
	}}}, r.refreshFlag(f.Ref())
}

// flagNow is what a flag says, for the forms that change it.
func flagNow(r *Request) (map[string]string, error) {
	f, err := r.activeFlag()
	if err != nil {
		return nil, err
	}
	now := map[string]string{
		"label": f.Label, "terms": strings.Join(f.Terms, "; "), "excluded": strings.Join(f.Excluded, "; "), "level": levels[f.Level.weight()].words[0],
		"wording_de": newest(f.Wordings, say.German), "wording_en": newest(f.Wordings, say.English),
		"holding_de": newest(f.Holdings, say.German), "holding_en": newest(f.Holdings, say.English),
		"until": f.untilIn(r.Person.In()), "review": f.Review, "scope": strings.Join(f.Scope, "; "), "reason": f.Reason,
	}
	if r.Voice.Language == say.English {
		now["level"] = string(f.Level)
	}
	for name, id := range map[string]string{"contact": f.Contact, "deputy": f.Deputy} {
		if m := r.bot.member(id); m != nil {
			now[name] = m.Name
		}
	}
	return now, nil
}

// untilIn writes the end as it can be typed again; "" for none.
func (f *Flag) untilIn(zone *time.Location) string {
	if _, err := time.Parse(time.RFC3339, f.Until); err == nil {
		return f.ends(zone).In(zone).Format("2006-01-02 15:04")
	}
	return f.Until
}

// fillFlag takes over what was given. A form gives all there is, so that what is empty in it is taken away.
func (r *Request) fillFlag(f *Flag) error {
	all := r.Message.Kind == Submitted || f.ID == 0
	for name, value := range map[string]*string{"label": &f.Label, "reason": &f.Reason} {
		if all || r.Has(name) {
			*value = r.Text(name)
		}
	}
	for name, list := range map[string]*[]string{"terms": &f.Terms, "excluded": &f.Excluded} {
		if all || r.Has(name) {
			*list = split(r.Text(name))
		}
	}
	if f.Level == "" || r.Has("level") {
		var ok bool
		if f.Level, ok = parseLevel(r.Text("level")); !ok {
			return &Error{Code: Invalid, Field: "level", Text: say.T("Als Stufe geht grün, gelb, rot oder sperrfrist. Nichts gespeichert.",
				"The level is green, yellow, red or embargo. Nothing stored.")}
		}
	}
	for _, lang := range []say.Language{say.German, say.English} {
		if name := "wording_" + string(lang); all || r.Has(name) {
			r.reword(&f.Wordings, lang, r.Text(name))
		}
		if name := "holding_" + string(lang); all || r.Has(name) {
			r.reword(&f.Holdings, lang, r.Text(name))
		}
	}
	if all || r.Has("scope") {
		if err := r.flagScope(f); err != nil {
			return err
		}
	}
	if err := r.checkTerms(f); err != nil {
		return err
	}
	if err := r.flagPeople(f); err != nil {
		return err
	}
	return r.flagDays(f)
}

// flagScope finds the parties, rooms and lines that a flag is for.
func (r *Request) flagScope(f *Flag) error {
	known := map[string]string{}
	for _, room := range r.bot.rooms {
		known[foldVerb(room.Name)] = room.Name
		known[foldVerb(room.Party)] = room.Party
	}
	for _, l := range r.bot.lines {
		known[foldVerb(l.Name)] = l.Name
	}
	f.Scope = nil
	for _, said := range split(strings.ReplaceAll(r.Text("scope"), ",", ";")) {
		word := foldVerb(strings.TrimPrefix(said, "#"))
		name := known[cmp.Or(parties[word], word)]
		if name == "" {
			return &Error{
				Code: Invalid, Field: "scope", Text: say.T("„{what}“ ist weder Abteilung noch Raum noch Leitung. Es gibt: {names}. Nichts gespeichert.",
					"“{what}” is no department, room or line. There are: {names}. Nothing stored."),
				Args: []any{"what", shorten(said, 40), "names", strings.Join(slices.Compact(slices.Sorted(maps.Values(known))), ", ")},
			}
		}
		if !slices.Contains(f.Scope, name) {
			f.Scope = append(f.Scope, name)
		}
	}
	return nil
}

// activeFlag is the flag that the command names, when it is not lifted.
func (r *Request) activeFlag() (*Flag, error) {
	f, err := r.flag()
	if err == nil && !f.Lifted.IsZero() {
		err = fault(Conflict, say.T("Vermerk {ref} ist schon aufgehoben. Nichts geändert.", "Flag {ref} is lifted already. Nothing changed."), "ref", f.Ref())
	}
	return f, err
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
	if r.Message.Kind == Submitted {
		f.Contact, f.Deputy = r.Person.ID, ""
	}
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

// flagDays reads end and review, where they were given.
func (r *Request) flagDays(f *Flag) error {
	if r.Has("review") && r.Text("review") != f.Review {
		review, err := r.day("review")
		if err != nil {
			return err
		}
		if today := r.today(); review.Before(today) || today.DaysUntil(review) > longestReview {
			return &Error{Code: Invalid, Field: "review", Text: say.T("Die Prüfung muss in den nächsten 90 Tagen liegen. Nichts gespeichert.",
				"The review must be within the next 90 days. Nothing stored.")}
		}
		f.Review = review.String()
	}
	switch said := r.Text("until"); {
	case said == "" && r.Message.Kind == Submitted:
		f.Until = ""
	case said != "" && said != f.untilIn(r.Person.In()):
		until, err := r.moment("until")
		if err != nil {
			return err
		}
		f.Until = until.Date.String()
		if !until.IsDay() {
			f.Until = until.Time.UTC().Format(time.RFC3339)
		}
		if !f.ends(r.bot.zone).After(r.Now) {
			return &Error{Code: Invalid, Field: "until", Text: say.T("Das Ende muss in der Zukunft liegen. Nichts gespeichert.", "The end must be in the future. Nothing stored.")}
		}
	}
	if f.Level == Embargo && f.Until == "" {
		return &Error{Code: Invalid, Field: "until", Text: say.T("Eine Sperrfrist braucht einen Tag. Nichts gespeichert.", "An embargo needs a day. Nothing stored.")}
	}
	return nil
}

// storeFlag stores a flag, makes a new edition of the register and plans what happens by itself.
func (r *Request) storeFlag(f *Flag) error {
	if err := flags.Put(r.Tx, f); err != nil {
		return err
	}
	e, err := r.books.edition()
	if err != nil {
		return err
	}
	e.N++
	if err := editions.Put(r.Tx, e); err != nil {
		return err
	}
	return r.setFlagTimers(f)
}

func runLiftFlag(_ context.Context, r *Request) ([]Reply, error) {
	f, err := r.activeFlag()
	if err != nil {
		return nil, err
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
			Ref: f.Ref(), Text: f.Label, Meta: f.meta(r.Voice, r.Person.In(), r.Now),
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
func (f *Flag) meta(v say.Voice, zone *time.Location, now time.Time) string {
	parts := []string{f.Level.text().In(v)}
	if f.Until != "" {
		parts = append(parts, say.T("bis {day}", "until {day}").In(v, "day", f.sayUntil(v, zone, now)))
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
		Title: say.T("Vermerk {ref}: {label}", "Flag {ref}: {label}").In(v, "ref", ref, "label", f.Label), Meta: f.meta(v, k.bot.zoneOf(who), k.now),
		Preview: say.T("Vermerk {ref}", "Flag {ref}").In(v, "ref", ref),
	}
	if who == nil || !who.Is(PR) {
		card.Title = card.Preview
		return card, nil
	}
	facts, err := k.flagFacts(f, v)
	if err != nil {
		return Card{}, err
	}
	card.Facts = facts
	if !f.Lifted.IsZero() {
		card.Tone, card.Text = ToneDone, say.T("Aufgehoben.", "Lifted.").In(v)
		return card, nil
	}
	card.Buttons = k.buttons(v, ref, "flag.change", "flag.lift")
	card.Note, err = k.recheckNote(f, v)
	return card, err
}

// flagFacts is all that a flag consists of; for PR alone.
func (k *books) flagFacts(f *Flag, v say.Voice) (facts []Fact, err error) {
	contact, err := k.name(f.Contact)
	if err != nil {
		return nil, err
	}
	deputy := ""
	if f.Deputy != "" {
		if deputy, err = k.name(f.Deputy); err != nil {
			return nil, err
		}
	}
	for _, fact := range []Fact{
		{say.T("Begriffe", "Terms").In(v), strings.Join(f.Terms, "; ")},
		{say.T("Nicht gemeint", "Not meant").In(v), strings.Join(f.Excluded, "; ")},
		{say.T("So sagen wir es", "How we say it, in German").In(v), newest(f.Wordings, say.German)},
		{say.T("So sagen wir es, englisch", "How we say it").In(v), newest(f.Wordings, say.English)},
		{say.T("Solange geht", "Meanwhile, in German").In(v), newest(f.Holdings, say.German)},
		{say.T("Solange geht, englisch", "Meanwhile").In(v), newest(f.Holdings, say.English)},
		{say.T("Gilt für", "Concerns").In(v), strings.Join(f.Scope, ", ")},
		{say.T("Entscheidet", "Decides").In(v), contact},
		{say.T("Vertritt", "Deputy").In(v), deputy},
		{say.T("Grund", "Reason").In(v), f.Reason},
	} {
		if fact.Value != "" {
			facts = append(facts, fact)
		}
	}
	return facts, nil
}

// jobLiftEmbargo lifts an embargo at its instant, lets go what it alone held, and tells PR.
func jobLiftEmbargo(_ context.Context, r *Request, ref string) ([]Reply, error) {
	f, err := r.books.flag(ref)
	if err != nil || !f.Lifted.IsZero() || f.Level != Embargo || r.Now.Before(f.ends(r.bot.zone)) {
		return nil, err
	}
	f.Lifted = r.Now
	if err := r.storeFlag(f); err != nil {
		return nil, err
	}
	if err := refresh(r, ref); err != nil {
		return nil, err
	}
	messages, replies, err := r.messagesFreed(ref)
	if err != nil {
		return nil, err
	}
	ideas, more, err := r.topicsFreed(ref)
	if err != nil {
		return nil, err
	}
	replies = append(replies, more...)
	keeper, err := r.keeper(f)
	if err != nil || keeper == nil {
		return replies, err
	}
	return append(replies, Reply{To: Somebody, Person: keeper, Card: func(v say.Voice) Card {
		card := Card{
			Text:    say.T("Sperrfrist vorbei: Vermerk {ref} „{label}“. {gone}", "Embargo over: flag {ref} “{label}”. {gone}").In(v, "ref", ref, "label", f.Label, "gone", freed(messages, ideas)),
			Preview: say.T("Eine Sperrfrist ist vorbei", "An embargo is over").In(v),
		}
		return card
	}}), nil
}

// freed says how much an embargo let go.
func freed(messages, ideas int) say.Text {
	text := say.T("Es wartete nichts darauf.", "Nothing was waiting for it.")
	switch {
	case messages > 0 && ideas > 0:
		text = say.T("{m} {m:Nachricht ist|Nachrichten sind} gegangen, {t} {t:Thema ist|Themen sind} frei.", "{m} {m:message|messages} went out, {t} {t:topic is|topics are} free.")
	case messages > 0:
		text = say.T("{m} {m:Nachricht ist|Nachrichten sind} gegangen.", "{m} {m:message|messages} went out.")
	case ideas > 0:
		text = say.T("{t} {t:Thema ist|Themen sind} frei.", "{t} {t:topic is|topics are} free.")
	}
	return text.With("m", messages, "t", ideas)
}

// heldByFlag are the open approvals that a flag has to do with.
func (r *Request) heldByFlag(ref string) (open []*Approval, err error) {
	for a, err := range approvals.All(r.Tx, Query{Index: "open"}) {
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(a.Hits, func(h Hit) bool { return h.Flag == ref }) {
			open = append(open, a)
		}
	}
	return open, nil
}

// messagesFreed lets go the messages that nothing holds any more but lifted flags.
func (r *Request) messagesFreed(ref string) (n int, replies []Reply, err error) {
	open, err := r.heldByFlag(ref)
	if err != nil {
		return 0, nil, err
	}
	for _, a := range open {
		c, err := r.books.crossing(a.Crossing)
		if err != nil {
			return 0, nil, err
		}
		if c == nil || !r.onlyLifted(a.Hits) {
			continue
		}
		a.At = r.Now
		more, err := r.letGo(a, c)
		if err != nil {
			return 0, nil, err
		}
		if a.State == Released {
			n++
		}
		replies = append(replies, more...)
	}
	return n, replies, nil
}

// onlyLifted reports whether nothing holds a text any more but embargoes that are lifted.
func (r *Request) onlyLifted(hits []Hit) bool {
	return !slices.ContainsFunc(hits, func(h Hit) bool {
		f, err := r.books.flag(h.Flag)
		return err != nil || f.holds() && (f.Level != Embargo || f.Lifted.IsZero())
	})
}
