package slacktest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// surface is where blocks are shown; each takes blocks of its own kinds.
type surface string

const (
	onMessage surface = "message"
	onModal   surface = "modal"
	onHome    surface = "home"
)

// checker walks blocks and collects what is wrong with them, in the words and with the pointers of Slack.
type checker struct {
	on       surface
	why      []string
	blockIDs map[string]bool
	actions  map[string]bool // the action ids of the block at hand
	markdown int             // characters of markdown blocks so far
	inputs   int
}

// checkBlocks validates blocks for a surface. The limits are those of docs.slack.dev/reference/block-kit.
func checkBlocks(raw any, on surface) ([]any, []string) {
	c := &checker{on: on, blockIDs: map[string]bool{}}
	list, ok := raw.([]any)
	if !ok {
		return nil, []string{"must be an array [json-pointer:/blocks]"}
	}
	most := 100
	if on == onMessage {
		most = 50
	}
	c.count("/blocks", len(list), 0, most)
	tables := 0
	for i, b := range list {
		at := fmt.Sprintf("/blocks/%d", i)
		block, ok := b.(object)
		if !ok {
			c.fault(at, "must be an object")
			continue
		}
		if block["type"] == "table" {
			tables++
		}
		c.block(at, block)
	}
	if tables > 1 {
		c.fault("/blocks", "only one table per message")
	}
	return list, c.why
}

