package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The reader below is strict where the library is kind: it reports every unknown key, not the first one, each with
// its line; it never shows a value, because a value may be a secret (the library's messages quote the lines around
// the fault); and it knows no anchors, tags or octal numbers. Each section of the configuration is a table of rows,
// one for each key, and each row reads one node.

// maxConfig is the largest configuration that is read, in bytes.
const maxConfig = 1 << 20

// maxNesting bounds the depth of the configuration, ten times what it needs: the library's parser is recursive.
const maxNesting = 40

// Fault is one thing that is wrong with a configuration.
type Fault struct {
	File string
	Line int    // from 1
	Key  string // "people.anna.roles"; empty when it concerns the file
	Text string // what is wrong, and what to write instead
}

// String writes the fault in the form that editors jump to.
func (f Fault) String() string {
	if f.Key == "" {
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
	}
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Key, f.Text)
}

// Faults are all faults of a configuration, in the order of their lines.
type Faults []Fault

// Error writes a line for each fault.
func (f Faults) Error() string {
	var lines []string
	for _, one := range f {
		lines = append(lines, one.String())
	}
	return strings.Join(lines, "\n")
}

// mark is where something stands in the file.
type mark struct {
	line int
	key  string
	raw  string // a scalar as it was written, before ${NAME} was replaced
}

// reader reads one file and collects its faults.
type reader struct {
	file   string
	lookup func(name string) (string, bool) // the environment
	path   []string                         // keys down to the node that is being read
	line   int                              // line of the last of them
	// marks remembers where the target of a pointer was read from, so that checks across sections can point there.
	marks  map[any]mark
	faults Faults
}

// row is a key of a section and how its value is read.
type row struct {
	key  string
	read func(*reader, ast.Node)
}

// parse turns a file into its top node, nil when it cannot be read at all.
func (r *reader) parse(data []byte) ast.Node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if line, what := notText(data); what != "" {
		r.faultAt(line, "%s", what)
		return nil
	}
	tokens := lexer.Tokenize(string(data))
	if line := tooDeep(tokens); line > 0 {
		r.faultAt(line, "is nested too deeply to be a configuration")
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, text := 1, "is not YAML"
		var syntax yaml.Error
		if errors.As(err, &syntax) {
			line, text = syntax.GetToken().Position.Line, "is not YAML here: "+strings.ReplaceAll(syntax.GetMessage(), "\t", `\t`)
		}
		r.faultAt(line, "%s", text)
		return nil
	}
	for i, doc := range file.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); i > 0 || directive {
			line := lineOf(doc.Body)
			if doc.Start != nil {
				line = doc.Start.Position.Line
			}
			r.faultAt(line, "a configuration is one YAML document without directives: remove the %% and --- lines")
			return nil
		}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		r.faultAt(1, "is empty: start with a copy of config.example.yaml, or without a file for the built-in example")
		return nil
	}
	return file.Docs[0].Body
}

// notText says what keeps data from being a text file, and in which line.
func notText(data []byte) (line int, what string) {
	if len(data) > maxConfig {
		return 1, fmt.Sprintf("is larger than %d KiB and cannot be a configuration", maxConfig>>10)
	}
	line = 1
	for i, c := range string(data) {
		switch {
		case c == '\n':
			line++
		case c == utf8.RuneError && !bytes.HasPrefix(data[i:], []byte("\ufffd")):
			return line, "is not UTF-8: save it as UTF-8"
		case c == '\r' && bytes.HasPrefix(data[i:], []byte("\r\n")):
		case c < ' ' && c != '\t', c == 0x7f, c == 0xfeff:
			return line, fmt.Sprintf("holds the control character U+%04X: remove it", c)
		}
	}
	return 0, ""
}

// tooDeep returns the line in which the nesting exceeds [maxNesting], 0 when it does not.
func tooDeep(tokens token.Tokens) int {
	flow, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			dashes, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			dashes++
		}
		if max(flow, dashes, t.Position.IndentLevel) > maxNesting {
			return line
		}
	}
	return 0
}

