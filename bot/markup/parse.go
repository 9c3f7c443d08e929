package markup

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// People finds the person whom a name after an @ means; false when it means nobody.
type People func(name string) (id string, ok bool)

// ParseMarkdown reads what people type in a chat: **bold**, *italic* or _italic_, ~~strike~~, `code`, ``` fences, > quotes,
// lists, [text](address), bare addresses, @name for people who are known. A line break is a line break. What is not
// closed, or nested too deep, is text. people may be nil: then nobody is known.
func ParseMarkdown(text string, people People) Doc {
	if people == nil {
		people = func(string) (string, bool) { return "", false }
	}
	if len(text) > longest {
		return FromPlain(text)
	}
	p := parser{people: people}
	return Normalize(Doc{p.blocks(strings.Split(text, "\n"), 0)})
}

type parser struct{ people People }

var listItem = regexp.MustCompile(`^( {0,3})([-*]|[0-9]{1,9}[.)]) +(\S.*)$`)

// blocks reads lines at a depth of nesting.
func (p *parser) blocks(lines []string, depth int) []Block {
	var out []Block
	var para []string
	flush := func() {
		if len(para) > 0 {
			out = append(out, Block{Kind: Paragraph, Inlines: p.inlines(strings.Join(para, "\n"), nil)})
			para = nil
		}
	}
	for i := 0; i < len(lines); {
		line := strings.TrimLeft(lines[i], " ")
		block, n := Block{}, 0
		switch {
		case strings.TrimSpace(line) == "":
			flush()
			i++
			continue
		case depth >= deepest:
		case strings.HasPrefix(line, "```"):
			block, n = fence(lines[i:])
		case strings.HasPrefix(line, ">"):
			block, n = p.quote(lines[i:], depth)
		case listItem.MatchString(lines[i]):
			block, n = p.list(lines[i:], depth)
		}
		if n == 0 {
			para = append(para, line)
			i++
			continue
		}
		flush()
		out = append(out, block)
		i += n
	}
	flush()
	return out
}

// fence reads a code block and says how many lines it takes; none when it is not closed. One word behind its beginning is
// the name of a language, more than one are code already. It ends with as many backticks as it begins with, or more.
func fence(lines []string) (Block, int) {
	begin := strings.TrimSpace(lines[0])
	info := strings.TrimLeft(begin, "`")
	ticks := begin[:len(begin)-len(info)]
	if strings.Contains(info, "`") {
		return Block{}, 0
	}
	for i, line := range lines[1:] {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, ticks) || strings.Trim(line, "`") != "" {
			continue
		}
		code := lines[1 : i+1]
		if info = strings.TrimSpace(info); strings.ContainsAny(info, " \t") {
			code = append([]string{info}, code...)
		}
		return Block{Kind: CodeBlock, Text: strings.Join(code, "\n")}, i + 2
	}
	return Block{}, 0
}

// quote reads the lines that begin with ">".
func (p *parser) quote(lines []string, depth int) (Block, int) {
	var inner []string
	for _, line := range lines {
		rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), ">")
		if !ok {
			break
		}
		inner = append(inner, strings.TrimPrefix(rest, " "))
	}
	return Block{Kind: Quote, Blocks: p.blocks(inner, depth+1)}, len(inner)
}

// list reads entries of one kind with what is indented below them. Numbers count, unless all are the same, as many people
// write them: what bears a number that is not the next one begins a list of its own.
func (p *parser) list(lines []string, depth int) (Block, int) {
	b := Block{Kind: List}
	same := true
	n := 0
	for n < len(lines) {
		m := listItem.FindStringSubmatch(lines[n])
		if m == nil {
			break
		}
		number, err := strconv.Atoi(strings.TrimRight(m[2], ".)"))
		ordered := err == nil
		if n == 0 {
			b.Ordered, b.Start = ordered, number
		}
		same = same && number == b.Start
		if ordered != b.Ordered || !same && number != b.number(len(b.Items)) {
			break
		}
		item, taken := entryLines(lines[n:], len(m[1]), len(m[1])+len(m[2])+1, m[3])
		b.Items = append(b.Items, p.blocks(item, depth+1))
		n += taken
	}
	return b, n
}

