package markup_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"standleitung/bot/markup"
)

func onTeams(person string) (string, bool) {
	id, ok := map[string]string{"u1": "29:1mara", "u2": "29:1jan"}[person]
	return id, ok
}

// The texts follow what Teams sends: the at elements and attachments of its activities, the emoji and quotes of its
// composer.
func TestParseTeams(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"<p>Läuft die Pumpe ohne Cloud?</p>", "Läuft die Pumpe ohne Cloud?"},
		{"<div><at id=\"0\">Standleitung</at> hi</div>", "@Standleitung hi"},
		{"<div><div><span itemscope itemtype=\"http://schema.skype.com/Mention\" itemid=\"0\">Mara</span>&nbsp;hallo</div></div>", "@(u1|Mara) hallo"},
		{"<at>Standleitung</at> - <your comment here>\n", "@Standleitung -"},
		{"<at>Jan&nbsp;Ohm</at> und <at>A &amp; B</at>", "@(u2|Jan Ohm) und @A & B"},
		{"<p><strong>fett</strong> <b>fett</b> <em>k</em> <i>k</i> <s>w</s> <strike>w</strike> <del>w</del> <u>u</u></p>", "b(fett) b(fett) i(k) i(k) s(w) s(w) s(w) u"},
		{"<b>a <i>b</b> c</i>", "b(a i(b)) c"},
		{"<b>a<p>b</p>c</b>", "b(a) ¶ b(b) ¶ b(c)"},
		{"a<br>b<br/>c", "a⏎b⏎c"},
		{"a<br><br>b", "a ¶ b"},
		{"<p>a</p>\n<p>&nbsp;</p>\n<p>b</p>", "a ¶ b"},
		{"a \n  b&nbsp; c", "a b  c"},
		{"<code>a &lt;b&gt; *c*</code>", "code(a <b> *c*)"},
		{"<pre>if x {\n  y\n}</pre>", "pre(if x {⏎  y⏎})"},
		{"<codeblock class=\"Go\"><code>if x {<br>&nbsp; y<br>}</code></codeblock><p>&nbsp;</p>", "pre(if x {⏎  y⏎})"},
		{"<blockquote>a<blockquote>b</blockquote></blockquote>c", "quote(a ¶ quote(b)) ¶ c"},
		{"<blockquote itemscope itemtype=\"http://schema.skype.com/Reply\" itemid=\"1\"><strong itemprop=\"mri\">Mara</strong><p itemprop=\"preview\">alt</p></blockquote><p>neu</p>", "quote(b(Mara)⏎alt) ¶ neu"},
		{"<ul><li>eins<ul><li>darunter</li></ul></li><li>zwei</li></ul><ol><li><p>drei</p></li></ol>", "ul(eins ¶ ul(darunter) | zwei) ¶ ol(drei)"},
		{"<ul><li>eins</li><ul><li>darunter</li></ul><li>zwei</ul>", "ul(eins ¶ ul(darunter) | zwei)"},
		{"<ul><li>a<li>b</ul>", "ul(a | b)"},
		{"<ol start=\"3\"><li>c</li><li>d</li></ol><ol start=\"-1\"><li>x</li></ol><ol start=\"9999999999\"><li>y</li></ol>", "ol3(c | d) ¶ ol(x) ¶ ol(y)"},
		{"<li>allein</li>", "allein"},
		{"<a href=\"https://a.example/?a=1&amp;b=2\" title=\"x\">Seite</a>", "a(https://a.example/?a=1&b=2|Seite)"},
		{"<a href=\"https://a.example\">die </a>Seite,<a href=\"https://a.example\"> hier</a>", "a(https://a.example|die) Seite, a(https://a.example|hier)"},
		{"<a href=\"javascript:alert(1)\">klick</a> <a href=' JavaScript:x'>a</a> <a href=\"data:x\">b</a> <a>c</a>", "klick a b c"},
		{"siehe https://a.example/x.", "siehe a(https://a.example/x|https://a.example/x)."},
		{"gut <emoji id=\"like\" alt=\"👍\" title=\"Mag ich\"></emoji>!", "gut 👍!"},
		{"<img alt=\"🙂\" itemtype=\"http://schema.skype.com/Emoji\" src=\"https://x\"><img src=\"https://x\" alt=\"Bild\">", "🙂[Bild]"},
		{"<attachment id=\"74d20c7f34aa4a7fb74e2b30004247c5\"></attachment><p>Karte</p>", "Karte"},
		{"a<script>alert('<b>')</script><style>p{}</style>b<!-- c -->", "ab"},
		{"<h1>Titel</h1><table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "Titel ¶ a | b⏎c"},
		{"<p>davor</p><table itemprop=\"copy-paste-table\"><tbody>\n<tr>\n<td><p>a</p></td>\n<td><p>b</p></td></tr>\n<tr><td>&nbsp;</td><td><p><strong>d</strong></p></td></tr></tbody></table><p>danach</p>", "davor ¶ a | b⏎| b(d) ¶ danach"},
		{"<p>a</p><p>b</p><p>&nbsp;</p><p>c</p>\n<p> <br></p><p></p>\n<p>d</p>", "a⏎b ¶ c ¶ d"},
		{"<customemoji id=\"x\" alt=\"microsoft_teams\" source=\"https://x\"></customemoji> <emoji alt=\"😀\">:)</emoji>", ":microsoft_teams: 😀"},
		{"<span class=\"animated-emoticon-20-smile\" title=\"Lächeln\" type=\"(smile)\"><img itemscope=\"\" itemtype=\"http://schema.skype.com/Emoji\" alt=\"🙂\"></span>", "🙂"},
		{"&lt;at&gt;Mara&lt;/at&gt; &#60;b&#62;", "<at>Mara</at> <b>"},
		{"<at>offen", "offen"},
		{"<@U1> <!here>", "<@U1>"},
		{"&lt;!here&gt; @channel *x* _y_", "<!here> @channel *x* _y_"},
	} {
		if got := short(markup.ParseTeams(c.in, known)); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestParseTeamsText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"<at>Standleitung</at>\u00a0hilfe\r\nbitte\n", "@Standleitung hilfe⏎bitte"},
		{"<at>Mara</at> a < b & <b>c</b> *d*\n\nneu", "@(u1|Mara) a < b & <b>c</b> *d* ¶ neu"},
		{"<at>offen", "<at>offen"},
		{"siehe https://a.example/x.", "siehe a(https://a.example/x|https://a.example/x)."},
		{"&lt;at>", "&lt;at>"},
	} {
		if got := short(markup.ParseTeamsText(c.in, known)); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestTeams(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"**fett** *kursiv* ~~weg~~ `a<b`", "<p><strong>fett</strong> <em>kursiv</em> <strike>weg</strike> <code>a&lt;b</code></p>"},
		{"A**B**C", "<p>A<strong>B</strong>C</p>"},
		{"a\nb\n\nc", "<p>a<br/>b</p><p>&nbsp;</p><p>c</p>"},
		{"<script>x</script> & \"y\"", "<p>&lt;script&gt;x&lt;/script&gt; &amp; &#34;y&#34;</p>"},
		{"> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"},
		{"- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"},
		{"1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"},
		{"24. Dezember\n25. **Januar**\n  - a", "<p>24. Dezember</p><p>25. <strong>Januar</strong></p><ul><li>a</li></ul>"},
		{"```\nx  <y>\nz\n```", "<pre>x  &lt;y&gt;\nz</pre>"},
		{"[Seite](https://a.example/?a=1&b=2)", `<p><a href="https://a.example/?a=1&amp;b=2">Seite</a></p>`},
		{"@here @niemand", "<p>@\u2060here @niemand</p>"},
		{`https\://a.example`, "<p>https:\u2060//a.example</p>"},
	} {
		if got, _ := markup.Teams(markup.ParseMarkdown(c.in, people), onTeams); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

// Teams finds the entity of a name by its text, so two people of one name need two.
func TestTeamsMentions(t *testing.T) {
	at := func(person, name string) markup.Inline {
		return markup.Inline{Kind: markup.Mention, Ref: person, Text: name}
	}
	d := markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: []markup.Inline{
		at("u1", "A <B> & C"), at("u2", "A <B> & C"), at("u1", "A <B> & C"), at("u3", "Wer"), at("u2", "A <B> & C"),
	}}}}
	got, mentions := markup.Teams(d, onTeams)
	first, second := "<at>A &lt;B&gt; &amp; C</at>", "<at>A &lt;B&gt; &amp; C (2)</at>"
	if want := "<p>" + first + second + first + "@Wer" + second + "</p>"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	want := []markup.TeamsMention{{Text: first, ID: "29:1mara", Name: "A <B> & C"}, {Text: second, ID: "29:1jan", Name: "A <B> & C (2)"}}
	if diff := cmp.Diff(want, mentions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, mentions := markup.Teams(d, nil); strings.Contains(got, "<at>") || mentions != nil {
		t.Errorf("without ids %s mentions %v", got, mentions)
	}
}

// Hostile texts cost about as much as long ones, and nest no deeper than the package does.
func TestTeamsStaysQuick(t *testing.T) {
	for _, piece := range []string{"<div>", "<b>", "<b><p>", "<a href=https://a.example>", "<", "&lt;", "&", "<ul>", "<ul><li>", "<li>", "<blockquote>", "</ul>", "<at>", "<at>a</at>", "<code>", "<pre>", "<script>", "<br>", "<p>", "h", "http://", "<a ", "<!--", "*", "<table><tr><td>", "<b></p>", "<b>a</b>", "<b>a</b><i>a</i>", "<blockquote>a</blockquote>", "<ul><li>a</li></ul>"} {
		quick(t, piece, func(text string) markup.Doc { return markup.ParseTeams(text, known) })
		quick(t, piece, func(text string) markup.Doc { return markup.ParseTeamsText(text, known) })
	}
}