// lineOf returns the line of a node, 1 when it has none.
func lineOf(n ast.Node) int {
	if n == nil {
		return 1
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return max(t.Position.Line, 1)
	}
	return 1
}

func (r *reader) faultAt(line int, format string, args ...any) {
	r.faults = append(r.faults, Fault{r.file, max(line, 1), strings.Join(r.path, "."), fmt.Sprintf(format, args...)})
}

func (r *reader) fault(n ast.Node, format string, args ...any) { r.faultAt(lineOf(n), format, args...) }

// faultOf reports a fault of something that was read before, by its pointer. What was left out is reported where its
// owner stands.
func (r *reader) faultOf(target, owner any, format string, args ...any) {
	m, ok := r.marks[target]
	if !ok {
		m = r.marks[owner]
	}
	r.faults = append(r.faults, Fault{r.file, max(m.line, 1), m.key, fmt.Sprintf(format, args...)})
}

func (r *reader) mark(target any, n ast.Node, raw string) {
	r.marks[target] = mark{lineOf(n), strings.Join(r.path, "."), raw}
}

// has reports whether the target was read from the file.
func (r *reader) has(target any) bool { _, ok := r.marks[target]; return ok }

// shown is a name from the file in a form that is fit for a message: quoted, short, and cut at the first character
// that no name has, since what follows a forgotten space may be a secret.
func shown(name string) string {
	cut := strings.IndexFunc(name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' && c != '-' })
	if cut < 0 {
		cut = len(name)
	}
	short := []rune(name[:cut])
	if len(short) > 40 {
		short = short[:40]
	}
	if len(string(short)) < len(name) {
		return strconv.Quote(string(short) + "…")
	}
	return strconv.Quote(name)
}

// nearest writes `: did you mean "x"?` when one of the known names looks like the given one, else lists them.
func nearest(name string, known []string) string {
	best, least := "", max(1, utf8.RuneCountInString(name)/3)+1
	for _, k := range known {
		if away := distance(strings.ToLower(name), strings.ToLower(k)); away < least {
			best, least = k, away
		}
	}
	const most = 20 // names that still read as a list
	switch {
	case best != "":
		return fmt.Sprintf(": did you mean %q?", best)
	case len(known) == 0 || len(known) > most:
		return ""
	}
	return ": known are " + strings.Join(known, ", ")
}

// distance counts the letters to insert, delete or change to turn a into b. Long names are far from everything.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	if len(from) > 64 || len(to) > 64 {
		return 64
	}
	above := make([]int, len(to)+1)
	for j := range above {
		above[j] = j
	}
	for i, x := range from {
		diagonal := above[0]
		above[0] = i + 1
		for j, y := range to {
			change := diagonal
			if x != y {
				change++
			}
			diagonal, above[j+1] = above[j+1], min(change, above[j]+1, above[j+1]+1)
		}
	}
	return above[len(to)]
}

// pairs yields the entries of a section, each key once. False, with a fault, when the node is no section.
func (r *reader) pairs(n ast.Node, each func(key string, value ast.Node)) bool {
	var entries []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	case nil, *ast.NullNode:
		r.faultAt(r.line, "is empty: write its keys below it, or leave it out")
		return false
	default:
		r.fault(n, "must be a section with keys, not %s", kindOf(n))
		return false
	}
	first := map[string]int{}
	for _, e := range entries {
		key, plain := keyOf(e.Key)
		if !plain {
			r.fault(e.Key, "a key must be a plain name, not %s", kindOf(e.Key))
			continue
		}
		r.path = append(r.path, keyPath(key))
		if line := first[key]; line > 0 {
			r.fault(e.Key, "stands here a second time, first in line %d: remove one", line)
		} else {
			r.line = lineOf(e.Key)
			first[key] = r.line
			each(key, e.Value)
		}
		r.path = r.path[:len(r.path)-1]
	}
	return true
}

