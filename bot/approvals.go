package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// Approval is the question to PR whether one exact text may cross. Silence is never consent.
type Approval struct {
	ID       uint64 `json:"id"`
	Crossing string `json:"crossing"`
	// Edit marks the question about a changed text whose earlier form has crossed.
	Edit bool `json:"edit,omitempty"`
	// Body is the exact text that was asked about, Hash its fingerprint: another text needs another answer. The text is
	// forgotten when the question is void.
	Body markup.Doc `json:"body,omitzero"`
	// Files belong to the text, and to its fingerprint.
	Files []File `json:"files,omitempty"`
	Hash  string `json:"hash"`
	Hits  []Hit  `json:"hits,omitempty"`
	// Misfit is set when somebody said that the hits do not fit.
	Misfit bool `json:"misfit,omitempty"`
	// Blind is set when the register could not be read. Once it can be, and says nothing against the text, its writer decides.
	Blind bool      `json:"blind,omitempty"`
	Since time.Time `json:"since"`
	// Asked are the people who were asked so far, the first first.
	Asked []string      `json:"asked,omitempty"`
	State ApprovalState `json:"state"`
	By    string        `json:"by,omitempty"`
	At    time.Time     `json:"at,omitzero"`
	// Question is what the decider asked back, or why they refused.
	Question string `json:"question,omitempty"`
}

// ApprovalState is how far an approval is.
type ApprovalState string

// The states of an approval.
const (
	Open     ApprovalState = "open"
	Going    ApprovalState = "going"   // released, can be undone for ten seconds
	Doubted  ApprovalState = "doubted" // released late: the writer is asked whether it still holds
	Released ApprovalState = "released"
	Refused  ApprovalState = "refused"
	Void     ApprovalState = "void" // the text was changed, deleted or withdrawn
)

const (
	// undoTime is how long a release can be undone.
	undoTime = 10 * time.Second
	// deputyAfter is how long the next person in the row is waited for.
	deputyAfter = time.Hour
	// doubtAfter is from when on the writer is asked whether a released message is still wanted.
	doubtAfter = 4 * time.Hour
)

var approvals = &Kind[Approval]{
	Name: "approval", Version: 1,
	Key: func(a *Approval) string { return Serial(a.ID) },
	Indexes: []Index[Approval]{
		{"open", func(a *Approval) []string {
			if a.State != Open {
				return nil
			}
			return []string{Serial(a.ID)}
		}},
		{"texts", questionsOf},
	},
}

// Ref is the reference as people read it.
func (a *Approval) Ref() string { return formatRef("A", a.ID) }

