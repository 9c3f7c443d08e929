// Package say holds the two languages of the program: every text a person can read is made with [T], which takes
// its German and its English form, so that one without the other does not compile.
//
// A text may contain three kinds of braces:
//
//	{ref}                          a placeholder, filled by name
//	{Sie erfahren|du erfährst}     the formal and the informal German form
//	{n:Stimme|Stimmen}             singular and plural, chosen by the number in placeholder n
//
// Texts are program data, never input: what people write travels in placeholders and is not interpreted.
package say

import (
	"fmt"
	"strings"
)

// Language is one of the two languages of the program.
type Language string

// The languages. The zero value counts as German.
const (
	German  Language = "de"
	English Language = "en"
)

// Address is how a person is spoken to in German.
type Address string

// The forms of address. The zero value counts as Sie.
const (
	Sie Address = "sie"
	Du  Address = "du"
)

// Voice is how one reader is spoken to. The zero value is German with Sie.
type Voice struct {
	Language Language `json:"language,omitempty"`
	Address  Address  `json:"address,omitempty"`
}

// Text is one text in both languages. The zero value is the empty text; others are made with [T].
type Text struct {
	de, en string
	args   []any
}

// T makes a text from its German and its English form.
func T(de, en string) Text { return Text{de: de, en: en} }

// With fills placeholders ahead of time: pairs as for [Text.In], which win over those given there.
func (t Text) With(args ...any) Text {
	t.args = append(append([]any{}, t.args...), args...)
	return t
}

// Either names several things of which one is meant: "Lena oder Tom".
func Either(names ...string) Text {
	return T(escape.Replace(strings.Join(names, " oder ")), escape.Replace(strings.Join(names, " or ")))
}

// Plain makes a text that reads the same in both languages, such as a name or a reference.
func Plain(s string) Text { return Both(s, s) }

// Both is a text that was made for each language elsewhere; it is taken as it is.
func Both(de, en string) Text { return T(escape.Replace(de), escape.Replace(en)) }

// escape protects braces of foreign text from being read as placeholders.
var escape = strings.NewReplacer("{", "{{", "}", "}}")

// IsZero reports whether the text is empty in both languages.
func (t Text) IsZero() bool { return t.de == "" && t.en == "" }

// In renders the text for a reader. Arguments are pairs of a placeholder's name and its value; a value that is a
// Text is rendered for the same reader. A placeholder without a value stays visible in braces, which tests refuse.
func (t Text) In(v Voice, args ...any) string {
	form := t.de
	if v.Language == English {
		form = t.en
	}
	if !strings.ContainsAny(form, "{}") {
		return form
	}
	if len(t.args) > 0 {
		args = append(append([]any{}, t.args...), args...)
	}
	var b strings.Builder
	for form != "" {
		i := strings.IndexAny(form, "{}")
		if i < 0 {
			b.WriteString(form)
			break
		}
		b.WriteString(form[:i])
		if i+1 < len(form) && form[i+1] == form[i] {
			b.WriteByte(form[i])
			form = form[i+2:]
			continue
		}
		end := strings.IndexByte(form[i:], '}')
		if form[i] == '}' || end < 0 {
			b.WriteString(form[i:])
			break
		}
		b.WriteString(fill(form[i+1:i+end], v, args))
		form = form[i+end+1:]
	}
	return b.String()
}

func fill(slot string, v Voice, args []any) string {
	name, forms, counted := strings.Cut(slot, ":")
	if counted {
		one, many, _ := strings.Cut(forms, "|")
		if value(name, v, args) == "1" {
			return one
		}
		return many
	}
	if formal, informal, ok := strings.Cut(slot, "|"); ok {
		if v.Address == Du {
			return informal
		}
		return formal
	}
	return value(slot, v, args)
}

func value(name string, v Voice, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		switch a := args[i+1].(type) {
		case string:
			return a
		case Text:
			return a.In(v, args...)
		default:
			return fmt.Sprint(a)
		}
	}
	return "{" + name + "}"
}

// Forms returns the raw German and English forms, for tests that compare their placeholders.
func (t Text) Forms() (de, en string) { return t.de, t.en }
