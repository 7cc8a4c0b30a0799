package sdk

import (
	"fmt"
	"reflect"
	"strings"
)

// Settings makes the settings of a connection from its config struct. A field counts when it is tagged
//
//	`setting:"api_key,required,secret" doc:"…" default:"…" auth:"basic" verify:"hook"`
//
// and is a string, a bool, an int, a float64, a []string or a map[string]string. Auth is one of the ways that [Setting] lists; verify has
// one value, hook: the setting is a webhook secret. Either implies secret. The JSON of the struct carries the values: its names must be
// the settings' names, which Settings checks.
func Settings(config any) ([]Setting, error) {
	t := reflect.TypeOf(config)
	if t == nil {
		return nil, nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("settings: %s is not a struct", t)
	}
	var out []Setting
	for f := range fields(t) {
		tag, ok := f.Tag.Lookup("setting")
		if !ok {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		s := Setting{
			Name: name, Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"),
			Auth: f.Tag.Get("auth"), Verify: f.Tag.Get("verify") != "",
		}
		if v := f.Tag.Get("verify"); v != "" && v != "hook" {
			return nil, fmt.Errorf("settings: field %s: verify is %q, and can only be hook", f.Name, v)
		}
		s.Secret = s.Auth != "" || s.Verify
		for o := range strings.SplitSeq(options, ",") {
			switch o {
			case "":
			case "required":
				s.Required = true
			case "secret":
				s.Secret = true
			default:
				return nil, fmt.Errorf("settings: field %s: unknown option %q", f.Name, o)
			}
		}
		if s.Type, ok = settingType(f.Type); !ok {
			return nil, fmt.Errorf("settings: field %s: %s is no type of a setting", f.Name, f.Type)
		}
		if got, _, _ := strings.Cut(f.Tag.Get("json"), ","); got != name {
			return nil, fmt.Errorf("settings: field %s: its json name is %q, not %q", f.Name, got, name)
		}
		out = append(out, s)
	}
	return out, nil
}

func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func settingType(t reflect.Type) (SettingType, bool) {
	switch {
	case t.Kind() == reflect.String:
		return TypeString, true
	case t.Kind() == reflect.Bool:
		return TypeBool, true
	case t.Kind() == reflect.Int, t.Kind() == reflect.Float64:
		return TypeNumber, true
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		return TypeStrings, true
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.String:
		return TypeMap, true
	}
	return "", false
}
