package bot_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"standleitung/bot"
	"standleitung/store/bolt"
)

// BenchmarkReceive measures durable messages through Receive, each of which stores a topic and two answers, beside
// a floor in the same run: a bare committer goroutine that puts the same keys and bytes, all of them, into bbolt in
// grouped transactions and does nothing else. The keys and bytes are not guessed: they are what a run of Receive left
// in a file. xfloor is the share of the floor's rate that Receive reaches.
func BenchmarkReceive(b *testing.B) {
	puts := samplePuts(b)
	for _, senders := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			f := newFixture(b)
			floor := newFloor(b, puts)
			var next atomic.Int64
			var ours, theirs time.Duration
			const slice = 2000 // in turns, so that both meet the same disk
			for done := 0; done < b.N; done += slice {
				n := min(slice, b.N-done)
				theirs += rush(b, senders, n, func(int) error { return floor.put() })
				ours += rush(b, senders, n, func(sender int) error {
					_, err := f.bot.Receive(context.Background(), suggestion(sender, next.Add(1)))
					return err
				})
			}
			b.ReportMetric(float64(b.N)/ours.Seconds(), "messages/s")
			b.ReportMetric(float64(b.N)/theirs.Seconds(), "floor/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "xfloor")
			b.ReportMetric(float64(len(puts[0])), "keys/op")
			b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/op")
		})
	}
}

// suggestion is a message that stores a topic unlike all others.
func suggestion(sender int, n int64) bot.Message {
	word := func(k int64) string {
		return fmt.Sprintf("%c%c%c%x", 'k'+k%7, 'a'+n%5, 'l'+n%11, (n+k)*2654435761%(1<<40))
	}
	return direct(fmt.Sprintf("sender%d", sender), fmt.Sprintf("bench-%d", n),
		fmt.Sprintf("thema %s und %s in der %s für:%s #%s", word(1), word(2), word(3), word(4), word(5)))
}

