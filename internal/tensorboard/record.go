package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// castagnoli is the polynomial of the checksums of a TFRecord.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is a checksum as TFRecords hold it: turned and moved, so that a checksum of data with checksums in it is none of
// theirs.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// writeRecord writes one TFRecord: the length, its checksum, the data, its checksum, little-endian.
func writeRecord(w io.Writer, data []byte) error {
	var head [12]byte
	binary.LittleEndian.PutUint64(head[:8], uint64(len(data)))
	binary.LittleEndian.PutUint32(head[8:], masked(head[:8]))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	_, err := w.Write(binary.LittleEndian.AppendUint32(nil, masked(data)))
	return err
}
