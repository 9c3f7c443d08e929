package teamstest

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// marks are what makes a line of Markdown more than a line. The first that fits counts; whole ones leave nothing of it.
var marks = []struct {
	name  string
	form  *regexp.Regexp
	whole bool
}{
	{"rule", regexp.MustCompile(`^\s{0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,}|={2,})$`), true},
	{"fence", regexp.MustCompile("^\\s{0,3}(?:```|~~~)"), true},
	{"list", regexp.MustCompile(`^\s*(?:[-*+]|\d{1,9}[.)])\s+`), false},
	{"heading", regexp.MustCompile(`^\s{0,3}#{1,6}(?:\s+|$)`), false},
	{"quote", regexp.MustCompile(`^\s{0,3}>\s?`), false},
}

// dateCall is how cards show a time in the reader's own way.
var dateCall = regexp.MustCompile(`\{\{(?:DATE|TIME)\([^)]*\)\}\}`)

// markdown reads Markdown: that of messages, in which tags count as well, or the smaller one of cards, in which they do not. What
// the smaller one does not promise is read all the same, as clients differ.
func (r *reader) markdown(text string, tags bool) string {
	text = strings.ReplaceAll(text, "\r", "\n")
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if strings.Trim(paragraph, "\n") == "" {
			continue
		}
		out = append(out, r.paragraph(strings.Trim(paragraph, "\n"), tags))
	}
	for i, line := range out {
		if line == "\u00a0" {
			out[i] = ""
		}
		out[i] = strings.ReplaceAll(out[i], "\u00a0", " ")
	}
	return strings.Join(out, "\n")
}

// paragraph reads lines without an empty one between them: they flow together, unless they are more than lines.
func (r *reader) paragraph(text string, tags bool) string {
	shown := ""
	for i, line := range strings.Split(text, "\n") {
		kept := strings.TrimSuffix(strings.TrimRight(shown, " "), "\\")
		hard := strings.HasSuffix(shown, "  ") || strings.HasSuffix(shown, "\\")
		if hard {
			shown = kept
		}
		line, marked := r.marked(line)
		switch {
		case i == 0:
		case marked || hard:
			shown += "\n"
		default:
			shown += " "
		}
		shown += r.inline(line, tags)
	}
	return shown
}

// marked takes away what makes a line more than a line, and says whether there was any.
func (r *reader) marked(line string) (string, bool) {
	for _, m := range marks {
		if !m.form.MatchString(line) {
			continue
		}
		r.act(Format, m.name)
		if m.whole {
			return "", true
		}
		return m.form.ReplaceAllString(line, ""), true
	}
	return line, false
}

// inline reads one line.
func (r *reader) inline(text string, tags bool) string {
	if !tags {
		for _, call := range dateCall.FindAllString(text, -1) {
			r.act(Date, call)
		}
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		rest := text[i:]
		shown, n := r.piece(text, i, tags)
		if n == 0 {
			_, n = utf8.DecodeRuneInString(rest)
			shown = rest[:n]
		}
		b.WriteString(shown)
		i += n
	}
	return b.String()
}

const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

// piece reads the markup at i and says how long it is; 0 for none.
func (r *reader) piece(text string, i int, tags bool) (string, int) {
	rest := text[i:]
	switch rest[0] {
	case '\\':
		if len(rest) > 1 && strings.IndexByte(punctuation, rest[1]) >= 0 {
			return rest[1:2], 2
		}
	case '&':
		if e := entity.FindString(rest); e != "" && html.UnescapeString(e) != e {
			return html.UnescapeString(e), len(e)
		}
	case '`':
		if end := strings.IndexByte(rest[1:], '`'); end > 0 {
			r.act(Format, "code")
			return rest[1 : end+1], end + 2
		}
	case '!':
		if len(rest) > 1 && rest[1] == '[' {
			if label, target, n := link(rest[1:]); n > 0 {
				r.act(Picture, target)
				return label, n + 1
			}
		}
	case '[':
		if label, target, n := link(rest); n > 0 {
			label = r.inline(label, tags)
			if label != target {
				r.act(Link, target)
			}
			return label, n
		}
	case '<':
		return r.angle(rest, tags)
	case 'h':
		if a := address.FindString(rest); a != "" { // nothing counts inside an address
			return a, len(a)
		}
	case '*', '_', '~':
		return r.emphasis(text, i, tags)
	}
	return "", 0
}

// angle reads what begins with <.
func (r *reader) angle(rest string, tags bool) (string, int) {
	if name, _, ok := strings.Cut(strings.TrimPrefix(rest, "<at>"), "</at>"); ok && strings.HasPrefix(rest, "<at>") {
		return r.mention(name), len("<at>") + len(name) + len("</at>")
	}
	if a := address.FindString(rest[1:]); a != "" && strings.HasPrefix(rest[1+len(a):], ">") {
		return a, len(a) + 2
	}
	if m := tagForm.FindString(rest); m != "" && tags {
		t := tokens(m)[0]
		switch {
		case t.name == "br":
			return "\n", len(m)
		case t.name == "a" && !t.end:
			r.act(Link, t.attributes["href"])
		case !t.end:
			r.act(Format, t.name)
		}
		return "", len(m)
	}
	return "", 0
}

// link reads [label](target).
func link(rest string) (label, target string, n int) {
	depth, end := 0, -1
	for i := 0; i < len(rest) && end < 0; i++ {
		switch rest[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				end = i
			}
		}
	}
	if end < 0 || !strings.HasPrefix(rest[end+1:], "(") {
		return "", "", 0
	}
	target, _, ok := strings.Cut(rest[end+2:], ")")
	if !ok {
		return "", "", 0
	}
	n = end + 2 + len(target) + 1
	target, _, _ = strings.Cut(strings.TrimSpace(target), " ")
	return rest[1:end], target, n
}

// emphasis reads *…*, **…**, _…_, __…__ and ~~…~~: what opens stands before a word, what closes behind one.
func (r *reader) emphasis(text string, i int, tags bool) (string, int) {
	c := text[i]
	mark := 1
	for i+mark < len(text) && text[i+mark] == c {
		mark++
	}
	run := mark
	mark = min(mark, 3)
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+run:])
	if i+run >= len(text) || unicode.IsSpace(after) || c == '_' && i > 0 && wordRune(before) {
		return text[i : i+run], run
	}
	sign := strings.Repeat(string(c), mark)
	for j := i + run; j < len(text); j++ {
		if text[j] == '\\' {
			j++
			continue
		}
		if !strings.HasPrefix(text[j:], sign) {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(text[:j])
		next, _ := utf8.DecodeRuneInString(text[j+len(sign):])
		if unicode.IsSpace(last) || c == '_' && j+len(sign) < len(text) && wordRune(next) {
			continue
		}
		r.act(Format, sign)
		return strings.Repeat(string(c), run-mark) + r.inline(text[i+run:j], tags), j + len(sign) - i
	}
	return text[i : i+run], run
}

func wordRune(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }
