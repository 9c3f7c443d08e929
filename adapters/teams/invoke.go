package teams

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"standleitung/bot"
	"standleitung/bot/markup"
	"standleitung/bot/say"
)

// What Teams wants an answer to in the same breath: learn.microsoft.com/microsoftteams/platform/task-modules-and-cards.
const (
	invokeButton       = "adaptiveCard/action"
	invokeDialog       = "task/fetch"
	invokeDialogSent   = "task/submit"
	invokeShortcut     = "composeExtension/fetchTask"
	invokeShortcutSent = "composeExtension/submitAction"
)

// data is what the buttons of our cards carry, and what comes back of them. It passed through somebody's hands: it is
// read, never trusted.
type data struct {
	// Do is the action of a button, Card the state of the card that it was on; see [cardToken].
	Do   string `json:"do,omitempty"`
	Card string `json:"card,omitempty"`
	// Form is the dialog that was opened, without what was typed, so that it can be shown again; At where it was asked for:
	// of it only the thread counts.
	Form *bot.Form  `json:"form,omitempty"`
	At   *bot.Place `json:"at,omitempty"`
	// Cancel is set by the button that closes a dialog.
	Cancel bool `json:"cancel,omitempty"`
	// MSTeams tells Teams to open a dialog.
	MSTeams *taskFetch `json:"msteams,omitempty"`

	fields map[string]string
}

type taskFetch struct {
	Type string `json:"type"`
}

// fieldPrefix begins the ids of inputs, so that no field takes the place of something else.
const fieldPrefix = "in."

// readData reads what a button carries; nil when it is none of ours.
func readData(raw json.RawMessage) *data {
	var d data
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &d) != nil || json.Unmarshal(raw, &all) != nil || d.Do == "" && d.Form == nil && !d.Cancel {
		return nil
	}
	d.fields = map[string]string{}
	for key, value := range all {
		if name, ok := strings.CutPrefix(key, fieldPrefix); ok {
			var text string
			if json.Unmarshal(value, &text) == nil {
				d.fields[name] = strings.ReplaceAll(text, "\r\n", "\n")
			}
		}
	}
	return &d
}

// buttonData is what a button of an old client carries: it comes as a message without a text. Nil for what people wrote.
func (act *incoming) buttonData() *data {
	if len(act.more.Value) == 0 || strings.TrimSpace(act.Text) != "" {
		return nil
	}
	if d := readData(act.more.Value); d != nil {
		return d
	}
	return &data{} // somebody else's card
}

// voice is how the sender of an activity is spoken to, before the core knows who it is.
func (a *Adapter) voice(act *incoming) say.Voice {
	v := a.config.Voice
	switch locale := strings.ToLower(act.Locale); {
	case strings.HasPrefix(locale, "de"):
		v.Language = say.German
	case locale != "":
		v.Language = say.English
	}
	return v
}

var (
	textTaken = say.T("Angekommen.", "Received.")
	textAside = say.T("Angekommen. Die Antwort steht im Chat mit mir.", "Received. You find the answer in your chat with me.")
	textForm  = say.T("Dafür gibt es ein Formular: Es wartet im Chat.", "There is a form for this: it waits in the chat.")
)

// invoked handles what Teams wants an answer to.
func (a *Adapter) invoked(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) (any, error) {
	switch act.Name {
	case invokeButton:
		return a.pressed(ctx, core, act, keep)
	case invokeDialog:
		return a.dialog(ctx, core, act, keep)
	case invokeDialogSent:
		var v struct {
			Data json.RawMessage `json:"data"`
		}
		_ = json.Unmarshal(act.more.Value, &v) // what has no data is nobody's dialog
		return a.submitted(ctx, core, act, readData(v.Data), keep)
	case invokeShortcut:
		return a.shortcut(ctx, core, act, keep)
	case invokeShortcutSent:
		var v struct {
			Data json.RawMessage `json:"data"`
		}
		_ = json.Unmarshal(act.more.Value, &v) // as above
		return a.submitted(ctx, core, act, readData(v.Data), keep)
	}
	a.log.InfoContext(ctx, "passed over an invoke that nobody knows", "name", act.Name)
	return nil, &denied{http.StatusNotImplemented, "unknown_invoke"}
}

