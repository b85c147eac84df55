package sweeps

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// shortID is how many hex digits of a hash people see.
const shortID = 12

// ReplicateSeed returns the seed of replicate r, from 1, of a sweep with this spec seed. It is the first 53 bits of the
// SHA-256 of sixteen bytes: specSeed, then r, each as a big-endian 64-bit number. Below 2^53 a seed passes unchanged
// through JSON, and it does not depend on the configuration: all are compared on equal terms.
func ReplicateSeed(specSeed uint64, r int) uint64 {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], specSeed)
	binary.BigEndian.PutUint64(b[8:], uint64(r))
	h := sha256.Sum256(b[:])
	return binary.BigEndian.Uint64(h[:8]) >> (64 - 53)
}

// configurationHash is the SHA-256, hex, of the canonical JSON of {params, trainer, version}.
func configurationHash(trainer, version string, key Values) (string, error) {
	return hashOf(trainer, version, key, nil)
}

// trialKey is the SHA-256, hex, of the canonical JSON of {params, seed, trainer, version}.
func trialKey(trainer, version string, key Values, seed uint64) (string, error) {
	return hashOf(trainer, version, key, &seed)
}

// Foreign identifies what another program has trained: its configuration by the parameters, and the training by what the
// other program calls it, within the sweep that it is imported into. The trainer's name, which no trainer of ours has, keeps
// its key apart from the keys of trainings.
func Foreign(trainer, sweep, id string, params Values) (configuration, key string, err error) {
	if configuration, err = configurationHash(trainer, "", params); err != nil {
		return "", "", err
	}
	key, err = hashOf(trainer, "", Values{{"sweep", StringValue(sweep)}, {"id", StringValue(id)}}, nil)
	return configuration[:shortID], key, err
}

// hashOf is the SHA-256, hex, of the canonical JSON of {params, seed, trainer, version}, without the seed where it is nil.
func hashOf(trainer, version string, key Values, seed *uint64) (string, error) {
	b, err := appendValues(append(make(canonical, 0, 512), `{"params":`...), key)
	if err != nil {
		return "", err
	}
	if seed != nil {
		b = strconv.AppendUint(append(b, `,"seed":`...), *seed, 10)
	}
	if b, err = appendString(append(b, `,"trainer":`...), trainer); err != nil {
		return "", err
	}
	if b, err = appendString(append(b, `,"version":`...), version); err != nil {
		return "", err
	}
	h := sha256.Sum256(append(b, '}'))
	return hex.EncodeToString(h[:]), nil
}

// TrialID returns the id of the training of a configuration, identified by what Trainer.Resolve gave as its Key, with a seed.
func TrialID(trainer, version string, key Values, seed uint64) (string, error) {
	k, err := trialKey(trainer, version, key, seed)
	if err != nil {
		return "", err
	}
	return k[:shortID], nil
}
