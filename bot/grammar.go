package bot

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxText is the most characters of anything that people write to the bot. Slack allows 40,000 in a message and Teams
// about 28 KB; what is longer than this is a document, not a message.
const maxText = 12000

// maxHeard is the most characters of what people write to each other in a room: more than any platform takes.
const maxHeard = 100_000

// parsed is a command as it was written, before anybody asked whether it may run.
type parsed struct {
	row    *Command
	args   map[string]string
	themes []string
	// surplus is text that the command has no use for.
	surplus string
	// unknown is the first word when no verb was found, rest what follows it, whole everything.
	unknown, rest, whole string
	// ask opens the form, filled in, though nothing is missing.
	ask bool
}

// refs are the references that were given: all that may be repeated of a command that was refused in a room.
func (p *parsed) refs() []string {
	var refs []string
	for i := range p.row.Args {
		if a := &p.row.Args[i]; a.Kind == ArgRef && a.Free && p.args[a.Name] != "" {
			refs = append(refs, p.args[a.Name])
		}
	}
	return refs
}

// clean makes a text safe to keep and to show: valid UTF-8 in composed form, without control characters (line breaks
// and tabs stay) and without the characters that turn the direction of what follows, which could make a text read
// differently from what it says.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
			return -1
		case r == '\u00A0' || r == '\u2028' || r == '\u2029':
			return ' '
		}
		return r
	}, text)
	return strings.TrimSpace(norm.NFC.String(text))
}

// parse reads a cleaned text by the one grammar:
//
//	command = verb [args] | REF [verb [args] | change] | "#" theme | "+1" REF
//	args    = { text | key ":" value | "#" theme | quoted }
//	change  = ("+" | "-") n unit | key ":" value
func (c *commands) parse(text string) parsed {
	text = strings.TrimPrefix(text, "/")
	first, rest := cutWord(text)
	if _, _, ok := parseRef(first); ok {
		return c.parseRefFirst(text, first, rest)
	}
	if theme, ok := parseTheme(first); ok && rest == "" {
		return c.with("topics.list", map[string]string{"filter": "#" + theme})
	}
	for n := c.longest; n > 0; n-- {
		verb, rest := cutWords(text, n)
		if verb == "" {
			continue
		}
		if rows := c.byVerb[foldVerb(verb)]; len(rows) > 0 {
			return parseArgs(c.rowFor(rows, rest), rest)
		}
	}
	return parsed{unknown: first, rest: rest, whole: text}
}

// parseRefFirst reads "T-41" and "T-41 verb …".
func (c *commands) parseRefFirst(text, ref, rest string) parsed {
	prefix, _, _ := parseRef(ref)
	for n := c.longest; n > 0 && rest != ""; n-- {
		verb, more := cutWords(rest, n)
		for _, row := range c.byVerb[foldVerb(verb)] {
			if verb != "" && row.On == prefix {
				return parseArgs(row, ref+" "+more)
			}
		}
	}
	for i := range c.rows {
		row := &c.rows[i]
		if row.On == prefix && strings.HasSuffix(row.Name, ".show") && rest == "" {
			return parseArgs(row, ref)
		}
	}
	unknown, more := cutWord(rest)
	if row := c.changeOf(prefix, unknown); row != nil {
		return parseArgs(row, ref+" "+rest)
	}
	if rest == "" {
		unknown, more = ref, ""
	}
	return parsed{unknown: unknown, rest: strings.TrimSpace(ref + " " + more), whole: text}
}

// changeOf is the row that changes what a reference names, for "M-31 +2t" and "M-31 an:@lea"; nil when the word begins
// nothing of the kind.
func (c *commands) changeOf(prefix, word string) *Command {
	for i := range c.rows {
		row := &c.rows[i]
		if row.On != prefix || !strings.HasSuffix(row.Name, ".change") {
			continue
		}
		signed := len(word) > 1 && (word[0] == '+' || word[0] == '-')
		if a, _ := keyOf(row, word); a != nil || signed && row.shifts() {
			return row
		}
	}
	return nil
}

