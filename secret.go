package main

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a value of the configuration that nobody may read by accident: however it is printed, logged or encoded,
// only [Secret.Reveal] shows it. The zero value is an absent secret.
type Secret struct {
	// A pointer, because fmt prints what an unexported field of a struct points to as an address, and calls no
	// method on it that could redact it.
	value *string
}

const redacted = "[redacted]"

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal returns the value, empty for the zero Secret.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no secret, or an empty one.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String implements [fmt.Stringer].
func (Secret) String() string { return redacted }

// Format implements [fmt.Formatter], for all verbs.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler], for JSON and others.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
