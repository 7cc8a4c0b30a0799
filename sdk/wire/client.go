package wire

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Client is the host's half: one running process of a plugin. It starts and ends nothing, sets no deadline and tries nothing twice.
type Client struct {
	process context.Context
	plugin  pb.PluginServiceClient
	ats     pb.ATSServiceClient
	vendor  pb.VendorServiceClient
}

// NewClient speaks through conn to a process that lives as long as its context.
func NewClient(process context.Context, conn grpc.ClientConnInterface) *Client {
	return &Client{process, pb.NewPluginServiceClient(conn), pb.NewATSServiceClient(conn), pb.NewVendorServiceClient(conn)}
}

// Gone is closed when the process has ended.
func (c *Client) Gone() <-chan struct{} { return c.process.Done() }

// Describe tells what the plugin is.
func (c *Client) Describe(ctx context.Context) (Description, error) {
	r, err := c.plugin.Describe(outgoing(ctx), &pb.DescribeRequest{})
	return sdkDescription(r), sdkError(ctx, err)
}

// Probe tells how many calls go on in the process although the host has given them up. No answer is an answer too.
func (c *Client) Probe(ctx context.Context) (overdue int, err error) {
	r, err := c.plugin.Probe(outgoing(ctx), &pb.ProbeRequest{})
	return int(r.GetOverdue()), sdkError(ctx, err)
}

// Open opens a connection of a plugin that described itself as role. A setting it cannot work with is an [sdk.SettingError].
func (c *Client) Open(ctx context.Context, role sdk.Role, o Opening) (*Conn, error) {
	r, err := c.plugin.Open(outgoing(ctx), &pb.OpenRequest{Name: o.Name, Settings: o.Settings, Egress: o.Egress})
	if err != nil {
		return nil, sdkError(ctx, err)
	}
	verbs := make(map[sdk.Verb]sdk.Promise, len(r.GetVerbs()))
	for verb, promise := range r.GetVerbs() {
		verbs[sdk.Verb(verb)] = sdkPromise(promise)
	}
	return &Conn{client: c, role: role, name: r.GetConnection(), verbs: verbs}, nil
}

// Conn is one open connection. Its methods are those of the sdk's interfaces; one that the connection lacks answers an error.
type Conn struct {
	client *Client
	role   sdk.Role
	name   string // as the plugin's process calls it
	verbs  map[sdk.Verb]sdk.Promise
}

// Verbs tells what the connection can do and how each verb repeats. Callers do not change it.
func (c *Conn) Verbs() map[sdk.Verb]sdk.Promise { return c.verbs }

// Close has the plugin forget the connection.
func (c *Conn) Close(ctx context.Context) error {
	_, err := c.client.plugin.Close(outgoing(ctx), &pb.CloseRequest{Connection: c.name})
	return sdkError(ctx, err)
}

// Receive hands over a webhook, and no call id even if ctx has one: nothing may be sent from within.
func (c *Conn) Receive(ctx context.Context, r sdk.Request) (sdk.Received, error) {
	if c.role == sdk.RoleATS {
		out, err := c.client.ats.Receive(ctx, &pb.ATSServiceReceiveRequest{Connection: c.name, Request: pbRequest(r)})
		return sdkReceived(out.GetReceived()), sdkError(ctx, err)
	}
	out, err := c.client.vendor.Receive(ctx, &pb.VendorServiceReceiveRequest{Connection: c.name, Request: pbRequest(r)})
	return sdkReceived(out.GetReceived()), sdkError(ctx, err)
}

// Write does one change.
func (c *Conn) Write(ctx context.Context, w sdk.Write) (sdk.Done, error) {
	if c.role == sdk.RoleATS {
		out, err := c.client.ats.Write(outgoing(ctx), &pb.ATSServiceWriteRequest{Connection: c.name, Write: pbWrite(w)})
		return sdkDone(out.GetDone()), sdkError(ctx, err)
	}
	out, err := c.client.vendor.Write(outgoing(ctx), &pb.VendorServiceWriteRequest{Connection: c.name, Write: pbWrite(w)})
	return sdkDone(out.GetDone()), sdkError(ctx, err)
}

