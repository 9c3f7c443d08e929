package bolt

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"

	"standleitung/bot"
)

// reader is a bot.Reader on one transaction.
type reader struct {
	*buckets
	over  bool
	fault *fault
	// contained says that the caller takes a fault for an answer.
	contained bool

	// What a scan must know about the writes of its own unit; see scan.go. All zero in a view.
	writes  uint64
	ranging int
	fresh   map[place]uint64
}

var _ bot.Reader = (*reader)(nil)

func (r *reader) open(tx *bbolt.Tx) (err error) {
	defer r.guard()
	r.buckets, err = openBuckets(tx)
	return err
}

// usable is asked first by every method. A fault that user code recovered from is raised again.
func (r *reader) usable() error {
	if r.fault != nil {
		panic(r.fault)
	}
	if r.over {
		return ErrOver
	}
	return nil
}

// guard is deferred around every use of bbolt, and never around user code. It remembers a panic and lets it go on.
func (r *reader) guard() {
	if p := recover(); p != nil {
		if r.fault == nil {
			r.fault = newFault(p)
		}
		panic(r.fault)
	}
}

// Get implements [bot.Reader].
func (r *reader) Get(kind, key string) ([]byte, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	defer r.guard()
	k, err := recordKey(kind, key)
	if err != nil {
		return nil, bot.ErrNotFound // what cannot be stored is not there
	}
	raw := r.records.Get(k)
	if raw == nil {
		return nil, bot.ErrNotFound
	}
	value, err := valueOf(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: record %q of kind %s", err, key, kind)
	}
	return bytes.Clone(value), nil
}
