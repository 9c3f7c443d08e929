package slacktest

import (
	"fmt"
	"time"

	"standleitung/adapters/faketest"
)

// View is a modal or a home tab as somebody sees it.
type View struct {
	ID, Hash                     string
	Title, SubmitLabel, Close    string
	Callback, External, Metadata string
	Fields                       []Field
	Text                         string
	Buttons                      []Button
	Blocks                       []any
}

// Field is something to fill in.
type Field struct {
	BlockID, ActionID, Label, Hint, Placeholder string
	Type                                        string // of the element: "plain_text_input", …
	Value                                       string // what stands there now; values of options, joined by commas
	Optional, Multiline                         bool
	Options                                     []Option
}

// Option is a choice of a field.
type Option struct{ Label, Value string }

// TopView is the modal on top of somebody's screen; nil when there is none.
func (s *Server) TopView(user string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	stack := s.stack(user)
	if len(stack) == 0 {
		return nil
	}
	return s.look(stack[len(stack)-1])
}

// AwaitView waits for a modal on somebody's screen, as long as d; nil when none came.
func (s *Server) AwaitView(user string, d time.Duration) *View {
	faketest.Await(d, func() bool { return s.TopView(user) != nil })
	return s.TopView(user)
}

// Home is somebody's home tab; nil when the app published none.
func (s *Server) Home(user string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.homes[user] == nil {
		return nil
	}
	return s.look(s.homes[user])
}

func (s *Server) look(v *view) *View {
	word := func(k string) string { text, _ := v.definition[k].(string); return text }
	blocks, _ := v.definition["blocks"].([]any)
	o := &View{
		ID: v.id, Hash: v.hash, Title: textOf(v.definition["title"]), SubmitLabel: textOf(v.definition["submit"]), Close: textOf(v.definition["close"]),
		Callback: word("callback_id"), External: word("external_id"), Metadata: word("private_metadata"),
		Text: (&reader{s: s}).blocks(blocks), Blocks: blocks,
	}
	for _, b := range buttonsOf(blocks) {
		if b.Type == "button" {
			o.Buttons = append(o.Buttons, b)
		}
	}
	for _, b := range blocks {
		block, _ := b.(object)
		for _, e := range elementsOf(block) {
			key, _ := stateKey(fmt.Sprint(e["type"]))
			if key == "" {
				continue
			}
			f := Field{
				BlockID: fmt.Sprint(block["block_id"]), ActionID: fmt.Sprint(e["action_id"]), Type: fmt.Sprint(e["type"]),
				Label: textOf(block["label"]), Hint: textOf(block["hint"]), Placeholder: textOf(e["placeholder"]),
				Optional: block["optional"] == true, Multiline: e["multiline"] == true,
			}
			state, _ := v.values[f.BlockID].(object)[f.ActionID].(object)
			f.Value = valueOf(state[key])
			for _, option := range optionsOf(e) {
				f.Options = append(f.Options, Option{textOf(option["text"]), fmt.Sprint(option["value"])})
			}
			o.Fields = append(o.Fields, f)
		}
	}
	return o
}

// valueOf writes the state of an element out.
func valueOf(state any) string {
	switch v := state.(type) {
	case nil:
		return ""
	case string:
		return v
	case object:
		return fmt.Sprint(v["value"])
	case []any:
		text := ""
		for i, e := range v {
			if i > 0 {
				text += ","
			}
			text += valueOf(e)
		}
		return text
	}
	return fmt.Sprint(state)
}
