package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"standleitung/bot"
	"standleitung/bot/say"
)

// What Slack takes in a dialog: docs.slack.dev/reference/block-kit and views.
const (
	maxTitle   = 24   // of title, submit and close
	maxLabel   = 2000 // of label and hint
	maxInput   = 3000 // characters of an input
	maxOptions = 100  // of a select, and of each of its groups
	maxOption  = 75   // characters of an option and of its value
	maxForm    = 90   // blocks; Slack takes 100
)

// formState travels with a dialog and comes back with its answer.
type formState struct {
	Do      string `json:"do"`
	Channel string `json:"channel,omitempty"`
	Thread  string `json:"thread,omitempty"`
}

// valueAction is the action id of every input.
const valueAction = "v"

// view renders a form. An input is named after its field; a value that is too long for one goes on in the next.
func view(f *bot.Form, place formState) slack.ModalViewRequest {
	place.Do = f.Do
	state, err := json.Marshal(place)
	if err != nil {
		state = nil // strings only: it cannot be
	}
	v := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: formAction, PrivateMetadata: string(state),
		Title: plainObject(f.Title, maxTitle), Submit: plainObject(f.Submit, maxTitle), Close: plainObject(f.Cancel, maxTitle),
	}
	var blocks []slack.Block
	if units(escape(f.Title)) > maxTitle {
		blocks = append(blocks, slack.NewSectionBlock(plainObject(f.Title, maxSection), nil, nil))
	}
	for _, part := range cutText(f.Text, maxSection) {
		blocks = append(blocks, slack.NewSectionBlock(plainObject(part, maxSection), nil, nil))
	}
	for i := range f.Fields {
		blocks = append(blocks, inputs(&f.Fields[i])...)
	}
	if len(blocks) == 0 {
		blocks = append(blocks, slack.NewSectionBlock(plainObject(f.Title, maxSection), nil, nil))
	}
	v.Blocks.BlockSet = blocks[:min(len(blocks), maxForm)]
	return v
}

// inputs renders a field.
func inputs(f *bot.Field) []slack.Block {
	label := f.Label
	if label == "" {
		label = f.Name
	}
	if f.Kind == bot.FieldChoice && len(f.Options) > 0 {
		return []slack.Block{inputBlock(f, f.Name, label, choice(f))}
	}
	parts := cutValue(f.Value)
	var blocks []slack.Block
	for n, part := range parts {
		name, title := f.Name, label
		if len(parts) > 1 {
			title = fmt.Sprintf("%s (%d/%d)", label, n+1, len(parts))
		}
		if n > 0 {
			name += partSign + strconv.Itoa(n)
		}
		e := slack.NewPlainTextInputBlockElement(nil, valueAction)
		e.Multiline, e.InitialValue, e.MaxLength = f.Kind == bot.FieldText, part, maxInput
		if f.Max > 0 && len(parts) == 1 {
			e.MaxLength = min(f.Max, maxInput)
		}
		e.MaxLength = max(e.MaxLength, units(part))
		b := inputBlock(f, name, title, e)
		b.Optional = b.Optional || n > 0
		blocks = append(blocks, b)
	}
	return blocks
}

// partSign stands in the name of an input before the number of the part.
const partSign = "+"

func inputBlock(f *bot.Field, name, label string, e slack.BlockElement) *slack.InputBlock {
	var hint *slack.TextBlockObject
	if f.Hint != "" {
		hint = plainObject(f.Hint, maxLabel)
	}
	b := slack.NewInputBlock(name, plainObject(label, maxLabel), hint, e)
	b.Optional = !f.Required
	return b
}

// cutValue cuts a value into what inputs take; one part at least.
func cutValue(value string) []string {
	parts := []string{cut(value, maxInput)}
	for rest := value[len(parts[0]):]; rest != ""; {
		next := cut(rest, maxInput)
		parts, rest = append(parts, next), rest[len(next):]
	}
	return parts
}

