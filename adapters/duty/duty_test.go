package duty_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"standleitung/adapters/duty"
	"standleitung/bot"
)

// core is told apart by its address only.
type core struct {
	bot.Core
	_ byte
}

func TestShiftLetsInBetweenBeginAndEnd(t *testing.T) {
	var s duty.Shift
	if _, ok := s.Enter(); ok || s.Open() {
		t.Fatal("somebody was let in before the shift began")
	}
	first := &core{}
	if !s.Begin(first) || !s.Open() {
		t.Fatal("the shift did not begin")
	}
	if s.Begin(&core{}) {
		t.Error("the shift began twice")
	}
	if got, ok := s.Enter(); !ok || got != bot.Core(first) {
		t.Fatalf("Enter() = %v, %v, want the core of Begin", got, ok)
	}
	s.Leave()
	s.End()
	if _, ok := s.Enter(); ok || s.Open() {
		t.Error("somebody was let in after the end")
	}
	if s.Begin(first) {
		t.Error("the shift began again after its end")
	}
	s.End() // as often as one likes
}

// End waits for those inside, who hear of it and keep the core until they leave.
func TestShiftEndsWhenTheLastHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s duty.Shift
		s.Begin(&core{})
		for range 2 {
			if _, ok := s.Enter(); !ok {
				t.Fatal("nobody was let in")
			}
		}
		over, ended := s.Over(), make(chan struct{})
		go func() { s.End(); close(ended) }()
		synctest.Wait()
		for left := 2; left > 0; left-- {
			select {
			case <-over:
			default:
				t.Error("nobody was told that the end has come")
			}
			select {
			case <-ended:
				t.Fatalf("the shift ended with %d inside", left)
			default:
			}
			if s.Inside() == nil {
				t.Error("somebody inside lost the core")
			}
			s.Leave()
			synctest.Wait()
		}
		<-ended
	})
}

// A shift that ended before it began, because the program stops while it starts, lets nobody in.
func TestShiftThatEndsFirstNeverBegins(t *testing.T) {
	var s duty.Shift
	s.End()
	<-s.Over()
	if s.Begin(&core{}) {
		t.Error("the shift began after its end")
	}
}

// Entering and ending at the same time: whoever was let in is waited for.
func TestShiftUnderAttack(t *testing.T) {
	for range 200 {
		var s duty.Shift
		var at sync.WaitGroup
		var inside sync.Map
		s.Begin(&core{})
		for i := range 4 {
			at.Go(func() {
				for {
					if _, ok := s.Enter(); !ok {
						return
					}
					inside.Store(i, true)
					inside.Delete(i)
					s.Leave()
				}
			})
		}
		s.End()
		inside.Range(func(who, _ any) bool {
			t.Errorf("%v was inside after the end", who)
			return true
		})
		at.Wait()
	}
}

// both are the two ways into a lane. Each returns after the job has its place in the lane.
func both() map[string]func(t *testing.T, l *duty.Lanes, key string, job func()) {
	return map[string]func(t *testing.T, l *duty.Lanes, key string, job func()){
		"Do": func(t *testing.T, l *duty.Lanes, key string, job func()) {
			if !l.Do(key, job) {
				t.Error("there is no room for a job")
			}
		},
		"Enter": func(t *testing.T, l *duty.Lanes, key string, job func()) {
			go func() {
				leave, ok := l.Enter(key)
				if !ok {
					t.Error("there is no room for a job")
					return
				}
				defer leave()
				job()
			}()
			synctest.Wait() // it stands in its lane
		},
	}
}

func TestLanesKeepTheOrderOfAKey(t *testing.T) {
	for way, enter := range both() {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l duty.Lanes
				var mu sync.Mutex
				got, want := map[string][]string{}, map[string][]string{}
				for i := range 30 {
					key, step := "room "+strconv.Itoa(i%3), strconv.Itoa(i)
					want[key] = append(want[key], step, step)
					enter(t, &l, key, func() {
						for range 2 { // others of the same key would come in between
							mu.Lock()
							got[key] = append(got[key], step)
							mu.Unlock()
							time.Sleep(time.Second)
						}
					})
				}
				time.Sleep(time.Hour)
				mu.Lock()
				defer mu.Unlock()
				for key, steps := range want {
					if !slices.Equal(got[key], steps) {
						t.Errorf("%s: %v, want %v", key, got[key], steps)
					}
				}
			})
		})
	}
}

func TestLanesDoNotWaitForEachOther(t *testing.T) {
	for way, enter := range both() {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l duty.Lanes
				stuck, done := make(chan struct{}), make(chan struct{})
				enter(t, &l, "stuck", func() { <-stuck })
				enter(t, &l, "free", func() { close(done) })
				select {
				case <-done:
				case <-time.After(time.Hour):
					t.Error("a lane waited for another one")
				}
				close(stuck)
			})
		})
	}
}

func TestLanesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l duty.Lanes
		stuck, ran := make(chan struct{}), 0
		for i := range duty.MostWaiting {
			if !l.Do("room", func() { <-stuck; ran++ }) {
				t.Fatalf("job %d was refused, want %d to be taken", i, duty.MostWaiting)
			}
		}
		if l.Do("other", func() { t.Error("a refused job ran") }) {
			t.Error("a job too many was taken")
		}
		if _, ok := l.Enter("other"); ok {
			t.Error("somebody too many was let in")
		}
		close(stuck)
		synctest.Wait()
		if ran != duty.MostWaiting {
			t.Errorf("%d jobs ran, want %d", ran, duty.MostWaiting)
		}
		again := false
		if !l.Do("other", func() { again = true }) {
			t.Error("there is still no room after all have run")
		}
		synctest.Wait()
		if !again {
			t.Error("the job after the flood did not run")
		}
	})
}

func TestRecentRemembersAtLeastHalf(t *testing.T) {
	var r duty.Recent
	key := func(i int) string { return fmt.Sprint("key ", i) }
	const many = 3 * duty.MostRecent
	for i := range many {
		if !r.Add(key(i)) {
			t.Fatalf("key %d was known before it was added", i)
		}
		if r.Add(key(i)) || !r.Has(key(i)) {
			t.Fatalf("key %d was forgotten at once", i)
		}
		if i >= duty.MostRecent/2 && !r.Has(key(i-duty.MostRecent/2+1)) {
			t.Fatalf("key %d was forgotten after %d others", i-duty.MostRecent/2+1, duty.MostRecent/2-1)
		}
	}
	known := 0
	for i := range many {
		if r.Has(key(i)) {
			known++
		}
	}
	if known > duty.MostRecent {
		t.Errorf("%d keys are remembered, want at most %d", known, duty.MostRecent)
	}
}
