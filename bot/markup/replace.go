package markup

import "slices"

// Replace returns the text with each inline that holds no others put through f: text, code, mentions, breaks. The original
// stays as it is.
func Replace(d Doc, f func(Inline) Inline) Doc { return Doc{replaceBlocks(d.Blocks, f)} }

func replaceBlocks(list []Block, f func(Inline) Inline) []Block {
	list = slices.Clone(list)
	for i := range list {
		b := &list[i]
		b.Inlines, b.Blocks = replaceInlines(b.Inlines, f), replaceBlocks(b.Blocks, f)
		b.Items = slices.Clone(b.Items)
		for n := range b.Items {
			b.Items[n] = replaceBlocks(b.Items[n], f)
		}
	}
	return list
}

func replaceInlines(list []Inline, f func(Inline) Inline) []Inline {
	list = slices.Clone(list)
	for i := range list {
		if len(list[i].Children) > 0 {
			list[i].Children = replaceInlines(list[i].Children, f)
		} else {
			list[i] = f(list[i])
		}
	}
	return list
}
