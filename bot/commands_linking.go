package bot

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"standleitung/bot/say"
)

// linkCommands let people say that they are the same one on several platforms.
func linkCommands() []Command {
	question := Arg{Name: "ref", Kind: ArgRef, On: "L", Free: true, Required: true, Label: say.T("Welche Frage?", "Which question?")}
	return []Command{
		{
			Name: "person.link", DE: []string{"verbinden"}, EN: []string{"link"}, Roles: Everyone, Private: true,
			Args:    []Arg{{Name: "code", Kind: ArgLine, Free: true, Max: 40, Label: say.T("Code", "Code")}},
			Label:   say.T("Konten verbinden", "Link accounts"),
			Help:    say.T("{Ihre|Deine} Konten verbinden: ohne Code {bekommen Sie|bekommst du} einen, auf der anderen Plattform {geben Sie|gibst du} ihn ein.", "Link your accounts: without a code you get one; enter it on the other platform."),
			Example: say.T("verbinden K7QM-3XWP", "link K7QM-3XWP"), Run: runLink,
		},
		{
			Name: "person.unlink", DE: []string{"trennen"}, EN: []string{"unlink"}, Roles: Everyone, Private: true,
			Args: []Arg{{
				Name: "platform", Kind: ArgLine, Free: true, Max: 40, Label: say.T("Von welcher Plattform?", "From which platform?"),
				Hint: say.T("Slack, Teams", "Slack, Teams"),
			}},
			Label:   say.T("Konto trennen", "Unlink an account"),
			Help:    say.T("Ein verbundenes Konto wieder trennen.", "Take a linked account off again."),
			Example: say.T("trennen teams", "unlink teams"), Run: runUnlink,
		},
		{
			Name: "link.yes", Roles: Everyone, Args: []Arg{question},
			Label: say.T("Ja, verbinden", "Yes, link"), Run: runLinkYes,
		},
		{
			Name: "link.no", Roles: Everyone, Args: []Arg{question},
			Label: say.T("Nein", "No"), Run: runLinkNo,
		},
	}
}

const (
	// codeLife is how long a code is valid, and the question that follows it.
	codeLife = 10 * time.Minute
	// mostGuesses is how many wrong codes a person may enter within guessTime.
	mostGuesses = 5
	guessTime   = time.Hour
	// codeLetters have no look-alikes: no I, L, O, U, 0 and 1. Their number divides 256 with a rest; see newCode.
	codeLetters = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
	codeLength  = 8
)

