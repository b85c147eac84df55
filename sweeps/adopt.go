package sweeps

import "fmt"

// adopted are trainings that older numeric versions have made, and that a plan keeps.
type adopted struct {
	versions []string // the newest first
	holds    func(key string) bool
}

// Adopt lets a plan keep the trainings that older numeric versions of the trainer have made, the newest version first,
// where holds says that the record has them finished: a trial has the key and the mark of the version that trained it, and
// the others are trained by this one. A plan is what it was without it, if there are none. It is called before Recall.
func (p *Plan) Adopt(versions []string, holds func(key string) bool) error {
	p.adopted = adopted{versions, holds}
	p.schedule = nil
	trials := p.Trials()
	p.sequence = nil
	at := make(map[string]int, len(p.Configurations))
	for i := range p.Configurations {
		at[p.Configurations[i].ID] = i
		p.Configurations[i].Trials = nil
	}
	for i := range p.Configurations {
		if err := p.rename(i); err != nil {
			return err
		}
	}
	for _, t := range trials {
		if _, err := p.addTrial(at[t.Configuration], t.Replicate, t.Confirms); err != nil {
			return err
		}
	}
	return nil
}

// rename gives a configuration the ID under which an older version has trained its first replicate, if one has.
func (p *Plan) rename(configuration int) error {
	c := &p.Configurations[configuration]
	_, version, err := p.key(c.Key, p.Spec.Replicates.Seed(p.Spec.Seed, 1))
	if err != nil || version == "" {
		return err
	}
	hash, err := configurationHash(p.Trainer, version, c.Key)
	if err != nil {
		return fmt.Errorf("identify configuration: %w", err)
	}
	c.ID = hash[:shortID]
	return nil
}

// key identifies a training; version is the one that made it, if it is kept from an older one.
func (p *Plan) key(params Values, seed uint64) (key, version string, err error) {
	if key, err = trialKey(p.Trainer, p.Version, params, seed); err != nil || len(p.adopted.versions) == 0 || p.adopted.holds(key) {
		return key, "", err
	}
	for _, old := range p.adopted.versions {
		k, err := trialKey(p.Trainer, old, params, seed)
		if err != nil {
			return "", "", err
		}
		if p.adopted.holds(k) {
			return k, old, nil
		}
	}
	return key, "", nil
}

// Adopted counts the trials of a plan that older numeric versions have trained, by version.
func (p *Plan) Adopted() map[string]int {
	n := map[string]int{}
	for _, t := range p.sequence {
		if t.Version != "" {
			n[t.Version]++
		}
	}
	return n
}
