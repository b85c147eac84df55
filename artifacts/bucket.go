// Package artifacts keeps files where several machines reach them: in a folder that they share, or in a bucket of S3.
//
// An object is written once and never changed: its name holds the SHA-256 of what it holds, and whoever fetches it checks
// that. The package knows nothing of trials and of records; which objects count is said elsewhere, after they are written.
package artifacts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"
)

var (
	// ErrAddress reports an address that is none.
	ErrAddress = errors.New("no address of artifacts")
	// ErrNoBucket reports a folder or bucket that is not there, or that one may not look into.
	ErrNoBucket = errors.New("it is not there")
	// ErrAway reports a bucket that cannot be reached.
	ErrAway = errors.New("it cannot be reached")
	// ErrUnreadable reports a file that cannot be kept, since it cannot be read.
	ErrUnreadable = errors.New("the file cannot be read")
	// ErrMissing reports an object that is not there.
	ErrMissing = errors.New("the object is not there")
	// ErrDamaged reports an object that does not hold what its name says.
	ErrDamaged = errors.New("the object is damaged")
	// ErrChanged reports a file that was written to while it was being kept.
	ErrChanged = errors.New("the file was changed meanwhile")
)

// Object is a file that is kept.
type Object struct {
	Key    string // its name in the bucket
	SHA256 string // of what it holds, in hexadecimal digits
	Bytes  int64
}

// Bucket is a folder or a bucket. Its methods may be called concurrently.
type Bucket struct {
	address string // without anything secret
	objects *blob.Bucket
	folder  *folder // how objects are written to a folder; nil: there is none
}

// Open opens what lies at an address: file:///a/folder, which has to be there, or s3://bucket with the parameters of
// gocloud.dev/blob/s3blob (region, endpoint, use_path_style, prefix and others). Credentials for S3 are found as Amazon's
// own programs find them. What is not there, or not to be reached, is an error at once.
func Open(ctx context.Context, address string) (*Bucket, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "file" && u.Scheme != "s3" {
		return nil, fmt.Errorf("%w: %q; file:///shared/artifacts names a folder, s3://bucket?region=eu-central-1 a bucket", ErrAddress, address)
	}
	b := &Bucket{address: redacted(u)}
	if u.Scheme == "file" {
		err = b.openFolder(u)
	} else {
		err = b.openS3(ctx, u)
	}
	if err != nil {
		return nil, fmt.Errorf("artifacts %s: %w", b.address, err)
	}
	return b, nil
}

// redacted is an address without passwords, which one of a server in it may have, too.
func redacted(u *url.URL) string {
	bare, q := *u, u.Query()
	if server, err := url.Parse(q.Get("endpoint")); err != nil {
		q.Set("endpoint", "xxxxx")
		bare.RawQuery = q.Encode()
	} else if server.User != nil {
		q.Set("endpoint", server.Redacted())
		bare.RawQuery = q.Encode()
	}
	return bare.Redacted()
}

