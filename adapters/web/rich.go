package web

import "standleitung/bot/markup"

// formatted is the tree of a text that has any formatting; nil for one that reads the same without: the page shows
// line breaks and addresses by itself.
func formatted(d markup.Doc) *markup.Doc {
	for _, b := range d.Blocks {
		if b.Kind != markup.Paragraph || richer(b.Inlines) {
			return &d
		}
	}
	return nil
}

func richer(list []markup.Inline) bool {
	for _, in := range list {
		switch in.Kind {
		case markup.Text, markup.Break:
		case markup.Link:
			if markup.Plain(markup.Doc{Blocks: []markup.Block{{Kind: markup.Paragraph, Inlines: in.Children}}}) != in.Ref {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// tree is the formatting of what an entry says: that of the copy, or of what its author typed here.
func (e *entry) tree(from *author) *markup.Doc {
	if e.Rich != nil || e.Text == "" || from == nil || from.ID == "" {
		return e.Rich
	}
	return formatted(markup.ParseMarkdown(e.Text, nil))
}
