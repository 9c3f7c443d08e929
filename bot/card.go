package bot

import "standleitung/bot/say"

// Card is one thing that the bot says, from a single line to a list with buttons, already in the reader's language.
// Adapters render it in this order: title, meta, quote, text, facts, items, buttons, note. A plain answer has Text only.
// All texts are plain: an adapter escapes whatever its platform would take for markup.
type Card struct {
	// Title says what this is: "Thema T-41".
	Title string `json:"title,omitempty"`
	// Meta says since when and whom it concerns.
	Meta string `json:"meta,omitempty"`
	// Quote is what a person wrote, shown as theirs.
	Quote string `json:"quote,omitempty"`
	// Marks are words of the quote that met the register: shown underlined.
	Marks []string `json:"marks,omitempty"`
	// Text is what the bot says. It may have line breaks.
	Text string `json:"text,omitempty"`
	// Facts are labelled values: "For: applicants".
	Facts []Fact `json:"facts,omitempty"`
	Items []Item `json:"items,omitempty"`
	// Buttons stand below; the first primary one is shown as the main action.
	Buttons []Button `json:"buttons,omitempty"`
	// Note is the small print at the end: who was notified, "+3 more".
	Note string `json:"note,omitempty"`
	Tone Tone   `json:"tone,omitempty"`
	// Preview is the one line for a phone's lock screen. It leaks nothing: no titles, no texts of people.
	Preview string `json:"preview,omitempty"`
}

// Tone is how a card looks.
type Tone string

// The tones. The zero value is a plain answer.
const (
	ToneHold  Tone = "hold"  // held: a person must decide
	ToneDone  Tone = "done"  // settled: nothing is asked any more
	ToneFault Tone = "fault" // something went wrong; nothing was changed
)

// Fact is a labelled value.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Item is a row of a list.
type Item struct {
	// Ref is the reference that the row is about, such as "T-41"; empty for others.
	Ref    string  `json:"ref,omitempty"`
	Text   string  `json:"text"`
	Meta   string  `json:"meta,omitempty"`
	Button *Button `json:"button,omitempty"`
	// Head marks a heading of the rows that follow.
	Head bool `json:"head,omitempty"`
}

// Button does something when pressed. Do is a command in canonical form, checked and authorised anew at every press;
// adapters hand it back as it is (at most 200 bytes) and may show it to nobody.
type Button struct {
	Label   string `json:"label"`
	Do      string `json:"do"`
	Primary bool   `json:"primary,omitempty"`
	// Danger marks what cannot be taken back.
	Danger bool `json:"danger,omitempty"`
}

// Form is a dialog. The answer comes back as a [Submitted] message with the same Do and the fields' values.
type Form struct {
	Do     string  `json:"do"`
	Title  string  `json:"title"`
	Text   string  `json:"text,omitempty"`
	Fields []Field `json:"fields"`
	Submit string  `json:"submit"`
	Cancel string  `json:"cancel"`
}

// Field is an input of a form.
type Field struct {
	Name     string    `json:"name"`
	Label    string    `json:"label"`
	Hint     string    `json:"hint,omitempty"`
	Kind     FieldKind `json:"kind"`
	Required bool      `json:"required,omitempty"`
	Value    string    `json:"value,omitempty"`
	// Max is the most characters; 0 for the core's limit of a message.
	Max     int      `json:"max,omitempty"`
	Options []Option `json:"options,omitempty"`
}

// FieldKind is the kind of an input.
type FieldKind string

// The kinds of input. A date is given as people write dates.
const (
	FieldLine   FieldKind = "line"
	FieldText   FieldKind = "text"
	FieldChoice FieldKind = "choice"
	FieldDate   FieldKind = "date"
)

// Option is a choice of a field.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Voiced is a card in the making: it is rendered once for each reader.
type Voiced func(say.Voice) Card