// entryLines are the lines of an entry, which begins with first: those below it that are indented by two more than its sign, and
// empty ones between them. Up to width blanks before them are none of theirs.
func entryLines(lines []string, sign, width int, first string) ([]string, int) {
	item := []string{first}
	n := 1
	for i := 1; i < len(lines); i++ {
		if indented(lines[i], sign+2) {
			blanks := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
			item = append(item, lines[i][min(blanks, width):])
			n = i + 1
		} else if strings.TrimSpace(lines[i]) == "" {
			item = append(item, "")
		} else {
			break
		}
	}
	return item[:n], n
}

func indented(line string, by int) bool {
	return len(line) > by && strings.TrimLeft(line[:by], " ") == "" && strings.TrimSpace(line) != ""
}

// marks are the signs around inlines, longer ones first.
var marks = []struct {
	sign string
	kind Kind
}{{"***", Bold}, {"**", Bold}, {"~~", Strike}, {"*", Italic}, {"_", Italic}}

// inlines reads a paragraph inside the marks that are open.
func (p *parser) inlines(s string, open []Kind) []Inline {
	var out []Inline
	text := 0 // where the text begins that was not taken yet
	take := func(upTo, next int, in Inline) {
		if text < upTo {
			out = append(out, Inline{Kind: Text, Text: unescape(s[text:upTo])})
		}
		out = append(out, in)
		text = next
	}
	never := map[string]bool{} // signs that do not close any more
	for i := 0; i < len(s); {
		if s[i] == '\\' && i+1 < len(s) && isSign(s[i+1]) {
			i += 2
			continue
		}
		in, n := p.inline(s, i, open, never)
		switch {
		case n > 0:
		case s[i] == '`':
			i += ticksAt(s[i:])
			continue
		case separates(s, i, open):
			in, n = Inline{Kind: Text}, len(tie)
		}
		if n == 0 {
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
			continue
		}
		take(i, i+n, in)
		i += n
	}
	if text < len(s) {
		out = append(out, Inline{Kind: Text, Text: unescape(s[text:])})
	}
	return out
}

// separates reports whether a joiner stands at i that keeps the sign behind it from being one with what is before.
func separates(s string, i int, open []Kind) bool {
	if !strings.HasPrefix(s[i:], tie) {
		return false
	}
	i += len(tie)
	return i == len(s) && len(open) > 0 || i < len(s) && strings.IndexByte("*~`@", s[i]) >= 0
}

// inline reads what begins at i, and says how many bytes it takes; none for text.
func (p *parser) inline(s string, i int, open []Kind, never map[string]bool) (Inline, int) {
	rest := s[i:]
	switch s[i] {
	case '\n':
		return Inline{Kind: Break}, 1
	case '`':
		return codeSpan(rest, never)
	case '[':
		return p.link(rest, open)
	case 'h', 'H', 'm', 'M':
		return address(s, i)
	case '@':
		return p.mention(s, i)
	}
	for _, m := range marks {
		if strings.HasPrefix(rest, m.sign) {
			if m.sign == "***" {
				if in, n := p.marked(s, i, m.sign, m.kind, open, never); n > 0 {
					in.Children = []Inline{{Kind: Italic, Children: in.Children}}
					return in, n
				}
				continue
			}
			return p.marked(s, i, m.sign, m.kind, open, never)
		}
	}
	return Inline{}, 0
}

// marked reads "**bold**" and the like. The sign opens before a word and closes after one; an underscore does so at the
// ends of words only.
func (p *parser) marked(s string, i int, sign string, kind Kind, open []Kind, never map[string]bool) (Inline, int) {
	from := i + len(sign)
	if never[sign] || len(open) >= deepest || from >= len(s) || isBlank(s[from]) || s[from] == sign[0] || sign == "_" && afterWord(s, i) {
		return Inline{}, 0
	}
	for j := from; j < len(s); j++ {
		switch {
		case s[j] == '\\':
			j++
		case s[j] == '`':
			_, n := codeSpan(s[j:], never)
			j += max(n, ticksAt(s[j:])) - 1
		case s[j] == ']' && strings.HasPrefix(s[j+1:], "("): // an address holds no marks
			j += len(linkTarget.FindString(s[j+1:]))
		case strings.HasPrefix(s[j:], sign):
			run := 1
			for j+run < len(s) && s[j+run] == sign[0] {
				run++
			}
			if len(sign) == 1 && run == 2 { // the sign of bold, not of italic
				j++
				continue
			}
			end := j + run - len(sign) // of more signs, the last ones close
			if isBlank(s[j-1]) || sign == "_" && beforeWord(s, end+1) {
				j += run - 1
				continue
			}
			return Inline{Kind: kind, Children: p.inlines(s[from:end], append(open[:len(open):len(open)], kind))}, end + len(sign) - i
		}
	}
	never[sign] = true
	return Inline{}, 0
}

