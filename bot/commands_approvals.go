package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// approvalCommands decide on held messages.
func approvalCommands() []Command {
	ref := Arg{Name: "ref", Kind: ArgRef, On: "A", Free: true, Required: true, Label: say.T("Freigabe", "Approval")}
	return []Command{
		{
			Name: "approval.show", DE: []string{"zeig", "zeige"}, EN: []string{"show"}, On: "A", Roles: PR | Lead, Args: []Arg{ref},
			Label: say.T("Lesen", "Read"), Help: say.T("Eine Freigabe mit dem ganzen Text zeigen.", "Show an approval with its full text."),
			Example: say.T("A-9", "A-9"), Run: runShowApproval,
		},
		{
			Name: "approval.release", DE: []string{"freigeben"}, EN: []string{"approve"}, On: "A", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Senden", "Send"), Help: say.T("Eine angehaltene Nachricht freigeben.", "Release a held message."),
			Example: say.T("freigeben A-9", "approve A-9"), Run: runRelease,
		},
		{
			Name: "approval.refuse", DE: []string{"ablehnen"}, EN: []string{"reject", "decline"}, On: "A", Roles: Everyone,
			Args: []Arg{ref, {
				Name: "reason", Kind: ArgText, DE: "grund", EN: "reason", Free: true, Required: true, Max: 1000,
				Label: say.T("Warum nicht?", "Why not?"), Hint: say.T("Das liest, wer geschrieben hat.", "The writer reads this."),
			}},
			Label: say.T("Nicht senden", "Don't send"), Help: say.T("Eine angehaltene Nachricht nicht senden.", "Don't send a held message."),
			Example: say.T("ablehnen A-9 Bitte erst nach Donnerstag.", "reject A-9 Not before Thursday, please."), Run: runRefuse,
		},
		{
			Name: "approval.ask", DE: []string{"rückfrage"}, EN: []string{"ask back"}, On: "A", Roles: Everyone,
			Args: []Arg{ref, {
				Name: "question", Kind: ArgText, DE: "frage", EN: "question", Free: true, Required: true, Max: 1000,
				Label: say.T("Was möchten Sie wissen?", "What would you like to know?"),
			}},
			Label: say.T("Rückfrage", "Ask back"), Help: say.T("Beim Verfasser nachfragen.", "Ask the writer back."),
			Example: say.T("rückfrage A-9 Meinst du alle Pumpen?", "ask back A-9 Do you mean all pumps?"), Run: runAskBack,
		},
		{
			Name: "approval.undo", DE: []string{"rückgängig"}, EN: []string{"undo"}, On: "A", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Rückgängig", "Undo"), Help: say.T("Eine Freigabe zurücknehmen, zehn Sekunden lang.", "Take back a release, for ten seconds."),
			Example: say.T("rückgängig A-9", "undo A-9"), Run: runUndoRelease,
		},
		{
			Name: "approval.confirm", Roles: Everyone, Args: []Arg{ref}, Label: say.T("Ja, senden", "Yes, send"), Run: runConfirm,
		},
		{
			Name: "approval.change", DE: []string{"ändern", "ändere"}, EN: []string{"edit", "change"}, On: "A", Roles: Everyone,
			Args:  []Arg{ref, {Name: "text", Kind: ArgText, Free: true, Required: true, Label: say.T("Neuer Text", "New text")}},
			Label: say.T("Ändern", "Change"), Help: say.T("{Ihre|Deine} angehaltene Nachricht ändern.", "Change your held message."),
			Example: say.T("ändern A-9 Ab Januar gibt es Neues.", "change A-9 There will be news in January."), Now: heldNow, Look: lookChange, Run: runChangeHeld,
		},
		{
			Name: "approval.misfit", DE: []string{"passt nicht"}, EN: []string{"does not fit"}, On: "A", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Passt nicht", "Doesn't fit"), Help: say.T("Sagen, dass ein Treffer des Registers nicht passt.", "Say that a hit of the register doesn't fit."),
			Example: say.T("passt nicht A-9", "does not fit A-9"), Run: runMisfit,
		},
		{
			Name: "approval.withdraw", DE: []string{"zurückziehen"}, EN: []string{"withdraw"}, On: "A", Roles: Everyone, Args: []Arg{ref},
			Label: say.T("Zurückziehen", "Withdraw"), Help: say.T("{Ihre|Deine} angehaltene Nachricht zurückziehen.", "Withdraw your held message."),
			Example: say.T("zurückziehen A-9", "withdraw A-9"), Run: runWithdrawHeld,
		},
	}
}