// choice renders a field with options.
func choice(f *bot.Field) *slack.SelectBlockElement {
	var all []*slack.OptionBlockObject
	var chosen *slack.OptionBlockObject
	for _, o := range f.Options {
		if o.Value == "" || units(o.Value) > maxOption {
			continue // it could not come back as it is
		}
		option := slack.NewOptionBlockObject(o.Value, plainObject(orElse(o.Label, o.Value), maxOption), nil)
		if o.Value == f.Value {
			chosen = option
		}
		all = append(all, option)
	}
	var e *slack.SelectBlockElement
	if len(all) <= maxOptions {
		e = slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, valueAction, all...)
	} else {
		var groups []*slack.OptionGroupBlockObject
		for from := 0; from < len(all) && len(groups) < maxOptions; from += maxOptions {
			to := min(from+maxOptions, len(all))
			label := plainObject(fmt.Sprintf("%d–%d", from+1, to), maxOption)
			groups = append(groups, slack.NewOptionGroupBlockElement(label, all[from:to]...))
		}
		e = slack.NewOptionsGroupSelectBlockElement(slack.OptTypeStatic, nil, valueAction, groups...)
	}
	e.InitialOption = chosen
	return e
}

// open opens a dialog for somebody who has just done something. When the three seconds for it are over, they get a button.
func (a *Adapter) open(ctx context.Context, core bot.Core, t trigger, m bot.Message, f *bot.Form) error {
	_, err := a.api.OpenViewContext(ctx, t.id, view(f, formState{Channel: t.channel, Thread: m.Place.Thread}))
	a.health.api(err)
	switch codeOf(err) {
	case "":
		if err == nil {
			return nil
		}
	case "exchanged_trigger_id":
		return nil // it was opened when this came the first time
	}
	a.log.WarnContext(ctx, "cannot open a form, will offer it", "error", err)
	return a.offer(ctx, core, t.channel, m, f)
}

// offer shows a button that opens a form: where a form cannot be opened, because nothing was pressed.
func (a *Adapter) offer(ctx context.Context, core bot.Core, channel string, m bot.Message, f *bot.Form) error {
	key := offerKey + m.Turn
	if done, err := core.Kept(ctx, key); err != nil || len(done) > 0 {
		return err
	}
	v := say.Voice{Language: say.German}
	if l := strings.ToLower(m.From.Language); l != "" && !strings.HasPrefix(l, "de") {
		v.Language = say.English
	}
	card := bot.Card{
		Text:    say.T("Dafür gibt es ein Formular.", "There is a form for this.").In(v),
		Preview: say.T("Ein Formular", "A form").In(v),
		Buttons: []bot.Button{{Label: f.Title, Do: f.Do, Primary: true}},
	}
	messages := renderCard(&card, v, false)
	if whole, err := json.Marshal(f); err == nil && units(string(whole)) <= maxValue {
		carry(messages, string(whole))
	}
	d := bot.Delivery{Post: key, Op: bot.OpPost, Revision: 1, Place: m.Place, Reader: m.From.ID, Card: card, Voice: v}
	var err error
	switch {
	case m.Place.Direct:
		_, err = a.whisperDirectly(ctx, d, messages)
	default:
		_, err = a.whisperAll(ctx, channel, d, messages)
	}
	if err != nil {
		return fmt.Errorf("offer a form: %w", err)
	}
	return core.Keep(ctx, bot.Kept{Key: key, Value: []byte(tsOf(a.now()))})
}

// offerKey begins the keys under which it is kept that a form was offered.
const offerKey = "offer/"

// carry makes the button of an offer carry the whole form, with what was written already: pressing it asks nobody.
func carry(messages []message, form string) {
	for _, m := range messages {
		for _, b := range m.blocks {
			actions, ok := b.(*slack.ActionBlock)
			if !ok || actions.Elements == nil {
				continue
			}
			for _, e := range actions.Elements.ElementSet {
				if button, ok := e.(*slack.ButtonBlockElement); ok {
					button.ActionID, button.Value = formAction, form
				}
			}
		}
	}
}

// errorsAnswer is what Slack wants to hear of a form: its faults beside the inputs, else nothing, and it closes.
func errorsAnswer(m bot.Message, faults map[string]string) any {
	if m.Kind != bot.Submitted || len(faults) == 0 {
		return nil
	}
	shown := map[string]string{}
	for name, text := range faults {
		shown[name] = fold(text, maxSection)
	}
	return slack.NewErrorsViewSubmissionResponse(shown)
}