func (b *Bucket) openFolder(u *url.URL) error {
	if u.Host != "" || u.RawQuery != "" || !path.IsAbs(u.Path) {
		return fmt.Errorf("%w: a folder is named by its whole path and nothing else, as in file:///shared/artifacts", ErrAddress)
	}
	dir := filepath.FromSlash(u.Path)
	if os.PathSeparator == '\\' { // file:///C:/shared
		dir = strings.TrimPrefix(dir, `\`)
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w; make the folder, or mount what holds it: it is not made here, lest files come to lie where nobody looks for them", ErrNoBucket, err)
	case !info.IsDir():
		return fmt.Errorf("%w: %s is not a folder", ErrNoBucket, dir)
	}
	b.folder = &folder{dir: dir, sync: (*os.File).Sync}
	b.objects, err = fileblob.OpenBucket(dir, &fileblob.Options{Metadata: fileblob.MetadataDontWrite})
	return err
}

func (b *Bucket) openS3(ctx context.Context, u *url.URL) (err error) {
	q := u.Query()
	if _, err := url.Parse(q.Get("endpoint")); err != nil { // which might be shown with what is secret in it
		return fmt.Errorf("%w: its endpoint is not of the form https://HOST:PORT", ErrAddress)
	}
	prefix := q.Get("prefix")
	q.Del("prefix") // the rest is the driver's
	if !q.Has("response_checksum_validation") {
		q.Set("response_checksum_validation", "when_required") // what is fetched is checked here
	}
	bare := *u
	bare.RawQuery = q.Encode()
	if b.objects, err = new(s3blob.URLOpener).OpenBucketURL(ctx, &bare); err != nil {
		return fmt.Errorf("%w: %w", ErrAddress, err)
	}
	if prefix != "" {
		b.objects = blob.PrefixedBucket(b.objects, strings.TrimSuffix(prefix, "/")+"/")
	}
	within, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	switch there, err := b.objects.IsAccessible(within); {
	case err != nil:
		return errors.Join(fmt.Errorf("%w: %w", ErrAway, err), b.objects.Close())
	case !there:
		return errors.Join(fmt.Errorf("%w: no bucket %s; make it, or mend the name", ErrNoBucket, u.Host), b.objects.Close())
	}
	return nil
}

// Close ends the use of the bucket.
func (b *Bucket) Close() error { return b.objects.Close() }

// String returns the address without anything secret.
func (b *Bucket) String() string { return b.address }

// Put keeps a file below a place of the bucket, which ends in no slash. When it returns, what is kept withstands a loss of
// power. What was there under the same name stays: it holds the same.
func (b *Bucket) Put(ctx context.Context, place, file string) (Object, error) {
	sum, size, err := digest(file)
	if err != nil {
		return Object{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	o := Object{Key: place + "/" + keyName(filepath.Base(file), sum), SHA256: sum, Bytes: size}
	if there, err := b.size(ctx, o.Key); err == nil && there == size {
		return o, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return Object{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	defer f.Close()
	from := &checked{r: f, hash: sha256.New(), want: sum}
	if b.folder != nil {
		err = b.folder.write(o.Key, from)
	} else {
		err = b.upload(ctx, o.Key, from)
	}
	if err != nil {
		return Object{}, fmt.Errorf("keep %s in %s: %w", file, b.address, err)
	}
	return o, nil
}

// size is that of an object.
func (b *Bucket) size(ctx context.Context, key string) (int64, error) {
	ctx, cancel := soon(ctx)
	defer cancel()
	a, err := b.objects.Attributes(ctx, key)
	if err != nil {
		return 0, why(ctx, err)
	}
	return a.Size, nil
}

// upload writes an object whole or not at all.
func (b *Bucket) upload(ctx context.Context, key string, from io.Reader) error {
	ctx, from, abandon := watched(ctx, from)
	defer abandon()
	w, err := b.objects.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: "application/octet-stream", DisableContentTypeDetection: true, BufferSize: partBytes, MaxConcurrency: parts,
	})
	if err != nil {
		return why(ctx, err)
	}
	if _, err := io.Copy(w, from); err != nil {
		err = why(ctx, err)
		abandon() // so that Close writes nothing
		_ = w.Close()
		return err
	}
	return why(ctx, w.Close())
}

// Get fetches an object to a file, which is whole and right then, or as it was.
func (b *Bucket) Get(ctx context.Context, o Object, file string) error {
	given := new(later)
	ctx, from, stop := watched(ctx, given)
	defer stop()
	r, err := b.objects.NewReader(ctx, o.Key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		err = ErrMissing
		if b.folder != nil && !b.folder.there() {
			err = ErrNoBucket
		}
	}
	if err != nil {
		return fmt.Errorf("fetch %s from %s: %w", o.Key, b.address, why(ctx, err))
	}
	defer r.Close()
	given.Reader = r
	tmp, err := os.CreateTemp(filepath.Dir(file), unfinished)
	if err == nil {
		err = finish(tmp, file, &checked{r: from, hash: sha256.New(), want: o.SHA256, size: o.Bytes, fetched: true}, (*os.File).Sync)
	}
	if err != nil {
		return fmt.Errorf("fetch %s from %s: %w", o.Key, b.address, why(ctx, err))
	}
	return nil
}

// markName is the object that says of a place that it is one of ours.
const markName = "/.sweep"

// Mark says of a place that it is one of ours, whatever lies in it.
func (b *Bucket) Mark(ctx context.Context, place string) (err error) {
	text := "objects of a record of sweep\n"
	sum := sha256.Sum256([]byte(text))
	from := &checked{r: strings.NewReader(text), hash: sha256.New(), want: hex.EncodeToString(sum[:])}
	if b.folder != nil {
		err = b.folder.write(place+markName, from)
	} else {
		err = b.upload(ctx, place+markName, from)
	}
	if err != nil {
		return fmt.Errorf("write to %s: %w", b.address, err)
	}
	return nil
}

// Marked reports whether Mark has been called for a place. A folder in which what it holds is not mounted has no mark.
func (b *Bucket) Marked(ctx context.Context, place string) (bool, error) {
	ctx, cancel := soon(ctx)
	defer cancel()
	is, err := b.objects.Exists(ctx, place+markName)
	if err != nil {
		return false, fmt.Errorf("look into %s: %w: %w", b.address, ErrAway, err)
	}
	return is, nil
}

// Try finds out whether objects can be written and removed.
func (b *Bucket) Try(ctx context.Context) error {
	place := "try-" + strings.ToLower(rand.Text()[:10])
	if err := b.Mark(ctx, place); err != nil {
		return err
	}
	return b.Remove(ctx, place+markName)
}

// Digest returns the SHA-256 of a file, in hexadecimal digits.
func Digest(file string) (string, error) {
	sum, _, err := digest(file)
	return sum, err
}

// Each calls f for all objects below a place, in the order of their names.
func (b *Bucket) Each(ctx context.Context, place string, f func(o Object, written time.Time) error) error {
	for it := b.objects.List(&blob.ListOptions{Prefix: place + "/"}); ; {
		within, cancel := soon(ctx)
		o, err := it.Next(within)
		cause := why(within, err)
		cancel()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("list %s: %w", b.address, cause)
		case o.IsDir, strings.HasSuffix(o.Key, markName):
			continue
		}
		if err := f(Object{Key: o.Key, Bytes: o.Size}, o.ModTime); err != nil {
			return err
		}
	}
}

// Remove removes an object; one that is not there is no error.
func (b *Bucket) Remove(ctx context.Context, key string) error {
	within, cancel := soon(ctx)
	defer cancel()
	if err := b.objects.Delete(within, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("remove %s from %s: %w", key, b.address, why(within, err))
	}
	if b.folder != nil {
		b.folder.prune(key)
	}
	return nil
}

// RemoveOwn removes those of some objects that lie below a place. The others are of the record from which the caller's was copied.
func (b *Bucket) RemoveOwn(ctx context.Context, place string, keys []string) (err error) {
	for _, k := range keys {
		if strings.HasPrefix(k, place+"/") {
			err = errors.Join(err, b.Remove(ctx, k))
		}
	}
	return err
}

// longestName bounds what is taken of a file's name into that of its object.
const longestName = 80

// keyName is the name of an object that holds a file: for people its own, without what a bucket might not take, and
// the sum of what it holds before the ending.
func keyName(name, sum string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return r
		}
		return '_'
	}, name)
	ending := path.Ext(plain)
	if len(ending) > 16 {
		ending = ""
	}
	stem := strings.Trim(strings.TrimSuffix(plain, ending), ".")
	return stem[:min(len(stem), longestName)] + "-" + sum + ending
}

// digest returns the SHA-256 of a file, in hexadecimal digits, and its size.
func digest(file string) (string, int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// checked reads what must have a certain sum, and returns an error in place of its end if it has not.
type checked struct {
	r       io.Reader
	hash    hash.Hash
	want    string
	read    int64
	size    int64
	fetched bool // it is an object, and not a file that becomes one
}

func (c *checked) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.hash.Write(b[:n])
	c.read += int64(n)
	if err == io.EOF && hex.EncodeToString(c.hash.Sum(nil)) != c.want {
		if c.fetched {
			return n, fmt.Errorf("%w: its SHA-256 is not the one in its name (%d bytes of %d)", ErrDamaged, c.read, c.size)
		}
		return n, ErrChanged
	}
	return n, err
}