var textOwnApproval = say.T("Darüber entscheidet jemand anderes: Es ist {Ihr|dein} eigener Text. Nichts geändert.", "Somebody else decides this: it is your own text. Nothing changed.")

var textNoApproval = say.T("Eine Freigabe {ref} wartet hier nicht. Nichts geändert.", "There is no approval {ref} here. Nothing changed.")

// asked is the named approval with its message, when the person may decide on it. Whoever has nothing to do with
// it learns nothing of it.
func (r *Request) asked() (*Approval, *Crossing, error) {
	a, c, err := r.held()
	if err != nil {
		return nil, nil, err
	}
	may, err := r.deciders(a, c.Person, c.By)
	if err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(may, func(p *Person) bool { return p.ID == r.Person.ID }) {
		return nil, nil, r.notYours(may, c.Person)
	}
	return a, c, nil
}

// notYours says who decides; nobody decides on their own text.
func (r *Request) notYours(may []*Person, writer string) error {
	switch {
	case r.Person.hasID(writer):
		return fault(Denied, textOwnApproval)
	case len(may) == 0:
		return fault(Denied, say.T("Darüber kann gerade niemand entscheiden. Nichts geändert.", "Nobody can decide this right now. Nothing changed."))
	}
	return fault(Denied, textDenied, "who", may[0].First())
}

// held is the named approval with its message.
func (r *Request) held() (*Approval, *Crossing, error) {
	a, err := r.approval(r.Text("ref"))
	if errors.Is(err, ErrNotFound) {
		return nil, nil, fault(NotFound, textNoApproval, "ref", r.Text("ref"))
	} else if err != nil {
		return nil, nil, err
	}
	c, err := r.books.crossing(a.Crossing)
	if err == nil && c == nil {
		err = fault(NotFound, textNoApproval, "ref", a.Ref())
	}
	return a, c, err
}

// own is the named approval with its message, when the person wrote it and it still waits.
func (r *Request) own() (*Approval, *Crossing, error) {
	a, c, err := r.held()
	switch {
	case err != nil:
		return nil, nil, err
	case !r.Person.hasID(c.Person):
		return nil, nil, fault(NotFound, textNoApproval, "ref", a.Ref())
	case a.State != Open && a.State != Doubted:
		return nil, nil, r.decided(a)
	}
	return a, c, nil
}

// decided says what became of an approval.
func (r *Request) decided(a *Approval) error {
	by, err := r.books.name(a.By)
	if err != nil {
		return err
	}
	state := say.T("erledigt", "settled")
	switch {
	case a.By == "":
	case a.State == Going || a.State == Released || a.State == Doubted:
		state = say.T("freigegeben von {who}, {when}", "released by {who}, {when}")
	case a.State == Refused:
		state = say.T("abgelehnt von {who}, {when}", "refused by {who}, {when}")
	}
	return fault(Conflict, say.T("Schon {state}. Nichts geändert.", "Already {state}. Nothing changed."),
		"state", state, "who", by, "when", sayTime(r.Person, a.At, r.Now))
}

func runShowApproval(_ context.Context, r *Request) ([]Reply, error) {
	if _, _, err := r.asked(); err != nil {
		return nil, err
	}
	return []Reply{{To: Asker, View: "approval", Ref: r.Text("ref"), Keep: true}}, nil
}

// decideHeld changes the state of an open approval and rewrites its cards.
func (r *Request) decideHeld(a *Approval, state ApprovalState, question string) error {
	a.State, a.By, a.At, a.Question = state, r.Person.ID, r.Now, question
	if err := r.stopTimer("approval.next", a.Ref()); err != nil {
		return err
	}
	if err := approvals.Put(r.Tx, a); err != nil {
		return err
	}
	return refresh(r, a.Ref())
}

