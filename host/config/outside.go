package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// outside is what env and file read, each once: an expression that is evaluated again has the same value.
type outside struct {
	dir string

	mu    sync.Mutex
	files map[string]cty.Value
	env   map[string]string
}

func newOutside(dir string) *outside {
	o := &outside{dir: dir, files: map[string]cty.Value{}, env: map[string]string{}}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		o.env[name] = value
	}
	return o
}

func (o *outside) functions() map[string]function.Function {
	return map[string]function.Function{"env": o.envFunction(), "file": o.fileFunction()}
}

// unset is the error of an environment variable that is not set, which may be right on the machine where a configuration is checked.
type unset struct{ name string }

func (u unset) Error() string { return fmt.Sprintf("the environment variable %s is not set", u.name) }

var name = function.Parameter{Name: "name", Type: cty.String, AllowUnknown: true}

// envFunction is env(name) and env(name, otherwise). An empty variable counts as one that is not set.
func (o *outside) envFunction() function.Function {
	return function.New(&function.Spec{
		Description: "An environment variable. A second argument, which may be null, stands for one that is not set or empty.",
		Params:      []function.Parameter{name},
		VarParam: &function.Parameter{
			Name: "otherwise", Type: cty.String, AllowNull: true, AllowUnknown: true, AllowDynamicType: true,
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch {
			case len(args) > 2:
				return cty.NilVal, function.NewArgErrorf(2, "env takes a name and what stands for a variable that is not set")
			case !args[0].IsKnown():
				return cty.NilVal, function.NewArgErrorf(0, "the name must be known when the file is read")
			}
			if v := o.env[args[0].AsString()]; v != "" {
				return cty.StringVal(v), nil
			}
			if len(args) == 2 {
				return args[1], nil
			}
			return cty.NilVal, unset{args[0].AsString()}
		},
	})
}

// fileFunction is file(name): a file's text without the line breaks at its end. The name is one within the folder, or absolute.
func (o *outside) fileFunction() function.Function {
	return function.New(&function.Spec{
		Description: "The text of a file, without the line breaks at its end. The name is one within the folder, or absolute.",
		Params:      []function.Parameter{name},
		Type:        function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].IsKnown() {
				return cty.NilVal, function.NewArgErrorf(0, "the name must be known when the file is read")
			}
			return o.read(args[0].AsString())
		},
	})
}

func (o *outside) read(name string) (cty.Value, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if v, ok := o.files[name]; ok {
		return v, nil
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.dir, path)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return cty.NilVal, fmt.Errorf("there is no file %s", path)
	}
	text, err := head(path, mostBytes+1)
	if err != nil {
		return cty.NilVal, err
	}
	if len(text) > mostBytes {
		return cty.NilVal, fmt.Errorf("the file %s has more than %d bytes", path, mostBytes)
	}
	v := cty.StringVal(strings.TrimRight(string(text), "\r\n"))
	o.files[name] = v
	return v, nil
}
