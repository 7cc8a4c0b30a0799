// Package sandbox is an imitation of Lever's Data API v1, as reference/lever.md says it behaves; run as `patchbay-lever sandbox`.
//
// An account holds one employer's Lever: people, opportunities, postings, settings. The table in routes.go is its API; the table in acts.go
// is what recruiters and candidates do in Lever's own pages, and there alone can things happen that the API does not offer. Both change
// the account through the same few methods, which also tell the webhooks. state.go shows a test everything.
//
// Four packages below have one job each and know nothing of the account: api words requests and answers, access says who may call and what
// for, hook is the webhooks, form is feedback and its templates.
//
// # Why
//
// Where the sheet marks something as not established, the sandbox takes the reading that is harder on the client: a webhook's candidateId
// differs from the opportunity's id, writes answer without the person's name, an unknown stage is a 404, feedback that does not fit its
// template a 400, a file of another type too. What comes with a later need (interviews, profile forms) is not there at all: 404, as for
// any unknown path.
package sandbox
