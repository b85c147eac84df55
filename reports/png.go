package reports

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
)

// encodePNG writes an opaque picture as PNG: eight bits of red, green and blue, no filter, fast compression. image/png
// tries five filters on every row of true colour and takes three times as long; on areas of one colour none of them is
// worth its time, and files come out no larger.
func encodePNG(m *image.RGBA) ([]byte, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	var data bytes.Buffer
	z, err := zlib.NewWriterLevel(&data, zlib.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress png: %w", err)
	}
	row := make([]byte, 1+3*w) // first the filter: none
	for y := range h {
		pix := m.Pix[y*m.Stride:][:4*w]
		for x := range w {
			copy(row[1+3*x:][:3], pix[4*x:])
		}
		if _, err := z.Write(row); err != nil {
			return nil, fmt.Errorf("compress png: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress png: %w", err)
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(w))   //nolint:gosec // some thousands
	header = binary.BigEndian.AppendUint32(header, uint32(h)) //nolint:gosec // likewise
	header = append(header, 8, 2, 0, 0, 0)                    // bits, RGB, deflate, filters by row, not interlaced
	out := append(make([]byte, 0, data.Len()+64), "\x89PNG\r\n\x1a\n"...)
	for _, c := range []struct {
		kind string
		data []byte
	}{{"IHDR", header}, {"IDAT", data.Bytes()}, {"IEND", nil}} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(c.data))) //nolint:gosec // some megabytes at most
		start := len(out)
		out = append(append(out, c.kind...), c.data...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
	}
	return out, nil
}
