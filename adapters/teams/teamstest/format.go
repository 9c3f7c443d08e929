package teamstest

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
)

// token is a piece of markup.
type token struct {
	tag, end   bool
	name       string
	text       string // between tags, entities resolved
	raw        string
	attributes map[string]string
}

var (
	tagForm   = regexp.MustCompile(`^<(/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z_:-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*)\s*/?>`)
	attribute = regexp.MustCompile(`([A-Za-z_:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)
	entity    = regexp.MustCompile(`^&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);`)
)

// tokens takes markup apart. What is no tag is text.
func tokens(markup string) []token {
	var all []token
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			all = append(all, token{text: html.UnescapeString(text.String()), raw: text.String()})
			text.Reset()
		}
	}
	for i := 0; i < len(markup); {
		if markup[i] == '<' {
			if m := tagForm.FindStringSubmatch(markup[i:]); m != nil {
				flush()
				t := token{tag: true, end: m[1] == "/", name: strings.ToLower(m[2]), raw: m[0], attributes: map[string]string{}}
				for _, a := range attribute.FindAllStringSubmatch(m[3], -1) {
					t.attributes[strings.ToLower(a[1])] = html.UnescapeString(a[2] + a[3] + a[4])
				}
				all = append(all, t)
				i += len(m[0])
				continue
			}
		}
		text.WriteByte(markup[i])
		i++
	}
	flush()
	return all
}

// The tags that Teams shows, those that break lines, and those that have no end.
var (
	shownTags = strings.Fields("a at b blockquote br code del div em h1 h2 h3 hr i img li ol p pre s span strike strong u ul")
	lineTags  = strings.Fields("blockquote div h1 h2 h3 li p pre ol ul")
	voidTags  = strings.Fields("br hr img")
)

// xmlFaults is what is wrong with a text of the format xml.
func xmlFaults(text string) []string {
	var faults, open []string
	for _, t := range tokens(text) {
		switch {
		case !t.tag:
			if strings.Contains(t.raw, "<") {
				faults = append(faults, "a < that is not escaped")
			}
			if bare(t.raw) {
				faults = append(faults, "an & that is not escaped")
			}
		case !slices.Contains(shownTags, t.name):
			faults = append(faults, fmt.Sprintf("Teams does not show <%s>", t.name))
		case slices.Contains(voidTags, t.name) || strings.HasSuffix(t.raw, "/>"):
		case !t.end:
			open = append(open, t.name)
		case len(open) == 0 || open[len(open)-1] != t.name:
			faults = append(faults, fmt.Sprintf("</%s> ends nothing", t.name))
		default:
			open = open[:len(open)-1]
		}
	}
	for _, name := range open {
		faults = append(faults, fmt.Sprintf("<%s> has no end", name))
	}
	return faults
}

// bare says whether there is an & that begins no entity.
func bare(text string) bool {
	for i := range len(text) {
		if text[i] == '&' && !entity.MatchString(text[i:]) {
			return true
		}
	}
	return false
}

// xml reads text of the format xml, and the HTML of people.
func (r *reader) xml(markup string) string {
	var lines []string
	var b strings.Builder
	fresh := true // nothing stands on the line yet, not even an empty paragraph
	line := func(force bool) {
		if b.Len() > 0 || force {
			text := b.String()
			if text == "\u00a0" {
				text = ""
			}
			lines = append(lines, strings.ReplaceAll(text, "\u00a0", " "))
		}
		b.Reset()
		fresh = true
	}
	all := tokens(markup)
	for i := 0; i < len(all); i++ {
		t := all[i]
		switch {
		case !t.tag:
			text := collapse(t.text)
			if fresh {
				text = strings.TrimPrefix(text, " ")
			}
			b.WriteString(text)
			fresh = fresh && text == ""
		case t.name == "br":
			line(true)
		case t.name == "at" && !t.end:
			name, until := inner(all, i)
			b.WriteString(r.mention(name))
			i, fresh = until, false
		case t.name == "a" && !t.end:
			text, until := inner(all, i)
			if text != t.attributes["href"] {
				r.act(Link, t.attributes["href"])
			}
			b.WriteString(text)
			i, fresh = until, false
		case t.name == "img":
			r.act(Picture, t.attributes["src"])
			b.WriteString(t.attributes["alt"])
			fresh = false
		case slices.Contains(lineTags, t.name):
			line(false)
			r.layout(t)
		case !t.end && t.name != "span" && t.name != "attachment":
			r.act(Format, t.name)
		}
	}
	line(false)
	return strings.Join(lines, "\n")
}

// layout notes the formatting of whole lines. Paragraphs are none.
func (r *reader) layout(t token) {
	if !t.end && t.name != "p" && t.name != "div" {
		r.act(Format, t.name)
	}
}

// inner is the text up to the end of the tag at i, and where that is.
func inner(all []token, i int) (string, int) {
	var b strings.Builder
	for j := i + 1; j < len(all); j++ {
		if all[j].tag && all[j].end && all[j].name == all[i].name {
			return b.String(), j
		}
		b.WriteString(all[j].text)
	}
	return b.String(), len(all)
}

var whites = regexp.MustCompile(`[ \t\r\n]+`)

// collapse makes one space of several, as HTML does.
func collapse(text string) string { return whites.ReplaceAllString(text, " ") }