// runRelease lets a message go, ten seconds from now; a text that has changed since is not covered.
func runRelease(_ context.Context, r *Request) ([]Reply, error) {
	a, c, err := r.asked()
	switch {
	case err != nil:
		return nil, err
	case a.State != Open:
		return nil, r.decided(a)
	case a.Blind:
		return nil, fault(Conflict, say.T("Das Register ist gerade nicht lesbar. Nichts gesendet.", "The register cannot be read right now. Nothing sent."))
	case a.Hash != c.currentHash(a):
		return nil, fault(Conflict, say.T("Der Text ist inzwischen ein anderer. Nichts gesendet.", "The text has changed meanwhile. Nothing sent."))
	}
	if err := r.setTimer("approval.go", a.Ref(), r.Now.Add(undoTime)); err != nil {
		return nil, err
	}
	return nil, r.decideHeld(a, Going, "")
}

// currentHash is that of the text and the files that would go now.
func (c *Crossing) currentHash(a *Approval) string {
	if a.Edit && c.Edit != nil {
		return textHash(*c.Edit, c.EditFiles...)
	}
	return textHash(c.Body, c.Files...)
}

func runUndoRelease(_ context.Context, r *Request) ([]Reply, error) {
	a, _, err := r.asked()
	switch {
	case err != nil:
		return nil, err
	case a.State != Going:
		return nil, r.decided(a)
	}
	if err := r.stopTimer("approval.go", a.Ref()); err != nil {
		return nil, err
	}
	if err := r.setTimer("approval.next", a.Ref(), r.Now.Add(deputyAfter)); err != nil {
		return nil, err
	}
	a.State, a.By, a.At = Open, "", time.Time{}
	if err := approvals.Put(r.Tx, a); err != nil {
		return nil, err
	}
	return nil, refresh(r, a.Ref())
}

// jobGo sends a released message, or first asks its writer when it has waited for long.
func jobGo(_ context.Context, r *Request, ref string) ([]Reply, error) {
	a, err := r.approval(ref)
	if err != nil || a.State != Going {
		return nil, err
	}
	c, err := r.books.crossing(a.Crossing)
	if err != nil || c == nil {
		return nil, err
	}
	if a.At.Sub(a.Since) > doubtAfter {
		a.State = Doubted
		if err := approvals.Put(r.Tx, a); err != nil {
			return nil, err
		}
		return nil, refresh(r, ref)
	}
	return r.letGo(a, c)
}

// letGo makes the copies of a released message, or brings them up to date.
func (r *Request) letGo(a *Approval, c *Crossing) ([]Reply, error) {
	if a.Hash != c.currentHash(a) {
		return nil, r.void(a.ID) // the text is another one by now
	}
	a.State = Released
	if err := approvals.Put(r.Tx, a); err != nil {
		return nil, err
	}
	if err := refresh(r, a.Ref()); err != nil {
		return nil, err
	}
	if a.Edit {
		if c.Edit != nil {
			return nil, r.change(c, *c.Edit, c.EditFiles)
		}
		return nil, r.recopy(c)
	}
	return nil, r.cross(c)
}

func runConfirm(_ context.Context, r *Request) ([]Reply, error) {
	a, c, err := r.own()
	switch {
	case err != nil:
		return nil, err
	case a.State != Doubted:
		return nil, r.decided(a)
	case a.Blind:
		if stopped, replies, err := r.stopped(a, c); err != nil || stopped {
			return replies, err
		}
	}
	return r.letGo(a, c)
}

func runRefuse(_ context.Context, r *Request) ([]Reply, error) {
	a, c, err := r.asked()
	switch {
	case err != nil:
		return nil, err
	case a.State != Open:
		return nil, r.decided(a)
	}
	if err := r.keepHere(c, Stopped); err != nil {
		return nil, err
	}
	return r.tellWriter(c, a, r.Text("reason"), Refused,
		say.T("{who} hat entschieden: Das bleibt hier und wird nicht gesendet.", "{who} decided: this stays here and is not sent."))
}

