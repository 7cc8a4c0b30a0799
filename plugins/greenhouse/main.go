// Command patchbay-greenhouse connects Patchbay to Greenhouse Recruiting.
//
// Run by the host it is the plugin; run as "patchbay-greenhouse sandbox" it is an imitation of Greenhouse to try things against.
//
// A connection is one Greenhouse account. As a [partner] it is called by Greenhouse for tests (partner.go) and told of changes by webhooks
// (hook.go), and can do nothing else. As a [harvest] it also reads and writes through Harvest v3: harvest.go walks its lists,
// application.go reads applications and finds them, field.go writes custom fields. prepare.go checks the account and shape.go holds
// Harvest's JSON. Sections and traps in comments are those of the project's reference sheet of Greenhouse.
//
// # Why
//
// The two doors have one hook: what follows its secret tells the calls of a partner from webhooks, and both show one of the same keys. All
// that a partner learns of a candidate is in the request for her test, so the event carries it as a snapshot. Everything else in Greenhouse
// belongs to Harvest, which many customers never connect: it is another type with more methods, so that a rule that needs one of them rests
// by itself until there is a credential.
package main

import (
	"os"

	imitation "github.com/patchbay-dev/patchbay/plugins/greenhouse/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/serve"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "sandbox" {
		os.Exit(sandbox.Main("greenhouse", os.Args[2:], imitation.New))
	}
	serve.ATS(about, open)
}
