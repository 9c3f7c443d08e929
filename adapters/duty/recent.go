package duty

import "sync"

// MostRecent is how many keys a [Recent] remembers at most.
const MostRecent = 20_000

// Recent remembers the latest keys, at least [MostRecent]/2 of them, and none over a restart: it saves work, and nothing may
// depend on it.
type Recent struct {
	mu       sync.Mutex
	new, old map[string]bool
}

// Add remembers a key; false when it was known.
func (r *Recent) Add(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.new[key] || r.old[key] {
		return false
	}
	if r.new == nil || len(r.new) >= MostRecent/2 {
		r.old, r.new = r.new, map[string]bool{}
	}
	r.new[key] = true
	return true
}

// Has reports whether a key is remembered.
func (r *Recent) Has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.new[key] || r.old[key]
}
