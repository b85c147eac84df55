package vectors

import (
	"cmp"
	"math"
	"slices"
)

// eigen returns the eigenvalues of a symmetric matrix a (n, n), the largest first, and an eigenvector of length 1 for
// each, as the rows of vectors (n, n). The number of largest size of a vector is positive, the first of several. a is
// overwritten. ok is false if the iteration does not end, which finite numbers do not bring about.
//
// The matrix is made tridiagonal by reflections and then diagonal by implicit QR steps: about 6 n^3 operations, in this
// very order and each rounded, so that every machine gets the same bits.
func eigen(a []float64, n int) (values, vectors []float64, ok bool) {
	scale := 0.0
	for _, x := range a {
		scale = max(scale, math.Abs(x))
	}
	if scale == 0 {
		scale = 1
	}
	for i := range a { // neither squares that vanish nor squares that overflow
		a[i] /= scale
	}
	z := make([]float64, n*n)
	for i := range n {
		z[i*n+i] = 1
	}
	d, e := tridiagonal(a, z, n)
	if !diagonalize(d, e, z, n) {
		return nil, nil, false
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(d[j], d[i]) })
	for _, i := range order {
		values = append(values, float64(d[i]*scale))
		vectors = append(vectors, upright(z[i*n:][:n])...)
	}
	return values, vectors, true
}

// upright turns a vector so that its number of largest size is positive.
func upright(v []float64) []float64 {
	at := 0
	for i, x := range v {
		if math.Abs(x) > math.Abs(v[at]) {
			at = i
		}
	}
	if v[at] < 0 {
		for i := range v {
			v[i] = -v[i]
		}
	}
	return v
}

// tridiagonal reflects a until only its diagonal d (n) and the one beside it, e (n-1), are left, and does to the rows of
// z what was done to those of a: row i of z is then the i-th basis vector of the tridiagonal matrix.
func tridiagonal(a, z []float64, n int) (d, e []float64) {
	d, e = make([]float64, n), make([]float64, max(0, n-1))
	v, p := make([]float64, n), make([]float64, n)
	for k := range n - 1 {
		// v reflects what stands below the diagonal in column k on its first number.
		v := v[:n-k-1]
		for i := range v {
			v[i] = a[(k+1+i)*n+k]
		}
		length := math.Sqrt(dot(v, v))
		if v[0] > 0 {
			length = -length
		}
		e[k] = length
		v[0] -= length
		square := dot(v, v)
		if square == 0 || dot(v[1:], v[1:]) == 0 { // it is there already
			e[k] = a[(k+1)*n+k]
			continue
		}
		// The rest of a becomes (1 - 2 vv'/v'v) a (1 - 2 vv'/v'v) = a - vw' - wv'.
		p := p[:n-k-1]
		for i := range v {
			p[i] = float64(2*dot(a[(k+1+i)*n+k+1:][:len(v)], v)) / square
		}
		half := dot(p, v) / square
		for i := range p {
			p[i] -= float64(half * v[i])
		}
		for i, vi := range v {
			row := a[(k+1+i)*n+k+1:][:len(v)]
			for j, vj := range v {
				row[j] -= float64(vi*p[j]) + float64(p[i]*vj)
			}
		}
		reflect(z[(k+1)*n:], v, square, n)
	}
	for i := range n {
		d[i] = a[i*n+i]
	}
	return d, e
}

// reflect reflects the columns of a matrix with len(v) rows of n numbers on v, whose square is given.
func reflect(z, v []float64, square float64, n int) {
	sums := make([]float64, n) // v'z
	for i, vi := range v {
		for j, x := range z[i*n:][:n] {
			sums[j] += float64(vi * x)
		}
	}
	for i, vi := range v {
		f := float64(2*vi) / square
		for j, s := range sums {
			z[i*n+j] -= float64(f * s)
		}
	}
}

// diagonalize makes a tridiagonal matrix diagonal by rotations, which it does to the rows of z, too.
func diagonalize(d, e, z []float64, n int) bool {
	const eps = 0x1p-53
	steps := 0
	for hi := n - 1; hi > 0; {
		if math.Abs(e[hi-1]) <= float64(eps*(math.Abs(d[hi-1])+math.Abs(d[hi]))) {
			e[hi-1] = 0
			hi--
			continue
		}
		lo := hi - 1
		for lo > 0 && math.Abs(e[lo-1]) > float64(eps*(math.Abs(d[lo-1])+math.Abs(d[lo]))) {
			lo--
		}
		if steps++; steps > 60*n {
			return false
		}
		sweepDown(d, e, z, n, lo, hi)
	}
	return true
}

// sweepDown takes one QR step, with Wilkinson's shift, on rows lo to hi, by rotating each row with the next.
func sweepDown(d, e, z []float64, n, lo, hi int) {
	half, beside := float64((d[hi-1]-d[hi])/2), e[hi-1]
	root := math.Sqrt(float64(half*half) + float64(beside*beside))
	if half < 0 {
		root = -root
	}
	shift := d[hi] - float64(beside*beside)/(half+root)
	x, bulge := d[lo]-shift, e[lo]
	for k := lo; k < hi; k++ {
		r := math.Sqrt(float64(x*x) + float64(bulge*bulge))
		if r == 0 {
			return
		}
		c, s := x/r, bulge/r
		if k > lo {
			e[k-1] = r
		}
		a, b, f := d[k], e[k], d[k+1]
		cc, ss, cs := float64(c*c), float64(s*s), float64(c*s)
		mixed := float64(2 * float64(cs*b))
		d[k] = float64(cc*a) + mixed + float64(ss*f)
		d[k+1] = float64(ss*a) - mixed + float64(cc*f)
		e[k] = float64(cs*(f-a)) + float64((cc-ss)*b)
		if k+1 < hi {
			x, bulge = e[k], float64(s*e[k+1])
			e[k+1] = float64(c * e[k+1])
		}
		upper, lower := z[k*n:][:n], z[(k+1)*n:][:n]
		for j, u := range upper {
			l := lower[j]
			upper[j] = float64(c*u) + float64(s*l)
			lower[j] = float64(c*l) - float64(s*u)
		}
	}
}

// dot is the scalar product, summed in order.
func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return sum
}
