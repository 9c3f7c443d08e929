package bot

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"time"

	"standleitung/bot/say"
)

// Code classes an [Error].
type Code string

// The codes. Everything that is not an [Error] counts as internal.
const (
	Invalid  Code = "invalid"   // the input cannot be understood or breaks a rule
	Denied   Code = "denied"    // the person may not do this
	NotFound Code = "not_found" // what was named does not exist
	Conflict Code = "conflict"  // what was named is not in the state for it
	Internal Code = "internal"  // our fault; the person sees a short reference only
)

// Error is a fault that the person who asked can do something about: they read Text in their language, nothing was
// changed. All other errors are internal.
type Error struct {
	Code Code
	Text say.Text
	Args []any
	// Field names the argument at fault, so that a form can show the text beside its input; empty for none.
	Field string
	// Buttons offer a way on; nil for none.
	Buttons func(say.Voice) []Button
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s", e.Code, e.Text.In(say.Voice{Language: say.English}, e.Args...))
}

// fault makes an [Error].
func fault(code Code, text say.Text, args ...any) *Error {
	return &Error{Code: code, Text: text, Args: args}
}

// CodeOf returns the code of an error: Internal for all but [Error], empty for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return Internal
}

// reference is the short name of a turn that a person can read out and an operator find in the log.
func reference(turn string) string {
	sum := sha256.Sum256([]byte(turn))
	return base32.StdEncoding.EncodeToString(sum[:])[:6]
}

// postKey names the n-th message that a turn causes: the same one when the unit of work runs again. It begins with the
// time, so that what is written together lies together in the store.
func postKey(turn string, at time.Time, n int) string {
	sum := sha256.Sum256([]byte(turn))
	return fmt.Sprintf("%011x-%x-%d", at.UnixMilli(), sum[:8], n)
}
