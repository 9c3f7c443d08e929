// Package markup is the rich text that crosses between platforms: a small neutral tree, read from what people type and
// written for each platform anew. Foreign text never becomes active markup: a renderer escapes whatever its platform
// would read as more than text.
//
// # The tree
//
// A [Doc] is a list of blocks: paragraphs, quotes, lists, code. A paragraph holds inlines: text, bold, italic, strike,
// code, links, mentions, line breaks. [Normalize] makes equal what reads equally, so that documents can be compared.
// What a chat cannot show (tables, headings, colours) has no place in the tree; readers keep its text.
//
// # Its JSON form
//
// It is stored in records and sent to the page of the built-in chat, which builds nodes from it and never parses
// text. {"b":[…]} holds blocks; a block is {"k":"p","i":[…]}, {"k":"code","t":"…"}, {"k":"quote","b":[…]} or
// {"k":"list","o":true,"n":3,"l":[[…],[…]]}, where each entry of l is a list of blocks, and n the number of the first
// one, where that is not 1. An inline is {"k":"t","t":"…"},
// {"k":"b"|"i"|"s","c":[…]}, {"k":"code","t":"…"}, {"k":"a","u":"https://…","c":[…]}, {"k":"@","u":id,"t":name} or
// {"k":"br"}. A link's address begins with https:, http: or mailto:, always.
//
// # Other platforms
//
// [ParseSlack] and [ParseSlackBlocks] read what Slack sends, [ParseTeams] and [ParseTeamsText] what Teams sends; [Slack] and
// [Teams] write for them. An event's rich_text blocks say more exactly than its text what its writer saw. [Split] cuts what is
// too long for a platform. What a platform cannot show reads as follows:
//
//	in the tree                 Slack (mrkdwn)                          Teams (HTML)
//	bold, italic, strike        *b* _i_ ~s~, anew on each line          <strong> <em> <strike>
//	a mark inside a word        a zero-width space around it            as any other
//	code                        `code`, a backtick as its look-alike ˋ  <code>
//	block of code               ```, alone on its lines                 <pre>
//	…in a quote or an entry     each line as code                       <pre>
//	link                        <url|text>, marks around all of it      <a href>
//	mention of a known person   <@U1>                                   <at>Name</at> and a TeamsMention
//	any other mention           @Name                                   @Name
//	paragraphs                  an empty line between them              <p>, an empty one between them
//	quote                       > before each line                      <blockquote>
//	quote in a quote            one quote                               <blockquote> in it
//	list                        • ◦ ▪ and 1. as text, indented          <ul> <ol>
//	…that begins at 3           3. as text, indented                    3. as text, in <p>
//	quote, paragraphs in entry  lines of the entry                      as they are
//	emoji                       as they are                             as they are
//
// Readers flatten the rest: headings, colours and underlining are text, a table its rows with | between the cells, a channel is #name, a group @name, a date its
// text, an image its description. Names of emoji such as :tada: become emoji where they stand apart from words; those of
// a workspace stay :name:. Calls to everybody become text, which the writers disarm (see [Disarm]).
//
// Slack has no escape for its marks. It takes a sign for a mark only at the ends of words, and a zero-width space
// (U+200B) is such an end; so one goes around marks inside words. Signs that are text are tied to their neighbours with
// word joiners (U+2060), which are none. The same joiner keeps an address, the name of an emoji, or a quote from
// arising out of text. Readers take both characters out again, but for a joiner behind an @. Texts must be sent without
// Slack's link_names and parse=full.
package markup

// Doc is a text with its formatting. The zero value is the empty text.
type Doc struct {
	Blocks []Block `json:"b,omitempty"`
}

// Kind says what a block or an inline is.
type Kind string

// The kinds of block.
const (
	Paragraph Kind = "p"
	Quote     Kind = "quote"
	List      Kind = "list"
	CodeBlock Kind = "code"
)

// The kinds of inline; code is called the same inside a line.
const (
	Text    Kind = "t"
	Bold    Kind = "b"
	Italic  Kind = "i"
	Strike  Kind = "s"
	Code    Kind = "code"
	Link    Kind = "a"
	Mention Kind = "@"
	Break   Kind = "br"
)

// Block is a part of a text that stands by itself.
type Block struct {
	Kind Kind `json:"k"`
	// Inlines are the content of a paragraph.
	Inlines []Inline `json:"i,omitempty"`
	// Blocks are the content of a quote.
	Blocks []Block `json:"b,omitempty"`
	// Items are the entries of a list; Ordered numbers them, from Start on: 0 is 1.
	Items   [][]Block `json:"l,omitempty"`
	Ordered bool      `json:"o,omitempty"`
	Start   int       `json:"n,omitempty"`
	// Text is the content of a code block.
	Text string `json:"t,omitempty"`
}

// Inline is a part of a line.
type Inline struct {
	Kind Kind `json:"k"`
	// Text is that of text and code, and the name of a mentioned person.
	Text string `json:"t,omitempty"`
	// Ref is the address of a link, or the id of a mentioned person.
	Ref string `json:"u,omitempty"`
	// Children are the content of bold, italic, strike and links.
	Children []Inline `json:"c,omitempty"`
}

// IsZero reports whether the text is empty.
func (d Doc) IsZero() bool { return len(d.Blocks) == 0 }

const (
	// deepest is how deep blocks and inlines may nest; what is deeper stays text.
	deepest = 8
	// longest is how many bytes of a text are read as markup; what is longer stays text.
	longest = 160_000
	// mostNumber is the highest number before an entry of a list; what bears a higher one is text.
	mostNumber = 999_999_999
)