// rush lets senders do n things together and returns how long it took.
func rush(b *testing.B, senders, n int, do func(sender int) error) time.Duration {
	var left atomic.Int64
	left.Store(int64(n))
	var all sync.WaitGroup
	began := time.Now()
	for sender := range senders {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(sender); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

// put is one key of the file.
type put struct {
	bucket, key, value []byte
	// spread says how the key differs from message to message.
	spread spread
	// common is how many leading bytes all keys of its group share.
	common int
}

// spread is how the keys of a group lie: the floor writes its keys in the same way, because neighbours cost less.
type spread int

const (
	counter    spread = iota // every message writes the same key
	sequential               // each message's key follows the one before
	random
)

// samplePuts runs messages one by one and returns for each what it changed in the file.
func samplePuts(b *testing.B) [][]put {
	path := filepath.Join(b.TempDir(), "sample.db")
	const samples = 128
	var all [][]put
	written := map[string]int{}
	before := map[string][]byte{}
	for n := range samples + 4 {
		after := receiveOne(b, path, int64(n)+1)
		var puts []put
		for name, value := range after {
			if old, ok := before[name]; !ok || !bytes.Equal(old, value) {
				bucket, key, _ := bytes.Cut([]byte(name), []byte{'/'})
				puts = append(puts, put{bucket: bucket, key: key, value: value})
				written[name]++
			}
		}
		before = after
		if n >= 4 { // the first messages also meet their sender
			all = append(all, puts)
		}
	}
	classify(all, written)
	return all
}

// classify finds out how the keys of each group lie, from how they came.
func classify(all [][]put, written map[string]int) {
	last, common, falls := map[string][]byte{}, map[string]int{}, map[string]bool{}
	for _, puts := range all {
		slices.SortFunc(puts, func(a, b put) int { return cmp.Or(bytes.Compare(a.bucket, b.bucket), bytes.Compare(a.key, b.key)) })
		for _, p := range puts {
			g := p.group()
			if before, ok := last[g]; ok {
				n := 0
				for n < min(len(before), len(p.key)) && before[n] == p.key[n] {
					n++
				}
				common[g] = min(common[g], n)
				falls[g] = falls[g] || bytes.Compare(p.key, before) < 0
			} else {
				common[g] = len(p.key)
			}
			last[g] = p.key
		}
	}
	for _, puts := range all {
		for i := range puts {
			p := &puts[i]
			p.common = common[p.group()]
			switch once := written[string(p.bucket)+"/"+string(p.key)] == 1; {
			case !once || len(p.key) < p.common+8:
				p.spread = counter
			case falls[p.group()]:
				p.spread = random
			default:
				p.spread = sequential
			}
		}
	}
}

// group is the bucket and what a key begins with: the kind, and the index.
func (p *put) group() string {
	parts := bytes.Split(p.key, []byte{0, 1})
	parts = parts[:min(2, max(1, len(parts)-1))]
	return string(p.bucket) + "/" + string(bytes.Join(parts, []byte{0, 1}))
}

// receiveOne receives one message and returns all that the file holds.
func receiveOne(b *testing.B, path string, n int64) map[string][]byte {
	log := slog.New(slog.DiscardHandler)
	store, err := bolt.Open(b.Context(), bolt.Config{Path: path, Now: time.Now, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	core, err := bot.New(bot.Config{
		Store: store, Now: time.Now, Log: log, Adapters: []bot.Adapter{&chat{}},
		People: []bot.Member{{ID: "lena", Name: "Lena Brandt", Roles: bot.Lead, Identities: []bot.Identity{{Adapter: "chat", ID: "lena"}}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := core.Receive(b.Context(), suggestion(0, n)); err != nil {
		b.Fatal(err)
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	all := map[string][]byte{}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(bucket []byte, bk *bbolt.Bucket) error {
			return bk.ForEach(func(k, v []byte) error {
				all[string(bucket)+"/"+string(k)] = bytes.Clone(v)
				return nil
			})
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return all
}

// floor is the least that can be done: one goroutine that takes all that waits, puts it, commits, and tells.
type floor struct {
	db    *bbolt.DB
	calls chan chan error
	puts  [][]put
	n     uint64
}

func newFloor(b *testing.B, puts [][]put) *floor {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		b.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, sample := range puts {
			for _, p := range sample {
				if _, err := tx.CreateBucketIfNotExists(p.bucket); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	f := &floor{db: db, calls: make(chan chan error, 1024), puts: puts}
	var done sync.WaitGroup
	done.Go(f.run)
	b.Cleanup(func() {
		close(f.calls)
		done.Wait()
		_ = db.Close()
	})
	return f
}

func (f *floor) put() error {
	result := make(chan error, 1)
	f.calls <- result
	return <-result
}

func (f *floor) run() {
	for first := range f.calls {
		group := []chan error{first}
		err := f.db.Update(func(tx *bbolt.Tx) error {
			if err := f.write(tx); err != nil {
				return err
			}
			for len(f.calls) > 0 {
				group = append(group, <-f.calls)
				if err := f.write(tx); err != nil {
					return err
				}
			}
			return nil
		})
		for _, result := range group {
			result <- err
		}
	}
}

// write puts what one message puts, under keys of its own that lie as Receive's do.
func (f *floor) write(tx *bbolt.Tx) error {
	f.n++
	for i, p := range f.puts[f.n%uint64(len(f.puts))] {
		key := p.key
		switch p.spread {
		case sequential:
			key = bytes.Clone(key)
			binary.BigEndian.PutUint64(key[p.common:], f.n)
			key[len(key)-1] = byte(i)
		case random:
			key = bytes.Clone(key)
			binary.BigEndian.PutUint64(key[p.common:], (f.n*64+uint64(i))*0x9E3779B97F4A7C15)
		}
		if err := tx.Bucket(p.bucket).Put(key, p.value); err != nil {
			return err
		}
	}
	return nil
}
