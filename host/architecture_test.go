package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layer is one line of the table: packages of one name pattern, the sentence their doc begins with, and what of this module they may import.
type layer struct{ packages, sentence, imports string }

const module = "github.com/patchbay-dev/patchbay/"

// layers is the shape of the house; no line ever points up, so each package can be read with only those below it in mind. A pattern's star
// stands for one name, "./x" for the folder x of the package itself. A new package is a new line here, or it has no place yet.
var layers = []layer{
	{"host", "",
		"host/admin host/clock host/config host/connect host/demo host/effect host/egress host/engine host/exchange host/hook host/invitation host/journal host/key " +
			"host/language host/line host/oauth host/plugin host/rule host/schedule host/schema host/store host/upkeep sdk"},
	{"host/demo", "plays candidates through sandboxes of the products and shows what the products show then", ""},
	{"host/clock", "where the host's time comes from: the machine's, or a driver's that stands still until it is advanced", ""},
	{"host/line", "one open connection: a plugin's calls, each with its turn and an id of its own on the way out",
		"host/egress host/engine host/plugin sdk"},
	{"host/admin", "the local API that commands and console use while the host runs",
		"host/effect host/engine host/invitation host/journal host/key host/oauth host/rule sdk"},
	{"host/exchange", "the open connections of a configuration: the plugins that run, the way out, and a line for each connection",
		"host/clock host/config host/egress host/journal host/key host/language host/line host/oauth host/plugin host/upkeep sdk"},
	{"host/connect", "the talk in which an operator makes a product and Patchbay known to each other", "host/admin host/key host/oauth sdk"},
	{"host/oauth", "gets access on somebody's behalf: it asks for consent, keeps the tokens, and renews them before they end",
		"host/journal sdk"},
	{"host/key", "hands out keys to products that call us: made here, shown once, two valid while one replaces the other",
		"host/journal sdk"},
	{"host/upkeep", "keeps products ready for the rules in use: what is missing there is made, never twice, and what a person must mend is told",
		"host/journal host/rule sdk"},
	{"host/hook", "the door: requests of ATSs and vendors go to a plugin, their events to the journal", "host/journal sdk"},
	{"host/schedule", "turns time into events: tag scans, posting sync, sweeps", "host/journal host/rule sdk"},
	{"host/engine", "does: takes events off the journal, asks rule, works the effects of the plan",
		"host/egress host/effect host/hearing host/invitation host/journal host/lane host/reach host/rule sdk"},
	{"host/hearing", "one case on its way through one commit: what happened is taken into it and what follows is planned; no calls",
		"host/effect host/invitation host/journal host/rule sdk"},
	{"host/reach", "spares the products: who no longer accepts a credential is left alone, and what is listed is kept for a while", "sdk"},
	{"host/lane", "runs one task a key at a time, bounded in each pool, again when due", ""},
	{"host/config", "reads the HCL folder into connections and pairings; every error has a source range", "host/language host/rule host/schema sdk"},
	{"host/plugin", "keeps plugin processes running; the only package of the host that knows go-plugin", "sdk/wire sdk"},
	{"host/egress", "the one way out: allow-list, credentials, rate, ledger of calls", "sdk"},
	{"host/journal", "remembers, in the words of the domain: events, effects, cases, people, audit; seals what it keeps",
		"host/effect host/invitation host/store sdk"},
	{"host/rule", "decides: events and what is known become a plan; no I/O", "host/invitation host/language host/schema sdk"},
	{"host/language", "the words of the rules: checks and evaluates their expressions; no I/O", "host/invitation host/schema sdk"},
	{"host/schema", "what may stand in a file, said once: for the parser and for the reference that people read", ""},
	{"host/effect", "the life of one effect as a pure transition function; no I/O", "sdk"},
	{"host/invitation", "the life of one invitation as a pure transition function; no I/O", "sdk"},
	{"host/store", "remembers, in bytes: Get, Scan, Commit; BoltDB today; one suite every store must pass", ""},
	{"host/store/storetest", "", "host/store"},
	{"plugins/*", "", "./sandbox sdk/serve sdk/sandbox sdk/signed sdk/rest sdk"},
	{"plugins/*/sandbox", "", "./access ./api ./form ./hook sdk/sandbox/kernel sdk/sandbox/oauth sdk/sandbox"},
	{"plugins/*/sandbox/*", "", "sdk/sandbox/oauth sdk/sandbox"},
	{"sdk/serve", "runs a plugin: handshake, settings, connections, logs, life and death of the process", "sdk/wire sdk"},
	{"sdk/wire", "both halves of every RPC: sdk values to proto and back, client and server", "proto/patchbay/v1 sdk"},
	{"sdk/sdktest", "checks that an author runs against a plugin", "sdk/wire sdk"},
	{"sdk/sandbox/kernel", "", "sdk/sandbox"},
	{"sdk/sandbox/oauth", "a small authorization server that any sandbox mounts: consent, codes, tokens that rotate, revocation", "sdk/sandbox"},
	{"sdk/sandbox", "what every sandbox shares: virtual clock, faults, request log, control plane", ""},
	{"sdk/signed", "verifies webhooks that are signed as many products sign them", "sdk"},
	{"sdk/rest", "a small JSON-over-HTTP client for plugins: paging, Retry-After, errors sorted into now, later, never", "sdk"},
	{"sdk", "the vocabulary that plugins and host share: types and interfaces, standard library only", ""},
	{"proto/patchbay/v1", "", ""},
}

