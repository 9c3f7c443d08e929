package register_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"standleitung/bot/register"
)

// made makes n different words that look German.
func made(n int, rng *rand.Rand) []string {
	syllables := strings.Fields("ver lag mit tel spar ten run ge hal ter pro duk tion wer bung schich ten bau stel le " +
		"kan zen drei fal gru pen kol lo ri mus ta fe nau tik ber lin sor tim ent wurf park plat zen sul fa nor den")
	seen := map[string]bool{}
	var words []string
	for len(words) < n {
		var b strings.Builder
		for range 3 + rng.IntN(2) {
			b.WriteString(syllables[rng.IntN(len(syllables))])
		}
		if w := strings.ToUpper(b.String()[:1]) + b.String()[1:]; !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	return words
}

// terms makes entries with n terms in all, every fifth a phrase of two words.
func terms(n int, rng *rand.Rand) ([]register.Entry, []string) {
	words := made(n, rng)
	var entries []register.Entry
	for i, w := range words {
		if i%5 == 4 {
			w += " " + words[i-1]
		}
		if i%10 == 0 {
			entries = append(entries, register.Entry{ID: fmt.Sprintf("F-%d", i/10), Label: "x"})
		}
		e := &entries[len(entries)-1]
		e.Terms = append(e.Terms, w)
	}
	return entries, words
}

// messages makes chat messages of 300 bytes out of the labelled sentences; one in twenty holds a term.
func messages(b testing.TB, words []string, rng *rand.Rand) []string {
	all := append(sentences(b, "labelled_de.txt"), sentences(b, "labelled_en.txt")...)
	msgs := make([]string, 200)
	for i := range msgs {
		var text strings.Builder
		if i%20 == 0 {
			text.WriteString(words[rng.IntN(len(words))] + " ")
		}
		for text.Len() < 300 {
			if s := all[rng.IntN(len(all))]; s[0] == "-" && !strings.ContainsAny(s[1], "`/@") {
				text.WriteString(s[1] + " ")
			}
		}
		msgs[i] = strings.ToValidUTF8(text.String()[:300], "")
	}
	return msgs
}

var sizes = []int{10, 1000, 10000}

func BenchmarkMatch(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			entries, words := terms(n, rng)
			msgs := messages(b, words, rng)
			m, err := register.Compile(entries)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			hits, i := 0, 0
			for b.Loop() {
				hits += len(m.Match(msgs[i%len(msgs)]))
				i++
			}
			b.ReportMetric(float64(hits)/float64(i), "hits/op")
		})
	}
}

// The floor: exact spelling, nothing folded, no word forms.
func BenchmarkFloorContains(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			_, words := terms(n, rng)
			msgs := messages(b, words, rng)
			i := 0
			for b.Loop() {
				for _, w := range words {
					if strings.Contains(msgs[i%len(msgs)], w) {
						break
					}
				}
				i++
			}
		})
	}
}

// The other floor: each word in lower case looked up, without forms and compounds.
func BenchmarkFloorMap(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			_, words := terms(n, rng)
			msgs := messages(b, words, rng)
			set := map[string]bool{}
			for _, w := range words {
				set[strings.ToLower(w)] = true
			}
			i := 0
			for b.Loop() {
				for w := range strings.FieldsSeq(strings.ToLower(msgs[i%len(msgs)])) {
					if set[w] {
						break
					}
				}
				i++
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			entries, _ := terms(n, rand.New(rand.NewPCG(1, 2)))
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			kept, err := register.Compile(entries)
			if err != nil {
				b.Fatal(err)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			for b.Loop() {
				if _, err := register.Compile(entries); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
			runtime.KeepAlive(kept)
		})
	}
}