// ticksAt is how many backticks a text begins with.
func ticksAt(s string) int { return len(s) - len(strings.TrimLeft(s, "`")) }

// mostTicks is how many backticks in a row begin code; more are text.
const mostTicks = 8

// codeSpan reads code, between as many backticks before it as behind it.
func codeSpan(s string, never map[string]bool) (Inline, int) {
	n := ticksAt(s)
	if n > mostTicks || never[s[:n]] {
		return Inline{}, 0
	}
	for i := n; i < len(s); {
		tick := strings.IndexByte(s[i:], '`')
		if tick < 0 {
			break
		}
		i += tick
		run := ticksAt(s[i:])
		if run == n {
			return Inline{Kind: Code, Text: s[n:i]}, i + n
		}
		i += run
	}
	never[s[:n]] = true
	return Inline{}, 0
}

var (
	linkForm   = regexp.MustCompile(`^\[((?:[^\[\]\\\n]|\\.)+)\]\(((?:[^()\s<>\\]|\\[()]|\([^()\s<>\\]*\))+)\)`)
	linkTarget = regexp.MustCompile(`^\((?:[^()\s<>\\]|\\[()]|\([^()\s<>\\]*\))+\)`)
)

// link reads "[text](address)".
func (p *parser) link(rest string, open []Kind) (Inline, int) {
	m := linkForm.FindStringSubmatch(rest)
	if m == nil {
		return Inline{}, 0
	}
	ref := strings.NewReplacer(`\(`, "(", `\)`, ")").Replace(m[2])
	if !allowed(ref) {
		return Inline{}, 0
	}
	return Inline{Kind: Link, Ref: ref, Children: p.inlines(m[1], append(open[:len(open):len(open)], Link))}, len(m[0])
}

var bareForm = regexp.MustCompile(`^(?i:https?://|mailto:)[^\s<>"\\` + "`" + `]+`)

// address reads a bare address; the sentence's own marks at its end do not belong to it.
func address(s string, i int) (Inline, int) {
	if afterWord(s, i) {
		return Inline{}, 0
	}
	found := strings.TrimRight(bareForm.FindString(s[i:]), ".,;:!?'*_~)]}»“")
	if !allowed(found) {
		return Inline{}, 0
	}
	return Inline{Kind: Link, Ref: found, Children: []Inline{{Kind: Text, Text: found}}}, len(found)
}

// mention reads "@name" for somebody who is known, the longest name first: up to three words.
func (p *parser) mention(s string, i int) (Inline, int) {
	if afterWord(s, i) {
		return Inline{}, 0
	}
	if name, ok := bracketed(s[i+1:]); ok {
		if id, ok := p.people(name); ok {
			return Inline{Kind: Mention, Text: name, Ref: id}, len("@[]") + len(name)
		}
		return Inline{}, 0
	}
	end, ends := i+1, []int{}
	for len(ends) < 3 {
		n := strings.IndexFunc(s[end:], func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '.' && r != '_'
		})
		if n < 0 {
			n = len(s) - end
		}
		if n == 0 {
			break
		}
		ends = append(ends, end+n)
		if end += n; end >= len(s) || s[end] != ' ' {
			break
		}
		end++
	}
	for k := len(ends) - 1; k >= 0; k-- {
		name := strings.TrimRight(s[i+1:ends[k]], ".-_")
		if id, ok := p.people(name); ok && name != "" {
			return Inline{Kind: Mention, Text: name, Ref: id}, 1 + len(name)
		}
	}
	return Inline{}, 0
}

// bracketed is a name in brackets, which says where it ends.
func bracketed(s string) (string, bool) {
	if !strings.HasPrefix(s, "[") {
		return "", false
	}
	end := strings.IndexAny(s, "]\n\\")
	if end < 0 || s[end] != ']' {
		return "", false
	}
	return s[1:end], true
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// signs are the characters that a backslash makes text.
const signs = "\\`*_~[]()<>@#-+.!:/"

func isSign(c byte) bool { return strings.IndexByte(signs, c) >= 0 }

func afterWord(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func beforeWord(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i < len(s) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// unescape takes the backslashes away that made signs text.
func unescape(s string) string {
	if !strings.Contains(s, "\\") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && isSign(s[i+1]) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
