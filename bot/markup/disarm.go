package markup

import (
	"regexp"
	"slices"
)

// mass are the words by which platforms call everybody at once.
var mass = regexp.MustCompile(`(?i)@(here|channel|all|alle|everyone|team|hier|kanal)\b`)

// joiner stands behind the @ of a disarmed word: it joins without a width, so the word reads the same and calls nobody.
const joiner = "\u2060"

// Disarm takes the force out of words that call everybody, such as @here: they stay as words. A person who is mentioned
// by name stays mentioned.
func Disarm(d Doc) Doc { return Doc{disarmBlocks(d.Blocks)} }

func disarmBlocks(list []Block) []Block {
	list = slices.Clone(list)
	for i := range list {
		b := &list[i]
		b.Inlines, b.Blocks = disarmInlines(b.Inlines), disarmBlocks(b.Blocks)
		b.Items = slices.Clone(b.Items)
		for n := range b.Items {
			b.Items[n] = disarmBlocks(b.Items[n])
		}
	}
	return list
}

func disarmInlines(list []Inline) []Inline {
	list = slices.Clone(list)
	for i := range list {
		if list[i].Kind == Text {
			list[i].Text = mass.ReplaceAllString(list[i].Text, "@"+joiner+"$1")
		}
		list[i].Children = disarmInlines(list[i].Children)
	}
	return list
}