// interaction is what is read of a button, a form or a shortcut.
type interaction struct {
	Type        string          `json:"type"`
	CallbackID  string          `json:"callback_id"`
	TriggerID   string          `json:"trigger_id"`
	ResponseURL string          `json:"response_url"`
	APIAppID    string          `json:"api_app_id"`
	Team        identified      `json:"team"`
	User        identified      `json:"user"`
	Channel     identified      `json:"channel"`
	Message     json.RawMessage `json:"message"`
	MessageTS   string          `json:"message_ts"`
	Container   struct {
		Type        string `json:"type"`
		MessageTS   string `json:"message_ts"`
		ChannelID   string `json:"channel_id"`
		ThreadTS    string `json:"thread_ts"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Actions []pressedAction `json:"actions"`
	View    struct {
		PrivateMetadata string `json:"private_metadata"`
		CallbackID      string `json:"callback_id"`
		State           struct {
			Values map[string]map[string]input `json:"values"`
		} `json:"state"`
		Blocks []struct {
			Type    string `json:"type"`
			BlockID string `json:"block_id"`
		} `json:"blocks"`
	} `json:"view"`
}

type identified struct {
	ID string `json:"id"`
}

type pressedAction struct {
	ActionID       string       `json:"action_id"`
	Value          string       `json:"value"`
	SelectedOption chosenOption `json:"selected_option"`
}

type input struct {
	Value          string       `json:"value"`
	SelectedOption chosenOption `json:"selected_option"`
	SelectedDate   string       `json:"selected_date"`
}

type chosenOption struct {
	Value string `json:"value"`
}

// readInteraction makes an act of a button, a form or a shortcut.
func (a *Adapter) readInteraction(body []byte) (act, error) {
	var i interaction
	if err := json.Unmarshal(body, &i); err != nil {
		return act{}, malformed{err}
	}
	if !a.ours(i.Team.ID, i.APIAppID) {
		return a.pass("foreign"), nil
	}
	if i.User.ID == "" || i.TriggerID == "" && i.Type != "view_closed" {
		return act{}, malformed{errors.New("interaction without user or trigger")}
	}
	switch i.Type {
	case "block_actions":
		return a.pressed(&i), nil
	case "view_submission":
		return a.submitted(&i)
	case "message_action":
		return a.shortcut(&i)
	case "shortcut":
		m := bot.Message{
			Turn: a.self.triggeredTurn("shortcut", i.TriggerID), Kind: bot.Pressed, Place: DirectPlace(i.User.ID), Do: i.CallbackID, At: a.now(),
		}
		return a.interactAct(&i, "", m), nil
	}
	return a.pass("unknown_interaction"), nil
}

// interactAct is the act of something done on Slack's surface.
func (a *Adapter) interactAct(i *interaction, channel string, m bot.Message) act {
	t := trigger{i.TriggerID, i.User.ID, channel, i.ResponseURL}
	lane := orElse(channel, i.User.ID)
	return act{lane, func(ctx context.Context, core bot.Core) (any, error) { return a.interact(ctx, core, t, m) }}
}

// pressed makes an act of a pressed button or a chosen option.
func (a *Adapter) pressed(i *interaction) act {
	if len(i.Actions) == 0 {
		return a.pass("no_action")
	}
	action := i.Actions[0]
	do := orElse(action.Value, action.SelectedOption.Value)
	channel := orElse(i.Container.ChannelID, i.Channel.ID)
	thread := i.Container.ThreadTS
	if thread == "" && len(i.Message) > 0 {
		var card struct {
			ThreadTS string `json:"thread_ts"`
		}
		_ = json.Unmarshal(i.Message, &card) // what cannot be read has no thread
		thread = card.ThreadTS
	}
	ts := orElse(i.Container.MessageTS, i.MessageTS)
	m := bot.Message{Turn: a.self.triggeredTurn("action", i.TriggerID), Kind: bot.Pressed, Do: do, At: a.now()}
	if channel == "" { // in the App Home
		m.Place = DirectPlace(i.User.ID)
	} else {
		m.Place = placeOf(channel, i.User.ID, ts, thread)
		m.ID = ref{ts: ts, fleeting: i.Container.IsEphemeral}.String()
	}
	a.directs.learn(i.User.ID, channel)
	if do == "" {
		return a.pass("no_action")
	}
	if action.ActionID == formAction {
		return a.openCarried(i, channel, m, do)
	}
	return a.interactAct(i, channel, m)
}

// openCarried makes an act of the button that carries a form.
func (a *Adapter) openCarried(i *interaction, channel string, m bot.Message, carried string) act {
	var f bot.Form
	if json.Unmarshal([]byte(carried), &f) != nil {
		return a.pass("no_action")
	}
	t := trigger{i.TriggerID, i.User.ID, channel, i.ResponseURL}
	return act{orElse(channel, i.User.ID), func(ctx context.Context, core bot.Core) (any, error) {
		who, err := a.who(ctx, i.User.ID)
		if err != nil {
			return nil, fmt.Errorf("ask who it is: %w", err)
		}
		m.From = who.Identity
		return nil, a.open(ctx, core, t, m, &f)
	}}
}

// submitted makes an act of a form that was sent.
func (a *Adapter) submitted(i *interaction) (act, error) {
	var state formState
	if err := json.Unmarshal([]byte(i.View.PrivateMetadata), &state); err != nil {
		return act{}, malformed{err}
	}
	m := bot.Message{
		Turn: a.self.triggeredTurn("form", i.TriggerID), Kind: bot.Submitted, Do: state.Do, Fields: fieldsOf(i), At: a.now(),
		Place: DirectPlace(i.User.ID),
	}
	if state.Channel != "" {
		m.Place = placeOf(state.Channel, i.User.ID, "", state.Thread)
	}
	next := a.interactAct(i, state.Channel, m)
	run := next.run
	next.run = func(ctx context.Context, core bot.Core) (any, error) {
		answer, err := run(ctx, core)
		return placed(answer, i), err
	}
	return next, nil
}

// fieldsOf are the values of a form by field.
func fieldsOf(i *interaction) map[string]string {
	fields := map[string]string{}
	parts := map[string][]string{}
	for block, actions := range i.View.State.Values {
		in := actions[valueAction]
		name, part, _ := strings.Cut(block, partSign)
		n, _ := strconv.Atoi(part)
		for len(parts[name]) <= n && n < maxForm {
			parts[name] = append(parts[name], "")
		}
		if n >= 0 && n < maxForm {
			parts[name][n] = orElse(orElse(in.Value, in.SelectedOption.Value), in.SelectedDate)
		}
	}
	for name, list := range parts {
		fields[name] = strings.Join(list, "")
	}
	return fields
}

// placed moves faults of what is no input of the form to its first one: Slack takes no others.
func placed(answer any, i *interaction) any {
	r, ok := answer.(*slack.ViewSubmissionResponse)
	if !ok {
		return answer
	}
	first, known := "", map[string]bool{}
	for _, b := range i.View.Blocks {
		if b.Type == "input" {
			first, known[b.BlockID] = orElse(first, b.BlockID), true
		}
	}
	for name, text := range r.Errors {
		if !known[name] && first != "" {
			delete(r.Errors, name)
			r.Errors[first] = text
		}
	}
	return r
}

// shortcut makes an act of a shortcut used on a message.
func (a *Adapter) shortcut(i *interaction) (act, error) {
	var e event
	if err := json.Unmarshal(i.Message, &e); err != nil {
		return act{}, malformed{err}
	}
	channel := i.Channel.ID
	e.Channel, e.TS = channel, orElse(e.TS, i.MessageTS)
	if channel == "" || !validTS(e.TS) {
		return act{}, malformed{errors.New("shortcut without channel or message")}
	}
	t := trigger{i.TriggerID, i.User.ID, channel, i.ResponseURL}
	return act{channel, func(ctx context.Context, core bot.Core) (any, error) {
		subject, err := a.subjectOf(ctx, &e, i.User.ID)
		if err != nil {
			return nil, err
		}
		return a.interact(ctx, core, t, bot.Message{
			Turn: a.self.triggeredTurn("shortcut", i.TriggerID), Kind: bot.Pressed, Place: subject.Place, ID: e.TS, Do: i.CallbackID,
			Subject: subject, At: a.now(),
		})
	}}, nil
}

// subjectOf is the message that a shortcut was used on. Of what a program wrote nobody is the writer.
func (a *Adapter) subjectOf(ctx context.Context, e *event, user string) (*bot.Subject, error) {
	names := a.names(ctx)
	s := &bot.Subject{
		Place: placeOf(e.Channel, user, e.TS, e.ThreadTS), ID: e.TS, Text: plainText(e.Text, names), Body: a.bodyOf(e, e.Text, false, names),
		Files: a.filesOf(ctx, e.Files), At: timeOf(e.TS),
	}
	if a.nobody(e) != "" {
		return s, nil
	}
	who, err := a.who(ctx, e.User)
	if err != nil {
		return nil, fmt.Errorf("ask who wrote it: %w", err)
	}
	if !who.machine {
		s.From = who.Identity
	}
	return s, nil
}