// cardAnswer is what Action.Execute wants to hear; it must not be empty.
type cardAnswer struct {
	StatusCode int    `json:"statusCode"`
	Type       string `json:"type"`
	Value      any    `json:"value"`
}

func cardMessage(text string) cardAnswer {
	return cardAnswer{http.StatusOK, "application/vnd.microsoft.activity.message", text}
}

func cardError(code, text string) cardAnswer {
	return cardAnswer{http.StatusBadRequest, "application/vnd.microsoft.error", map[string]string{"code": code, "message": text}}
}

// pressed takes in a button of a card.
func (a *Adapter) pressed(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) (any, error) {
	var v struct {
		Action struct {
			Data json.RawMessage `json:"data"`
		} `json:"action"`
	}
	_ = json.Unmarshal(act.more.Value, &v) // what has no data is nobody's button
	d := readData(v.Action.Data)
	voice := a.voice(act)
	if d == nil || d.Do == "" {
		a.ignored("no_action")
		return cardError("BadRequest", say.T("Diesen Knopf kenne ich nicht.", "I do not know this button.").In(voice)), nil
	}
	out, place, err := a.press(ctx, core, act, d, keep)
	if err != nil {
		return nil, err
	}
	if out.Form != nil {
		if err := a.offer(ctx, core, place, act, out.Form); err != nil {
			return nil, err
		}
		return cardMessage(textForm.In(voice)), nil
	}
	return cardMessage(textTaken.In(voice)), nil
}

// press hands a pressed button to the core, and returns where something about it would be said: below the card. One press that
// comes under several ids is one turn.
func (a *Adapter) press(ctx context.Context, core bot.Core, act *incoming, d *data, keep *[]bot.Kept) (bot.Outcome, bot.Place, error) {
	place, _ := a.placeOf(act, act.ReplyToID)
	m := bot.Message{Kind: bot.Pressed, Place: place, ID: act.ReplyToID, From: a.who(ctx, act), Do: d.Do, At: act.at()}
	out, err := a.once(ctx, core, act, m, digest(act.Conversation.ID, d.Card, act.ReplyToID, act.From.ID, d.Do), keep)
	if place.Thread == "" && isChannel(place.ID) {
		place.Thread = act.ReplyToID
	}
	return out, place, err
}

// once hands over what somebody did with a click. key is the same for the same click, however often it comes.
func (a *Adapter) once(ctx context.Context, core bot.Core, act *incoming, m bot.Message, key string, keep *[]bot.Kept) (bot.Outcome, error) {
	now := a.now()
	m.Turn = a.presses.turn(key, turn(string(m.Kind), key, act.ID), act.began)
	m.Keep = a.presses.keep(key, m.Turn, now)
	kept := m.Keep
	out, err := a.receive(ctx, core, m, keep)
	if err == nil && out.Form == nil && out.Errors == nil {
		a.presses.taken(key, m.Turn, kept, now)
		act.pressed = key
	}
	return out, err
}

// submittedAsMessage takes in a button whose client does not know Action.Execute, or whose dialog could not be opened.
func (a *Adapter) submittedAsMessage(ctx context.Context, core bot.Core, act *incoming, d *data, keep *[]bot.Kept) error {
	switch {
	case d.Form != nil && len(d.fields) > 0:
		_, err := a.submitted(ctx, core, act, d, keep)
		return err
	case d.Do == "":
		a.ignored("no_action")
		return nil
	}
	out, place, err := a.press(ctx, core, act, d, keep)
	if err != nil || out.Form == nil {
		return err
	}
	return a.offer(ctx, core, place, act, out.Form)
}

// Dialogs.

// taskAnswer is what task/fetch, task/submit and the menu of a message want to hear.
type taskAnswer struct {
	Task task `json:"task"`
}

type task struct {
	Type  string   `json:"type"`
	Value taskInfo `json:"value"`
}

type taskInfo struct {
	Title  string     `json:"title"`
	Height string     `json:"height"`
	Width  string     `json:"width"`
	Card   attachment `json:"card"`
}

