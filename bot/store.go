package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// ErrNotFound is returned when a record does not exist.
var ErrNotFound = errors.New("not found")

// ErrLost is returned by [Tx.Settle] when the row is no longer in the hands of the caller: its lease ran out and
// somebody else took it, or it was settled before.
var ErrLost = errors.New("row is in other hands")

// Store keeps records, index entries, numbers and the lanes of the outbox, durably. An engine knows nothing of
// topics or people: what a record is called and how it is found is told by its [Kind]. An implementation exists when
// it passes storetest. All methods may be called concurrently.
type Store interface {
	// Update runs fn as one unit of work and returns after everything it wrote is durable. When fn returns an
	// error or panics, nothing it wrote stays and the error (or panic) comes back to the caller; neighbouring units
	// are not touched. Units are serializable. fn may run more than once and must not keep the Tx; it must not
	// block on anything but the Tx, and not call Update, Next or Close, which would wait for itself. Once a unit is
	// queued, ctx no longer cancels it.
	Update(ctx context.Context, fn func(Tx) error) error
	// View runs fn on one consistent snapshot.
	View(ctx context.Context, fn func(Reader) error) error
	// Next runs a unit of work and takes what is due by then, in one durable step; see [Taking].
	Next(ctx context.Context, t Taking) (Taken, error)
	// Stats tells the size of the store at the cost of a look-up, not of a scan.
	Stats(ctx context.Context) (Stats, error)
	// Close waits for the units that were queued and releases the store. Later calls fail.
	Close() error
}

// Reader reads one consistent state of the store. It is valid only inside the function that received it; everything
// it returns is a copy that may be kept.
type Reader interface {
	// Get returns the stored form of a record, or [ErrNotFound].
	Get(kind, key string) ([]byte, error)
	// Scan yields what the query matches, in order. Its cost grows with what is yielded, never with the store.
	// Inside a unit of work it sees the unit's own writes; writing to the scanned kind while ranging is allowed, what was
	// written may or may not be seen, and a loop that only moves records forward ends.
	Scan(q Query) iter.Seq2[Found, error]
	// Lane tells the state of one lane; the zero LaneState for a lane that never had a row.
	Lane(lane string) (LaneState, error)
	// Parked yields the parked rows in the order in which they were enqueued; of one lane, or of all when lane is empty.
	Parked(lane string) iter.Seq2[Row, error]
}

// Tx is one unit of work. Kinds, keys, index names and values, series, lanes and posts are valid UTF-8 without NUL, not
// empty, and at most 1 KiB each.
type Tx interface {
	Reader
	// Put stores a record under its key, replacing an older one together with its index entries.
	Put(kind, key string, value []byte, entries []Entry) error
	// Delete removes a record and its index entries. A record that does not exist is [ErrNotFound].
	Delete(kind, key string) error
	// Number returns the next number of a series, from 1 on. Numbers are never used twice; gaps are allowed.
	Number(series string) (uint64, error)
	// Attempt runs fn and, when it returns an error or panics, undoes what fn wrote (numbers excepted), then
	// returns the error or goes on panicking. Attempts nest.
	Attempt(fn func() error) error
	// Enqueue appends a row to the end of a lane. post is the key of the Post that it delivers.
	Enqueue(lane, post string) error
	// Settle ends or re-plans a row that was taken by [Store.Next], or a parked one; row is passed as it was received. A
	// row that waits untaken, or that somebody else has taken since, is [ErrLost]; a late settlement of a row that
	// nobody else took is accepted.
	Settle(row Row, s Settlement) error
}

// Entry is one index entry of a record: under Value it is found in Index.
type Entry struct {
	Index, Value string
}

// Query selects records of a kind by key, or by index, in byte order.
type Query struct {
	Kind  string
	Index string // empty: by key
	// From and To bound the key or index value: From <= v < To. Empty means open.
	From, To string
	// Limit is the most items to yield; 0 means all.
	Limit int
	// Reverse yields from the end.
	Reverse bool
	// KeysOnly leaves Found.Value nil and saves the look-up.
	KeysOnly bool
}

// Found is what a scan yields.
type Found struct {
	Key   string
	Entry string // the index value; the key again when scanned by key
	Value []byte
}

// RowState is the state of an outbox row.
type RowState string

// The states of a row in a lane. What is delivered or given up has no row any more.
const (
	RowQueued  RowState = "queued"  // waits for its turn, or for Due
	RowSending RowState = "sending" // taken, until Until
	RowUnknown RowState = "unknown" // was being sent when the sender went away: may or may not have arrived
	RowParked  RowState = "parked"  // cannot be delivered; out of the order until a person decides
)

// Row is a place in a lane: the right of one Post to be delivered next.
type Row struct {
	Lane  string
	ID    uint64 // order in the lane
	Post  string // key of the Post
	State RowState
	// Tries counts how often the row was taken. Together with Until it tells one holder from another.
	Tries int
	Due   time.Time // not before; zero means at once, and while it is being sent
	Until time.Time // end of the lease while sending
	// Unsure is set on a taken row whose fate was unknown: it may have arrived already.
	Unsure bool
	// Reason says why it is parked or waits: a short code, never a text of people; empty while it is being sent.
	Reason string
	// Since is when it was enqueued, parked, or queued again by a person; tries do not change it.
	Since time.Time
}

// Settlement is what becomes of a row.
type Settlement struct {
	// State is RowQueued (again, not before Due; Unsure is kept), RowUnknown (again, not before Due, Unsure),
	// RowParked, or empty: delivered or given up, the row is removed. A parked row that is queued again goes to the
	// end of its lane under a new ID.
	State  RowState
	Due    time.Time
	Reason string
	// Untried takes back the count of this try, for a row that was taken but not sent.
	Untried bool
}