func (c *checker) fault(at, format string, args ...any) {
	c.why = append(c.why, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

func (c *checker) count(at string, n, least, most int) {
	switch {
	case n > most:
		c.fault(at, "no more than %d items allowed", most)
	case n < least:
		c.fault(at, "no less than %d items allowed", least)
	}
}

// length checks a text's length in characters.
func (c *checker) length(at, text string, least, most int) {
	switch n := utf8.RuneCountInString(text); {
	case n > most:
		c.fault(at, "must be less than %d characters", most+1)
	case n < least:
		c.fault(at, "must be more than %d characters", least-1)
	}
}

// only checks that an object has no other properties, and all that are required: those with a "!" at the end.
func (c *checker) only(at string, o object, properties ...string) {
	var known []string
	for _, p := range properties {
		name, required := strings.CutSuffix(p, "!")
		known = append(known, name)
		if required && o[name] == nil {
			c.fault(at, "missing required field: %s", name)
		}
	}
	for name := range o {
		if name != "type" && !slices.Contains(known, name) {
			c.fault(at, "invalid additional property: %s", name)
		}
	}
}

// str is an optional string property of at most so many characters.
func (c *checker) str(at string, o object, name string, most int) string {
	v, there := o[name]
	if !there || v == nil {
		return ""
	}
	text, ok := v.(string)
	if !ok {
		c.fault(at+"/"+name, "must be a string")
		return ""
	}
	c.length(at+"/"+name, text, 0, most)
	return text
}

func (c *checker) link(at string, o object, name string) {
	if v := c.str(at, o, name, 3000); v != "" {
		if u, err := url.Parse(v); err != nil || u.Scheme == "" {
			c.fault(at+"/"+name, "invalid url")
		}
	}
}

// oneOf checks an optional property against its values.
func (c *checker) oneOf(at string, o object, name string, values ...string) {
	if v, there := o[name]; there {
		if text, _ := v.(string); !slices.Contains(values, text) {
			c.fault(at+"/"+name, "must be a valid enum value")
		}
	}
}

func (c *checker) truths(at string, o object, names ...string) {
	for _, name := range names {
		if v, there := o[name]; there {
			if _, ok := v.(bool); !ok {
				c.fault(at+"/"+name, "must be a boolean")
			}
		}
	}
}

// plain is a text object of plain text; either takes mrkdwn as well.
func (c *checker) plain(at string, o object, name string, most int) {
	c.text(at, o, name, most, "plain_text")
}

func (c *checker) either(at string, o object, name string, most int) {
	c.text(at, o, name, most, "plain_text", "mrkdwn")
}

func (c *checker) text(at string, o object, name string, most int, kinds ...string) {
	v, there := o[name]
	if !there || v == nil {
		return
	}
	at += "/" + name
	t, ok := v.(object)
	if !ok {
		c.fault(at, "must be an object")
		return
	}
	c.textObject(at, t, most, kinds...)
}

func (c *checker) textObject(at string, t object, most int, kinds ...string) {
	kind, _ := t["type"].(string)
	if !slices.Contains(kinds, kind) {
		c.fault(at+"/type", "unsupported type: %s, must be one of %v", kind, kinds)
		return
	}
	if kind == "plain_text" {
		c.only(at, t, "text!", "emoji")
	} else {
		c.only(at, t, "text!", "verbatim")
	}
	c.truths(at, t, "emoji", "verbatim")
	text, ok := t["text"].(string)
	if !ok {
		c.fault(at+"/text", "must be a string")
		return
	}
	c.length(at+"/text", text, 1, most)
}

// objects are the objects of a list property.
func (c *checker) objects(at string, o object, name string, least, most int, each func(at string, o object)) {
	v, there := o[name]
	if !there || v == nil {
		return
	}
	list, ok := v.([]any)
	if !ok {
		c.fault(at+"/"+name, "must be an array")
		return
	}
	c.count(at+"/"+name, len(list), least, most)
	for i, e := range list {
		here := fmt.Sprintf("%s/%s/%d", at, name, i)
		if inner, ok := e.(object); ok {
			each(here, inner)
		} else {
			c.fault(here, "must be an object")
		}
	}
}

// block checks one block.
func (c *checker) block(at string, b object) {
	c.actions = map[string]bool{}
	if id := c.str(at, b, "block_id", 255); id != "" {
		if c.blockIDs[id] {
			c.fault(at+"/block_id", "`block_id` %q already exists", id)
		}
		c.blockIDs[id] = true
	}
	kind, _ := b["type"].(string)
	check, ok := blockChecks()[kind]
	if !ok || !slices.Contains(check.on, c.on) {
		c.fault(at+"/type", "unsupported type: %s", kind)
		return
	}
	check.run(c, at, b)
}

type blockCheck struct {
	on  []surface
	run func(c *checker, at string, b object)
}

func blockChecks() map[string]blockCheck {
	all := []surface{onMessage, onModal, onHome}
	message := all[:1]
	return map[string]blockCheck{
		"section":   {all, (*checker).section},
		"header":    {all, (*checker).header},
		"divider":   {all, func(c *checker, at string, b object) { c.only(at, b, "block_id") }},
		"image":     {all, (*checker).imageBlock},
		"actions":   {all, (*checker).actionsBlock},
		"context":   {all, (*checker).context},
		"input":     {all, (*checker).input},
		"rich_text": {all, (*checker).richText},
		"markdown":  {message, (*checker).markdownBlock},
		"table":     {message, (*checker).table},
	}
}

func (c *checker) section(at string, b object) {
	c.only(at, b, "block_id", "text", "fields", "accessory", "expand")
	if b["text"] == nil && b["fields"] == nil {
		c.fault(at, "missing required field: text")
	}
	c.truths(at, b, "expand")
	c.either(at, b, "text", 3000)
	c.objects(at, b, "fields", 1, 10, func(at string, o object) { c.textObject(at, o, 2000, "plain_text", "mrkdwn") })
	if a, ok := b["accessory"].(object); ok {
		c.element(at+"/accessory", a, asAccessory)
	}
}

func (c *checker) header(at string, b object) {
	c.only(at, b, "block_id", "text!", "level")
	c.plain(at, b, "text", 150)
}

func (c *checker) imageBlock(at string, b object) {
	c.only(at, b, "block_id", "image_url", "slack_file", "alt_text!", "title")
	c.picture(at, b)
	c.plain(at, b, "title", 2000)
}

func (c *checker) picture(at string, o object) {
	if (o["image_url"] == nil) == (o["slack_file"] == nil) {
		c.fault(at, "must provide either image_url or slack_file")
	}
	c.link(at, o, "image_url")
	c.str(at, o, "alt_text", 2000)
}

func (c *checker) actionsBlock(at string, b object) {
	c.only(at, b, "block_id", "elements!")
	c.objects(at, b, "elements", 1, 25, func(at string, o object) { c.element(at, o, inActions) })
}

func (c *checker) context(at string, b object) {
	c.only(at, b, "block_id", "elements!")
	c.objects(at, b, "elements", 1, 10, func(at string, o object) {
		if o["type"] == "image" {
			c.only(at, o, "image_url", "slack_file", "alt_text!")
			c.picture(at, o)
			return
		}
		c.textObject(at, o, 3000, "plain_text", "mrkdwn")
	})
}

func (c *checker) input(at string, b object) {
	c.inputs++
	c.only(at, b, "block_id", "label!", "element!", "dispatch_action", "hint", "optional")
	c.truths(at, b, "dispatch_action", "optional")
	c.plain(at, b, "label", 2000)
	c.plain(at, b, "hint", 2000)
	if e, ok := b["element"].(object); ok {
		c.element(at+"/element", e, asInput)
	}
}

// markdownBlock: 12,000 characters in all markdown blocks of a message together.
func (c *checker) markdownBlock(at string, b object) {
	c.only(at, b, "block_id", "text!")
	c.markdown += utf8.RuneCountInString(c.str(at, b, "text", maxMarkdown))
	if c.markdown > maxMarkdown {
		c.fault(at+"/text", "must be less than %d characters in all markdown blocks", maxMarkdown+1)
	}
}

// table: 100 rows of 20 cells, each raw or rich text.
func (c *checker) table(at string, b object) {
	c.only(at, b, "block_id", "rows!", "column_settings")
	rows, _ := b["rows"].([]any)
	c.count(at+"/rows", len(rows), 1, 100)
	for i, r := range rows {
		cells, _ := r.([]any)
		here := fmt.Sprintf("%s/rows/%d", at, i)
		c.count(here, len(cells), 1, 20)
		for j, cell := range cells {
			o, _ := cell.(object)
			switch here := fmt.Sprintf("%s/%d", here, j); o["type"] {
			case "rich_text":
				c.richText(here, o)
			case "raw_text":
				c.only(here, o, "text!")
			default:
				c.fault(here+"/type", "unsupported type: %v", o["type"])
			}
		}
	}
}

// markdownSum is the number of characters that count towards the limit of all blocks.
func markdownSum(blocks []any) int {
	n := 0
	for _, b := range blocks {
		if o, ok := b.(object); ok && o["type"] == "markdown" {
			text, _ := o["text"].(string)
			n += utf8.RuneCountInString(text)
		}
	}
	return n
}

// complete gives ids to what has none, as Slack does; the lock is held.
func (s *Server) complete(blocks []any) {
	for _, b := range blocks {
		block, ok := b.(object)
		if !ok {
			continue
		}
		if id, _ := block["block_id"].(string); id == "" {
			block["block_id"] = s.id("b")
		}
		for _, e := range elementsOf(block) {
			if id, _ := e["action_id"].(string); id == "" && e["type"] != "image" {
				e["action_id"] = s.id("a")
			}
		}
	}
}

// elementsOf are the elements that people can act on in a block.
func elementsOf(block object) []object {
	var all []object
	take := func(v any) {
		if e, ok := v.(object); ok && block["type"] != "context" && block["type"] != "rich_text" {
			all = append(all, e)
		}
	}
	take(block["accessory"])
	take(block["element"])
	list, _ := block["elements"].([]any)
	for _, e := range list {
		take(e)
	}
	return all
}
