// Package sandbox is what every sandbox shares: virtual clock, faults, request log, control plane.
//
// A sandbox is an HTTP server that imitates one product. Its package gives [Main] a function that builds a [Product] in a [World]: the
// product's API, the acts of its people, its state, its page. The World is everything around the product: time ([Clock]), the network's
// failures ([Faults]), its own webhooks ([Outbox]), the mail it sends ([Mailbox]), its rate limit ([Limit]), and the [Log] of what was
// asked of it. A [Server] serves one World at a time; reset builds a new one, so that no product has to know how to forget.
//
// Tests, demos and people drive all this over HTTP under /_sandbox/, without the product's authentication and past its limit, faults and
// log. Bodies are JSON, durations are Go's ("72h"), moments are RFC 3339; a refusal is {"error": "…"}.
//
//	GET    clock                                     {"now": …}
//	POST   clock/advance {"by":"72h"}                answers when every timer up to then has fired and its webhooks are answered
//	POST   clock/set     {"at":"2026-01-31T09:00:00Z"}
//	GET    faults · POST faults [Fault, …] · DELETE faults
//	GET    requests?since=N&method=&path=REGEXP      {"requests":[Entry, …],"last":N,"forgotten":0} · DELETE requests
//	POST   limit {"per_second":1000,"burst":2000}    0 per second: no limit
//	POST   acts/VERB {…} · GET acts                  what people do in the product; a form works too (see Form)
//	GET    state · GET state/PATH                    everything a test wants to see
//	GET    mailbox?to=ADDRESS                        the mail the product sent
//	POST   deliveries/options {"copies":3,"shuffle":true,"seed":1,"hold":false,"gaps":["5s"],"timeout":"10s"}   what is absent stays
//	GET    deliveries                                every webhook and call back with its tries and their answers
//	POST   deliveries/flush                          sends at once what is held or waits for its next try
//	POST   deliveries/ID/rerun
//	POST   reset                                     a new World: as just started
//
// # Why
//
// The clock is shared by everything that waits, so that three days of retries take milliseconds and always happen in the same order. What
// is random draws from one seed. A time-out and the delay of a slow answer alone are real time: the other side really waits.
package sandbox