// shifts reports whether the row moves a date.
func (c *Command) shifts() bool {
	return slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Kind == ArgShift })
}

// rowFor chooses among rows of the same verb the one for the kind of reference that follows.
func (c *commands) rowFor(rows []*Command, rest string) *Command {
	first, _ := cutWord(rest)
	prefix, _, _ := parseRef(first)
	for _, row := range rows {
		if row.On == prefix {
			return row
		}
	}
	return rows[0]
}

// with is a command that the grammar itself stands for.
func (c *commands) with(name string, args map[string]string) parsed {
	return parsed{row: c.byName[name], args: args}
}

// parseArgs reads what follows the verb by the row's arguments.
func parseArgs(row *Command, rest string) parsed {
	p := parsed{row: row, args: map[string]string{}}
	var free []string
	for _, tok := range tokens(row, rest) {
		switch {
		case tok.arg != nil:
			p.args[tok.arg.Name] = joinText(p.args[tok.arg.Name], tok.text)
		case tok.theme != "":
			if !slices.Contains(p.themes, tok.theme) {
				p.themes = append(p.themes, tok.theme)
			}
		default:
			free = append(free, tok.text)
		}
	}
	text := strings.TrimSpace(strings.Join(free, ""))
	for i := range row.Args {
		arg := &row.Args[i]
		if !arg.Free || text == "" {
			continue
		}
		if first, more := cutWord(text); arg.named(first) && (arg.Kind == ArgRef || arg.Kind == ArgDate) {
			text = more // "bis Freitag" and "mit T-2" read like "bis:Freitag" and "mit:T-2"
		}
		switch arg.Kind {
		case ArgRef:
			if first, more := cutWord(text); p.args[arg.Name] == "" {
				if prefix, n, ok := parseRef(first); ok && prefix == arg.On {
					p.args[arg.Name], text = formatRef(prefix, n), more
				} else if n, err := strconv.ParseUint(first, 10, 64); err == nil && n > 0 {
					p.args[arg.Name], text = formatRef(arg.On, n), more
				}
			}
		case ArgWord:
			if p.args[arg.Name] == "" {
				p.args[arg.Name], text = cutWord(text)
			}
		default:
			p.args[arg.Name], text = joinText(p.args[arg.Name], text), ""
		}
	}
	p.surplus = text
	return p
}

// token is a piece of the arguments: free text with the blanks around it, the value of a key, or a theme.
type token struct {
	text, theme string
	arg         *Arg
}

// tokens cuts the arguments into pieces. Only the row's own keys count as keys; a value reaches to the next key or
// theme, or to the closing quote. A theme that stands inside the text stays a word of it, too.
func tokens(row *Command, rest string) []token {
	var list []token
	var arg *Arg
	add := func(s string) {
		if n := len(list) - 1; n >= 0 && list[n].theme == "" && list[n].arg == arg {
			list[n].text += s
		} else {
			list = append(list, token{text: s, arg: arg})
		}
	}
	for rest != "" {
		blank := rest[:len(rest)-len(strings.TrimLeftFunc(rest, unicode.IsSpace))]
		rest = rest[len(blank):]
		if quoted, more, ok := cutQuoted(rest); ok {
			add(blank + quoted)
			rest, arg = more, nil
			continue
		}
		word := rest[:wordLen(rest)]
		rest = rest[len(word):]
		if a, value := keyOf(row, word); a != nil {
			arg = a
			if quoted, more, ok := cutQuoted(value + rest); ok {
				add(quoted)
				rest, arg = more, nil
			} else if value != "" {
				add(value)
			}
			continue
		}
		if theme, ok := parseTheme(word); ok {
			list = append(list, token{theme: theme})
			if len(list) > 1 && textFollows(row, rest) {
				add(blank + strings.TrimPrefix(word, "#"))
			}
			continue
		}
		add(blank + word)
	}
	return list
}

