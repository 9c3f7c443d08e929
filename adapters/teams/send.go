package teams

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// Send carries a delivery out.
func (a *Adapter) Send(ctx context.Context, d bot.Delivery) (bot.Sent, error) {
	core, ok := a.shift.Enter()
	if !ok {
		return bot.Sent{}, &bot.SendError{Fate: bot.Untried, Reason: "not_running", Err: errNotRunning}
	}
	defer a.shift.Leave()
	if d.Post == "" || d.Place.Adapter != Name || d.Place.ID == "" {
		return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "bad_delivery", Err: errUndeliverable}
	}
	if d.Reader != "" && !d.Place.Direct { // Teams shows nothing to one person only
		d.Place, d.Reader = DirectPlace(d.Reader), ""
	}
	began := a.now()
	sent, err := a.carryOut(ctx, core, d)
	a.doubts.note(d, began, a.now(), err)
	return sent, a.patient(d.Place, err)
}

// absentPause is how long the connector is left alone about a room that the bot was removed from.
const absentPause = time.Minute

// patient has what is for a room of the configuration wait while the bot is not in it: it goes on by itself when somebody has
// added the app again.
func (a *Adapter) patient(p bot.Place, err error) error {
	var e *bot.SendError
	if errors.As(err, &e) && e.Fate == bot.Never && e.Reason == notInRoster && !p.Direct && slices.Contains(a.config.Rooms, p.ID) {
		return &bot.SendError{Fate: bot.Retry, After: absentPause, Reason: e.Reason, Err: e.Err}
	}
	return err
}

// carryOut does what a delivery is about.
func (a *Adapter) carryOut(ctx context.Context, core bot.Core, d bot.Delivery) (bot.Sent, error) {
	refs, late := refsOf(d.IDs)
	switch d.Op {
	case bot.OpPost:
		return a.sendPost(ctx, core, d)
	case bot.OpEdit:
		return a.rewrite(ctx, core, d, refs, late)
	case bot.OpDelete:
		return bot.Sent{IDs: d.IDs}, a.remove(ctx, core, d, refs)
	case bot.OpReact:
		return bot.Sent{IDs: d.IDs}, a.react(ctx, core, d, refs)
	}
	return bot.Sent{}, &bot.SendError{Fate: bot.Never, Reason: "op_unknown", Err: errUndeliverable}
}

var (
	errUndeliverable = errors.New("teams cannot show it")
	errNoID          = errors.New("the id of the message was never learnt")
)

// unmetPause is how often an emulator that has not called yet is looked for: only its first activity says where it is.
const unmetPause = 2 * time.Second

var errUnmet = errors.New("the emulator has not called yet")

// target is where messages of a place go.
type target struct {
	service, conversation string
	thread                string // of a channel; empty at the top level
	direct                bool
}

// in is the conversation in which a message can be changed.
func (t target) in(r ref) string {
	switch {
	case r.root != "":
		return inThread(t.conversation, r.root)
	case t.thread != "":
		return inThread(t.conversation, t.thread)
	}
	return inThread(t.conversation, r.id)
}

// purged reports whether a refusal says that the thread is not there any more, as when a retention policy has removed it.
func (t target) purged(err error) bool {
	return t.thread != "" && codeOf(err) == "ConversationNotFound"
}

// reach does something to a message where it is: one that was to go to a thread that is not there any more is at the top.
func (t target) reach(r ref, do func(conversation string) error) error {
	err := do(t.in(r))
	if t.purged(err) && r.root == "" {
		err = do(inThread(t.conversation, r.id))
	}
	return err
}

// targetOf finds out where a place is; the direct conversation of somebody is opened when it is not there yet.
func (a *Adapter) targetOf(ctx context.Context, core bot.Core, p bot.Place) (target, error) {
	if a.config.InsecureDev && a.config.ServiceURL == DefaultService && !a.refs.met() {
		return target{}, &bot.SendError{Fate: bot.Retry, Reason: "not_met", After: unmetPause, Err: errUnmet}
	}
	if !p.Direct {
		return target{a.refs.serviceOf(p.ID), p.ID, p.Thread, false}, nil
	}
	conversation, service, err := a.direct(ctx, core, p.ID)
	if err != nil {
		return target{}, sendError(err, harmless)
	}
	return target{service, conversation, "", true}, nil
}

// render renders a delivery; late is when a late copy was written, as far as an edit knows.
func render(d bot.Delivery, late time.Time) []outgoing {
	if d.Copy == nil {
		return sign(renderCard(&d.Card, d.Voice, cardToken(d), d.Unsure && d.Op == bot.OpPost), digest(d.Post), d.Revision)
	}
	if !d.Copy.Written.IsZero() {
		late = d.Copy.Written
	}
	c := *d.Copy
	if c.Quote == "" && !isChannel(d.Place.ID) {
		c.Quote = c.Under
	}
	return renderCopy(&c, d.Voice, late, d.Unsure && d.Op == bot.OpPost)
}

