package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sweep/trainer/corpus"
	"sweep/trainer/corpus/library"
	"sweep/trainer/corpus/library/download"
)

// dataClient fetches for `data get`. Tests put a server of their own behind it; nothing else can lead it elsewhere.
var dataClient download.Client

func (a *app) dataGetCommand() *cobra.Command {
	var path bool
	c := &cobra.Command{
		Use:   "get [NAME...]",
		Short: "Fetch public corpora by name, or list them",
		Long: "Get fetches a public corpus from the web into the user's cache directory (the folder sweep/data there, or data\n" +
			"under SWEEP_CACHE), after which its name is a corpus. Only a file with the SHA-256 that this program pins is\n" +
			"ever kept. A download that is cut off is continued, by the next run if need be. The addresses are pinned to\n" +
			"commits, and have not been tried. Without a name it lists what there is. Beside it, only import and export of\n" +
			"MLflow use the network; proxies come from the environment (HTTPS_PROXY).",
		Example: examples("sweep data get", "names, sizes, licences, and what is here already",
			"sweep data get tinyshakespeare", "then, in a spec: corpus: tinyshakespeare",
			"sweep data get --path google-analogies", "print where it lies, fetching it first if need be"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return publicNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			lib, err := library.Default()
			if err != nil {
				return &statusError{statusRecord, err}
			}
			if len(args) == 0 {
				if path {
					return usage("--path needs the name of a corpus: %s", strings.Join(publicNames(), ", "))
				}
				return a.listPublic(lib)
			}
			return a.fetch(cmd.Context(), lib, args, path)
		},
	}
	c.Flags().BoolVar(&path, "path", false, "print only where the file lies")
	c.Flags().BoolVarP(&a.quiet, "quiet", "q", false, "no progress, only the result")
	a.jsonFlag(c)
	return c
}

func publicNames() []string {
	var names []string
	for _, p := range library.Catalogue() {
		names = append(names, p.Name)
	}
	return names
}

// listPublic lists the catalogue.
func (a *app) listPublic(lib *library.Library) error {
	t := table{header: []string{"name", ">bytes", "in the cache", "licence", "what it is"}}
	for _, p := range library.Catalogue() {
		state := cacheState(lib, p)
		if a.json {
			o := &orderedObject{}
			o.add("corpus", p.Name)
			o.add("description", p.Description)
			o.add("source", p.Source)
			o.add("licence", p.Licence)
			o.add("url", p.URL)
			o.add("bytes", p.Size)
			o.add("sha256", p.SHA256)
			o.add("cached", state)
			if err := a.printJSON(o); err != nil {
				return err
			}
			continue
		}
		t.row(p.Name, grouped(p.Size), state, p.Licence, p.Description)
	}
	if a.json {
		return nil
	}
	return t.write(a.stdout)
}

// cacheState is yes, no, damaged, or how much of a download has come.
func cacheState(lib *library.Library, p library.Public) string {
	_, err := lib.Find(p.Name)
	switch {
	case err == nil:
		return "yes"
	case !errors.As(err, new(*library.AbsentError)):
		return "damaged"
	}
	if info, err := os.Stat(lib.PartPath(p.Name)); err == nil && info.Size() > 0 {
		return share(min(1, float64(info.Size())/float64(p.Size)))
	}
	return "no"
}

// fetch gets corpora one after the other. Every name is looked at before anything is fetched.
func (a *app) fetch(ctx context.Context, lib *library.Library, names []string, path bool) error {
	var wanted []library.Public
	for _, name := range names {
		p, ok := library.Lookup(name)
		if !ok {
			return unknownPublic(name)
		}
		wanted = append(wanted, p)
	}
	for _, p := range wanted {
		show := a.newTransferBar(p)
		client := dataClient
		client.Progress, client.Note = show.progress, show.note
		r, err := client.Get(ctx, lib, p)
		show.close()
		if err != nil {
			return a.fetchError(ctx, lib, p, err)
		}
		if err := a.printFetched(p, r, path); err != nil {
			return err
		}
	}
	return nil
}

func unknownPublic(name string) error {
	for _, b := range corpus.List() {
		if b.Name == name {
			return usage("%s is built in: corpus: %s needs nothing fetched", name, name)
		}
	}
	hint := "there is " + strings.Join(publicNames(), ", ")
	if near := corpus.Suggest(name, publicNames()); near != "" {
		hint = "did you mean " + near
	}
	return usage("no public corpus %q; %s", name, hint)
}

// fetchError gives what ended a download its exit status: the cache and the disk 4, a file that is not the pinned one 5,
// the network 1.
func (a *app) fetchError(ctx context.Context, lib *library.Library, p library.Public, err error) error {
	var onDisk *fs.PathError
	switch {
	case ctx.Err() != nil:
		if info, statErr := os.Stat(lib.PartPath(p.Name)); statErr == nil && !a.quiet {
			fmt.Fprintf(a.stderr, "sweep: %s of %s bytes are kept; the same command goes on from there\n", grouped(info.Size()), grouped(p.Size))
		}
		return err
	case errors.As(err, new(*download.MismatchError)):
		return &statusError{statusCheck, err}
	case errors.As(err, new(*library.FullError)), errors.Is(err, library.ErrBusy), errors.As(err, &onDisk):
		return &statusError{statusRecord, err}
	}
	return &statusError{statusNetwork, err}
}

const dataSchema = "sweep.data/1"

func (a *app) printFetched(p library.Public, r download.Result, path bool) error {
	switch {
	case a.json:
		o := &orderedObject{}
		o.add("schema", dataSchema)
		o.add("corpus", p.Name)
		o.add("path", r.Path)
		o.add("bytes", p.Size)
		o.add("sha256", p.SHA256)
		o.add("received", r.Received)
		o.add("resumed", r.Resumed)
		return a.printJSON(o)
	case path:
		_, err := fmt.Fprintln(a.stdout, r.Path)
		return err
	}
	how := fmt.Sprintf("%s bytes came, and match", grouped(r.Received))
	if r.Received == 0 {
		how = "was there already, and matches"
	}
	use := "corpus: " + p.Name
	if p.Questions {
		use = fmt.Sprintf("sweep eval analogies TRIAL \"$(sweep data get --path %s)\"", p.Name)
	}
	return pairs(a.stdout, "name", p.Name, "file", r.Path, "bytes", fmt.Sprintf("%s; %s", grouped(p.Size), how), "sha256", p.SHA256,
		"licence", p.Licence, "source", p.Source, "use", use)
}
