package bolt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
)

// inspectPages is how many pages Open looks at, from the top of the trees: all of a small store, and of a large one
// the branches, so that opening does not take longer as the store grows.
const inspectPages = 1024

// The form of a bbolt file, version 2, in the byte order of the machine that wrote it.
const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSize    = 64

	pageHeader  = 16
	elementSize = 16 // of branches and of leaves

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	bucketElement = 0x01 // flag of a leaf element
	bucketHeader  = 16   // root page and sequence

	noFreelist = ^uint64(0)

	// largestPage bounds what is read at once: a page with its overflow, larger than any that this program writes.
	largestPage = 256 << 20
)

var order = binary.NativeEndian

// meta is one of the two first pages; the valid one with the higher txid holds.
type meta struct {
	pageSize, root, freelist, pages, txid uint64
}

// image is a file that is being inspected.
type image struct {
	f    io.ReaderAt
	size int64
	meta
	note string
	left int             // pages that may still be looked at
	seen map[uint64]bool // pages in use
}

// inspect looks at a file with plain reads: the meta pages, the free list, and the trees from the top. It returns
// ErrForeign or ErrDamaged with what it found, or a note on what is strange but no obstacle.
func inspect(path string) (note string, err error) { return inspectMost(path, inspectPages) }

// inspectMost is inspect with another bound for the pages of the trees.
func inspectMost(path string, pages int) (note string, err error) {
	f, err := os.Open(path) //nolint:gosec // the path is the operator's to choose
	if err != nil {
		return "", explain(path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("read the file: %w", err)
	}
	im := &image{f: f, size: info.Size(), left: pages, seen: make(map[uint64]bool)}
	err = im.inspect()
	return im.note, err
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

func (im *image) inspect() error {
	if err := im.findMeta(); err != nil {
		return err
	}
	if need := im.pages * im.pageSize; uint64(im.size) < need {
		return damaged("it is truncated: %d bytes of %d are there", im.size, need)
	}
	free, err := im.readFreelist()
	if err != nil {
		return err
	}
	if err := im.walk(); err != nil {
		return err
	}
	for _, id := range free {
		if im.seen[id] {
			return damaged("page %d is in use and listed as free", id)
		}
	}
	return nil
}

// findMeta finds the meta page that bbolt would use.
func (im *image) findMeta() error {
	first, errFirst := im.readMeta(0)
	second, errSecond := meta{}, ErrForeign
	if errFirst == nil {
		second, errSecond = im.readMeta(int64(first.pageSize))
	} else {
		for at := int64(1024); at <= 1024<<14 && errSecond != nil; at <<= 1 {
			if m, err := im.readMeta(at); err == nil && int64(m.pageSize) == at {
				second, errSecond = m, nil
			} else if errors.Is(err, ErrDamaged) {
				errFirst = err
			}
		}
	}
	if errFirst != nil && errSecond != nil {
		return errFirst
	}
	if errFirst != nil || errSecond != nil {
		im.note = "one of the two meta pages is unfinished or damaged; the last commit may be missing"
	}
	switch {
	case errFirst != nil || errSecond == nil && second.txid > first.txid:
		im.meta = second
	default:
		im.meta = first
	}
	if im.pages < 4 || im.pages > 1<<48/im.pageSize || im.root < 2 || im.root >= im.pages {
		return damaged("the meta page contradicts itself")
	}
	return nil
}

func (im *image) readMeta(at int64) (m meta, err error) {
	var b [pageHeader + metaSize]byte
	if _, err := im.f.ReadAt(b[:], at); err != nil {
		if errors.Is(err, io.EOF) {
			return m, ErrForeign
		}
		return m, fmt.Errorf("read the file: %w", err)
	}
	raw := b[pageHeader:]
	if order.Uint32(raw) != metaMagic {
		return m, ErrForeign
	}
	if v := order.Uint32(raw[4:]); v != metaVersion {
		return m, damaged("version %d of the file format", v)
	}
	sum := fnv.New64a()
	sum.Write(raw[:56])
	if sum.Sum64() != order.Uint64(raw[56:]) {
		return m, damaged("the sum of a meta page is wrong")
	}
	m = meta{
		pageSize: uint64(order.Uint32(raw[8:])), root: order.Uint64(raw[16:]), freelist: order.Uint64(raw[32:]),
		pages: order.Uint64(raw[40:]), txid: order.Uint64(raw[48:]),
	}
	if m.pageSize < 1024 || m.pageSize > 1024<<14 || m.pageSize&(m.pageSize-1) != 0 {
		return m, damaged("pages of %d bytes", m.pageSize)
	}
	return m, nil
}

// page is a page with its overflow, as it is in the file.
type page struct {
	id    uint64
	flags uint16
	count int
	b     []byte
}

// read reads a page that is used for the first time.
func (im *image) read(id uint64) (*page, error) {
	if id < 2 || id >= im.pages {
		return nil, damaged("page %d does not exist", id)
	}
	head := make([]byte, im.pageSize)
	if _, err := im.f.ReadAt(head, int64(id*im.pageSize)); err != nil {
		return nil, damaged("page %d cannot be read: %v", id, err)
	}
	p := &page{id: id, flags: order.Uint16(head[8:]), count: int(order.Uint16(head[10:])), b: head}
	more := uint64(order.Uint32(head[12:]))
	if is := order.Uint64(head); is != id {
		return nil, damaged("page %d says that it is page %d", id, is)
	}
	if id+more >= im.pages || more*im.pageSize > largestPage {
		return nil, damaged("page %d is too long", id)
	}
	for i := id; i <= id+more; i++ {
		if im.seen[i] {
			return nil, damaged("page %d is used twice", i)
		}
		im.seen[i] = true
	}
	im.left -= 1 + int(more)
	if more > 0 {
		p.b = make([]byte, (more+1)*im.pageSize)
		if _, err := im.f.ReadAt(p.b, int64(id*im.pageSize)); err != nil {
			return nil, damaged("page %d cannot be read: %v", id, err)
		}
	}
	return p, nil
}

// readFreelist returns the pages that are listed as free.
func (im *image) readFreelist() ([]uint64, error) {
	if im.freelist == noFreelist {
		return nil, damaged("the list of free pages is missing")
	}
	p, err := im.read(im.freelist)
	if err != nil {
		return nil, err
	}
	if p.flags != freelistPage {
		return nil, damaged("page %d is not the list of free pages", p.id)
	}
	ids, count := p.b[pageHeader:], uint64(p.count)
	if p.count == 0xffff {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return nil, damaged("the list of free pages is cut off")
	}
	free := make([]uint64, count)
	last := uint64(1)
	for i := range free {
		free[i] = order.Uint64(ids[8*i:])
		if free[i] <= last || free[i] >= im.pages {
			return nil, damaged("the list of free pages is not in order")
		}
		last = free[i]
	}
	return free, nil
}

// subtree is a page to look at, with the bounds that its parent sets for the keys: low <= key < high.
type subtree struct {
	id        uint64
	low, high []byte
	top       bool // a page of the tree of buckets
}

// walk looks at the trees level by level, until enough pages were seen.
func (im *image) walk() error {
	level := []subtree{{id: im.root, top: true}}
	for len(level) > 0 {
		slices.SortFunc(level, func(a, b subtree) int { return cmp.Compare(a.id, b.id) }) // as they lie on the disk
		var below []subtree
		for _, s := range level {
			if im.left <= 0 {
				return nil
			}
			children, err := im.look(s)
			if err != nil {
				return err
			}
			if room := max(im.left-len(below), 0); len(children) > room {
				children = children[:room] // nobody would look at them
			}
			below = append(below, children...)
		}
		level = below
	}
	return nil
}

// look checks one page of a tree and returns what is below it.
func (im *image) look(s subtree) ([]subtree, error) {
	p, err := im.read(s.id)
	if err != nil {
		return nil, err
	}
	switch p.flags {
	case branchPage:
		return p.branch(s)
	case leafPage:
		return p.leaf(s)
	}
	return nil, damaged("page %d has the wrong type %#x", p.id, p.flags)
}

func (p *page) branch(s subtree) ([]subtree, error) {
	if p.count == 0 {
		return nil, damaged("page %d is an empty branch", p.id)
	}
	children := make([]subtree, p.count)
	for i := range children {
		e, at, err := p.element(i)
		if err != nil {
			return nil, err
		}
		key, err := p.text(at, order.Uint32(e), order.Uint32(e[4:]))
		if err != nil {
			return nil, err
		}
		children[i] = subtree{id: order.Uint64(e[8:]), low: key, high: s.high, top: s.top}
		if i > 0 {
			children[i-1].high = key
		}
		if err := p.inOrder(s, i, key, children[max(i-1, 0)].low); err != nil {
			return nil, err
		}
	}
	return children, nil
}

func (p *page) leaf(s subtree) (below []subtree, err error) {
	var last []byte
	for i := range p.count {
		e, at, err := p.element(i)
		if err != nil {
			return nil, err
		}
		pos, size := order.Uint32(e[4:]), order.Uint32(e[8:])
		key, err := p.text(at, pos, size)
		if err != nil {
			return nil, err
		}
		value, err := p.text(at, pos+size, order.Uint32(e[12:]))
		if err != nil || pos+size < pos {
			return nil, damaged("page %d has an element outside of it", p.id)
		}
		if err := p.inOrder(s, i, key, last); err != nil {
			return nil, err
		}
		last = key
		flags := order.Uint32(e)
		if flags == 0 && !s.top {
			continue
		}
		if flags != bucketElement || !s.top {
			return nil, damaged("page %d has a bucket where none can be", p.id)
		}
		child, err := p.bucket(value)
		if err != nil {
			return nil, err
		}
		below = append(below, child...)
	}
	return below, nil
}

// bucket looks at the header of a bucket, and at its only page where that is part of the header.
func (p *page) bucket(value []byte) ([]subtree, error) {
	if len(value) < bucketHeader {
		return nil, damaged("page %d has half a bucket", p.id)
	}
	if root := order.Uint64(value); root != 0 {
		return []subtree{{id: root}}, nil
	}
	b := bytes.Clone(value[bucketHeader:]) // bbolt aligns it in the same way
	if len(b) < pageHeader {
		return nil, damaged("page %d has half a bucket", p.id)
	}
	inline := &page{id: p.id, flags: order.Uint16(b[8:]), count: int(order.Uint16(b[10:])), b: b}
	if inline.flags != leafPage {
		return nil, damaged("page %d has the wrong type %#x inside", p.id, inline.flags)
	}
	return inline.leaf(subtree{})
}

// element returns the element at a position, and where it begins: the offset of its key counts from there.
func (p *page) element(i int) (e []byte, at int, err error) {
	at = pageHeader + i*elementSize
	if at+elementSize > len(p.b) {
		return nil, 0, damaged("page %d has more elements than space", p.id)
	}
	return p.b[at : at+elementSize], at, nil
}

func (p *page) text(at int, pos, size uint32) ([]byte, error) {
	from := uint64(at) + uint64(pos)
	if from+uint64(size) > uint64(len(p.b)) {
		return nil, damaged("page %d has an element outside of it", p.id)
	}
	return p.b[from : from+uint64(size)], nil
}

// inOrder checks the key at a position against the one before it and against the bounds of the page.
func (p *page) inOrder(s subtree, i int, key, last []byte) error {
	if len(key) == 0 || i > 0 && bytes.Compare(last, key) >= 0 ||
		bytes.Compare(key, s.low) < 0 || s.high != nil && bytes.Compare(key, s.high) >= 0 {
		return damaged("the keys of page %d are not in order", p.id)
	}
	return nil
}