// sendPost posts. What may have arrived is looked for first; where nobody can tell, it is marked.
func (a *Adapter) sendPost(ctx context.Context, core bot.Core, d bot.Delivery) (bot.Sent, error) {
	var found trace
	if d.Unsure {
		var err error
		if found, err = a.lookUp(ctx, core, d, nil); err != nil {
			return bot.Sent{}, err
		}
		d = found.as(d)
	}
	var late time.Time
	if d.Copy != nil {
		late = d.Copy.Written
	}
	messages := render(d, late)
	if wait := found.wait(0, len(messages)); wait > 0 {
		return bot.Sent{}, lookLater(wait)
	}
	refs, err := a.post(ctx, core, d.Place, messages, found)
	if err == nil {
		err = a.strike(ctx, core, d, found.beyond(len(messages)))
	}
	if err != nil {
		return bot.Sent{}, err
	}
	return bot.Sent{IDs: idsOf(refs, late)}, nil
}

// post posts messages that belong together, but for those that are there already, which are brought up to date. In a channel the
// first one begins a thread, in which the others follow.
func (a *Adapter) post(ctx context.Context, core bot.Core, p bot.Place, messages []outgoing, found trace) ([]ref, error) {
	t, err := a.targetOf(ctx, core, p)
	if err != nil {
		return nil, err
	}
	if found.top {
		t.thread = ""
	}
	var refs []ref
	for n, m := range messages {
		twin, there := found.parts[n]
		r, err := twin.ref, error(nil)
		switch {
		case !there:
			r, err = a.patiently(ctx, t, refs, m)
		case !twin.same:
			err = a.change(ctx, t, r, m)
		}
		if len(refs) == 0 && !there && t.purged(err) {
			t.thread = "" // better among the others than nowhere
			r, err = a.patiently(ctx, t, refs, m)
		}
		if err != nil {
			return nil, begun(err, len(refs) > 0)
		}
		refs = append(refs, r)
	}
	return refs, nil
}

// begun says what became of a call for one of several messages: of what has arrived in part nobody knows how much.
func begun(err error, arrived bool) *bot.SendError {
	e := sendError(err, ambiguous)
	if arrived && e.Fate == bot.Retry {
		e.Fate = bot.Unknown
	}
	return e
}

// change has a message say something else. One that somebody removed needs no change any more.
func (a *Adapter) change(ctx context.Context, t target, r ref, m outgoing) error {
	err := t.reach(r, func(at string) error { return a.api.update(ctx, t.service, at, r.id, m) })
	if a.note(t, err); err != nil && !gone(err) && !t.purged(err) {
		return sendError(err, harmless)
	}
	return nil
}

// longestWait is how long the later parts of a message wait for the connector, so that nothing is said twice.
const longestWait = 30 * time.Second

// patiently posts one of several messages; what comes after the first waits when it has to.
func (a *Adapter) patiently(ctx context.Context, t target, before []ref, m outgoing) (ref, error) {
	for {
		r, err := a.postOne(ctx, t, before, m)
		var e *callError
		if len(before) == 0 || !errors.As(err, &e) || e.Status != http.StatusTooManyRequests || e.After > longestWait {
			return r, err
		}
		if !duty.Sleep(ctx, e.After) {
			return r, err
		}
	}
}

func (a *Adapter) postOne(ctx context.Context, t target, before []ref, m outgoing) (ref, error) {
	var r ref
	var err error
	switch {
	case isChannel(t.conversation) && t.thread == "" && len(before) == 0:
		r.id, err = a.api.post(ctx, t.service, t.conversation, m)
		if err == nil && a.config.InsecureDev {
			a.roots.first(inThread(t.conversation, r.id), r.id)
		}
	case isChannel(t.conversation) && t.thread == "":
		r.root = before[0].id
		r.id, err = a.api.send(ctx, t.service, inThread(t.conversation, r.root), m)
	default:
		r.id, err = a.api.send(ctx, t.service, inThread(t.conversation, t.thread), m)
	}
	a.note(t, err)
	return r, err
}

// note tells the operators' view of a room how a call went.
func (a *Adapter) note(t target, err error) {
	switch code := codeOf(err); {
	case t.direct, t.purged(err):
	case err == nil:
		a.health.room(t.conversation, "")
	case statusOf(err) == http.StatusForbidden || code == "ConversationNotFound":
		a.health.room(t.conversation, code)
	}
}

