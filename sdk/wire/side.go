package wire

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

// atsServer and vendorServer are what a plugin serves besides the service of all: one of them, by its side of a pairing.
type atsServer struct {
	pb.UnimplementedATSServiceServer
	s *Server
}

func (a atsServer) Receive(ctx context.Context, r *pb.ATSServiceReceiveRequest) (*pb.ATSServiceReceiveResponse, error) {
	received, err := a.s.receive(ctx, r.GetConnection(), r.GetRequest())
	return &pb.ATSServiceReceiveResponse{Received: received}, err
}

func (a atsServer) GetApplication(ctx context.Context, r *pb.GetApplicationRequest) (*pb.GetApplicationResponse, error) {
	c, err := as[sdk.ATS](a.s, r.GetConnection())
	if err != nil {
		return nil, err
	}
	application, err := c.Application(ctx, r.GetId())
	return &pb.GetApplicationResponse{Application: pbApplication(application)}, err
}

func (a atsServer) ListApplications(
	r *pb.ListApplicationsRequest, out grpc.ServerStreamingServer[pb.ListApplicationsResponse],
) error {
	c, err := as[sdk.Searcher](a.s, r.GetConnection())
	if err != nil {
		return err
	}
	response := func(id string) *pb.ListApplicationsResponse { return &pb.ListApplicationsResponse{Id: id} }
	switch by := r.GetBy().(type) {
	case *pb.ListApplicationsRequest_Tag:
		return send(c.Tagged(out.Context(), by.Tag), out, response)
	case *pb.ListApplicationsRequest_ChangedSince:
		return send(c.Changed(out.Context(), sdkTime(by.ChangedSince)), out, response)
	}
	return status.Error(codes.InvalidArgument, "applications are listed by tag or by change")
}

func (a atsServer) ListPostings(r *pb.ListPostingsRequest, out grpc.ServerStreamingServer[pb.ListPostingsResponse]) error {
	c, err := as[sdk.PostingLister](a.s, r.GetConnection())
	if err != nil {
		return err
	}
	return send(c.Postings(out.Context()), out, func(p sdk.Posting) *pb.ListPostingsResponse {
		return &pb.ListPostingsResponse{Posting: pbPosting(p)}
	})
}

func (a atsServer) ListCatalog(r *pb.ListCatalogRequest, out grpc.ServerStreamingServer[pb.ListCatalogResponse]) error {
	c, err := as[sdk.StageCatalog](a.s, r.GetConnection())
	if err != nil {
		return err
	}
	return send(c.Stages(out.Context()), out, func(s sdk.Stage) *pb.ListCatalogResponse {
		return &pb.ListCatalogResponse{Entry: &pb.ListCatalogResponse_Stage{Stage: pbStage(s)}}
	})
}

func (a atsServer) Write(ctx context.Context, r *pb.ATSServiceWriteRequest) (*pb.ATSServiceWriteResponse, error) {
	done, err := a.s.write(ctx, r.GetConnection(), r.GetWrite())
	return &pb.ATSServiceWriteResponse{Done: done}, err
}

type vendorServer struct {
	pb.UnimplementedVendorServiceServer
	s *Server
}

func (v vendorServer) Receive(ctx context.Context, r *pb.VendorServiceReceiveRequest) (*pb.VendorServiceReceiveResponse, error) {
	received, err := v.s.receive(ctx, r.GetConnection(), r.GetRequest())
	return &pb.VendorServiceReceiveResponse{Received: received}, err
}

func (v vendorServer) ListAssessments(
	r *pb.ListAssessmentsRequest, out grpc.ServerStreamingServer[pb.ListAssessmentsResponse],
) error {
	c, err := as[sdk.Catalog](v.s, r.GetConnection())
	if err != nil {
		return err
	}
	return send(c.Assessments(out.Context()), out, func(a sdk.Assessment) *pb.ListAssessmentsResponse {
		return &pb.ListAssessmentsResponse{Assessment: pbAssessment(a)}
	})
}

func (v vendorServer) GetInvitation(ctx context.Context, r *pb.GetInvitationRequest) (*pb.GetInvitationResponse, error) {
	c, err := as[sdk.Poller](v.s, r.GetConnection())
	if err != nil {
		return nil, err
	}
	events, err := c.Poll(ctx, r.GetRemote())
	return &pb.GetInvitationResponse{Events: each(events, pbEvent)}, err
}

func (v vendorServer) Write(ctx context.Context, r *pb.VendorServiceWriteRequest) (*pb.VendorServiceWriteResponse, error) {
	done, err := v.s.write(ctx, r.GetConnection(), r.GetWrite())
	return &pb.VendorServiceWriteResponse{Done: done}, err
}

// receiver is what both sides have.
type receiver interface {
	Receive(ctx context.Context, r sdk.Request) (sdk.Received, error)
}

func (s *Server) receive(ctx context.Context, name string, r *pb.Request) (*pb.Received, error) {
	c, err := as[receiver](s, name)
	if err != nil {
		return nil, err
	}
	request, err := sdkRequest(r)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "the query does not parse")
	}
	received, err := c.Receive(ctx, request)
	return pbReceived(received), err
}

func (s *Server) write(ctx context.Context, name string, w *pb.Write) (*pb.Done, error) {
	c, err := as[any](s, name)
	if err != nil {
		return nil, err
	}
	done, err := write(ctx, c, sdkWrite(w))
	return pbDone(done), err
}

// send sends a sequence to its end or first error. When the host has heard enough, sending fails, and the sequence is told to stop.
func send[T, R any](items iter.Seq2[T, error], out grpc.ServerStreamingServer[R], response func(T) *R) error {
	for item, err := range items {
		if err != nil {
			return err
		}
		if err := out.Send(response(item)); err != nil {
			return err
		}
	}
	return nil
}