// linkCode is a code that was given out. The code itself is kept nowhere.
type linkCode struct {
	Hash string `json:"hash"`
	// From is the identity that it was given to.
	From  Identity  `json:"from"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

var linkCodes = &Kind[linkCode]{
	Name: "link code", Version: 1,
	Key: func(c *linkCode) string { return c.Hash },
	Indexes: []Index[linkCode]{
		{"at", func(c *linkCode) []string { return []string{Stamp(c.At)} }},
		{"from", func(c *linkCode) []string { return []string{c.From.Key()} }},
	},
}

// linkGuess are the wrong codes that a person entered in the last hour.
type linkGuess struct {
	Person string      `json:"person"`
	At     []time.Time `json:"at"` // the oldest first
}

var linkGuesses = &Kind[linkGuess]{
	Name: "link guess", Version: 1,
	Key:     func(g *linkGuess) string { return g.Person },
	Indexes: []Index[linkGuess]{{"at", func(g *linkGuess) []string { return []string{Stamp(g.At[len(g.At)-1])} }}},
}

// newCode draws a code, each letter with the same chance.
func newCode() string {
	var code []byte
	for len(code) < codeLength {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
		if n := int(b[0]); n < 256/len(codeLetters)*len(codeLetters) {
			code = append(code, codeLetters[n%len(codeLetters)])
		}
	}
	return string(code)
}

// readCode is a code as it was given out, from what somebody typed; false for what cannot be one.
func readCode(typed string) (string, bool) {
	code := strings.Map(func(r rune) rune {
		if r == '-' || r == '–' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToUpper(typed))
	strange := func(r rune) bool { return !strings.ContainsRune(codeLetters, r) }
	return code, len(code) == codeLength && !strings.ContainsFunc(code, strange)
}

func codeHash(code string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte("link "+code))) }

var textNotLinkable = say.T("Gäste und Konten anderer Firmen lassen sich nicht verbinden. Nichts geändert.", "Guests and accounts of other companies cannot be linked. Nothing changed.")

// runLink gives out a code, or takes one in.
func runLink(_ context.Context, r *Request) ([]Reply, error) {
	if !r.bot.linkable(r.Message.From) {
		return nil, fault(Denied, textNotLinkable)
	}
	if r.Has("code") {
		return r.takeCode()
	}
	return r.giveCode()
}

// giveCode gives the person a code in place of the one that they may have.
func (r *Request) giveCode() ([]Reply, error) {
	from := r.Message.From
	var old []string
	for found, err := range r.Tx.Scan(Query{Kind: linkCodes.Name, Index: "from", From: from.Key(), To: from.Key() + "\x00", KeysOnly: true}) {
		if err != nil {
			return nil, err
		}
		old = append(old, found.Key)
	}
	for _, key := range old {
		if err := linkCodes.Delete(r.Tx, key); err != nil {
			return nil, err
		}
	}
	code := newCode()
	if err := linkCodes.Put(r.Tx, &linkCode{Hash: codeHash(code), From: from, At: r.Now, Until: r.Now.Add(codeLife)}); err != nil {
		return nil, err
	}
	shown := code[:codeLength/2] + "-" + code[codeLength/2:]
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		return Card{
			Title: say.T("{Ihr|Dein} Code: {code}", "Your code: {code}").In(v, "code", shown),
			Text: say.T("{Schreiben Sie|Schreib} mir auf der anderen Plattform, mit {Ihrem|deinem} Konto dort: verbinden {code}",
				"On the other platform, with your account there, write to me: link {code}").In(v, "code", shown),
			Note: say.T("Gilt 10 Minuten und nur einmal. {Geben Sie|Gib} ihn niemandem: Wer ihn eingibt, darf danach, was {Sie dürfen|du darfst}.",
				"Valid for 10 minutes, once. Give it to nobody: whoever enters it may then do what you may.").In(v),
			Preview: textPreviewAnswer.In(v),
		}
	}}}, nil
}

// takeCode finds out whose code it is and asks whether that is really the same person: somebody may have been talked into
// entering the code of another.
func (r *Request) takeCode() ([]Reply, error) {
	code, ok := readCode(r.Text("code"))
	if !ok {
		return nil, &Error{Code: Invalid, Field: "code", Text: say.T("Das ist kein Code. Er hat acht Zeichen, zum Beispiel K7QM-3XWP. Nichts geändert.",
			"That is no code. It has eight characters, such as K7QM-3XWP. Nothing changed.")}
	}
	guesses, err := r.guesses()
	if err != nil {
		return nil, err
	}
	if len(guesses.At) >= mostGuesses {
		return nil, fault(Conflict, say.T("Zu viele falsche Codes. Ab {when} geht es wieder. Nichts geändert.", "Too many wrong codes. It works again from {when}. Nothing changed."),
			"when", sayTime(r.Person, guesses.At[0].Add(guessTime), r.Now))
	}
	c, err := linkCodes.Get(r.Tx, codeHash(code))
	if errors.Is(err, ErrNotFound) || err == nil && !r.Now.Before(c.Until) {
		return r.wrongCode(guesses)
	} else if err != nil {
		return nil, err
	}
	if r.Person.hasID(c.From.Key()) {
		return nil, fault(Conflict, say.T("Das ist {Ihr|dein} eigener Code. {Geben Sie|Gib} ihn auf der anderen Plattform ein. Nichts geändert.",
			"That is your own code. Enter it on the other platform. Nothing changed."))
	}
	other, err := r.books.who(c.From)
	if err != nil {
		return nil, err
	}
	if err := r.bot.refuseUnion(r.Person, other); err != nil {
		return nil, err
	}
	if err := linkCodes.Delete(r.Tx, c.Hash); err != nil {
		return nil, err
	}
	return r.askLink(&linking{Asked: r.Message.From, With: c.From.Key(), Other: c.From, How: byCode, Until: r.Now.Add(codeLife)})
}

// guesses are the wrong codes of the person that still count.
func (r *Request) guesses() (*linkGuess, error) {
	g, err := linkGuesses.Get(r.Tx, r.Person.ID)
	if errors.Is(err, ErrNotFound) {
		return &linkGuess{Person: r.Person.ID}, nil
	} else if err != nil {
		return nil, err
	}
	g.At = slices.DeleteFunc(g.At, func(at time.Time) bool { return !r.Now.Before(at.Add(guessTime)) })
	return g, nil
}

// wrongCode counts a wrong code and says so. It is no fault: what a fault writes is undone.
func (r *Request) wrongCode(g *linkGuess) ([]Reply, error) {
	g.At = append(g.At, r.Now)
	if err := linkGuesses.Put(r.Tx, g); err != nil {
		return nil, err
	}
	left := mostGuesses - len(g.At)
	return []Reply{{To: Asker, Card: func(v say.Voice) Card {
		return Card{
			Text: say.T("Dieser Code gilt nicht: falsch, benutzt oder abgelaufen. Nichts verbunden. Noch {n} {n:Versuch|Versuche} in dieser Stunde.",
				"This code is not valid: wrong, used or expired. Nothing linked. {n} {n:try|tries} left this hour.").In(v, "n", left),
			Tone: ToneFault, Preview: textPreviewAnswer.In(v),
		}
	}}}, nil
}

// linkQuestion is the question that was answered, when the person was asked it and nobody has answered yet.
func (r *Request) linkQuestion() (*linking, error) {
	l, err := linkings.Get(r.Tx, Serial(r.Ref("ref")))
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && l.Asked.Key() != r.Message.From.Key():
		return nil, fault(Denied, say.T("Diese Frage ist nicht für {Sie|dich}. Nichts geändert.", "This question is not for you. Nothing changed."))
	case err != nil:
		return nil, err
	case l.State != linkOpen:
		return nil, fault(Conflict, say.T("Das ist schon beantwortet. Nichts geändert.", "This is answered already. Nothing changed."))
	}
	return l, nil
}

// endLink notes what became of the question and shows it on its card.
func (r *Request) endLink(l *linking, state linkingState) error {
	l.State = state
	if err := linkings.Put(r.Tx, l); err != nil {
		return err
	}
	return refresh(r, l.Ref())
}

func runLinkNo(_ context.Context, r *Request) ([]Reply, error) {
	l, err := r.linkQuestion()
	if err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Gut, nichts verbunden.", "Fine, nothing linked."))}, r.endLink(l, linkNo)
}

// runLinkYes joins the two, if all is still as it was when the question was asked.
func runLinkYes(_ context.Context, r *Request) ([]Reply, error) {
	l, err := r.linkQuestion()
	if err != nil {
		return nil, err
	}
	other, err := r.linkedWith(l)
	if err != nil {
		return nil, err
	}
	if other == nil {
		return []Reply{answer(say.T("Das passt nicht mehr zusammen. Nichts verbunden; mit dem Befehl „verbinden“ geht es neu.",
			"This no longer fits. Nothing linked; the command “link” begins anew."))}, r.endLink(l, linkVoid)
	}
	there := l.Other
	if all := other.known(); there.ID == "" && len(all) > 0 {
		there = all[0]
	}
	if r.Person, err = r.unite(r.Person, other, l.How); err != nil {
		return nil, err
	}
	text := say.T("Verbunden. Ich kenne {Sie|dich} jetzt auf: {platforms}.", "Linked. I now know you on: {platforms}.")
	replies := []Reply{{To: Asker, Card: func(v say.Voice) Card {
		return Card{Text: text.In(v, "platforms", r.Person.placesText(v)), Preview: textPreviewAnswer.In(v)}
	}}}
	if there.ID != "" {
		return append(replies, r.linkNews(there, l.Asked)), r.endLink(l, linkYes)
	}
	news, err := r.tellAdmins(l.Asked)
	if err != nil {
		return nil, err
	}
	return append(replies, news...), r.endLink(l, linkYes)
}

// tellAdmins tells the administrators that an account is a person of the configuration now who had none: nobody else
// could notice.
func (r *Request) tellAdmins(here Identity) ([]Reply, error) {
	admins, err := r.books.holders(Admin)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	for _, admin := range admins {
		if admin.ID == r.Person.ID {
			continue
		}
		replies = append(replies, Reply{To: Somebody, Person: admin, Card: func(v say.Voice) Card {
			return Card{
				Text: say.T("{name} auf {platform} ist jetzt {person} aus der Konfiguration, nach der E-Mail-Adresse und mit allen Rechten. {Prüfen Sie|Prüf} das bitte.",
					"{name} on {platform} is now {person} of the configuration, by the mail address and with all rights. Please check that.").
					In(v, "name", whoIs(here, r.Person), "platform", platform(here.Adapter), "person", r.Person.Called()),
				Preview: say.T("Bitte ein Konto prüfen", "Please check an account").In(v),
			}
		}})
	}
	return replies, nil
}

// linkedWith is who the question is about; nil when what it asked has changed since: the address, whose it is, the time.
func (r *Request) linkedWith(l *linking) (*Person, error) {
	other, err := r.books.person(l.With)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case !l.Until.IsZero() && !r.Now.Before(l.Until), !r.bot.linkable(r.Message.From), r.bot.refuseUnion(r.Person, other) != nil:
		return nil, nil //nolint:nilerr // why it no longer fits makes no difference
	}
	if l.How != byMail {
		return other, nil
	}
	address := foldMail(r.Message.From.Email)
	if address == "" || address != foldMail(l.Asked.Email) || !r.bot.own(r.Message.From) {
		return nil, nil
	}
	others, err := r.books.sharing(address, r.Person)
	if err != nil || len(others) != 1 || others[0].ID != other.ID {
		return nil, err
	}
	return other, nil
}

// linkNews tells the person on the platform where they did not answer that their accounts are one now, with a way back.
func (r *Request) linkNews(there, here Identity) Reply {
	return Reply{To: Somebody, Person: r.Person, On: &there, Card: func(v say.Voice) Card {
		unlink := r.bot.commands.byName["person.unlink"]
		card := Card{
			Text: say.T("{Ihr|Dein} Konto hier ist jetzt mit {name} auf {platform} verbunden. {Waren Sie|Warst du} das nicht, {trennen Sie|trenn} es bitte gleich.",
				"Your account here is now linked with {name} on {platform}. If that was not you, please unlink it at once.").
				In(v, "name", whoIs(here, r.Person), "platform", platform(here.Adapter)),
			Preview: say.T("Zwei Konten sind jetzt verbunden", "Two accounts are linked now").In(v),
		}
		apart := here
		if r.bot.members[here.Key()] != nil {
			apart = there
		}
		if r.bot.members[apart.Key()] == nil {
			card.Buttons = []Button{{Label: say.T("Trennen", "Unlink").In(v), Do: unlink.do(apart.Adapter), Danger: true}}
		}
		return card
	}}
}

// whoIs is what an identity is called: as its platform says, else as the person.
func whoIs(i Identity, p *Person) string {
	if i.Name != "" {
		return i.Name
	}
	return p.Called()
}

// viewLink is the question, and what became of it.
func viewLink(k *books, ref string, _ *Person, v say.Voice) (Card, error) {
	_, n, _ := parseRef(ref)
	l, err := linkings.Get(k.r, Serial(n))
	if err != nil {
		return Card{}, err
	}
	switch l.State {
	case linkYes:
		return Card{Text: say.T("Verbunden.", "Linked.").In(v), Tone: ToneDone, Preview: textPreviewAnswer.In(v)}, nil
	case linkNo, linkVoid:
		return Card{Text: say.T("Nichts verbunden.", "Nothing linked.").In(v), Tone: ToneDone, Preview: textPreviewAnswer.In(v)}, nil
	}
	other, err := k.person(l.With)
	if err != nil {
		return Card{}, err
	}
	there := l.Other
	if all := other.known(); there.ID == "" && len(all) > 0 {
		there = all[0]
	}
	title, text := say.T("{Sind Sie|Bist du} {name} auf {platform}?", "Are you {name} on {platform}?"), say.T("Dort steht dieselbe E-Mail-Adresse.", "The mail address there is the same.")
	if there.ID == "" {
		title = say.T("{Sind Sie|Bist du} {name}?", "Are you {name}?")
		text = say.T("In der Konfiguration steht dieselbe E-Mail-Adresse.", "The mail address in the configuration is the same.")
	}
	if l.How == byCode {
		text = say.T("Der Code kommt von diesem Konto. Ist das nicht {Ihr|dein} Konto, {drücken Sie|drück} Nein.", "The code comes from this account. If that is not your account, press No.")
	}
	yes, no := k.bot.commands.byName["link.yes"], k.bot.commands.byName["link.no"]
	return Card{
		Title: title.In(v, "name", whoIs(there, other), "platform", platform(there.Adapter)),
		Text: say.T("{why} Verbunden gelten beide Konten als eine Person, mit allen Themen, Freigaben und Rechten.",
			"{why} Linked, both accounts count as one person, with all topics, approvals and rights.").In(v, "why", text),
		Buttons: []Button{
			{Label: yes.Label.In(v), Do: yes.do(l.Ref()), Primary: true},
			{Label: no.Label.In(v), Do: no.do(l.Ref())},
		},
		Preview: say.T("Eine Frage zu {Ihrem|deinem} Konto", "A question about your account").In(v),
	}, nil
}

// runUnlink takes an identity off the person.
func runUnlink(_ context.Context, r *Request) ([]Reply, error) {
	i, err := r.unlinked()
	if err != nil {
		return nil, err
	}
	p, here := r.Person, r.Message.From
	if err := r.part(p, i); err != nil {
		return nil, err
	}
	if r.Person, err = r.books.who(here); err != nil {
		return nil, err
	}
	replies := []Reply{answer(say.T("Getrennt: Das Konto auf {platform} steht wieder für sich, mit dem, was es vorher war.",
		"Unlinked: the account on {platform} is on its own again, as it was before."), "platform", platform(i.Adapter))}
	there, who := i, (*Person)(nil)
	if i.Key() == here.Key() {
		if rest := p.known(); len(rest) > 0 {
			there, who = rest[0], p
		}
	} else if who, err = r.books.who(i); err != nil {
		return nil, err
	}
	if who == nil {
		return replies, nil
	}
	return append(replies, Reply{To: Somebody, Person: who, On: &there, Card: func(v say.Voice) Card {
		return Card{
			Text: say.T("{Ihr|Dein} Konto hier ist nicht mehr mit dem auf {platform} verbunden.", "Your account here is no longer linked with the one on {platform}.").
				In(v, "platform", platform(otherOf(there, here, i).Adapter)),
			Preview: say.T("Ein Konto wurde getrennt", "An account was unlinked").In(v),
		}
	}}), nil
}

// otherOf is the account that a reader is told of: the one that was taken off, or the one that took it off.
func otherOf(there, here, off Identity) Identity {
	if there.Key() == off.Key() {
		return here
	}
	return off
}

// unlinked is the identity that the command means.
func (r *Request) unlinked() (Identity, error) {
	p, name := r.Person, foldVerb(r.Text("platform"))
	var can []Identity
	for _, i := range p.Identities {
		if r.bot.members[i.Key()] == nil {
			can = append(can, i)
		}
	}
	is := func(i Identity) bool {
		t := platform(i.Adapter)
		return name == foldVerb(i.Adapter) || name == foldVerb(t.In(say.Voice{Language: say.German})) || name == foldVerb(t.In(say.Voice{Language: say.English}))
	}
	named := slices.DeleteFunc(slices.Clone(p.known()), func(i Identity) bool { return name != "" && !is(i) })
	if name != "" && len(named) == 0 {
		return Identity{}, &Error{
			Code: Invalid, Field: "platform", Text: say.T("Auf „{text}“ kenne ich {Sie|dich} nicht. Bekannt: {known}. Nichts geändert.", "I don't know you on “{text}”. Known: {known}. Nothing changed."),
			Args: []any{"text", shorten(r.Text("platform"), 30), "known", p.placesText(r.Voice)},
		}
	}
	if len(p.known()) < 2 {
		return Identity{}, fault(Conflict, say.T("Das ist {Ihr|dein} einziges Konto. Nichts geändert.", "This is your only account. Nothing changed."))
	}
	meant := slices.DeleteFunc(can, func(i Identity) bool { return name != "" && !is(i) })
	switch len(meant) {
	case 0:
		return Identity{}, fault(Conflict, say.T("Diese Verbindung steht in der Konfiguration; die ändert nur die Verwaltung. Nichts geändert.",
			"This link is in the configuration; only the administrators change that. Nothing changed."))
	case 1:
		return meant[0], nil
	}
	return Identity{}, &Error{
		Code: Invalid, Field: "platform", Text: say.T("Welches Konto? Nichts geändert.", "Which account? Nothing changed."),
		Buttons: func(v say.Voice) []Button {
			var buttons []Button
			for _, i := range meant {
				buttons = append(buttons, Button{Label: platform(i.Adapter).In(v), Do: r.bot.commands.byName["person.unlink"].do(i.Adapter)})
			}
			return buttons
		},
	}
}

// accountsText says on which platforms the person is known and, where there are several, how each came to them.
func (r *Request) accountsText(v say.Voice) string {
	all := r.Person.known()
	var parts []string
	for _, i := range all {
		text := platform(i.Adapter).In(v)
		l, linked := r.Person.Links[i.Key()]
		how := say.Text{}
		switch {
		case r.bot.members[i.Key()] != nil && len(all) > 1:
			how = say.T(" (Konfiguration)", " (configuration)")
		case linked && l.How == byMail:
			how = say.T(" (E-Mail-Adresse, {when})", " (mail address, {when})").With("when", sayTime(r.Person, l.At, r.Now))
		case linked && l.How == byCode:
			how = say.T(" (Code, {when})", " (code, {when})").With("when", sayTime(r.Person, l.At, r.Now))
		}
		parts = append(parts, text+how.In(v))
	}
	return strings.Join(parts, ", ")
}
