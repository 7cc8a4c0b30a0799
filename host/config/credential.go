package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/patchbay-dev/patchbay/sdk"
)

// credentials holds the block to one way of getting access: the key of a connection of its own, or an app of the operator's with the id
// and the secret that the product gave it ([sdk.OAuth]). Where the product knows both ways, one must be chosen.
func (d *decoder) credentials(settings []sdk.Setting) {
	var keys, apps []string // names of settings
	for _, s := range settings {
		switch {
		case s.Name == clientID, s.Auth == "oauth":
			apps = append(apps, s.Name)
		case s.Auth != "" && !s.Verify: // what the product calls us with too is no other way in
			keys = append(keys, s.Name)
		}
	}
	if len(apps) == 0 {
		return
	}
	given := func(names []string) (out []string) {
		for _, name := range names {
			if slices.Contains(d.given, name) {
				out = append(out, name)
			}
		}
		return out
	}
	both := strings.Join(apps, " and ")
	switch app, key := given(apps), given(keys); {
	case len(app) > 0 && len(key) > 0:
		d.problem(d.settings[app[0]].NameRange, "Two credentials", "%s gets access by %s, or by %s: say one of them.", d.Name, key[0], both)
	case len(app) > 0 && len(app) < len(apps):
		d.problem(d.at(app[0]), "Missing setting", "%s needs %s together.", d.Name, both)
	case len(app) == 0 && len(key) == 0 && len(keys) > 0:
		d.problem(d.at(keys[0]), "Missing setting", "%s needs %s, or else %s.", d.Name, keys[0], both)
	}
}

// clientID is the setting that names the operator's app.
const clientID = "client_id"

// at is where a setting stands, or the block if it does not.
func (c *Connection) at(setting string) hcl.Range {
	if attr := c.settings[setting]; attr != nil {
		return attr.NameRange
	}
	return c.Range
}
