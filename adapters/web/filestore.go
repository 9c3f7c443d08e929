package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	maxFile  = 10 << 20 // bytes of one file
	mostSent = 10       // files of one message
	// promiseTime is how long a file that was uploaded waits for its message.
	promiseTime = time.Hour
	// leftTime is after how long a file that no post refers to is removed at the start: a page may still send it.
	leftTime = 24 * time.Hour
	// halfPrefix begins the names of files that are not whole yet.
	halfPrefix = "part-"
)

var (
	// errTooLarge is returned for a file of more than maxFile bytes.
	errTooLarge = errors.New("the file is too large")
	errNoFolder = errors.New("the web chat keeps no files")
)

// fileStore keeps the bytes of files in a folder, each under its own hash: what is stored twice is there once. The journal
// says which are needed. A nil fileStore keeps nothing.
type fileStore struct {
	folder string
	now    func() time.Time

	mu sync.Mutex // held to remove something, or to promise that it stays
	// promised are files that are needed in a moment, though no post refers to them yet.
	promised map[string]time.Time
}

// newFileStore makes the folder, for this user only.
func newFileStore(folder string, now func() time.Time) (*fileStore, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for files: %w", err)
	}
	return &fileStore{folder: folder, now: now, promised: map[string]time.Time{}}, nil
}

// kept is a file in the store.
type kept struct {
	hash string
	size int64
	// image is the media type of a picture that a browser can show without danger; empty for everything else.
	image string
}

// validHash reports whether s can be the name of a file in the store.
func validHash(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// put stores a file. When it returns, the bytes survive a crash, and stay for promiseTime though no post refers to them.
func (s *fileStore) put(r io.Reader) (k kept, err error) {
	if s == nil {
		return k, errNoFolder
	}
	half, err := os.CreateTemp(s.folder, halfPrefix)
	if err != nil {
		return k, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, half.Close(), os.Remove(half.Name()))
		}
	}()
	sum := sha256.New()
	if k.size, err = io.Copy(io.MultiWriter(half, sum), io.LimitReader(r, maxFile+1)); err != nil {
		return k, err
	}
	if k.size > maxFile {
		return k, errTooLarge
	}
	if k.image, err = imageOf(half); err != nil {
		return k, err
	}
	k.hash = hex.EncodeToString(sum.Sum(nil))
	if err := half.Sync(); err != nil {
		return k, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.promised[k.hash] = s.now()
	if err := os.Rename(half.Name(), s.path(k.hash)); err != nil {
		return k, err
	}
	return k, errors.Join(half.Close(), syncFolder(s.folder))
}

func (s *fileStore) path(hash string) string { return filepath.Join(s.folder, hash) }

// promise returns what is known of a file and keeps it for promiseTime; [fs.ErrNotExist] when it is not there.
func (s *fileStore) promise(hash string) (kept, error) {
	if s == nil || !validHash(hash) {
		return kept{}, fs.ErrNotExist
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.open(hash)
	if err != nil {
		return kept{}, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return kept{}, err
	}
	image, err := imageOf(f)
	if err == nil {
		s.promised[hash] = s.now()
	}
	return kept{hash, info.Size(), image}, err
}

// open returns the bytes of a file; [fs.ErrNotExist] when they are not there.
func (s *fileStore) open(hash string) (*os.File, error) {
	if s == nil || !validHash(hash) {
		return nil, fs.ErrNotExist
	}
	return os.Open(s.path(hash))
}

// fulfil ends the promises for files that a post refers to by now.
func (s *fileStore) fulfil(needed func(hash string) bool) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash := range s.promised {
		if needed(hash) {
			delete(s.promised, hash)
		}
	}
}

// remove forgets files that no post refers to any more. What was promised stays for now; left are those.
func (s *fileStore) remove(hashes []string) (left []string, err error) {
	if s == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, at := range s.promised {
		if s.now().Sub(at) >= promiseTime {
			delete(s.promised, hash)
		}
	}
	var faults []error
	for _, hash := range hashes {
		if _, ok := s.promised[hash]; ok {
			left = append(left, hash)
			continue
		}
		if err := os.Remove(s.path(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			left = append(left, hash)
			faults = append(faults, err)
		}
	}
	return left, errors.Join(faults...)
}

// tidy removes what an earlier run of the program left behind: halves, and old files that no post refers to.
func (s *fileStore) tidy(needed func(hash string) bool) error {
	if s == nil {
		return nil
	}
	all, err := os.ReadDir(s.folder)
	if err != nil {
		return err
	}
	var faults []error
	for _, one := range all {
		info, err := one.Info()
		switch {
		case err != nil:
			faults = append(faults, err)
		case strings.HasPrefix(one.Name(), halfPrefix),
			validHash(one.Name()) && !needed(one.Name()) && s.now().Sub(info.ModTime()) > leftTime:
			faults = append(faults, os.Remove(filepath.Join(s.folder, one.Name())))
		}
	}
	return errors.Join(faults...)
}

// imageOf is the media type of a file that is a picture of a kind that holds no scripts; empty for all others. The bytes
// decide, not the name.
func imageOf(f io.ReaderAt) (string, error) {
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch kind := http.DetectContentType(head[:n]); kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return kind, nil
	}
	return "", nil
}

// syncFolder makes the names in a folder survive a crash.
func syncFolder(folder string) error {
	d, err := os.Open(filepath.Clean(folder))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