// dialogOf shows a form, with its faults.
func dialogOf(f *bot.Form, at bot.Place, faults map[string]string, v say.Voice) taskAnswer {
	return taskAnswer{task{"continue", taskInfo{fold(f.Title, maxTitle), heightOf(f), "medium", formCard(f, at, faults, v)}}}
}

// heightOf is how much of the screen a form takes.
func heightOf(f *bot.Form) string {
	lines := 0
	for i := range f.Fields {
		lines++
		if f.Fields[i].Kind == bot.FieldText {
			lines++
		}
	}
	if lines > 4 {
		return "large"
	}
	return "medium"
}

// told says something in a dialog.
func told(text string) taskAnswer {
	return taskAnswer{task{"continue", taskInfo{"Standleitung", "small", "small", wordCard(text)}}}
}

// dialog takes in a button that opens a dialog: it carries the form, or the core is asked for it.
func (a *Adapter) dialog(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) (any, error) {
	var v struct {
		Data json.RawMessage `json:"data"`
	}
	_ = json.Unmarshal(act.more.Value, &v) // what has no data is nobody's button
	d := readData(v.Data)
	voice := a.voice(act)
	if d == nil {
		a.ignored("no_action")
		return told(say.T("Diesen Knopf kenne ich nicht.", "I do not know this button.").In(voice)), nil
	}
	place, _ := a.placeOf(act, act.ReplyToID)
	if d.Form != nil {
		if d.At != nil && d.At.ID == place.ID {
			place.Thread = d.At.Thread
		}
		return dialogOf(d.Form, place, nil, voice), nil
	}
	out, place, err := a.press(ctx, core, act, d, keep)
	switch {
	case err != nil:
		return nil, err
	case out.Form != nil:
		return dialogOf(out.Form, place, nil, voice), nil
	}
	return told(textAside.In(voice)), nil
}

// submitted takes in a form. One with faults is shown again, as it was filled in.
func (a *Adapter) submitted(ctx context.Context, core bot.Core, act *incoming, d *data, keep *[]bot.Kept) (any, error) {
	if d != nil && d.Cancel {
		return struct{}{}, nil
	}
	if d == nil || d.Form == nil {
		a.ignored("no_action")
		return struct{}{}, nil
	}
	place, _ := a.placeOf(act, act.ReplyToID)
	if d.At != nil && d.At.ID == place.ID && !place.Direct {
		place.Thread = d.At.Thread
	}
	m := bot.Message{Kind: bot.Submitted, Place: place, From: a.who(ctx, act), Do: d.Form.Do, Fields: d.fields, At: act.at()}
	values, err := json.Marshal(d.fields)
	if err != nil {
		return nil, err
	}
	out, err := a.once(ctx, core, act, m, digest("form", act.Conversation.ID, act.From.ID, d.Form.Do, string(values)), keep)
	if err != nil {
		return nil, err
	}
	if len(out.Errors) == 0 {
		return struct{}{}, nil // the dialog closes
	}
	again := *d.Form
	again.Fields = append([]bot.Field(nil), again.Fields...)
	for i := range again.Fields {
		again.Fields[i].Value = d.fields[again.Fields[i].Name]
	}
	return dialogOf(&again, place, out.Errors, a.voice(act)), nil
}

// payload is the message that a command of the menu was used on. People are named by their ids in Microsoft Entra.
type payload struct {
	ID      string `json:"id"`
	ReplyTo string `json:"replyToId"`
	Created string `json:"createdDateTime"`
	From    struct {
		User *struct {
			ID          string `json:"id"`
			DisplayName string `json:"displayName"`
		} `json:"user"`
	} `json:"from"`
	Body struct {
		ContentType string `json:"contentType"`
		Content     string `json:"content"`
	} `json:"body"`
	Attachments json.RawMessage `json:"attachments"`
	Mentions    json.RawMessage `json:"mentions"`
}

type payloadMention struct {
	ID        json.Number `json:"id"`
	Text      string      `json:"mentionText"`
	Mentioned struct {
		User struct {
			ID          string `json:"id"`
			DisplayName string `json:"displayName"`
		} `json:"user"`
	} `json:"mentioned"`
}

