package teams

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The icons of the app: learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/apps-package.
const (
	colorSize   = 192
	outlineSize = 32
	// sub is how many points are looked at along each side of a pixel, so that edges are smooth.
	sub = 4
)

var (
	navy  = color.NRGBA{0x1d, 0x35, 0x57, 0xff}
	amber = color.NRGBA{0xf4, 0xa2, 0x61, 0xff}
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// colorIcon is the sign on the company's blue, as PNG.
func colorIcon() ([]byte, error) {
	return draw(colorSize, func(x, y float64) color.NRGBA {
		switch {
		case onStations(x, y):
			return white
		case onLine(x, y):
			return amber
		}
		return navy
	})
}

// outlineIcon is the sign in white on nothing, as PNG.
func outlineIcon() ([]byte, error) {
	return draw(outlineSize, func(x, y float64) color.NRGBA {
		if onStations(x, y) || onLine(x, y) {
			return white
		}
		return color.NRGBA{0xff, 0xff, 0xff, 0}
	})
}

// draw draws a picture of so many pixels from what is at each point, both coordinates from 0 to 1.
func draw(size int, at func(x, y float64) color.NRGBA) ([]byte, error) {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			img.SetNRGBA(px, py, mean(size, px, py, at))
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// mean is the mean colour of a pixel.
func mean(size, px, py int, at func(x, y float64) color.NRGBA) color.NRGBA {
	var r, g, b, a float64
	for sy := range sub {
		for sx := range sub {
			side := float64(size * sub)
			c := at((float64(px*sub+sx)+.5)/side, (float64(py*sub+sy)+.5)/side)
			w := float64(c.A)
			r, g, b, a = r+float64(c.R)*w, g+float64(c.G)*w, b+float64(c.B)*w, a+w
		}
	}
	if a == 0 {
		return color.NRGBA{0xff, 0xff, 0xff, 0}
	}
	value := func(sum float64) uint8 { return uint8(math.Round(sum / a)) }
	return color.NRGBA{value(r), value(g), value(b), uint8(math.Round(a / (sub * sub)))}
}

// The sign: three stations, joined by a line.
const (
	radius = .125
	hollow = .06
	stroke = .04
)

var stations = [3][2]float64{{.2, .66}, {.5, .3}, {.8, .66}}

// onStations reports whether a point is on one of the rings.
func onStations(x, y float64) bool {
	for _, s := range stations {
		if d := math.Hypot(x-s[0], y-s[1]); d <= radius && d >= hollow {
			return true
		}
	}
	return false
}

// onLine reports whether a point is on the line between the stations, outside of them.
func onLine(x, y float64) bool {
	for _, s := range stations {
		if math.Hypot(x-s[0], y-s[1]) < radius+.02 {
			return false
		}
	}
	for i := range stations {
		if toSegment(x, y, stations[i], stations[(i+1)%len(stations)]) <= stroke {
			return true
		}
	}
	return false
}

// toSegment is the distance of a point from a stretch.
func toSegment(x, y float64, a, b [2]float64) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := ((x-a[0])*dx + (y-a[1])*dy) / (dx*dx + dy*dy)
	t = math.Max(0, math.Min(1, t))
	return math.Hypot(x-a[0]-t*dx, y-a[1]-t*dy)
}