// keyPath is a key as part of a path in messages.
func keyPath(key string) string { return strings.Trim(shown(key), `"`) }

// keyOf returns the text of a key, false when it is not a plain one.
func keyOf(n ast.MapKeyNode) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// kindOf names a node for operators.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a section"
	case *ast.SequenceNode:
		return "a list"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or alias (write the value out)"
	case *ast.TagNode:
		return "a tag (leave it out)"
	case nil, *ast.NullNode:
		return "nothing"
	}
	return "a single value"
}

// section reads a section into what its rows point to. When the node is no section, into stays unmarked, so that
// checks leave it alone.
func (r *reader) section(n ast.Node, into any, rows []row) {
	line := r.line
	ok := r.pairs(n, func(key string, value ast.Node) {
		i := slices.IndexFunc(rows, func(w row) bool { return w.key == key })
		if i >= 0 {
			rows[i].read(r, value)
			return
		}
		var known []string
		for _, w := range rows {
			known = append(known, w.key)
		}
		r.faultAt(r.line, "unknown key%s", nearest(key, known))
	})
	if ok {
		r.marks[into] = mark{line: line, key: strings.Join(r.path, ".")}
	}
}

// section makes a row for a section that is always there.
func section[T any](key string, into *T, rows func(*T) []row) row {
	return row{key, func(r *reader, n ast.Node) { r.section(n, into, rows(into)) }}
}

// optional makes a row for a section that is nil when it is absent.
func optional[T any](key string, into **T, rows func(*T) []row) row {
	return row{key, func(r *reader, n ast.Node) {
		*into = new(T)
		r.section(n, *into, rows(*into))
	}}
}

// named makes a row for a section whose keys are names that the operator gives; the order is kept.
func named[T any](key string, into *[]T, each func(r *reader, n ast.Node, name string, t *T)) row {
	return row{key, func(r *reader, n ast.Node) {
		size := 1
		if m, ok := n.(*ast.MappingNode); ok {
			size = len(m.Values)
		}
		r.mark(into, n, "")
		all := make([]T, 0, size) // marks are found by pointer: it must not move
		r.pairs(n, func(name string, value ast.Node) {
			if !isName(name) {
				r.faultAt(r.line, "a name has letters, digits, - and _ only, at most 64")
				return
			}
			all = all[:len(all)+1]
			t := &all[len(all)-1]
			each(r, value, name, t)
		})
		*into = all
	}}
}

// keys reads a named entry that is a section.
func keys[T any](rows func(t *T, name string) []row) func(*reader, ast.Node, string, *T) {
	return func(r *reader, n ast.Node, name string, t *T) { r.section(n, t, rows(t, name)) }
}

func isName(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= 64 && shown(s) == strconv.Quote(s)
}

// value makes a row for a single value; the parser's error says what to write instead.
func value[T any](key string, into *T, parse func(string) (T, error)) row {
	return row{key, func(r *reader, n ast.Node) { readValue(r, n, into, parse) }}
}

func readValue[T any](r *reader, n ast.Node, into *T, parse func(string) (T, error)) {
	text, raw, ok := r.scalar(n)
	r.mark(into, n, raw)
	if !ok {
		return
	}
	v, err := parse(text)
	if err != nil {
		r.fault(n, "%v", err)
		return
	}
	*into = v
}

// list makes a row for a list of values, each only once.
func list[T comparable](key string, into *[]T, parse func(string) (T, error)) row {
	return row{key, func(r *reader, n ast.Node) {
		r.mark(into, n, "")
		seq, ok := n.(*ast.SequenceNode)
		if !ok {
			*into = nil
			r.fault(n, "must be a list such as [a, b], not %s", kindOf(n))
			return
		}
		all := make([]T, len(seq.Values)) // marks are found by pointer: it must not move
		for i, one := range seq.Values {
			before := len(r.faults)
			readValue(r, one, &all[i], parse)
			if len(r.faults) == before && slices.Contains(all[:i], all[i]) {
				r.fault(one, "stands in the list twice: remove one")
			}
		}
		*into = all
	}}
}