// owners says which packages alone may import what lies outside this module, and why.
var owners = []struct{ imports, packages, why string }{
	{"go.etcd.io/bbolt", "host/store", "another engine must fit behind Store without a word elsewhere"},
	{"github.com/hashicorp/go-plugin", "host/plugin sdk/wire sdk/serve", "how a plugin's process is reached is nobody else's business"},
	{"google.golang.org/grpc", "host/plugin sdk/wire sdk/serve proto/patchbay/v1", "a status code means something only where an RPC ends"},
	{"google.golang.org/protobuf", "sdk/wire proto/patchbay/v1", "generated types end where the translation does"},
	{module + "proto/patchbay/v1", "sdk/wire", "generated types end where the translation does"},
	{"github.com/hashicorp/hcl", "host/config host/exchange host/language host/rule host/schema host", "below the rules nothing knows how they are written"},
	{"github.com/zclconf/go-cty", "host/config host/language host/rule host/schema host", "below the rules nothing knows how they are written"},
	{"github.com/tink-crypto", "host/journal", "what is kept is sealed in one place"},
}

// nameless are names that say nothing of the job, so anything ends up there.
var nameless = []string{"util", "utils", "common", "helper", "helpers", "misc", "types", "shared", "base", "core"}

// What outgrows these has two jobs. Tests and generated code do not count towards a package.
const (
	maxFileLines    = 400
	maxPackageLines = 1900
	maxSandboxLines = 3200 // an imitation is as long as what it imitates
)

func TestArchitecture(t *testing.T) {
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		t.Run(name, func(t *testing.T) {
			checkName(t, p)
			checkImports(t, name, p)
			checkSize(t, p)
		})
	}
}

// goPackage is what go list tells of a package. Imports are those of its non-test code.
type goPackage struct {
	ImportPath, Dir, Name, Doc         string
	Imports                            []string
	GoFiles, TestGoFiles, XTestGoFiles []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Doc,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
	for _, l := range layers {
		if !slices.ContainsFunc(all, func(p goPackage) bool { return matches(l.packages, strings.TrimPrefix(p.ImportPath, module)) }) {
			t.Errorf("no package is %s, which has a line in the table of layers", l.packages)
		}
	}
	return all
}

func checkName(t *testing.T, p goPackage) {
	for _, name := range []string{p.Name, path.Base(p.ImportPath)} {
		if slices.Contains(nameless, name) {
			t.Errorf("%q does not say the job", name)
		}
	}
}

func checkImports(t *testing.T, name string, p goPackage) {
	i := slices.IndexFunc(layers, func(l layer) bool { return matches(l.packages, name) })
	if i < 0 {
		t.Fatal("has no line in the table of layers")
	}
	layer := layers[i]
	if written := len(p.GoFiles) > 0 && !strings.HasPrefix(name, "proto/"); written && (p.Doc == "" || !strings.Contains(p.Doc, layer.sentence)) {
		t.Errorf("its doc begins %q, not with its sentence %q", p.Doc, layer.sentence)
	}
	for _, imported := range p.Imports {
		if inside, ok := strings.CutPrefix(imported, module); ok && !allows(layer.imports, name, inside) {
			t.Errorf("imports %s; it may import: %s", inside, layer.imports)
		}
		for _, o := range owners {
			if under(imported, o.imports) && !allows(o.packages, "", name) {
				t.Errorf("imports %s, which only %s may: %s", imported, o.packages, o.why)
			}
		}
		if name == "sdk" && strings.Contains(strings.Split(imported, "/")[0], ".") {
			t.Errorf("imports %s: a plugin's author gets the vocabulary without any dependency", imported)
		}
	}
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name) // the patterns are ours, and well formed
	return ok
}

// allows tells whether list names the package; "./x" in it means a folder of self.
func allows(list, self, name string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(pattern string) bool {
		if folder, ok := strings.CutPrefix(pattern, "./"); ok {
			pattern = path.Join(self, folder)
		}
		return pattern == name
	})
}

func under(imported, root string) bool {
	return imported == root || strings.HasPrefix(imported, strings.TrimSuffix(root, "/")+"/")
}

// productless are the packages in which no product has a name: what one of them needs and the others have no word for is a word for all.
const productless = "host/engine host/hearing host/reach host/lane host/rule host/language host/invitation host/effect host/journal host/store " +
	"host/egress host/hook host/schedule host/plugin host/key host/oauth host/upkeep sdk sdk/wire sdk/rest sdk/serve"

var product = regexp.MustCompile(`(?i)\b(lever|greenhouse|alooba|alva|apriora|hired assessments)\b`)

func TestTheFrameNamesNoProduct(t *testing.T) {
	for _, p := range listPackages(t) {
		if !slices.Contains(strings.Fields(productless), strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				if name := product.FindString(line); name != "" {
					t.Errorf("%s/%s:%d names %q", p.ImportPath, file, i+1, name)
				}
			}
		}
	}
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func checkSize(t *testing.T, p goPackage) {
	total := 0
	for _, file := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
		text, err := os.ReadFile(filepath.Join(p.Dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if generated.Match(text) {
			continue
		}
		lines := bytes.Count(text, []byte("\n"))
		if lines > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", file, lines, maxFileLines)
		}
		if !strings.HasSuffix(file, "_test.go") {
			total += lines
		}
	}
	most := maxPackageLines
	if strings.HasSuffix(p.ImportPath, "/sandbox") {
		most = maxSandboxLines
	}
	if total > most {
		t.Errorf("has %d lines, more than %d", total, most)
	}
}
