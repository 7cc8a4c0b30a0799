// Command patchbay-lever connects Patchbay to Lever's Data API, where an application is called an opportunity.
//
// Run by the host it is the plugin; run as "patchbay-lever sandbox" it is an imitation of Lever to try things against.
//
// A [connection] is one Lever account. hook.go reads Lever's webhooks, application.go reads an opportunity, posting.go its posting,
// search.go finds opportunities and lists postings and stages; write.go, feedback.go and file.go write, and look for what was written;
// prepare.go checks the account and makes templates, register.go the webhooks; shape.go holds the JSON of all of them. Sections and traps
// in comments are those of the project's reference sheet of Lever.
//
// # Why
//
// A webhook's signature does not cover what it says, tags and edits of postings send none, and answers to writes come back with people's
// names blank: so nothing is believed but what was just read, and what is read costs as few of Lever's ten calls a second as can be: one
// for an application, while its posting, the stages and the feedback templates are kept for a minute.
package main

import (
	"os"

	imitation "github.com/patchbay-dev/patchbay/plugins/lever/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/serve"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "sandbox" {
		os.Exit(sandbox.Main("lever", os.Args[2:], imitation.New))
	}
	serve.ATS(about, open)
}