// keyOf reads "key:value" or "key:" for one of the row's keys.
func keyOf(row *Command, word string) (*Arg, string) {
	key, value, ok := strings.Cut(word, ":")
	if !ok || strings.HasPrefix(value, "//") {
		return nil, ""
	}
	for i := range row.Args {
		if a := &row.Args[i]; a.named(key) {
			return a, value
		}
	}
	return nil, ""
}

// named reports whether a word is one of the argument's keys.
func (a *Arg) named(word string) bool {
	word = foldVerb(word)
	return word != "" && (a.DE != "" && word == foldVerb(a.DE) || a.EN != "" && word == foldVerb(a.EN))
}

// quotes are the pairs of quotation marks that people type.
var quotes = map[rune]rune{'"': '"', '„': '“', '“': '”', '»': '«', '«': '»', '‚': '‘'}

// cutQuoted cuts a quoted text from the beginning. A quote that does not close at the end of a word is plain text.
func cutQuoted(s string) (quoted, rest string, ok bool) {
	open, size := utf8.DecodeRuneInString(s)
	shut, ok := quotes[open]
	if !ok {
		return "", "", false
	}
	end := strings.IndexRune(s[size:], shut)
	if end < 0 && open == '„' {
		shut = '"'
		end = strings.IndexRune(s[size:], shut)
	}
	if end <= 0 {
		return "", "", false
	}
	rest = s[size+end+utf8.RuneLen(shut):]
	if next, _ := utf8.DecodeRuneInString(rest); rest != "" && !unicode.IsSpace(next) {
		return "", "", false
	}
	return s[size : size+end], rest, true
}

// parseTheme reads "#onprem": letters, digits, "-" and "_", at most 40 characters, at least one letter.
func parseTheme(word string) (string, bool) {
	theme, ok := strings.CutPrefix(word, "#")
	theme = strings.TrimRight(theme, ".,;:!?")
	if !ok || theme == "" || utf8.RuneCountInString(theme) > 40 || !strings.ContainsFunc(theme, unicode.IsLetter) {
		return "", false
	}
	if strings.ContainsFunc(theme, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_'
	}) {
		return "", false
	}
	return strings.ToLower(theme), true
}

// textFollows reports whether plain words come next, after any further themes.
func textFollows(row *Command, rest string) bool {
	for word := range strings.FieldsSeq(rest) {
		if _, ok := parseTheme(word); ok {
			continue
		}
		arg, _ := keyOf(row, word)
		return arg == nil
	}
	return false
}

// parseRef reads a reference such as "T-41", "t41" or "T-41:".
func parseRef(word string) (prefix string, n uint64, ok bool) {
	word = strings.TrimRight(word, ".,;:!?")
	if len(word) < 2 || len(word) > 20 {
		return "", 0, false
	}
	prefix = strings.ToUpper(word[:1])
	if !strings.Contains("TVEBFAPMCDWL", prefix) {
		return "", 0, false
	}
	digits, dashed := strings.CutPrefix(word[1:], "-")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n == 0 || digits[0] == '+' || !dashed && len(digits) > 6 {
		return "", 0, false
	}
	return prefix, n, true
}

// formatRef writes a reference.
func formatRef(prefix string, n uint64) string { return prefix + "-" + strconv.FormatUint(n, 10) }

func wordLen(s string) int {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return i
	}
	return len(s)
}

func cutWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	n := wordLen(s)
	return s[:n], strings.TrimSpace(s[n:])
}

// cutWords cuts exactly n words from the beginning, or nothing when there are fewer.
func cutWords(s string, n int) (verb, rest string) {
	rest = s
	for range n {
		var w string
		w, rest = cutWord(rest)
		if w == "" {
			return "", s
		}
		verb = strings.TrimSpace(verb + " " + w)
	}
	return verb, rest
}

func joinText(a, b string) string {
	return strings.TrimSpace(strings.TrimSpace(a) + " " + strings.TrimSpace(b))
}

// shorten cuts a text to at most n characters at a word's end and says so with an ellipsis.
func shorten(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	cut := string([]rune(text)[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:.–-") + "…"
}
