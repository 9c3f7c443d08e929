package slacktest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// slot is the part of a block that holds an element.
type slot int

const (
	asAccessory slot = iota
	inActions
	asInput
)

// element is what Block Kit says of an element: where it may stand, its properties beyond type and action_id, and how
// many options it takes.
type element struct {
	in      []slot
	more    []string
	options int // the most; 0 for none
	check   func(c *checker, at string, e object)
}

var (
	dateForm = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	timeForm = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
)

// elementKinds are the elements of docs.slack.dev/reference/block-kit/block-elements that the fake knows.
func elementKinds() map[string]element {
	everywhere := []slot{asAccessory, inActions, asInput}
	shown := []slot{asAccessory, inActions}
	multi := []slot{asAccessory, asInput}
	input := []slot{asInput}
	pick := []string{"placeholder", "focus_on_load", "confirm"}
	with := func(more ...string) []string { return append(slices.Clone(pick), more...) }
	return map[string]element{
		"button":   {in: shown, more: []string{"text!", "url", "value", "style", "confirm", "accessibility_label"}, check: (*checker).button},
		"image":    {in: []slot{asAccessory}, more: []string{"image_url", "slack_file", "alt_text!"}, check: (*checker).picture},
		"overflow": {in: shown, more: []string{"options!", "confirm"}, options: 5},

		"static_select":              {in: everywhere, more: with("options", "option_groups", "initial_option"), options: 100, check: (*checker).grouped},
		"multi_static_select":        {in: multi, more: with("options", "option_groups", "initial_options", "max_selected_items"), options: 100, check: (*checker).grouped},
		"external_select":            {in: everywhere, more: with("initial_option", "min_query_length")},
		"multi_external_select":      {in: multi, more: with("initial_options", "min_query_length", "max_selected_items")},
		"users_select":               {in: everywhere, more: with("initial_user")},
		"multi_users_select":         {in: multi, more: with("initial_users", "max_selected_items")},
		"channels_select":            {in: everywhere, more: with("initial_channel", "response_url_enabled")},
		"multi_channels_select":      {in: multi, more: with("initial_channels", "max_selected_items")},
		"conversations_select":       {in: everywhere, more: with("initial_conversation", "default_to_current_conversation", "response_url_enabled", "filter")},
		"multi_conversations_select": {in: multi, more: with("initial_conversations", "default_to_current_conversation", "max_selected_items", "filter")},

		"datepicker":     {in: everywhere, more: with("initial_date"), check: form("initial_date", dateForm)},
		"timepicker":     {in: everywhere, more: with("initial_time", "timezone"), check: form("initial_time", timeForm)},
		"datetimepicker": {in: []slot{inActions, asInput}, more: []string{"initial_date_time", "focus_on_load", "confirm"}},
		"checkboxes":     {in: everywhere, more: []string{"options!", "initial_options", "focus_on_load", "confirm"}, options: 10},
		"radio_buttons":  {in: everywhere, more: []string{"options!", "initial_option", "focus_on_load", "confirm"}, options: 10},

		"plain_text_input": {in: input, more: []string{"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load", "placeholder"}, check: (*checker).textInput},
		"email_text_input": {in: input, more: []string{"initial_value", "dispatch_action_config", "focus_on_load", "placeholder"}},
		"url_text_input":   {in: input, more: []string{"initial_value", "dispatch_action_config", "focus_on_load", "placeholder"}},
		"number_input":     {in: input, more: []string{"is_decimal_allowed!", "initial_value", "min_value", "max_value", "dispatch_action_config", "focus_on_load", "placeholder"}},
		"rich_text_input":  {in: input, more: []string{"initial_value", "dispatch_action_config", "focus_on_load", "placeholder"}},
		"file_input":       {in: input, more: []string{"filetypes", "max_files"}},
	}
}

// element checks one element in its slot.
func (c *checker) element(at string, e object, in slot) {
	kind, _ := e["type"].(string)
	k, ok := elementKinds()[kind]
	if !ok || !slices.Contains(k.in, in) {
		c.fault(at+"/type", "unsupported type: %s", kind)
		return
	}
	if kind == "image" {
		c.only(at, e, k.more...)
	} else {
		c.only(at, e, append([]string{"action_id"}, k.more...)...)
		if id := c.str(at, e, "action_id", 255); id != "" {
			if c.actions[id] {
				c.fault(at+"/action_id", "`action_id` %q already exists for block", id)
			}
			c.actions[id] = true
		}
	}
	c.truths(at, e, "focus_on_load", "multiline", "is_decimal_allowed", "default_to_current_conversation", "response_url_enabled")
	c.plain(at, e, "placeholder", 150)
	if confirm, ok := e["confirm"].(object); ok {
		c.confirm(at+"/confirm", confirm)
	}
	if k.options > 0 {
		c.options(at, e, kind, k.options)
	}
	if k.check != nil {
		k.check(c, at, e)
	}
}

func (c *checker) button(at string, e object) {
	c.plain(at, e, "text", 75)
	c.link(at, e, "url")
	c.str(at, e, "value", 2000)
	c.str(at, e, "accessibility_label", 75)
	c.oneOf(at, e, "style", "primary", "danger")
}

