package sdk

import "context"

// The headers of the hop between a connection's HTTP client and the host's egress. The request is in absolute form, its scheme always http,
// so that no proxy's CONNECT hides it from the host.
const (
	HeaderCall    = "Patchbay-Call"    // of a request: the call id
	HeaderScheme  = "Patchbay-Scheme"  // of a request: the true scheme
	HeaderFailure = "Patchbay-Failure" // of a response: one word; the product gave no answer, and the body says why
)

type callKey struct{}

// WithCall carries a call id, the capability under which a plugin's requests leave through the host. It crosses with the RPC.
func WithCall(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, callKey{}, id)
}

// CallFrom is the call id of ctx; empty when nothing may be sent, as in Receive.
func CallFrom(ctx context.Context) string {
	id, _ := ctx.Value(callKey{}).(string)
	return id
}
