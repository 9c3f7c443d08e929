package web

import (
	"slices"
	"sync"
)

// shares knows which posts refer to which bytes, and who may see those posts. It remembers them for longer than the posts
// themselves stay in memory: as long as a post is not deleted, its files are kept.
type shares struct {
	mu     sync.Mutex
	byPost map[string][]share
	byHash map[string]map[string]bool // ids of posts
	gone   map[string]bool            // hashes that no post refers to any more
}

// share is a file in a post.
type share struct {
	hash, name string
	reader     string // as in post
}

func newShares() *shares {
	return &shares{byPost: map[string][]share{}, byHash: map[string]map[string]bool{}, gone: map[string]bool{}}
}

// set takes over which files a post has now; none for one that was deleted.
func (s *shares) set(id, reader string, files []attached) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(files) == 0 && s.byPost[id] == nil {
		return
	}
	for _, old := range s.byPost[id] {
		delete(s.byHash[old.hash], id)
		if len(s.byHash[old.hash]) == 0 {
			delete(s.byHash, old.hash)
			s.gone[old.hash] = true
		}
	}
	delete(s.byPost, id)
	for _, f := range files {
		if f.Hash == "" {
			continue
		}
		s.byPost[id] = append(s.byPost[id], share{f.Hash, f.Name, reader})
		if s.byHash[f.Hash] == nil {
			s.byHash[f.Hash] = map[string]bool{}
		}
		s.byHash[f.Hash][id] = true
		delete(s.gone, f.Hash)
	}
}

// change takes over which files a post has now that is known by its files only.
func (s *shares) change(id string, files []attached) {
	s.mu.Lock()
	list := s.byPost[id]
	s.mu.Unlock()
	if len(list) > 0 {
		s.set(id, list[0].reader, files)
	}
}

// sees reports whether a person can see a post in which bytes bear a name.
func (s *shares) sees(person, hash, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.byHash[hash] {
		if slices.ContainsFunc(s.byPost[id], func(f share) bool {
			return f.hash == hash && f.name == name && (f.reader == "" || f.reader == person)
		}) {
			return true
		}
	}
	return false
}

// needs reports whether a post refers to the bytes.
func (s *shares) needs(hash string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byHash[hash]) > 0
}

// orphans takes the hashes that no post refers to any more; orphaned gives back those that could not be removed yet.
func (s *shares) orphans() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for hash := range s.gone {
		list = append(list, hash)
	}
	clear(s.gone)
	return list
}

func (s *shares) orphaned(list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, hash := range list {
		if len(s.byHash[hash]) == 0 {
			s.gone[hash] = true
		}
	}
}
