package faketest

import "time"

// Await looks until something holds, as long as d, and reports whether it does. It rests four times as long as a look takes, so that
// looking takes the least part of what a busy machine has, and what is looked at can go on.
func Await(d time.Duration, ok func() bool) bool {
	for late := time.Now().Add(d); ; {
		begun := time.Now()
		if ok() {
			return true
		}
		if time.Now().After(late) {
			return false
		}
		time.Sleep(max(time.Millisecond, 4*time.Since(begun)))
	}
}