// keepHere notes that a held message, or a held change of one, does not cross. What was written under the message goes
// on by itself: at the top level, since its root is not to be seen elsewhere.
func (r *Request) keepHere(c *Crossing, state CrossingState) error {
	held := c.State == Held
	if held {
		c.State = state
	}
	c.Edit, c.EditFiles = nil, nil
	if err := crossings.Put(r.Tx, c); err != nil || !held {
		return err
	}
	if err := r.remark(c); err != nil {
		return err
	}
	return r.releaseWaiting(c)
}

func runAskBack(_ context.Context, r *Request) ([]Reply, error) {
	a, c, err := r.asked()
	switch {
	case err != nil:
		return nil, err
	case a.State != Open:
		return nil, r.decided(a)
	}
	return r.tellWriter(c, a, r.Text("question"), Open,
		say.T("{who} fragt nach, bevor {Ihre|deine} Nachricht gesendet wird.", "{who} has a question before your message is sent."))
}

// tellWriter notes an answer and brings it to the writer.
func (r *Request) tellWriter(c *Crossing, a *Approval, words string, state ApprovalState, news say.Text) ([]Reply, error) {
	if state == Open {
		a.Question = words
		if err := approvals.Put(r.Tx, a); err != nil {
			return nil, err
		}
		if err := refresh(r, a.Ref()); err != nil {
			return nil, err
		}
	} else if err := r.decideHeld(a, state, words); err != nil {
		return nil, err
	}
	writer, err := r.books.person(c.Person)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	told, replies := r.tell(writer, func(v say.Voice) Card {
		return Card{
			Title: news.In(v, "who", r.Person.First()), Quote: words, Text: say.T("Es geht um: {text}", "It is about: {text}").In(v, "text", shorten(markup.Plain(a.Body), 80)),
			Preview: say.T("Zu {Ihrer|deiner} Nachricht", "About your message").In(v),
		}
	})
	return append(replies, answer(say.T("Erledigt. {told}", "Done. {told}"), "told", told)), nil
}

// heldNow is the held text, for its writer to change.
func heldNow(r *Request) (map[string]string, error) {
	a, _, err := r.own()
	if err != nil {
		return nil, err
	}
	return map[string]string{"text": markup.Markdown(a.Body, r.bot.whom)}, nil
}

// lookChange asks the register about the new text.
func lookChange(_ context.Context, r *Request) error {
	a, c, err := r.own()
	if err != nil {
		return err
	}
	found := changed{body: r.bot.rich(r.Text("text")), in: relay{guard: true, room: r.bot.room(c.Room), files: a.Files}}
	found.in.look(r, found.body)
	r.Found = found
	return nil
}

// changed is what lookChange prepares.
type changed struct {
	body markup.Doc
	in   relay
}

func runChangeHeld(_ context.Context, r *Request) ([]Reply, error) {
	a, c, err := r.own()
	if err != nil {
		return nil, err
	}
	found, ok := r.Found.(changed)
	if !ok {
		return nil, errors.New("nothing was looked up")
	}
	found.in.to = c.To
	if a.Edit {
		if found.in.blind || r.bot.stops(found.in.hits) {
			return r.holdEdit(c, found.body, found.in)
		}
		if err := r.void(a.ID); err != nil {
			return nil, err
		}
		return []Reply{answer(say.T("Gesendet, in der neuen Fassung.", "Sent, in its new form."))}, r.change(c, found.body, found.in.files)
	}
	return r.changeHeld(c, found.body, found.in)
}

func runWithdrawHeld(_ context.Context, r *Request) ([]Reply, error) {
	a, c, err := r.own()
	if err != nil {
		return nil, err
	}
	if err := r.keepHere(c, Withdrawn); err != nil {
		return nil, err
	}
	if err := r.void(a.ID); err != nil {
		return nil, err
	}
	return []Reply{answer(say.T("Zurückgezogen: Es geht nicht über die Leitung.", "Withdrawn: it does not cross the line."))}, nil
}
