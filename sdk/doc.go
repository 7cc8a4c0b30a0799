// Package sdk is the vocabulary that plugins and host share: types and interfaces, standard library only.
//
// A plugin translates the HTTP and JSON of one product. It gives serve a value for each connection: an [ATS] or a [Vendor], two methods
// each. Everything more it can do is one small interface ([Tagger], [Noter], [Poller], …): having the method is declaring it, and a rule
// that needs a verb which the plugin lacks is refused when the configuration is read.
//
// Webhooks arrive as a [Request]; Receive verifies one and answers with the [Event] values it amounts to. What the host wants done arrives
// as a [Write], of which exactly one arm is set, under a [Key] that is the same on every attempt.
//
// # Why
//
// Plugins hold no state and no credential and never call the host: their one way out is the HTTP client of their [Conn], which leads
// through the host. So whatever a plugin forgets, leaks or repeats, the host can still say what was sent.
package sdk
