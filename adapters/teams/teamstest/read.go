package teamstest

import (
	"html"
	"strings"
)

// reader turns what the bot posted into what can be read, and notes what acts in it.
type reader struct {
	mentions map[string]bool // by the name in <at>…</at>
	active   []Active
}

func (r *reader) act(kind ActiveKind, what string) { r.active = append(r.active, Active{kind, what}) }

// mention reads what stands in <at>…</at>.
func (r *reader) mention(name string) string {
	if r.mentions[name] {
		r.act(Mention, name)
	} else {
		r.act(Format, "at")
	}
	return html.UnescapeString(name)
}

// message reads the text of an activity and the names of its attachments, without its cards.
func (r *reader) message(a object) string {
	text, _ := a["text"].(string)
	var parts []string
	switch a["textFormat"] {
	case "plain":
		parts = append(parts, r.plain(text))
	case "xml":
		parts = append(parts, r.xml(text))
	default:
		parts = append(parts, r.markdown(text, true))
	}
	list, _ := a["attachments"].([]any)
	for _, raw := range list {
		if isCard(raw) {
			continue
		}
		parts = append(parts, word(raw, "name"), word(raw, "content", "title"), word(raw, "content", "text"))
	}
	return joined(parts...)
}

// plain reads raw text. Mentions work in it.
func (r *reader) plain(text string) string {
	for _, label := range atTags(text) {
		name := strings.TrimSuffix(strings.TrimPrefix(label, "<at>"), "</at>")
		if r.mentions[name] {
			r.act(Mention, name)
			text = strings.ReplaceAll(text, label, name)
		}
	}
	return text
}

// card reads a whole card.
func (r *reader) card(card object) string {
	if card == nil {
		return ""
	}
	was := r.mentions
	entities := labels(at(card, "msteams", "entities"))
	r.mentions = entities
	body, _ := card["body"].([]any)
	text := r.elements(body)
	r.mentions = was
	return text
}

func (r *reader) elements(list []any) string {
	var parts []string
	for _, e := range list {
		o, _ := e.(object)
		parts = append(parts, r.element(o))
	}
	return joined(parts...)
}

func (r *reader) element(e object) string {
	if e["isVisible"] == false {
		return ""
	}
	list := func(key string) []any { l, _ := e[key].([]any); return l }
	switch e["type"] {
	case "TextBlock":
		return r.markdown(word(e, "text"), false)
	case "RichTextBlock":
		return r.runs(list("inlines"))
	case "FactSet":
		var parts []string
		for _, f := range list("facts") {
			parts = append(parts, strings.TrimSpace(r.markdown(word(f, "title"), false)+" "+r.markdown(word(f, "value"), false)))
		}
		return joined(parts...)
	case "Image":
		return word(e, "altText")
	case "ImageSet":
		return r.elements(list("images"))
	case "Container", "Column", "TableCell":
		return r.elements(list("items"))
	case "ColumnSet":
		return r.beside(list("columns"), " ")
	case "Table":
		return r.elements(list("rows"))
	case "TableRow":
		return r.beside(list("cells"), " | ")
	case "Input.Toggle":
		return joined(word(e, "label"), word(e, "title"))
	}
	if strings.HasPrefix(word(e, "type"), "Input.") {
		return joined(word(e, "label"), word(e, "value"))
	}
	return ""
}

// beside reads what stands side by side: in one line where it is one.
func (r *reader) beside(list []any, between string) string {
	var parts []string
	for _, e := range list {
		o, _ := e.(object)
		if o["isVisible"] == false {
			continue
		}
		items, _ := o["items"].([]any)
		if text := r.elements(items); text != "" {
			parts = append(parts, text)
		}
	}
	if strings.Contains(strings.Join(parts, ""), "\n") {
		between = "\n"
	}
	return strings.Join(parts, between)
}

// runs read formatted text. It knows no Markdown; its styles are the bot's own and do not act.
func (r *reader) runs(list []any) string {
	var b strings.Builder
	for _, run := range list {
		if text, ok := run.(string); ok {
			b.WriteString(text)
			continue
		}
		text := word(run, "text")
		if link := word(run, "selectAction", "url"); link != "" && link != text {
			r.act(Link, link)
		}
		b.WriteString(text)
	}
	return strings.ReplaceAll(b.String(), "\u00a0", " ")
}
