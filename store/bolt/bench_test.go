package bolt_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// BenchmarkUnits measures durable units of one record with two index entries, and in the same run a bare committer that
// writes the same keys and bytes in grouped transactions without anything else. xfloor is the share of the
// bare committer's rate that the store reaches.
func BenchmarkUnits(b *testing.B) {
	for _, callers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "store.db"))
			defer s.Close()
			f := newFloor(b)
			defer f.close()
			value := make([]byte, 1024)
			var ours, theirs time.Duration
			var at atomic.Uint64
			// In turns, so that both meet the same disk.
			const slice = 2000
			for done := 0; done < b.N; done += slice {
				n := min(slice, b.N-done)
				theirs += rush(callers, n, func() error { return f.put(recordPuts(at.Add(1), value)) }, b)
				ours += rush(callers, n, func() error {
					i := at.Add(1)
					return s.Update(context.Background(), func(tx bot.Tx) error {
						return tx.Put("topic", bot.Serial(i), value, recordEntries(i))
					})
				}, b)
			}
			b.ReportMetric(float64(b.N)/ours.Seconds(), "units/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "xfloor")
			b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/op")
		})
	}
}

// rush lets callers do n things together and returns how long it took.
func rush(callers, n int, do func() error, b *testing.B) time.Duration {
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	start := b.Elapsed()
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return b.Elapsed() - start
}

func recordEntries(i uint64) []bot.Entry {
	return []bot.Entry{{Index: "due", Value: bot.Serial(i * 7919)}, {Index: "status", Value: "open"}}
}

type pair struct{ bucket, key, value []byte }

// recordPuts are the keys and values that the record of recordEntries comes to in the file.
func recordPuts(i uint64, value []byte) []pair {
	key := bot.Serial(i)
	return []pair{
		{[]byte("records"), []byte("topic\x00\x01" + key), append([]byte("\x02\x03due\x10"+bot.Serial(i*7919)+"\x06status\x04open"), value...)},
		{[]byte("entries"), []byte("topic\x00\x01due\x00\x01" + bot.Serial(i*7919) + "\x00\x01" + key), nil},
		{[]byte("entries"), []byte("topic\x00\x01status\x00\x01open\x00\x01" + key), nil},
	}
}

// floor is the least that can be done: one goroutine that takes all that waits, puts it, commits, and tells.
type floor struct {
	db    *bbolt.DB
	mu    sync.Mutex
	cond  sync.Cond
	queue []floorCall
	stop  bool
	done  chan struct{}
}

type floorCall struct {
	puts   []pair
	result chan error
}

func newFloor(b *testing.B) *floor {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor.db"), 0o600, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30,
	})
	if err != nil {
		b.Fatal(err)
	}
	db.AllocSize = 4 << 20
	if err := db.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucket([]byte("records")); err != nil {
			return err
		}
		_, err := tx.CreateBucket([]byte("entries"))
		return err
	}); err != nil {
		b.Fatal(err)
	}
	f := &floor{db: db, done: make(chan struct{})}
	f.cond.L = &f.mu
	go f.run()
	return f
}

func (f *floor) close() {
	f.mu.Lock()
	f.stop = true
	f.cond.Signal()
	f.mu.Unlock()
	<-f.done
	_ = f.db.Close()
}

func (f *floor) put(puts []pair) error {
	c := floorCall{puts, make(chan error, 1)}
	f.mu.Lock()
	f.queue = append(f.queue, c)
	f.cond.Signal()
	f.mu.Unlock()
	return <-c.result
}

func (f *floor) run() {
	defer close(f.done)
	for {
		f.mu.Lock()
		for len(f.queue) == 0 && !f.stop {
			f.cond.Wait()
		}
		calls := f.queue
		f.queue = nil
		f.mu.Unlock()
		if len(calls) == 0 {
			return
		}
		err := f.db.Update(func(tx *bbolt.Tx) error {
			for _, c := range calls {
				for _, p := range c.puts {
					if err := tx.Bucket(p.bucket).Put(p.key, p.value); err != nil {
						return err
					}
				}
			}
			return nil
		})
		for _, c := range calls {
			c.result <- err
		}
	}
}

// BenchmarkTake100 takes 100 due rows and, with the next take, finishes them, while many more wait for their turn.
func BenchmarkTake100(b *testing.B) {
	for _, shape := range []struct {
		name  string
		lanes int
	}{{"lanes=many", 0}, {"lanes=100", 100}} {
		for _, pending := range []int{1000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/pending=%d", shape.name, pending), func(b *testing.B) {
				s := open(b, filepath.Join(b.TempDir(), "store.db"))
				defer s.Close()
				lanes := shape.lanes
				if lanes == 0 {
					lanes = pending
				}
				enqueue(b, s, pending, lanes)
				var held []bot.Row
				for b.Loop() {
					taken, err := s.Next(context.Background(), bot.Taking{
						Now: noon, Limit: 100, Lease: time.Minute,
						First: func(tx bot.Tx) error { return again(tx, held) },
					})
					if err != nil || len(taken.Rows) != 100 {
						b.Fatalf("took %d rows, %v", len(taken.Rows), err)
					}
					held = taken.Rows
				}
			})
		}
	}
}

// again finishes rows and puts as many at the end of their lanes, so that the number of pending rows stays.
func again(tx bot.Tx, rows []bot.Row) error {
	for _, row := range rows {
		if err := tx.Settle(row, bot.Settlement{}); err != nil {
			return err
		}
		if err := tx.Enqueue(row.Lane, row.Post); err != nil {
			return err
		}
	}
	return nil
}

func enqueue(b *testing.B, s *bolt.Store, n, lanes int) {
	b.Helper()
	const chunk = 2000
	for first := 0; first < n; first += chunk {
		if err := s.Update(context.Background(), func(tx bot.Tx) error {
			for i := first; i < min(first+chunk, n); i++ {
				if err := tx.Enqueue(fmt.Sprintf("lane%07d", i%lanes), "post"+bot.Serial(uint64(i))); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScan100 reads a hundred records in the middle of an index.
func BenchmarkScan100(b *testing.B) {
	for _, records := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprintf("records=%d", records), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "store.db"))
			defer s.Close()
			fill(b, s, records)
			for b.Loop() {
				found := 0
				if err := s.View(context.Background(), func(r bot.Reader) error {
					for _, err := range r.Scan(bot.Query{Kind: "topic", Index: "due", From: bot.Serial(uint64(records) / 2), Limit: 100}) {
						if err != nil {
							return err
						}
						found++
					}
					return nil
				}); err != nil || found != 100 {
					b.Fatalf("found %d, %v", found, err)
				}
			}
		})
	}
}

func fill(b *testing.B, s *bolt.Store, n int) {
	b.Helper()
	const chunk = 2000
	value := make([]byte, 300)
	for first := 0; first < n; first += chunk {
		if err := s.Update(context.Background(), func(tx bot.Tx) error {
			for i := first; i < min(first+chunk, n); i++ {
				k := bot.Serial(uint64(i))
				if err := tx.Put("topic", k, value, []bot.Entry{{Index: "due", Value: k}}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}
