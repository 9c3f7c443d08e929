// Package duty is what every adapter does between the moment at which it begins to receive and the one at which the last
// act has left: it lets acts and deliveries in ([Shift]), has what belongs together go one after the other ([Lanes]), and
// remembers what it did lately ([Recent]). It knows no platform.
//
// All three are ready to use as they are, must not be copied, and may be called by several goroutines at a time.
package duty

import (
	"context"
	"sync"
	"time"

	"standleitung/bot"
)

// Shift is the time in which an adapter may use the core. It happens once.
type Shift struct {
	mu      sync.Mutex
	core    bot.Core      // from Begin on
	open    bool          // somebody may enter
	over    chan struct{} // nil until somebody asks for it, closed by End
	ended   bool
	present sync.WaitGroup
}

// Begin lets everybody in; false when that has happened before, or the end came first.
func (s *Shift) Begin(core bot.Core) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.core != nil || s.ended {
		return false
	}
	s.core, s.open = core, true
	return true
}

// Enter returns the core to somebody who must [Shift.Leave]; false when nobody is let in.
func (s *Shift) Enter() (bot.Core, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return nil, false
	}
	s.present.Add(1)
	return s.core, true
}

// Leave is called once by everybody who entered.
func (s *Shift) Leave() { s.present.Done() }

// Inside is the core for somebody who is inside, also after the door was shut behind them.
func (s *Shift) Inside() bot.Core {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.core
}

// Open reports whether somebody would be let in.
func (s *Shift) Open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Over is closed when everybody inside should come to an end.
func (s *Shift) Over() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bell()
}

func (s *Shift) bell() chan struct{} {
	if s.over == nil {
		s.over = make(chan struct{})
	}
	return s.over
}

// End lets nobody in any more, closes [Shift.Over], and returns when everybody has left.
func (s *Shift) End() {
	s.mu.Lock()
	if !s.ended {
		s.open, s.ended = false, true
		close(s.bell())
	}
	s.mu.Unlock()
	s.present.Wait()
}

// Sleep waits; false when ctx ended before.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