func (c *checker) confirm(at string, o object) {
	c.only(at, o, "title!", "text!", "confirm!", "deny!", "style")
	c.plain(at, o, "title", 100)
	c.either(at, o, "text", 300)
	c.plain(at, o, "confirm", 30)
	c.plain(at, o, "deny", 30)
	c.oneOf(at, o, "style", "primary", "danger")
}

// options checks the options of a menu, and that what is chosen at first is one of them.
func (c *checker) options(at string, e object, kind string, most int) {
	known := map[string]bool{}
	each := func(at string, o object) {
		c.option(at, o, kind)
		known[fmt.Sprint(o["value"])] = true
	}
	c.objects(at, e, "options", 1, most, each)
	c.objects(at, e, "option_groups", 1, 100, func(at string, g object) {
		c.only(at, g, "label!", "options!")
		c.plain(at, g, "label", 75)
		c.objects(at, g, "options", 1, most, each)
	})
	initial := func(at string, o object) {
		c.option(at, o, kind)
		if !known[fmt.Sprint(o["value"])] {
			c.fault(at, "must match an option")
		}
	}
	if o, ok := e["initial_option"].(object); ok {
		initial(at+"/initial_option", o)
	}
	c.objects(at, e, "initial_options", 1, most, initial)
}

func (c *checker) option(at string, o object, kind string) {
	c.only(at, o, "text!", "value", "description", "url")
	text := c.plain
	if kind == "checkboxes" || kind == "radio_buttons" {
		text = c.either
	}
	text(at, o, "text", 75)
	text(at, o, "description", 75)
	c.str(at, o, "value", 150)
	if o["value"] == nil {
		c.fault(at, "missing required field: value")
	}
	c.link(at, o, "url")
	if o["url"] != nil && kind != "overflow" {
		c.fault(at, "invalid additional property: url")
	}
}

// grouped: options or groups of them, not both.
func (c *checker) grouped(at string, e object) {
	if (e["options"] == nil) == (e["option_groups"] == nil) {
		c.fault(at, "must provide either options or option_groups")
	}
}

// form checks the form of an initial value.
func form(name string, want *regexp.Regexp) func(*checker, string, object) {
	return func(c *checker, at string, e object) {
		if v := c.str(at, e, name, 255); v != "" && !want.MatchString(v) {
			c.fault(at+"/"+name, "invalid format")
		}
	}
}

func (c *checker) textInput(at string, e object) {
	c.str(at, e, "initial_value", 3000)
	for name, least := range map[string]float64{"min_length": 0, "max_length": 1} {
		if v, there := e[name]; there {
			if n, ok := v.(float64); !ok || n < least || n > 3000 {
				c.fault(at+"/"+name, "must be between %v and 3000", least)
			}
		}
	}
}

// richText checks the lists and lines of formatted text.
func (c *checker) richText(at string, b object) {
	c.only(at, b, "block_id", "elements!")
	c.objects(at, b, "elements", 0, 1000, func(at string, o object) {
		switch o["type"] {
		case "rich_text_section":
			c.only(at, o, "elements!")
		case "rich_text_preformatted":
			c.only(at, o, "elements!", "border", "language")
		case "rich_text_quote":
			c.only(at, o, "elements!", "border")
		case "rich_text_list":
			c.only(at, o, "elements!", "style!", "indent", "offset", "border")
			c.oneOf(at, o, "style", "bullet", "ordered")
			c.objects(at, o, "elements", 1, 1000, func(at string, o object) {
				if o["type"] != "rich_text_section" {
					c.fault(at+"/type", "unsupported type: %v", o["type"])
					return
				}
				c.objects(at, o, "elements", 0, 1000, c.richElement)
			})
			return
		default:
			c.fault(at+"/type", "unsupported type: %v", o["type"])
			return
		}
		c.objects(at, o, "elements", 0, 1000, c.richElement)
	})
}

// richElement checks an element of formatted text. Slack refuses texts that are empty.
func (c *checker) richElement(at string, o object) {
	switch o["type"] {
	case "text":
		c.only(at, o, "text!", "style")
		if text, ok := o["text"].(string); !ok || text == "" {
			c.fault(at+"/text", "must be more than 0 characters")
		}
	case "link":
		c.only(at, o, "url!", "text", "unsafe", "style")
		c.link(at, o, "url")
	case "user":
		c.only(at, o, "user_id!", "style")
	case "usergroup":
		c.only(at, o, "usergroup_id!", "style")
	case "channel":
		c.only(at, o, "channel_id!", "style")
	case "broadcast":
		c.only(at, o, "range!", "style")
		c.oneOf(at, o, "range", "here", "channel", "everyone")
	case "emoji":
		c.only(at, o, "name!", "unicode", "skin_tone", "style", "display_url", "display_team_id")
		if strings.Contains(fmt.Sprint(o["name"]), ":") {
			c.fault(at+"/name", "invalid name")
		}
	case "date":
		c.only(at, o, "timestamp!", "format!", "url", "fallback", "style")
	case "color":
		c.only(at, o, "value!", "style")
	default:
		c.fault(at+"/type", "unsupported type: %v", o["type"])
		return
	}
	if style, ok := o["style"].(object); ok {
		c.only(at+"/style", style, "bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
		c.truths(at+"/style", style, "bold", "italic", "strike", "code", "underline")
	}
}