// Taking asks for due rows.
type Taking struct {
	Now time.Time
	// Limit is the most rows to take; 0 takes none.
	Limit int
	// Admit, when not nil, is asked about the lane of each row that could be taken, in their order: true takes the row, false
	// passes it over, and it stays due. It is asked within the step, after First, and again from the start when that runs again;
	// it must not block.
	Admit func(lane string) bool
	// Lease is how long the taker may hold a row, more than zero when rows are taken. A row held longer becomes unknown
	// and is taken by others.
	Lease time.Duration
	// First, when not nil, runs before, as a unit of work: what it enqueues or settles counts for what is taken, in the same
	// durable step where the engine can. When it fails, nothing is taken, and Next returns its error.
	First func(Tx) error
}

// Taken is the answer to a [Taking].
type Taken struct {
	// Rows are now in state sending: at most one of each lane, always its oldest that is not parked. A lane whose
	// oldest row waits for its Due, or is being sent, gives none, and holds up no other lane.
	Rows []Row
	// Wake is when the next row falls due or the next lease ends, if no row is added before; zero when never.
	// It is not after Now when due rows were left over because of Limit or Admit.
	Wake time.Time
}

// LaneState is the state of one lane.
type LaneState struct {
	Waiting int // rows that are not parked, the one being sent included
	Parked  int
	Oldest  *Row // the oldest that is not parked; nil when nothing waits
}

// Stats counts what a store holds.
type Stats struct {
	Queued, Sending, Unknown, Parked int
	Bytes                            int64 // size of the store on disk, 0 where it is not known
}

// Migration is one change of stored records. Migrations are append-only: a released one is never edited, removed or
// moved. An engine runs those that a store has not seen, in order, each once, in one durable step with the
// note that it ran.
type Migration struct {
	Name string
	Run  func(Tx) error
}

// Kind says how records of one type are kept: the one table that both the core and the engines read. The stored
// form is JSON with the version in front.
type Kind[T any] struct {
	Name string
	// Version of the stored form, from 1. A record with a newer version is refused.
	Version int
	Key     func(*T) string
	Indexes []Index[T]
}

// Index is one way of finding records: Of returns the values under which a record is found, none to leave it out.
type Index[T any] struct {
	Name string
	Of   func(*T) []string
}

// Get reads one record, or [ErrNotFound].
func (k *Kind[T]) Get(r Reader, key string) (*T, error) {
	raw, err := r.Get(k.Name, key)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", k.Name, err)
	}
	return k.decode(raw)
}

// Put stores a record with its index entries.
func (k *Kind[T]) Put(tx Tx, record *T) error {
	value, err := k.encode(record)
	if err != nil {
		return err
	}
	if err := tx.Put(k.Name, k.Key(record), value, k.entries(record)); err != nil {
		return fmt.Errorf("put %s: %w", k.Name, err)
	}
	return nil
}

// encode is the stored form of a record.
func (k *Kind[T]) encode(record *T) ([]byte, error) {
	raw, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", k.Name, err)
	}
	value := make([]byte, 0, len(raw)+8)
	value = append(value, `{"_v":`...)
	value = strconv.AppendInt(value, int64(k.Version), 10)
	if len(raw) > 2 {
		value = append(value, ',')
	}
	return append(value, raw[1:]...), nil
}

// entries are the index entries of a record.
func (k *Kind[T]) entries(record *T) (entries []Entry) {
	for _, ix := range k.Indexes {
		for _, v := range ix.Of(record) {
			entries = append(entries, Entry{ix.Name, v})
		}
	}
	return entries
}

// Delete removes one record, or returns [ErrNotFound].
func (k *Kind[T]) Delete(tx Tx, key string) error {
	if err := tx.Delete(k.Name, key); err != nil {
		return fmt.Errorf("delete %s: %w", k.Name, err)
	}
	return nil
}

// All yields the records that the query matches; its Kind is filled in.
func (k *Kind[T]) All(r Reader, q Query) iter.Seq2[*T, error] {
	q.Kind = k.Name
	return func(yield func(*T, error) bool) {
		for item, err := range r.Scan(q) {
			var record *T
			if err == nil {
				record, err = k.decode(item.Value)
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

func (k *Kind[T]) decode(raw []byte) (*T, error) {
	var head struct {
		Version int `json:"_v"`
	}
	if v, ok := strings.CutPrefix(string(raw[:min(len(raw), 12)]), `{"_v":`); ok {
		digits := strings.IndexAny(v, ",}")
		head.Version, _ = strconv.Atoi(v[:max(digits, 0)])
	}
	if head.Version == 0 {
		if err := json.Unmarshal(raw, &head); err != nil {
			return nil, fmt.Errorf("decode %s: %w", k.Name, err)
		}
	}
	if head.Version > k.Version {
		return nil, fmt.Errorf("decode %s: stored form %d is newer than this program knows (%d)", k.Name, head.Version, k.Version)
	}
	record := new(T)
	if err := json.Unmarshal(raw, record); err != nil {
		return nil, fmt.Errorf("decode %s: %w", k.Name, err)
	}
	return record, nil
}

// Sep separates the parts of a composed key or index value. It sorts before every printable character.
const Sep = "\x1f"

// Compose joins the parts of a key or an index value.
func Compose(parts ...string) string { return strings.Join(parts, Sep) }

// Under returns the bounds of all values that begin with these parts.
func Under(parts ...string) (from, to string) {
	p := Compose(parts...)
	return p + Sep, p + "\x20"
}

// Stamp writes an instant so that byte order is time order.
func Stamp(t time.Time) string { return t.UTC().Format("20060102T150405.000000000") }

// Serial writes a number so that byte order is number order.
func Serial(n uint64) string { return fmt.Sprintf("%016x", n) }