// Find is [sdk.Finder]'s.
func (c *Conn) Find(ctx context.Context, w sdk.Write) (sdk.Finding, error) {
	out, err := c.client.plugin.Find(outgoing(ctx), &pb.FindRequest{Connection: c.name, Write: pbWrite(w)})
	return sdkFinding(out.GetFinding()), sdkError(ctx, err)
}

// Prepare is [sdk.Preparer]'s.
func (c *Conn) Prepare(ctx context.Context, n sdk.Needs) (sdk.Prepared, error) {
	out, err := c.client.plugin.Prepare(outgoing(ctx), &pb.PrepareRequest{Connection: c.name, Needs: pbNeeds(n)})
	if err != nil {
		out = preparedBefore(err)
	}
	return sdkPrepared(out), sdkError(ctx, err)
}

// Application is [sdk.ATS]'s.
func (c *Conn) Application(ctx context.Context, id string) (sdk.Application, error) {
	out, err := c.client.ats.GetApplication(outgoing(ctx), &pb.GetApplicationRequest{Connection: c.name, Id: id})
	return sdkApplication(out.GetApplication()), sdkError(ctx, err)
}

// Tagged is [sdk.Searcher]'s.
func (c *Conn) Tagged(ctx context.Context, tag string) iter.Seq2[string, error] {
	return c.applications(ctx, &pb.ListApplicationsRequest{Connection: c.name, By: &pb.ListApplicationsRequest_Tag{Tag: tag}})
}

// Changed is [sdk.Searcher]'s.
func (c *Conn) Changed(ctx context.Context, since time.Time) iter.Seq2[string, error] {
	by := &pb.ListApplicationsRequest_ChangedSince{ChangedSince: timestamppb.New(since)}
	return c.applications(ctx, &pb.ListApplicationsRequest{Connection: c.name, By: by})
}

func (c *Conn) applications(ctx context.Context, r *pb.ListApplicationsRequest) iter.Seq2[string, error] {
	return receive(ctx, c.client.ats.ListApplications, r, (*pb.ListApplicationsResponse).GetId)
}

// Postings is [sdk.PostingLister]'s.
func (c *Conn) Postings(ctx context.Context) iter.Seq2[sdk.Posting, error] {
	return receive(ctx, c.client.ats.ListPostings, &pb.ListPostingsRequest{Connection: c.name},
		func(r *pb.ListPostingsResponse) sdk.Posting { return sdkPosting(r.GetPosting()) })
}

// Stages is [sdk.StageCatalog]'s.
func (c *Conn) Stages(ctx context.Context) iter.Seq2[sdk.Stage, error] {
	return receive(ctx, c.client.ats.ListCatalog, &pb.ListCatalogRequest{Connection: c.name},
		func(r *pb.ListCatalogResponse) sdk.Stage { return sdkStage(r.GetStage()) })
}

// Assessments is [sdk.Catalog]'s.
func (c *Conn) Assessments(ctx context.Context) iter.Seq2[sdk.Assessment, error] {
	return receive(ctx, c.client.vendor.ListAssessments, &pb.ListAssessmentsRequest{Connection: c.name},
		func(r *pb.ListAssessmentsResponse) sdk.Assessment { return sdkAssessment(r.GetAssessment()) })
}

// Poll is [sdk.Poller]'s.
func (c *Conn) Poll(ctx context.Context, remote string) ([]sdk.Event, error) {
	out, err := c.client.vendor.GetInvitation(outgoing(ctx), &pb.GetInvitationRequest{Connection: c.name, Remote: remote})
	return each(out.GetEvents(), sdkEvent), sdkError(ctx, err)
}

// outgoing puts the call id of ctx on the wire.
func outgoing(ctx context.Context) context.Context {
	if id := sdk.CallFrom(ctx); id != "" {
		return metadata.AppendToOutgoingContext(ctx, callKey, id)
	}
	return ctx
}

// receive makes a sequence of a stream. The call begins with the range loop and ends with it, however that ends.
func receive[Q, R, T any](
	ctx context.Context, list func(context.Context, *Q, ...grpc.CallOption) (grpc.ServerStreamingClient[R], error), request *Q,
	item func(*R) T,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(outgoing(ctx))
		defer cancel()
		in, err := list(ctx, request)
		for err == nil {
			var r *R
			if r, err = in.Recv(); err == nil && !yield(item(r), nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			var none T
			yield(none, sdkError(ctx, err))
		}
	}
}