// rewrite brings a post up to date. It may have become longer: what is new goes below it; or shorter: what is left over goes. What an
// earlier try may have added is looked for.
func (a *Adapter) rewrite(ctx context.Context, core bot.Core, d bot.Delivery, refs []ref, late time.Time) (bot.Sent, error) {
	if len(refs) == 0 {
		return bot.Sent{IDs: d.IDs}, nil // there is nothing that could be changed
	}
	t, err := a.targetOf(ctx, core, d.Place)
	if err != nil {
		return bot.Sent{}, err
	}
	messages := render(d, late)
	var found trace
	if d.Unsure {
		if found, err = a.lookUp(ctx, core, d, refs); err != nil && len(messages) > len(refs) {
			return bot.Sent{}, err
		}
		if wait := found.wait(len(refs), len(messages)); wait > 0 {
			return bot.Sent{}, lookLater(wait)
		}
	}
	var now []ref
	for n, m := range messages {
		r := found.parts[n].ref
		if n < len(refs) {
			r = refs[n]
		}
		if r.id != "" {
			err = a.change(ctx, t, r, m)
		} else {
			r, err = a.patiently(ctx, t, now, m)
		}
		if err != nil {
			return bot.Sent{}, begun(err, n > len(refs))
		}
		now = append(now, r)
	}
	if err := a.strike(ctx, core, d, append(found.beyond(len(messages)), refs[min(len(now), len(refs)):]...)); err != nil {
		return bot.Sent{}, err
	}
	if d.Copy != nil && !d.Copy.Written.IsZero() {
		late = d.Copy.Written
	}
	return bot.Sent{IDs: idsOf(now, late)}, nil
}

// remove deletes a post. What may be there is looked for: what is found goes at once, then it is looked whether more appears.
func (a *Adapter) remove(ctx context.Context, core bot.Core, d bot.Delivery, refs []ref) error {
	if err := a.strike(ctx, core, d, refs); err != nil || !d.Unsure {
		return err
	}
	found, err := a.lookUp(ctx, core, d, refs)
	if err == nil {
		err = a.strike(ctx, core, d, found.beyond(0))
	}
	switch {
	case err != nil:
		return err
	case len(refs) > 0:
		return nil
	case found.left > 0:
		return lookLater(found.left)
	case !found.told || found.doubtful: // it may be there, and nobody can be asked where
		return &bot.SendError{Fate: bot.Never, Reason: "no_id", Err: errNoID}
	}
	return nil
}

// strike deletes messages. Where the connector cannot, as that of the emulator, nothing of what they said is left.
func (a *Adapter) strike(ctx context.Context, core bot.Core, d bot.Delivery, refs []ref) error {
	if len(refs) == 0 {
		return nil
	}
	t, err := a.targetOf(ctx, core, d.Place)
	if err != nil {
		return err
	}
	for _, r := range refs {
		err := t.reach(r, func(at string) error { return a.api.remove(ctx, t.service, at, r.id) })
		if statusOf(err) == http.StatusNotImplemented || statusOf(err) == http.StatusMethodNotAllowed {
			text := say.T("Diese Nachricht wurde gelöscht.", "This message was deleted.").In(d.Voice)
			err = a.api.update(ctx, t.service, t.in(r), r.id, textMessage(markup.FromPlain(text)))
		}
		if a.note(t, err); err != nil && !gone(err) && !t.purged(err) {
			return sendError(err, harmless)
		}
	}
	return nil
}

// repeating says what a call is that was perhaps carried out: ambiguous when a second one would show, harmless when not.
type repeating bool

const (
	ambiguous repeating = true
	harmless  repeating = false
)

// sendError says what became of a call.
func sendError(err error, again repeating) *bot.SendError {
	var known *bot.SendError
	if errors.As(err, &known) {
		return known
	}
	var e *callError
	if !errors.As(err, &e) {
		return &bot.SendError{Fate: bot.Retry, Reason: "failed", Err: err} // its context ended before anything was sent
	}
	out := &bot.SendError{Fate: bot.Never, Reason: e.Code, Err: err}
	switch {
	case e.Sent && again == ambiguous:
		out.Fate = bot.Unknown
	case e.Sent, e.Status == 0 && (e.Code == "unreachable" || e.Code == "no_token" || e.Code == "no_id"):
		out.Fate, out.After = bot.Retry, e.After
	case e.Status == http.StatusTooManyRequests:
		out.Fate, out.After, out.Reason = bot.Retry, e.After, "throttled"
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusPreconditionFailed:
		out.Fate = bot.Retry
	}
	return out
}
