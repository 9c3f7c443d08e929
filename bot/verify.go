package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Proof is what came of proving a store.
type Proof struct {
	// Kinds counts the records of each kind, by their public names where they have one.
	Kinds map[string]int `json:"kinds"`
	// Entries counts the index entries.
	Entries int `json:"entries"`
	// Links counts the sealed entries of the log, Head is the hash of the last; Unsealed are too young to be in the chain.
	Links    uint64 `json:"links"`
	Head     string `json:"head,omitempty"`
	Unsealed int    `json:"unsealed"`
	// Faults are what is wrong, in words for an operator and without any value of a record: the first mostFaults of
	// Wrong.
	Faults []string `json:"faults,omitempty"`
	Wrong  int      `json:"wrong"`
}

// mostFaults is how many faults a proof names.
const mostFaults = 20

func (p *Proof) fault(words string) {
	if p.Wrong++; len(p.Faults) < mostFaults {
		p.Faults = append(p.Faults, words)
	}
}

// Records counts all records.
func (p *Proof) Records() (n int) {
	for count := range maps.Values(p.Kinds) {
		n += count
	}
	return n
}

// Verify proves the chain of the log, and that every record has the index entries that its kind says. The store must
// be an [Auditor]. It holds up no unit of work. What is wrong is in the proof; an error means that there is none.
func Verify(ctx context.Context, s Store) (*Proof, error) {
	auditor, ok := s.(Auditor)
	if !ok {
		return nil, errors.New("this engine cannot be verified")
	}
	p := &Proof{Kinds: map[string]int{}}
	rows := kindRows()
	err := auditor.Audit(ctx, func(s Stored) error {
		row := rows[s.Kind]
		if row == nil {
			p.Kinds[s.Kind]++
			p.fault(fmt.Sprintf("record %q is of the kind %s, which this program does not know", s.Key, s.Kind))
			return nil
		}
		p.Kinds[row.public()]++
		p.Entries += len(s.Entries)
		if err := row.prove(s); err != nil {
			p.fault(fmt.Sprintf("record %q of kind %s: %v", s.Key, s.Kind, err))
		}
		return nil
	}, p.fault)
	if err != nil {
		return nil, fmt.Errorf("verify the store: %w", err)
	}
	if err := s.View(ctx, func(r Reader) error { return p.chain(ctx, r) }); err != nil {
		return nil, fmt.Errorf("verify the log: %w", err)
	}
	return p, nil
}

// public is what operators call a kind.
func (row *kindRow) public() string {
	if row.name != "" {
		return row.name
	}
	return row.kind
}

// chain follows the log from its first link to its head.
func (p *Proof) chain(ctx context.Context, r Reader) error {
	head, err := logHeads.Get(r, "chain")
	if errors.Is(err, ErrNotFound) {
		head, err = &logHead{}, nil
	}
	if err != nil {
		p.fault("the end of the log's chain cannot be read")
		head = &logHead{}
	}
	last := ""
	for found, err := range r.Scan(Query{Kind: logbook.Name, Index: "link"}) {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		p.Links++
		e, err := logbook.decode(found.Value)
		if err != nil {
			p.fault(fmt.Sprintf("the log is broken at link %d: the entry cannot be read", p.Links))
			break
		}
		if why := p.broken(e, last, found.Value); why != "" {
			p.fault(fmt.Sprintf("the log is broken at link %d, written %s: %s", p.Links, cell(e.At), why))
			break // what follows would be told as broken, too
		}
		last = e.Hash
	}
	if p.Wrong == 0 && (p.Links != head.Links || last != head.Hash) {
		p.fault(fmt.Sprintf("the log ends at link %d, but %d were sealed", p.Links, head.Links))
	}
	p.Head = last
	for _, err := range r.Scan(Query{Kind: logbook.Name, Index: "open", KeysOnly: true}) {
		if err != nil {
			return err
		}
		p.Unsealed++
	}
	return nil
}

// broken says what is wrong with a link; empty for nothing.
func (p *Proof) broken(e *logEntry, last string, stored []byte) string {
	sum, err := e.sum()
	again, err2 := logbook.encode(e)
	switch {
	case e.Link != p.Links:
		return fmt.Sprintf("it says that it is link %d", e.Link)
	case e.Prev != last:
		return "it does not follow the link before"
	case err != nil || sum != e.Hash || err2 != nil || !bytes.Equal(again, stored):
		return "its content is not what was sealed"
	}
	return ""
}

// KindCounts are the counts of a proof, as "12 topics", in the order of their names.
func (p *Proof) KindCounts() (counts []string) {
	for _, name := range slices.Sorted(maps.Keys(p.Kinds)) {
		counts = append(counts, fmt.Sprintf("%d %s", p.Kinds[name], name))
	}
	return counts
}