// shortcut takes in a command from the menu of a message.
func (a *Adapter) shortcut(ctx context.Context, core bot.Core, act *incoming, keep *[]bot.Kept) (any, error) {
	var v struct {
		CommandID string  `json:"commandId"`
		Payload   payload `json:"messagePayload"`
	}
	_ = json.Unmarshal(act.more.Value, &v) // what it cannot read is missing then
	if v.CommandID == "" || v.Payload.ID == "" {
		a.ignored("malformed")
		return told(say.T("Damit kann ich nichts anfangen. Nichts geändert.", "I can do nothing with this. Nothing changed.").In(a.voice(act))), nil
	}
	p := &v.Payload
	place, id := a.placeOf(act, p.ID)
	if p.ReplyTo != "" && p.ReplyTo != p.ID && place.Thread == "" && isChannel(place.ID) {
		place.Thread = p.ReplyTo
	}
	m := bot.Message{
		Kind: bot.Pressed, Place: place, ID: id, Do: v.CommandID, From: a.who(ctx, act), At: act.at(),
		Subject: &bot.Subject{Place: place, ID: id, From: a.writerOf(ctx, act, p), Body: a.payloadBody(ctx, act, p), At: timeOf(p.Created)},
	}
	m.Subject.Text, m.Subject.Files = markup.Plain(m.Subject.Body), filesOf(each[inAttachment](p.Attachments))
	out, err := a.once(ctx, core, act, m, digest("shortcut", act.Conversation.ID, p.ID, act.From.ID, v.CommandID), keep)
	switch {
	case err != nil:
		return nil, err
	case out.Form != nil:
		return dialogOf(out.Form, place, nil, a.voice(act)), nil
	}
	return told(textAside.In(a.voice(act))), nil
}

// writerOf is who wrote a message; the zero Identity when it was no person.
func (a *Adapter) writerOf(ctx context.Context, act *incoming, p *payload) bot.Identity {
	if p.From.User == nil || p.From.User.ID == "" {
		return bot.Identity{}
	}
	if p.From.User.ID == act.From.AadObjectID || p.From.User.ID == act.From.ID {
		return a.who(ctx, act)
	}
	id, name := a.personOf(ctx, act, p.From.User.ID)
	if id == "" { // somebody who has left: nobody else has this id
		return bot.Identity{Adapter: Name, ID: p.From.User.ID, Name: p.From.User.DisplayName, Guest: true}
	}
	if known, ok := a.people.find(id); ok {
		return known.Identity
	}
	return bot.Identity{Adapter: Name, ID: id, Name: name}
}

// payloadBody is the text of a message that a command was used on.
func (a *Adapter) payloadBody(ctx context.Context, act *incoming, p *payload) markup.Doc {
	var list []inEntity
	for _, m := range each[payloadMention](p.Mentions) {
		e := inEntity{Type: "mention", Text: m.Text, Mentioned: mentioned{Name: m.Text}}
		if m.Mentioned.User.ID != "" {
			if e.Mentioned.ID, _ = a.personOf(ctx, act, m.Mentioned.User.ID); e.Mentioned.ID == "" {
				e.Mentioned.ID = m.Mentioned.User.ID
			}
		}
		list = append(list, e)
	}
	if strings.EqualFold(p.Body.ContentType, "text") {
		return markup.ParseTeamsText(p.Body.Content, namesOf(list))
	}
	return markup.ParseTeams(p.Body.Content, namesOf(list))
}

// offer posts a card with a button that opens a form: where nothing was pressed that could open one.
func (a *Adapter) offer(ctx context.Context, core bot.Core, place bot.Place, act *incoming, f *bot.Form) error {
	v := a.voice(act)
	card := bot.Card{
		Text:    say.T("Dafür gibt es ein Formular.", "There is a form for this.").In(v),
		Preview: say.T("Ein Formular", "A form").In(v),
	}
	r := &rendered{voice: v}
	r.card(&card)
	r.formButton(f, place)
	_, err := a.post(ctx, core, place, sign(r.messages(card.Preview), digest("offer", place.ID, act.ID), 1), trace{})
	if err != nil {
		a.log.WarnContext(ctx, "cannot offer a form", "error", err)
	}
	return nil
}
