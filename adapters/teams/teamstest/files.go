package teamstest

import (
	"net/http"
)

// newFile keeps what somebody shares. The lock is held, as in all of these.
func (s *Server) newFile(up Upload) *file {
	f := &file{id: guid(), name: up.Name, bytes: up.Bytes, mime: http.DetectContentType(up.Bytes), until: s.now().Add(s.config.Times.Download)}
	s.files = append(s.files, f)
	return f
}

func (s *Server) file(id string) *file {
	for _, f := range s.files {
		if f.id == id && !f.gone {
			return f
		}
	}
	return nil
}

// serveDownload gives a file at the address that an activity brought. The address is the permission: a bot that sends its token
// along hands it to somebody else.
func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request, id string) {
	s.mu.Lock()
	f := s.file(id)
	over := f == nil || !s.now().Before(f.until)
	if r.Header.Get("Authorization") != "" {
		s.record("download", "a token was sent to an address of the file store")
	}
	s.mu.Unlock()
	if over {
		http.Error(w, "The link has expired.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(f.bytes)
}

// view gives a picture from a text, which needs the bot's token.
func (s *Server) view(c *call) (reply, *failure) {
	f := s.file(c.path[1])
	if f == nil || c.path[3] != "original" {
		return reply{}, fail(http.StatusNotFound, "NotFound", "The attachment was not found.")
	}
	return reply{http.StatusOK, f}, nil
}

// DeleteFile has the owner of a shared file delete it, by its name.
func (s *Server) DeleteFile(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.name == name {
			f.gone = true
		}
	}
}
