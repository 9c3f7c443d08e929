package markup

import "regexp"

// mass are the words by which platforms call everybody at once.
var mass = regexp.MustCompile(`(?i)@(here|channel|all|alle|everyone|team|hier|kanal)(_|\b)`)

// joiner stands behind the @ of a disarmed word: it joins without a width, so the word reads the same and calls nobody.
const joiner = "\u2060"

// Disarm takes the force out of words that call everybody, such as @here: they stay as words. A person who is mentioned
// by name stays mentioned.
func Disarm(d Doc) Doc {
	return Replace(d, func(in Inline) Inline {
		if in.Kind == Text {
			in.Text = disarmed(in.Text)
		}
		return in
	})
}

func disarmed(s string) string { return mass.ReplaceAllString(s, "@"+joiner+"$1$2") }
