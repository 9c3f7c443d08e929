package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
	"unicode/utf8"

	"standleitung/bot/say"
)

// turn is one delivery that was handled, kept for turnLife so that a redelivery has no second effect.
type turn struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Code    Code      `json:"code,omitempty"`
	Outcome Outcome   `json:"outcome,omitzero"`
}

var turns = &Kind[turn]{
	Name: "turn", Version: 1,
	Key:     func(t *turn) string { return t.ID },
	Indexes: []Index[turn]{{"at", func(t *turn) []string { return []string{Stamp(t.At)} }}},
}

// intent is a message after it was read: what it asks for, before the unit of work.
type intent struct {
	req *Request
	// fault is what the gate found wrong, nil for nothing.
	fault *Error
	// draft is the kept text that a button came back to; used up when the command succeeds. 0 for none.
	draft uint64
	// form is to be opened instead of doing anything.
	form *Form
	// run is what to do; nil for a message that asks nothing of the bot.
	run func(context.Context, *Request) ([]Reply, error)
}

// Receive takes a message in: the one door for everything that people do. Parsing, matching and rendering come
// first, then one unit of work claims the turn, runs the handler and stores what is to be said. After it returned
// without error everything is durable; an error means that nothing was stored.
func (b *Bot) Receive(ctx context.Context, m Message) (Outcome, error) {
	began := b.now()
	if m.At.IsZero() {
		m.At = began
	}
	if m.Turn == "" || m.From.ID == "" || m.Place.ID == "" {
		return Outcome{}, errors.New("receive: turn, sender and place are required")
	}
	defer b.order.enter(m.Place.Lane())()

	long := utf8.RuneCountInString(m.Text) > maxText
	m.Text, m.Files = clean(cut(m.Text, maxHeard)), cleanFiles(m.Files)
	if m.Subject != nil {
		about := *m.Subject
		about.Files = cleanFiles(about.Files)
		m.Subject = &about
	}
	var in intent
	err := b.store.View(ctx, func(r Reader) (err error) {
		in, err = b.read(ctx, r, &m, long)
		return err
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("read message: %w", err)
	}
	if in.form != nil {
		return Outcome{Form: in.form}, nil
	}
	if in.run == nil && len(m.Notes) == 0 && len(m.Keep) == 0 {
		return Outcome{}, nil
	}
	outcome, code, err := b.settle(ctx, m.Turn, in, &m)
	if err == nil {
		b.wake()
		b.observe(Observation{What: "turn", Kind: string(m.Kind), Command: commandName(in.req), Code: string(code), Took: b.now().Sub(began)})
	}
	return outcome, err
}

// Do runs something that nobody asked for, such as a job, once for its turn.
func (b *Bot) Do(ctx context.Context, id string, run func(context.Context, *Request) ([]Reply, error)) error {
	began := b.now()
	in := intent{req: &Request{Now: began, Voice: b.voice, bot: b}, run: run}
	_, code, err := b.settle(ctx, id, in, nil)
	if err == nil {
		b.wake()
		b.observe(Observation{What: "turn", Kind: "job", Code: string(code), Took: b.now().Sub(began)})
	}
	return err
}

// settle is the unit of work of a turn; m is nil for what nobody sent.
func (b *Bot) settle(ctx context.Context, id string, in intent, m *Message) (Outcome, Code, error) {
	var outcome Outcome
	var code Code
	err := b.step(ctx, func(tx Tx) error {
		seen, err := turns.Get(tx, id)
		if err == nil {
			outcome, code = seen.Outcome, "seen"
			outcome.Seen = true
			return nil
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		outcome = Outcome{}
		req := *in.req
		req.Tx, req.Reader, req.books = tx, tx, b.open(tx, req.Now)
		if m != nil {
			if err := remember(tx, m); err != nil {
				return err
			}
		}
		code = ""
		if in.run != nil {
			if outcome, code, err = b.handle(ctx, &req, in, id); err != nil {
				return err
			}
		}
		return turns.Put(tx, &turn{ID: id, At: req.Now, Code: code, Outcome: outcome})
	})
	if code == "" {
		code = "ok"
	}
	return outcome, code, err
}

// remember writes what the adapter wants remembered with a message.
func remember(tx Tx, m *Message) error {
	if err := appendNotes(tx, m.Place.Adapter, m.Notes); err != nil {
		return err
	}
	return keepState(tx, m.Place.Adapter, m.Keep)
}

// handle runs the handler and stores what it answers; a fault undoes what it wrote and becomes the answer.
func (b *Bot) handle(ctx context.Context, req *Request, in intent, id string) (Outcome, Code, error) {
	if req.Person != nil {
		who := req.books.who
		if req.Message.Kind == Known {
			who = req.books.introduced
		}
		person, err := who(req.Message.From)
		if err != nil {
			return Outcome{}, "", err
		}
		zone, note := person.In().String(), person.meet
		if req.Message.Kind == Known {
			note = person.learn
		}
		if note(req.Message.From) {
			if err := req.adopt(person, req.Message.From); err != nil {
				return Outcome{}, "", err
			}
			if err := people.Put(req.Tx, person); err != nil {
				return Outcome{}, "", err
			}
		}
		if person.In().String() != zone {
			if err := req.moved(person); err != nil {
				return Outcome{}, "", err
			}
		}
		req.Person = person
	}
	post := poster{turn: id}
	fail := error(nil)
	if in.fault != nil {
		fail = in.fault
	} else {
		fail = req.Tx.Attempt(func() error { return b.logged(req, id, func() error { return b.attempt(ctx, req, in, &post) }) })
	}
	if fail == nil {
		return Outcome{}, "", nil
	}
	code := CodeOf(fail)
	if code == Internal {
		b.log.ErrorContext(ctx, "handler failed", "reference", reference(id), "command", commandName(req), "error", fail)
	}
	if req.Message == nil {
		return Outcome{}, code, nil
	}
	if out, ok := fieldErrors(req, fail); ok {
		return out, code, nil
	}
	post.n = 0
	return Outcome{}, code, post.say(req, Reply{To: Asker, Card: faultCard(fail, reference(id))})
}

// attempt runs the handler and stores its replies. A panic of the handler becomes an error; the panic of a store that
// is broken goes on.
func (b *Bot) attempt(ctx context.Context, req *Request, in intent, post *poster) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	if err := useDraft(req, in.draft); err != nil {
		return err
	}
	replies, err := in.run(ctx, req)
	if err != nil {
		return err
	}
	question, err := req.askWhoElse()
	if err != nil {
		return err
	}
	for _, reply := range slices.Concat(replies, req.also, question) {
		if err := post.say(req, reply); err != nil {
			return err
		}
	}
	return nil
}

// read understands a message: who it is from, which command it holds, whether that may run.
func (b *Bot) read(ctx context.Context, r Reader, m *Message, long bool) (intent, error) {
	now := b.now()
	k := b.open(r, now)
	var err error
	if m.From, err = k.proven(m.From); err != nil {
		return intent{}, err
	}
	if m.Kind == Known {
		return b.known(k, m)
	}
	if m.Kind.change() && m.Place.Direct {
		if sent, err := k.sentFrom(m); err != nil || !sent {
			return intent{req: &Request{Reader: r, Now: now, Message: m, bot: b, books: k}}, err // what was done is done
		}
	}
	if m.Kind == Joined || m.Kind == Left {
		return b.moved(k, m), nil
	}
	if m.Kind.change() || m.Kind == Said && !m.Place.Direct && !m.Addressed {
		return b.overhear(k, m)
	}
	person, err := k.who(m.From)
	if err != nil {
		return intent{}, err
	}
	req := &Request{Reader: r, Now: now, Person: person, Voice: person.Speaks(), Message: m, bot: b, books: k}
	in := intent{req: req}
	if long {
		in.run, in.fault = nothing, fault(Invalid, textTooLong, "max", maxText)
		return in, nil
	}
	if err := b.plan(ctx, &in); err != nil {
		if CodeOf(err) == Internal {
			return intent{}, err
		}
		in.run, in.form = nothing, nil
		errors.As(err, &in.fault)
	}
	return in, nil
}

// sentFrom reports whether something changed that was sent over a line from a direct conversation: its copies follow it.
func (k *books) sentFrom(m *Message) (bool, error) {
	if m.Kind == Reacted {
		return false, nil
	}
	c, err := k.crossing(crossingKey(m.Place, m.ID))
	return c != nil && c.State != Stub, err
}

// plan finds the command of the message and passes it through the gate.
func (b *Bot) plan(ctx context.Context, in *intent) error {
	req, m := in.req, in.req.Message
	var p parsed
	switch m.Kind {
	case Opened:
		in.run = runGreet
		return nil
	case Said:
		if p = b.commands.parse(m.Text); p.row == nil {
			var sent bool
			if p, sent = b.mentioned(req, p); !sent {
				in.run = b.notUnderstood(p)
				return nil
			}
		}
	case Pressed, Submitted:
		if m.Subject != nil {
			var err error
			if p, err = b.shortcut(req); err != nil {
				return err
			}
			break
		}
		var err error
		if p, in.draft, err = b.pressed(req, clean(m.Do)); err != nil {
			return err
		}
	default:
		return fmt.Errorf("message of unknown kind %q", m.Kind)
	}
	return b.gate(ctx, in, p)
}

// gate is the one place that decides whether a command may run: role first, then arguments.
func (b *Bot) gate(ctx context.Context, in *intent, p parsed) error {
	req := in.req
	req.Command, req.args, req.themes = p.row, p.args, p.themes
	if p.row.Private && req.Message.Kind == Said && !req.Message.Place.Direct {
		return &Error{Code: Denied, Text: textPrivate, Buttons: func(v say.Voice) []Button {
			return []Button{{Label: p.row.Label.In(v), Do: p.row.do(p.refs()...), Primary: true}}
		}}
	}
	if !req.Person.Is(p.row.Roles) {
		return b.denied(req)
	}
	if req.Message.Kind == Submitted {
		for i := range p.row.Args {
			if v := clean(req.Message.Fields[p.row.Args[i].Name]); v != "" {
				req.args[p.row.Args[i].Name] = v
			}
		}
	}
	if p.surplus != "" {
		return fault(Invalid, textSurplus, "text", shorten(p.surplus, 40), "example", p.row.Example)
	}
	missing := p.row.missing(req.args)
	if (missing != nil || p.ask || p.row.Form && req.bare()) && req.Message.Kind != Submitted {
		in.form = p.row.form(req)
		return req.prefill(in.form)
	}
	if missing != nil {
		return &Error{Code: Invalid, Text: textMissing, Args: []any{"what", missing.Label}, Field: missing.Name}
	}
	for i := range p.row.Args {
		if err := p.row.Args[i].check(req.args[p.row.Args[i].Name]); err != nil {
			return err
		}
	}
	if p.row.Look != nil {
		if err := p.row.Look(ctx, req); err != nil {
			return err
		}
	}
	in.run = p.row.Run
	return nil
}

func (c *Command) missing(args map[string]string) *Arg {
	for i := range c.Args {
		if c.Args[i].Required && args[c.Args[i].Name] == "" {
			return &c.Args[i]
		}
	}
	return nil
}

// bare reports whether nothing but references was given.
func (r *Request) bare() bool {
	for _, a := range r.Command.Args {
		if a.Kind != ArgRef && r.Has(a.Name) {
			return false
		}
	}
	return len(r.themes) == 0
}

// check refuses a value that no handler could use.
func (a *Arg) check(value string) error {
	most := a.Max
	if most == 0 {
		most = maxText
	}
	if n := utf8.RuneCountInString(value); n > most {
		return &Error{Code: Invalid, Field: a.Name, Text: textFieldLong, Args: []any{"what", a.Label, "n", n, "max", most}}
	}
	if a.Kind != ArgRef || value == "" {
		return nil
	}
	if prefix, _, ok := parseRef(value); !ok || prefix != a.On {
		return &Error{
			Code: Invalid, Field: a.Name, Text: textNoRef,
			Args: []any{"text", shorten(value, 20), "example", formatRef(a.On, 12)},
		}
	}
	return nil
}

// denied says who may, and changes nothing.
func (b *Bot) denied(req *Request) error {
	if req.Person.roles == 0 {
		return fault(Denied, textGuest)
	}
	may, err := req.books.holders(req.Command.Roles)
	if err != nil {
		return err
	}
	if len(may) == 0 {
		return fault(Denied, textDenied, "who", req.Command.Roles.text())
	}
	var names []string
	for _, p := range may {
		names = append(names, p.First())
	}
	return fault(Denied, textDenied, "who", say.Either(names...))
}

// form makes the dialog of a command from its row. What was given already is filled in; references are carried in Do.
func (c *Command) form(req *Request) *Form {
	f := &Form{Title: c.Label.In(req.Voice), Submit: c.Label.In(req.Voice), Cancel: textCancel.In(req.Voice)}
	carried := []string{}
	for _, a := range c.Args {
		value := req.args[a.Name]
		if a.Kind == ArgRef && a.Free && value != "" {
			carried = append(carried, value)
			f.Title += " " + value
			continue
		}
		if a.Carried {
			if value != "" {
				carried = append(carried, a.EN+":"+value)
			}
			continue
		}
		field := Field{Name: a.Name, Label: a.Label.In(req.Voice), Hint: a.Hint.In(req.Voice), Required: a.Required, Value: value, Max: a.Max}
		switch a.Kind {
		case ArgText:
			field.Kind = FieldText
		case ArgDate:
			field.Kind = FieldDate
		default:
			field.Kind = FieldLine
		}
		f.Fields = append(f.Fields, field)
	}
	for _, theme := range req.themes {
		carried = append(carried, "#"+theme)
	}
	f.Do = c.do(carried...)
	return f
}

// prefill fills a form with what the thing is now, where the command changes one.
func (r *Request) prefill(f *Form) error {
	if r.Command.Now == nil {
		return nil
	}
	for i := range r.Command.Args {
		if a := &r.Command.Args[i]; a.Kind == ArgRef && a.Required && !r.Has(a.Name) {
			return nil // it is not said yet which thing
		}
	}
	now, err := r.Command.Now(r)
	if err != nil {
		return err
	}
	for i := range f.Fields {
		if f.Fields[i].Value == "" {
			f.Fields[i].Value = now[f.Fields[i].Name]
		}
	}
	return nil
}

// fieldErrors shows a fault of a submitted form beside its input.
func fieldErrors(req *Request, err error) (Outcome, bool) {
	var e *Error
	if req.Message.Kind != Submitted || !errors.As(err, &e) || e.Field == "" {
		return Outcome{}, false
	}
	return Outcome{Errors: map[string]string{e.Field: e.Text.In(req.Voice, e.Args...)}}, true
}

// faultCard tells a person what is wrong. Internal faults show a reference and nothing else.
func faultCard(err error, ref string) Voiced {
	return func(v say.Voice) Card {
		card := Card{Tone: ToneFault}
		var e *Error
		if errors.As(err, &e) {
			card.Text = e.Text.In(v, e.Args...)
			if e.Buttons != nil {
				card.Buttons = e.Buttons(v)
			}
		} else {
			card.Text = textInternal.In(v, "ref", ref)
		}
		card.Preview = textPreviewAnswer.In(v)
		return card
	}
}

func nothing(context.Context, *Request) ([]Reply, error) { return nil, nil }

func commandName(req *Request) string {
	if req.Command == nil {
		return ""
	}
	return req.Command.Name
}