// oneOrMore makes a row for a value that may also be a list of such.
func oneOrMore[T comparable](key string, into *[]T, parse func(string) (T, error)) row {
	many := list(key, into, parse)
	return row{key, func(r *reader, n ast.Node) {
		if _, ok := n.(*ast.SequenceNode); ok {
			many.read(r, n)
			return
		}
		r.mark(into, n, "")
		one := make([]T, 1)
		readValue(r, n, &one[0], parse)
		*into = one
	}}
}

// secret makes the two rows of a secret: the value itself, and the file that holds it.
func secret(key string, into *Secret) []row {
	claim := func(r *reader, n ast.Node) bool {
		if r.has(into) {
			r.fault(n, "write either %s or %s_file, not both", key, key)
			return false
		}
		r.mark(into, n, "")
		return true
	}
	return []row{
		{key, func(r *reader, n ast.Node) {
			text, _, ok := r.scalar(n)
			if !claim(r, n) || !ok {
				return
			}
			if text == "" {
				r.fault(n, "is empty")
				return
			}
			*into = NewSecret(text)
		}},
		{key + "_file", func(r *reader, n ast.Node) {
			name, _, ok := r.scalar(n)
			if !claim(r, n) || !ok {
				return
			}
			text, err := readSecret(name)
			if err != nil {
				r.fault(n, "%v", err)
				return
			}
			*into = NewSecret(text)
		}},
	}
}

// readSecret reads a file that holds nothing but a secret. One line break at its end is not part of it.
func readSecret(name string) (string, error) {
	data, err := readFile(name)
	// The name may come from a variable and be no file's at all, but a secret: only the reason is shown.
	var reason *os.PathError
	switch {
	case errors.As(err, &reason):
		return "", fmt.Errorf("the file cannot be read: %w", reason.Err)
	case err != nil:
		return "", fmt.Errorf("the file cannot be read: %w", err)
	case len(data) > maxConfig:
		return "", errors.New("the file is too large for a secret")
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return "", errors.New("the file is empty")
	}
	return text, nil
}

// readFile reads a file that the operator names, and stops soon after [maxConfig].
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // which file it is, is the operator's own decision
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(io.LimitReader(f, maxConfig+1))
}

// scalar returns a single value with its variables replaced, and as it was written.
func (r *reader) scalar(n ast.Node) (text, raw string, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		raw = n.Value
	case *ast.LiteralNode:
		raw = strings.TrimSuffix(n.Value.Value, "\n") // a block of lines ends with one
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		raw = n.GetToken().Value
	case nil, *ast.NullNode:
		r.fault(n, "is empty: write a value, or leave the key out")
		return "", "", false
	default:
		r.fault(n, "must be a single value, not %s", kindOf(n))
		return "", "", false
	}
	text, ok = r.expand(n, raw)
	return text, raw, ok
}

// expand replaces each ${NAME} by the variable of the environment; $${ stands for ${ itself.
func (r *reader) expand(n ast.Node, raw string) (string, bool) {
	var b strings.Builder
	ok := true
	for {
		before, rest, found := strings.Cut(raw, "${")
		if !found {
			b.WriteString(before)
			return b.String(), ok
		}
		if literal, escaped := strings.CutSuffix(before, "$"); escaped {
			b.WriteString(literal + "${")
			raw = rest
			continue
		}
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !isVariable(name) {
			r.fault(n, "write a variable as ${NAME}, or $${ where no variable is meant")
			return "", false
		}
		v, set := r.lookup(name)
		if !set {
			r.fault(n, "the variable %s is not set in the environment", name)
			ok = false
		}
		b.WriteString(v)
		raw = after
	}
}

func isVariable(s string) bool {
	for i, c := range s {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 128
}
