package say_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"standleitung/bot/say"
)

func TestText(t *testing.T) {
	sie, du := say.Voice{}, say.Voice{Language: say.German, Address: say.Du}
	english := say.Voice{Language: say.English, Address: say.Du}
	greeting := say.T("{Sie haben|du hast} {n} {n:Stimme|Stimmen} für {what}", "you have {n} {n:vote|votes} for {what}")
	for _, c := range []struct {
		name  string
		text  say.Text
		voice say.Voice
		args  []any
		want  string
	}{
		{"formal and plural", greeting, sie, []any{"n", 2, "what", "T-1"}, "Sie haben 2 Stimmen für T-1"},
		{"informal and singular", greeting, du, []any{"n", 1, "what", "T-1"}, "du hast 1 Stimme für T-1"},
		{"English", greeting, english, []any{"n", 0, "what", "T-1"}, "you have 0 votes for T-1"},
		{"a text in a text", greeting, english, []any{"n", 1, "what", say.T("dich", "you")}, "you have 1 vote for you"},
		{"what people write is not read", greeting, sie, []any{"n", 2, "what", "{n} {Sie|du}"}, "Sie haben 2 Stimmen für {n} {Sie|du}"},
		{"a name with braces", say.Plain("{n}"), du, []any{"n", 2}, "{n}"},
		{"a missing value shows", greeting, du, []any{"n", 1}, "du hast 1 Stimme für {what}"},
		{"with", greeting.With("what", "T-9"), sie, []any{"n", 3, "what", "T-1"}, "Sie haben 3 Stimmen für T-9"},
		{"either", say.Either("Lena", "T{o}m"), sie, nil, "Lena oder T{o}m"},
		{"either in English", say.Either("Lena", "Tom"), english, nil, "Lena or Tom"},
		{"no braces", say.T("gut", "fine"), english, nil, "fine"},
	} {
		if got := c.text.In(c.voice, c.args...); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWithDoesNotChangeTheOriginal(t *testing.T) {
	base := say.T("{a}", "{a}").With("b", 1)
	_ = base.With("a", "first")
	if got := base.With("a", "second").In(say.Voice{}); got != "second" {
		t.Errorf("got %q", got)
	}
}

// Every text of the program has a German and an English form that say the same about the same things. The compiler
// demands two forms; this test reads all calls of say.T in the program's source and demands that neither is empty and
// that both name the same placeholders.
func TestEveryTextInBothLanguages(t *testing.T) {
	calls := 0
	for file := range sources(t) {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isSayT(call) || len(call.Args) != 2 {
				return true
			}
			de, okDE := literal(call.Args[0])
			en, okEN := literal(call.Args[1])
			if !okDE || !okEN {
				return true
			}
			calls++
			if (strings.TrimSpace(de) == "") != (strings.TrimSpace(en) == "") {
				t.Errorf("%s: one language is empty: %q / %q", set.Position(call.Pos()), de, en)
			}
			if g, e := slots(de), slots(en); !slices.Equal(g, e) {
				t.Errorf("%s: placeholders differ: %v in %q, %v in %q", set.Position(call.Pos()), g, de, e, en)
			}
			return true
		})
	}
	if calls < 50 {
		t.Errorf("only %d texts were found: the test looks in the wrong place", calls)
	}
}

// sources yields the program's own Go files, tests left out.
func sources(t *testing.T) func(func(string) bool) {
	return func(yield func(string) bool) {
		err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2:
				return fs.SkipDir
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !yield(path):
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func isSayT(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		pkg, ok := f.X.(*ast.Ident)
		return ok && pkg.Name == "say" && f.Sel.Name == "T"
	}
	return false
}

// literal is the value of a string literal, or of several that are added.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		a, okA := literal(e.X)
		b, okB := literal(e.Y)
		return a + b, okA && okB
	}
	return "", false
}

var slot = regexp.MustCompile(`\{(\w+)(?::[^}]*)?\}`)

// slots are the names of the placeholders of a form, each once. The forms of address {Sie|du} have no name.
func slots(form string) []string {
	var names []string
	for _, m := range slot.FindAllStringSubmatch(strings.NewReplacer("{{", "", "}}", "").Replace(form), -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
