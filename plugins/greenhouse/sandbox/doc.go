// Package sandbox imitates Greenhouse Recruiting: a recruiter's jobs, tests and interview kits, its webhooks, and Harvest v3.
//
// An [organization] is one customer's Greenhouse. Its acts are what people do there (acts*.go), and what they and Harvest do to candidates
// and applications is in life.go and person.go. assessment.go is the client of the Assessment API: it calls the one partner that the act
// partner configures, and keeps each [send]; a [kit] is what the recruiter sees of it. hook.go delivers the webhooks, whose payloads
// payload.go and tell.json word after the published samples. routes.go is Harvest, with token.go in front of it. Of Harvest there is what
// an assessment's connector needs; other calls are unknown. Sections and traps in comments are those of the project's Greenhouse sheet.
//
// One server plays the three hosts: /v3 is harvest.greenhouse.io, /token and /authorize are auth.greenhouse.io, and the callback below
// /integrations is app.greenhouse.io. What a partner is given as callback begins with the app_url of the act partner, so that it leads
// back here.
//
// # Why
//
// What the sheet leaves open is a switch in [settings], and each stands as the careful reader of the sheet would fear: fields are replaced,
// nobody polls. A limit is Greenhouse's fixed window and not the control plane's bucket, which can lift it.
// Everything is encoded while the organization is locked, so that nothing that is shown can change on its way.
package sandbox
