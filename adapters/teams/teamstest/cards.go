package teamstest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// most is how many actions Teams shows in a row; the rest is hidden behind a menu.
const most = 6

// cardCheck looks at one Adaptive Card with everything in it.
type cardCheck struct {
	breach  func(format string, args ...any)
	refused string          // why Teams does not take the card; empty if it does
	dialog  bool            // the card is in a dialog, where only Action.Submit works
	ids     map[string]bool // of everything
	inputs  []string        // ids of inputs
	runs    []object        // Action.Submit and Action.Execute
	targets []string        // ids that are toggled
	tags    []string        // <at>…</at> in texts that can hold mentions
	version string
}

// refuse notes the first reason why the card is not taken.
func (k *cardCheck) refuse(format string, args ...any) {
	if k.refused == "" {
		k.refused = fmt.Sprintf(format, args...)
	}
}

// card looks at a card; inner is one that Action.ShowCard holds.
func (k *cardCheck) card(card object, inner bool) {
	if k.ids == nil {
		k.ids = map[string]bool{}
	}
	if card["type"] != "AdaptiveCard" {
		k.refuse("The type of the card is %v.", card["type"])
	}
	k.known("the card", card, cardFields)
	if !inner {
		k.head(card)
	}
	body, _ := card["body"].([]any)
	list, _ := card["actions"].([]any)
	if len(body)+len(list) == 0 {
		k.refuse("The card is empty.")
	}
	k.elements(body)
	k.actions(list)
	if inner {
		return
	}
	for _, target := range k.targets {
		if !k.ids[target] {
			k.breach("%q is toggled but is nowhere", target)
		}
	}
	for _, run := range k.runs {
		data, _ := run["data"].(object)
		for _, id := range k.inputs {
			if _, taken := data[id]; taken {
				k.breach("%q is both an input and part of the data of %q: the input wins", id, word(run, "title"))
			}
		}
	}
}

// head looks at what only the outermost card has.
func (k *cardCheck) head(card object) {
	k.version, _ = card["version"].(string)
	var major, minor int
	if n, _ := fmt.Sscanf(k.version, "%d.%d", &major, &minor); n != 2 {
		k.refuse("The version of the card is missing.")
	} else if major != 1 || minor > 5 {
		k.breach("version %s, Teams shows up to 1.5", k.version)
	}
	if text, _ := card["fallbackText"].(string); strings.TrimSpace(text) == "" && !k.dialog {
		k.breach("no fallbackText for clients that cannot show it")
	}
	if refresh, _ := card["refresh"].(object); refresh != nil {
		k.action(refresh["action"])
		users, _ := refresh["userIds"].([]any)
		if len(users) > 60 {
			k.breach("refresh for %d people, at most 60 are possible", len(users))
		}
		if word(refresh, "action", "type") != "Action.Execute" {
			k.refuse("A refresh needs an Action.Execute.")
		}
	}
	if width := at(card, "msteams", "width"); width != nil && width != "Full" {
		k.breach("msteams.width is %v", width)
	}
}

// known notes fields that the schema does not have.
func (k *cardCheck) known(what string, o object, lists ...[]string) {
	for _, key := range sorted(o) {
		if !slices.ContainsFunc(lists, func(l []string) bool { return slices.Contains(l, key) }) {
			k.breach("%s has no field %q", what, key)
		}
		if o[key] == nil {
			k.breach("%s of %s is null", key, what)
		}
	}
	for key, values := range words {
		if v, ok := o[key].(string); ok && !slices.ContainsFunc(values, func(w string) bool { return strings.EqualFold(w, v) }) {
			k.breach("%s of %s is %q", key, what, v)
		}
	}
	if v, ok := o["style"].(string); ok && what != "the card" && !slices.ContainsFunc(styles(what), func(w string) bool { return strings.EqualFold(w, v) }) {
		k.breach("style of %s is %q", what, v)
	}
}

func (k *cardCheck) elements(list []any) {
	for _, raw := range list {
		k.element(raw)
	}
}

