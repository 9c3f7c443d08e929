package markup

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// emojiTable is a line per emoji: itself, whether it takes a skin tone, its names.
//
//go:embed emoji.txt
var emojiTable string

// emojis are the emoji by their names, and the names by them.
type emojis struct {
	byName map[string]emoji
	names  map[string]string
}

type emoji struct {
	sign string
	// toned says that a skin tone may stand behind the first character of the sign.
	toned bool
}

var knownEmoji = sync.OnceValue(func() emojis {
	all := emojis{map[string]emoji{}, map[string]string{}}
	for line := range strings.Lines(emojiTable) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] == "#" {
			continue
		}
		e := emoji{words[0], words[1] == "+"}
		all.names[words[0]] = words[2]
		if bare := strings.ReplaceAll(words[0], presentation, ""); bare != words[0] {
			all.names[bare] = words[2]
		}
		for _, name := range words[2:] {
			all.byName[name] = e
		}
	}
	for i, tone := range tones {
		name := "skin-tone-" + strconv.Itoa(i+2)
		all.byName[name] = emoji{tone, false}
		all.names[tone] = name
	}
	return all
})

// presentation asks for the coloured form of a character; it is not always written.
const presentation = "\ufe0f"

// tones are the characters of Slack's skin-tone-2 to skin-tone-6.
var tones = []string{"\U0001f3fb", "\U0001f3fc", "\U0001f3fd", "\U0001f3fe", "\U0001f3ff"}

// Emoji is what Slack calls by a name such as "thumbsup", "flag-de" or "+1::skin-tone-3", without the colons around
// it; false when nobody but a workspace knows the name.
func Emoji(name string) (string, bool) {
	base, skin, toned := strings.Cut(name, "::skin-tone-")
	e, ok := knownEmoji().byName[base]
	if !ok {
		e.sign, ok = flag(base)
	}
	n, err := strconv.Atoi(skin)
	if !toned || !ok {
		return e.sign, ok
	}
	if err != nil || n < 2 || n > 6 {
		return "", false
	}
	if !e.toned {
		return e.sign, true
	}
	_, size := utf8.DecodeRuneInString(e.sign)
	return e.sign[:size] + tones[n-2] + strings.TrimPrefix(e.sign[size:], presentation), true
}

// EmojiName is what Slack calls an emoji, without colons; false when it is none.
func EmojiName(sign string) (string, bool) {
	names := knownEmoji().names
	if name, ok := names[sign]; ok {
		return name, true
	}
	first, size := utf8.DecodeRuneInString(sign)
	second, more := utf8.DecodeRuneInString(sign[size:])
	if second < 0x1f3fb || second > 0x1f3ff || first == utf8.RuneError {
		return "", false
	}
	for _, base := range []string{sign[:size] + sign[size+more:], sign[:size] + presentation + sign[size+more:]} {
		if name, ok := names[base]; ok && knownEmoji().byName[name].toned {
			return name + "::skin-tone-" + strconv.Itoa(int(second-0x1f3fb)+2), true
		}
	}
	return "", false
}

// flag is that of a country, from its two letters.
func flag(name string) (string, bool) {
	land, ok := strings.CutPrefix(name, "flag-")
	if !ok || len(land) != 2 || land[0] < 'a' || land[0] > 'z' || land[1] < 'a' || land[1] > 'z' {
		return "", false
	}
	return string([]rune{rune(land[0]-'a') + 0x1f1e6, rune(land[1]-'a') + 0x1f1e6}), true
}

var emojiForm = regexp.MustCompile(`^:([a-z0-9_+'-]{1,80})(?:::skin-tone-([2-6]))?:`)

// emojiIn finds names of emoji in a text that stand apart from words and are known: "10:30:45" holds none. within
// says that a word goes on before the text.
func emojiIn(s string, within bool, found func(from, to int, sign string)) {
	for i := 0; i < len(s); {
		n := strings.IndexByte(s[i:], ':')
		if n < 0 {
			return
		}
		i += n
		m := emojiForm.FindStringSubmatchIndex(s[i:min(len(s), i+120)])
		if m == nil {
			i++
			continue
		}
		end := i + m[1]
		sign, ok := Emoji(s[i+1 : end-1])
		if !ok || afterWord(s, i) || i == 0 && within || beforeWord(s, end) {
			i++
			continue
		}
		found(i, end, sign)
		i = end
	}
}

// withEmoji puts emoji in the place of their names.
func withEmoji(s string, within bool) string {
	var b strings.Builder
	from := 0
	emojiIn(s, within, func(start, end int, sign string) {
		b.WriteString(s[from:start] + sign)
		from = end
	})
	return b.String() + s[from:]
}

// richEmoji reads an emoji of a rich_text block, which may bring its characters: "1f44d-1f3fd".
func richEmoji(e slackElement) string {
	var b strings.Builder
	for part := range strings.SplitSeq(e.Unicode, "-") {
		n, err := strconv.ParseUint(part, 16, 21)
		if err != nil || !utf8.ValidRune(rune(n)) {
			b.Reset()
			break
		}
		b.WriteRune(rune(n))
	}
	name := e.Name
	if e.SkinTone >= 2 && e.SkinTone <= 6 {
		name += "::skin-tone-" + strconv.Itoa(e.SkinTone)
	}
	if b.Len() > 0 {
		return b.String()
	}
	if sign, ok := Emoji(name); ok {
		return sign
	}
	return ":" + e.Name + ":"
}