// textHash is the hash of a text and its files that an approval is bound to.
func textHash(body markup.Doc, files ...File) string {
	text := markup.Plain(body)
	for _, f := range files {
		text += Compose("\x00", f.Name, f.ID, f.URL, Serial(uint64(max(f.Size, 0))))
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
}

// stops reports whether one of the hits holds a text.
func (b *Bot) stops(hits []Hit) bool {
	g := b.guards.newest.Load()
	return g != nil && g.stops(hits)
}

func (g *guard) stops(hits []Hit) bool {
	return slices.ContainsFunc(hits, func(h Hit) bool { f := g.flags[h.Flag]; return f != nil && f.holds() })
}

// hold keeps a crossing back and asks PR at once.
func (r *Request) hold(c *Crossing, in relay) ([]Reply, error) {
	if c.Edit != nil {
		// A change of it waits already: one question is enough, and it is about the newest text.
		if err := r.void(c.Approval); err != nil {
			return nil, err
		}
		c.Body, c.Files, c.Edit, c.EditFiles = *c.Edit, c.EditFiles, nil, nil
		if newer := in; !in.blind {
			newer.files = c.Files
			newer.look(r, c.Body)
			if r.bot.stops(newer.hits) {
				in = newer
			}
		}
	}
	c.State = Held
	if err := r.mark(c); err != nil {
		return nil, err
	}
	in.files = c.Files
	a, replies, err := r.request(c, c.Body, in, false)
	if err != nil {
		return nil, err
	}
	c.Approval = a.ID
	return replies, crossings.Put(r.Tx, c)
}

// holdEdit keeps a changed text back; the copies stay as they were.
func (r *Request) holdEdit(c *Crossing, body markup.Doc, in relay) ([]Reply, error) {
	if err := r.void(c.Approval); err != nil {
		return nil, err
	}
	c.Edit, c.EditFiles = &body, in.files
	a, replies, err := r.request(c, body, in, true)
	if err != nil {
		return nil, err
	}
	c.Approval = a.ID
	return replies, crossings.Put(r.Tx, c)
}

// changeHeld replaces the text of a held message: the question is void, the new text is asked anew, and goes if nothing
// speaks against it.
func (r *Request) changeHeld(c *Crossing, body markup.Doc, in relay) ([]Reply, error) {
	if err := r.void(c.Approval); err != nil {
		return nil, err
	}
	c.Body, c.Files, c.Approval = body, in.files, 0
	if in.blind || r.bot.stops(in.hits) {
		return r.hold(c, in)
	}
	replies := []Reply{answer(say.T("Gesendet, in der neuen Fassung.", "Sent, in its new form."))}
	return append(replies, r.wordings(in.hits, say.T("Unsere Formulierung:", "Our wording:"))...), r.cross(c)
}

// request stores the question, asks who must decide and tells the writer.
func (r *Request) request(c *Crossing, body markup.Doc, in relay, edit bool) (*Approval, []Reply, error) {
	n, err := r.Tx.Number("A")
	if err != nil {
		return nil, nil, err
	}
	a := &Approval{ID: n, Crossing: c.Key, Edit: edit, Body: body, Files: in.files, Hash: textHash(body, in.files...), Hits: in.hits, Blind: in.blind, Since: r.Now, State: Open}
	replies, err := r.askFor(a)
	if err != nil {
		return nil, nil, err
	}
	writer, err := r.books.person(c.Person)
	if err != nil {
		return nil, nil, err
	}
	own := Reply{To: Somebody, Person: writer, View: "held", Ref: a.Ref(), Keep: true}
	if r.Message != nil && r.Person != nil && r.Person.hasID(c.Person) {
		own.To = Asker
	}
	return a, append(replies, own), nil
}

// askFor asks the first who must decide. When that cannot be found out, the question counts as one that the register was
// not asked about: the message is held all the same.
func (r *Request) askFor(a *Approval) (replies []Reply, err error) {
	if !a.Blind {
		err = r.Tx.Attempt(func() (err error) {
			replies, err = r.askNext(a)
			return err
		})
		if err == nil {
			return replies, nil
		}
		r.bot.log.Error("nobody can be asked about a held message", "error", err)
		a.Blind, a.Hits, a.Asked = true, nil, nil
	}
	if err := approvals.Put(r.Tx, a); err != nil {
		return nil, err
	}
	return r.blind()
}

// deciders are the people who may answer, in the order in which they are asked: contact and deputy of each flag, then
// PR and the lead; for a red flag nobody but its contact and deputy. Whoever wrote or sent the text is not among them.
func (r *Request) deciders(a *Approval, writers ...string) ([]*Person, error) {
	var list []*Person
	add := func(p *Person) {
		if p != nil && !slices.ContainsFunc(writers, p.hasID) && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	red := false
	for _, h := range a.Hits {
		f, err := flags.Get(r.Reader, flagKey(h.Flag))
		if err != nil {
			return nil, err
		}
		if red && f.Level != Red {
			continue // the weightiest come first, and a red one leaves no room for others
		}
		red = red || f.Level == Red
		for _, id := range []string{f.Contact, f.Deputy} {
			p, err := r.books.person(id)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return nil, err
			}
			add(p)
		}
	}
	for _, role := range []Roles{PR, Lead} {
		if red {
			break
		}
		holders, err := r.books.holders(role)
		if err != nil {
			return nil, err
		}
		for _, p := range holders {
			add(p)
		}
	}
	return list, nil
}

// askNext asks the next person who has a chat, and sets the time after which the one behind them is asked.
func (r *Request) askNext(a *Approval) ([]Reply, error) {
	c, err := r.books.crossing(a.Crossing)
	if err != nil {
		return nil, err
	}
	var writers []string
	if c != nil {
		writers = []string{c.Person, c.By}
	} else if r.Person != nil {
		writers = []string{r.Person.ID}
	}
	list, err := r.deciders(a, writers...)
	if err != nil {
		return nil, err
	}
	if list, err = r.books.presentFirst(list); err != nil {
		return nil, err
	}
	for _, p := range list {
		if _, ok := p.Direct(); !ok || slices.ContainsFunc(a.Asked, p.hasID) {
			continue
		}
		a.Asked = append(a.Asked, p.ID)
		if lifts, err := r.books.lifts(a); err != nil || lifts != nil {
			return []Reply{{To: Somebody, Person: p, View: "approval", Ref: a.Ref()}}, cmp.Or(err, approvals.Put(r.Tx, a))
		}
		if err := r.setTimer("approval.next", a.Ref(), r.Now.Add(deputyAfter)); err != nil {
			return nil, err
		}
		return []Reply{{To: Somebody, Person: p, View: "approval", Ref: a.Ref()}}, approvals.Put(r.Tx, a)
	}
	return nil, approvals.Put(r.Tx, a)
}

// lifts is the embargo after which a message goes by itself, because nothing else holds it; nil for none.
func (k *books) lifts(a *Approval) (last *Flag, err error) {
	for _, h := range a.Hits {
		f, err := k.flag(h.Flag)
		switch {
		case err != nil:
			return nil, err
		case f.Level == Embargo && (last == nil || f.ends(k.bot.zone).After(last.ends(k.bot.zone))):
			last = f
		case f.holds() && f.Level != Embargo:
			return nil, nil
		}
	}
	return last, nil
}

// jobNext asks the deputy, then the lead, when an hour went by without an answer.
func jobNext(_ context.Context, r *Request, ref string) ([]Reply, error) {
	a, err := r.approval(ref)
	if err != nil || a.State != Open {
		return nil, err
	}
	replies, err := r.askNext(a)
	if err != nil {
		return nil, err
	}
	return replies, refresh(r, ref)
}

// approval reads an approval by its reference.
func (r *Request) approval(ref string) (*Approval, error) {
	_, n, _ := parseRef(ref)
	return approvals.Get(r.Reader, Serial(n))
}

// void ends a question whose text is no more.
func (r *Request) void(n uint64) error {
	if n == 0 {
		return nil
	}
	a, err := approvals.Get(r.Tx, Serial(n))
	if err != nil || a.State != Open && a.State != Going && a.State != Doubted {
		return err
	}
	a.State, a.At, a.Body, a.Files = Void, r.Now, markup.Doc{}, nil
	if err := approvals.Put(r.Tx, a); err != nil {
		return err
	}
	for _, name := range []string{"approval.next", "approval.go"} {
		if err := r.stopTimer(name, a.Ref()); err != nil {
			return err
		}
	}
	return refresh(r, a.Ref())
}

// dropHeld ends what waits for a message that is gone.
func (r *Request) dropHeld(c *Crossing) ([]Reply, error) { return nil, r.void(c.Approval) }