func (k *cardCheck) element(raw any) {
	e, _ := raw.(object)
	kind := word(e, "type")
	form, ok := elements[kind]
	if !ok {
		k.refuse("Elements of type %q are not known.", kind)
		return
	}
	input := strings.HasPrefix(kind, "Input.")
	lists := [][]string{elementFields, form.needs, form.may}
	if input {
		lists = append(lists, inputFields)
	}
	k.known(kind, e, lists...)
	for _, key := range form.needs {
		if empty(e[key]) {
			k.refuse("%s needs %s.", kind, key)
		}
	}
	if id := word(e, "id"); id != "" {
		if k.ids[id] {
			k.refuse("The id %q is not unique.", id)
		}
		k.ids[id] = true
		if input {
			k.inputs = append(k.inputs, id)
		}
	}
	if input {
		k.input(kind, e)
	}
	k.inside(kind, e)
	if e["selectAction"] != nil {
		k.action(e["selectAction"])
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// inside looks at what an element holds.
func (k *cardCheck) inside(kind string, e object) {
	list := func(key string) []any { l, _ := e[key].([]any); return l }
	switch kind {
	case "TextBlock":
		k.tags = append(k.tags, atTags(word(e, "text"))...)
		if e["wrap"] != true && len([]rune(word(e, "text"))) > 60 {
			k.breach("a long TextBlock without wrap is cut off")
		}
	case "RichTextBlock":
		for _, run := range list("inlines") {
			k.run(run)
		}
	case "FactSet":
		for _, fact := range list("facts") {
			if word(fact, "title") == "" && word(fact, "value") == "" {
				k.refuse("A fact is empty.")
			}
			k.tags = append(k.tags, atTags(word(fact, "value"))...)
		}
	case "Image":
		if word(e, "altText") == "" {
			k.breach("a picture without altText")
		}
	case "ActionSet":
		k.actions(list("actions"))
	case "Table":
		for _, row := range list("rows") {
			k.element(row)
		}
	case "ColumnSet":
		for _, column := range list("columns") {
			o, _ := column.(object)
			if o != nil && o["type"] == nil {
				o = clone(o)
				o["type"] = "Column"
			}
			k.element(o)
		}
	}
	for _, key := range []string{"items", "cells", "images"} {
		k.elements(list(key))
	}
}

func (k *cardCheck) run(raw any) {
	if _, plain := raw.(string); plain {
		return
	}
	run, _ := raw.(object)
	if run["type"] != "TextRun" {
		k.refuse("A RichTextBlock holds a %v.", run["type"])
	}
	if _, ok := run["text"].(string); !ok {
		k.refuse("A TextRun needs text.")
	}
	k.known("TextRun", run, textRun.needs, textRun.may)
	if run["selectAction"] != nil {
		k.action(run["selectAction"])
	}
}

func (k *cardCheck) input(kind string, e object) {
	if word(e, "label") == "" && kind != "Input.Toggle" {
		k.breach("%s %q has no label: nobody knows what to write, screen readers least of all", kind, word(e, "id"))
	}
	if e["isRequired"] == true && word(e, "errorMessage") == "" {
		k.breach("%s %q is required but has no errorMessage: nothing happens when it is left out", kind, word(e, "id"))
	}
	value := word(e, "value")
	if longest, ok := e["maxLength"].(float64); ok && float64(len([]rune(value))) > longest {
		k.breach("%s %q holds more than its maxLength", kind, word(e, "id"))
	}
	if kind != "Input.ChoiceSet" {
		return
	}
	choices, _ := e["choices"].([]any)
	seen := map[string]bool{}
	for _, choice := range choices {
		if word(choice, "title") == "" || word(choice, "value") == "" {
			k.refuse("A choice needs title and value.")
		}
		if seen[word(choice, "value")] {
			k.breach("two choices of %q have the same value", word(e, "id"))
		}
		seen[word(choice, "value")] = true
	}
	if value != "" && e["isMultiSelect"] != true && !seen[value] {
		k.breach("the value of %q is none of its choices", word(e, "id"))
	}
}

func (k *cardCheck) actions(list []any) {
	if len(list) > most {
		k.breach("%d actions in a row, Teams shows %d", len(list), most)
	}
	for _, raw := range list {
		k.action(raw)
		if word(raw, "title") == "" {
			k.breach("an action without a title")
		}
	}
}

func (k *cardCheck) action(raw any) {
	a, _ := raw.(object)
	kind := word(a, "type")
	form, ok := actions[kind]
	if !ok {
		k.refuse("Actions of type %q are not known.", kind)
		return
	}
	k.known(kind, a, actionFields, form.needs, form.may)
	for _, key := range form.needs {
		if empty(a[key]) {
			k.refuse("%s needs %s.", kind, key)
		}
	}
	switch kind {
	case "Action.Execute":
		if k.version < "1.4" {
			k.breach("Action.Execute needs version 1.4")
		}
		if k.dialog {
			k.breach("Action.Execute does not work in dialogs")
		}
		k.runs = append(k.runs, a)
		k.data(kind, a)
	case "Action.Submit":
		k.runs = append(k.runs, a)
		k.data(kind, a)
	case "Action.OpenUrl":
		u, err := url.Parse(word(a, "url"))
		if err != nil || !slices.Contains([]string{"https", "http", "mailto", "tel", "msteams"}, u.Scheme) {
			k.breach("Action.OpenUrl opens %q", word(a, "url"))
		}
	case "Action.ShowCard":
		inner, _ := a["card"].(object)
		k.card(inner, true)
	case "Action.ToggleVisibility":
		targets, _ := a["targetElements"].([]any)
		for _, t := range targets {
			id, plain := t.(string)
			if !plain {
				id = word(t, "elementId")
			}
			k.targets = append(k.targets, id)
		}
	}
}

func (k *cardCheck) data(kind string, a object) {
	switch a["data"].(type) {
	case nil, object, string:
	default:
		k.refuse("The data of an %s must be an object or a string.", kind)
	}
	if inputs, ok := a["associatedInputs"]; ok && inputs != "auto" && inputs != "none" {
		k.breach("associatedInputs is %v", inputs)
	}
}
