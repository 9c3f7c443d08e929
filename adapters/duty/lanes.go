package duty

import "sync"

// MostWaiting is how many jobs may be in all lanes of one [Lanes] together. What does not fit is not acknowledged, and its
// platform delivers it again.
const MostWaiting = 20_000

// Lanes has the jobs of one key run one after the other, in the order in which they came; those of other keys do not wait
// for them. An empty lane costs nothing.
type Lanes struct {
	mu      sync.Mutex
	waiting map[string][]func() // a key is there while one of its jobs runs
	count   int
}

// Do has a job run after those of its key that came before, and returns at once; false, and the job never runs, when there
// are [MostWaiting].
func (l *Lanes) Do(key string, job func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= MostWaiting {
		return false
	}
	if l.waiting == nil {
		l.waiting = map[string][]func(){}
	}
	l.count++
	if queue, busy := l.waiting[key]; busy {
		l.waiting[key] = append(queue, job)
		return true
	}
	l.waiting[key] = nil
	go l.run(key, job)
	return true
}

// Enter returns when those of the key that came before are done, so that the caller's own goroutine is the job; leave ends
// it and must be called once. False, and nothing to leave, when there are [MostWaiting].
func (l *Lanes) Enter(key string) (leave func(), ok bool) {
	turn, done := make(chan struct{}), make(chan struct{})
	if !l.Do(key, func() { close(turn); <-done }) {
		return nil, false
	}
	<-turn
	return func() { close(done) }, true
}

func (l *Lanes) run(key string, job func()) {
	for job != nil {
		job()
		job = l.next(key)
	}
}

// next is the job that follows; nil when the lane is empty.
func (l *Lanes) next(key string) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count--
	queue := l.waiting[key]
	if len(queue) == 0 {
		delete(l.waiting, key)
		return nil
	}
	l.waiting[key] = queue[1:]
	return queue[0]
}
