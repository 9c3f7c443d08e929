package register

import (
	"slices"
	"strings"
	"unicode"
)

// Span is a part of a text: the bytes from Start up to, but not including, End.
type Span struct {
	Start, End int
}

// unread returns the spans of a text that the matcher does not read, in ascending order: the given ones, links,
// addresses and code.
func unread(text string, given []Span) []Span {
	spans := slices.Clone(given)
	if strings.IndexByte(text, '`') >= 0 {
		spans = append(spans, code(text)...)
	}
	if strings.IndexByte(text, '.') >= 0 || strings.Contains(text, "://") {
		spans = append(spans, links(text)...)
	}
	spans = slices.DeleteFunc(spans, func(s Span) bool { return s.Start < 0 || s.End > len(text) || s.Start >= s.End })
	slices.SortFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	return spans
}

// code finds what stands between backticks: as many close as open.
func code(text string) []Span {
	var spans []Span
	for i := 0; i < len(text); {
		if text[i] != '`' {
			i++
			continue
		}
		n := 1
		for i+n < len(text) && text[i+n] == '`' {
			n++
		}
		end := closing(text, i+n, n)
		if end < 0 {
			i += n
			continue
		}
		spans = append(spans, Span{i, end})
		i = end
	}
	return spans
}

// closing returns the end of the first run of exactly n backticks from byte i on, or -1. A single backtick closes
// on its own line, so that a stray one hides nothing below it.
func closing(text string, i, n int) int {
	for run := 0; i <= len(text); i++ {
		switch {
		case i < len(text) && text[i] == '`':
			run++
			continue
		case run == n:
			return i
		case i < len(text) && text[i] == '\n' && n == 1:
			return -1
		}
		run = 0
	}
	return -1
}

// links finds links and mail addresses, with or without a scheme.
func links(text string) []Span {
	var spans []Span
	for i := 1; i < len(text)-1; i++ {
		if c := text[i]; c != '.' && c != ':' || delimits(rune(text[i+1])) || delimits(rune(text[i-1])) {
			continue
		}
		start := strings.LastIndexFunc(text[:i], delimits) + 1
		end := len(text)
		if n := strings.IndexFunc(text[i:], delimits); n >= 0 {
			end = i + n
		}
		if s, ok := link(text[start:end]); ok {
			spans = append(spans, Span{start + s.Start, start + s.End})
		}
		i = end
	}
	return spans
}

// delimits reports whether a rune, always of one byte, ends a link.
func delimits(r rune) bool {
	return r == ' ' || r == '\n' || r == '\t' || r == '<' || r == '>' || r == '|' || r == '"'
}

// link finds the link in a run of text without blanks.
func link(run string) (Span, bool) {
	if i := strings.Index(run, "://"); i > 0 {
		start := i
		for start > 0 && letterOrDigit(run[start-1]) {
			start--
		}
		return Span{start, len(run)}, start < i
	}
	low := strings.ToLower(run)
	if i := strings.Index(low, "www."); i >= 0 && (i == 0 || !letterOrDigit(low[i-1])) {
		return Span{i, len(run)}, true
	}
	start, end := 0, len(run)
	for start < end && !letterOrDigit(run[start]) {
		start++
	}
	host := run[start:end]
	path := strings.IndexAny(host, "/?#:")
	if path >= 0 {
		host = host[:path]
	}
	trimmed := strings.TrimRightFunc(host, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	name, top, ok := cutLast(trimmed)
	if !ok || name == "" || strings.IndexFunc(trimmed, func(r rune) bool {
		return r != '.' && r != '-' && r != '@' && r != '_' && r != '+' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) >= 0 {
		return Span{}, false
	}
	if path < 0 || len(trimmed) < len(host) {
		end = start + len(trimmed)
	}
	return Span{start, end}, domains[top] || strings.Contains(name, "@")
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

func letterOrDigit(c byte) bool { return c < 0x80 && letters[c] != 0 }

// domains are the top-level domains that make a link without a scheme. Only lower case counts, and none of them is a
// word that may begin a sentence, so that a forgotten blank after a full stop hides nothing.
var domains = set(`de com org net eu io ch info dev app uk fr nl pl it cz biz gov edu cloud`)
