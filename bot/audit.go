package bot

import "context"

// Stored is one record as an engine holds it, with the index entries that it holds for it.
type Stored struct {
	Kind, Key string
	Value     []byte
	Entries   []Entry // sorted by index and value, each once
}

// Auditor is a store that can be gone through as a whole, and proves meanwhile that it does not contradict itself: that
// every index entry belongs to a record that names it, that none is missing, and that lanes and counters say what the
// rows say. Every engine is one; storetest says what it must find.
type Auditor interface {
	// Audit calls record for each record on one snapshot, ordered by kind and key, and fault for each contradiction with
	// words for an operator, which hold no value of a record. The error is what kept it from looking at all,
	// or what record returned. It may take long on a large store, and holds up no unit of work meanwhile.
	Audit(ctx context.Context, record func(Stored) error, fault func(string)) error
}
