package bolt

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// layout is the version of what the package comment describes.
const layout = 1

// Keys of the header bucket.
var (
	keyLayout   = []byte("layout")
	keyMark     = []byte("mark")
	keyCounters = []byte("counters")
	// Migrations that ran: this, then their position in two bytes; the value is the name.
	keyMigration = []byte("migration")
)

// buckets are the buckets of one transaction.
type buckets struct {
	header, numbers, records, entries, lanes, rows, parked, ready, due, leases *bbolt.Bucket
}

// each calls fn with the name and the place of every bucket.
func (b *buckets) each(fn func(name string, place **bbolt.Bucket) error) error {
	for _, x := range []struct {
		name  string
		place **bbolt.Bucket
	}{
		{"header", &b.header},
		{"numbers", &b.numbers},
		{"records", &b.records},
		{"entries", &b.entries},
		{"lanes", &b.lanes},
		{"rows", &b.rows},
		{"parked", &b.parked},
		{"ready", &b.ready},
		{"due", &b.due},
		{"leases", &b.leases},
	} {
		if err := fn(x.name, x.place); err != nil {
			return err
		}
	}
	return nil
}

func openBuckets(tx *bbolt.Tx) (*buckets, error) {
	b := new(buckets)
	return b, b.each(func(name string, place **bbolt.Bucket) error {
		if *place = tx.Bucket([]byte(name)); *place == nil {
			return fmt.Errorf("%w: bucket %s is missing", ErrDamaged, name)
		}
		return nil
	})
}

func createBuckets(tx *bbolt.Tx) (*buckets, error) {
	b := new(buckets)
	return b, b.each(func(name string, place **bbolt.Bucket) (err error) {
		*place, err = tx.CreateBucket([]byte(name))
		return err
	})
}

// counters are kept in the header so that nothing needs to be counted.
type counters struct {
	queued, sending, unknown, parked uint64
	// serial is the last id of a row or turn of a lane.
	serial uint64
}

func (c *counters) fields() []*uint64 {
	return []*uint64{&c.queued, &c.sending, &c.unknown, &c.parked, &c.serial}
}

func (c *counters) encode() []byte {
	b := make([]byte, 0, 40)
	for _, f := range c.fields() {
		b = binary.BigEndian.AppendUint64(b, *f)
	}
	return b
}

func readCounters(b *buckets) (c counters, err error) {
	raw := b.header.Get(keyCounters)
	if len(raw) != 8*len(c.fields()) {
		return c, fmt.Errorf("%w: counters", ErrDamaged)
	}
	for i, f := range c.fields() {
		*f = binary.BigEndian.Uint64(raw[8*i:])
	}
	return c, nil
}
