package reports

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// pngDPI is twice the 96 dots per inch of a screen.
const pngDPI = 192

// png draws the figure as PNG at a resolution in dots per inch. The canvas is white already.
func (f figure) png(dpi int) ([]byte, error) {
	l := f.layout()
	c := vgimg.NewWith(vgimg.UseWH(l.width, l.height), vgimg.UseDPI(dpi))
	f.draw(draw.New(c), l)
	m, ok := c.Image().(*image.RGBA)
	if !ok {
		return nil, fmt.Errorf("write png: canvas of %T", c.Image())
	}
	return encodePNG(m)
}

// picture is a figure and its files as they lie on disk.
type picture struct {
	figure
	SVG, PNG, CSV []byte
	Drawn         bool // by this call; otherwise the files were right already
}

// store makes sure that the figure's three files lie in dir, and draws them only if they do not show this figure
// already. The SVG is written last: it carries the fingerprint that vouches for the others.
func (f figure) store(dir string) (picture, error) {
	p := picture{figure: f}
	csv, err := f.Table.csv()
	if err != nil {
		return p, fmt.Errorf("write %s.csv: %w", f.Name, err)
	}
	p.CSV = csv
	if p.upToDate(dir) {
		return p, nil
	}
	p.Drawn = true
	if p.SVG, err = f.svg(); err != nil {
		return p, fmt.Errorf("draw %s: %w", f.Name, err)
	}
	if p.PNG, err = f.png(pngDPI); err != nil {
		return p, fmt.Errorf("draw %s: %w", f.Name, err)
	}
	for _, file := range []struct {
		ext  string
		data []byte
	}{{".csv", p.CSV}, {".png", p.PNG}, {".svg", p.SVG}} {
		if err := writeFile(filepath.Join(dir, f.Name+file.ext), file.data); err != nil {
			return p, err
		}
	}
	return p, nil
}

// upToDate reads the files of an earlier call and reports whether they show this figure.
func (p *picture) upToDate(dir string) bool {
	svg, err := os.ReadFile(filepath.Join(dir, p.Name+".svg"))
	if err != nil || fingerprintOf(svg) != p.fingerprint() || !bytes.HasSuffix(svg, []byte("</svg>\n")) {
		return false
	}
	png, err := os.ReadFile(filepath.Join(dir, p.Name+".png"))
	if err != nil || !bytes.HasSuffix(png, []byte("IEND\xaeB`\x82")) {
		return false
	}
	csv, err := os.ReadFile(filepath.Join(dir, p.Name+".csv"))
	if err != nil || !bytes.Equal(csv, p.CSV) {
		return false
	}
	p.SVG, p.PNG = svg, png
	return true
}

// fingerprintOf returns the fingerprint in an SVG that svg has written, "" of any other file.
func fingerprintOf(svg []byte) string {
	const head = `<svg role="img" data-sweep="`
	rest, ok := strings.CutPrefix(string(svg[:min(len(svg), 200)]), head)
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// writeFile replaces a file as a whole: whoever reads sees the old bytes or the new ones.
func writeFile(name string, data []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}

// prune removes the pictures of an earlier report that this one does not hold: the sweep was edited. Only files that
// carry our fingerprint, and the PNG and CSV beside them, are touched.
func prune(dir string, keep map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list pictures: %w", err)
	}
	for _, e := range entries {
		name, isSVG := strings.CutSuffix(e.Name(), ".svg")
		if !isSVG || keep[name] {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || fingerprintOf(data) == "" {
			continue
		}
		for _, ext := range []string{".png", ".csv", ".svg"} {
			if err := os.Remove(filepath.Join(dir, name+ext)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove old picture: %w", err)
			}
		}
	}
	return nil
}
