package serve

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
)

// decode makes a config struct of settings, a JSON object. What the object lacks has its default. A setting that the schema does not know or
// whose value is of another type is an [sdk.SettingError], which never says the value.
func decode[C any](settings []byte, schema []sdk.Setting) (C, error) {
	var config C
	values := make(map[string]json.RawMessage)
	if len(settings) > 0 {
		if err := json.Unmarshal(settings, &values); err != nil {
			return config, errors.New("the settings are not a JSON object")
		}
	}
	known := make(map[string]sdk.Setting, len(schema))
	for _, s := range schema {
		known[s.Name] = s
		if _, given := values[s.Name]; !given && s.Default != "" {
			values[s.Name] = defaultValue(s)
		}
	}
	for name := range values {
		if _, ok := known[name]; !ok {
			return config, &sdk.SettingError{Setting: name, Detail: "there is no such setting"}
		}
	}
	all, err := json.Marshal(values)
	if err != nil {
		return config, errors.New("a default of the settings is not written as JSON writes it")
	}
	err = json.Unmarshal(all, &config)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		name, _, _ := strings.Cut(wrong.Field, ".")
		detail := "must be a " + string(known[name].Type)
		if wrong.Type.Kind() == reflect.Int {
			detail = "must be a whole number"
		}
		return config, &sdk.SettingError{Setting: name, Detail: detail}
	}
	return config, err
}

// defaultValue is a setting's default in JSON: a string stands for itself, the others are written as JSON writes them.
func defaultValue(s sdk.Setting) json.RawMessage {
	if s.Type != sdk.TypeString {
		return json.RawMessage(s.Default)
	}
	quoted, _ := json.Marshal(s.Default) // a string always can be
	return quoted
}
