package wire

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

// callKey is the metadata that carries the call id.
const callKey = "patchbay-call"

// Opener makes the value of one connection, an [sdk.ATS] or [sdk.Vendor] and whatever more it can do. Release is called when it closes.
type Opener func(o Opening) (connection any, release func(), err error)

// Server is the plugin's half: it keeps the open connections and calls the methods that their values have.
type Server struct {
	about Description
	open  Opener
	log   *slog.Logger

	overdue atomic.Int64 // calls that go on although their context has ended

	mu          sync.Mutex
	connections map[string]connection // by the name that Open gave out
}

type connection struct {
	value   any
	release func()
}

// NewServer makes a Server. Its log tells of panics.
func NewServer(about Description, open Opener, log *slog.Logger) *Server {
	return &Server{about: about, open: open, log: log, connections: make(map[string]connection)}
}

// workers are the goroutines that calls run in while there are enough: their stacks have grown already. More calls have goroutines of their own.
const workers = 16

// Options are those with which the gRPC server must be made.
func (s *Server) Options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.NumStreamWorkers(workers), grpc.MaxRecvMsgSize(MaxMessage), grpc.InitialWindowSize(Window), grpc.InitialConnWindowSize(Window),
		grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (res any, err error) {
			err = s.run(ctx, method(path.Base(info.FullMethod), req), func(ctx context.Context) (err error) {
				res, err = next(ctx, req)
				return err
			})
			return res, err
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			return s.run(stream.Context(), method(path.Base(info.FullMethod), nil), func(ctx context.Context) error {
				return next(srv, calledStream{stream, ctx})
			})
		}),
	}
}

// methods are the RPCs that sdk calls by another name.
var methods = map[string]string{
	"GetApplication": "Application", "ListApplications": "Tagged or Changed", "ListPostings": "Postings", "ListCatalog": "Stages",
	"ListAssessments": "Assessments", "GetInvitation": "Poll", "Upload": "File", "Download": "Document",
}

// method is what the author knows an RPC by: the method of sdk that it calls.
func method(rpc string, request any) string {
	if w, ok := request.(interface{ GetWrite() *pb.Write }); ok && rpc == "Write" {
		return Method(sdkWrite(w.GetWrite()).Verb())
	}
	return cmp.Or(methods[rpc], rpc)
}

// run is around every call: it puts the call id into the context, counts a call that does not end, and makes a panic that call's error.
func (s *Server) run(ctx context.Context, method string, do func(context.Context) error) (err error) {
	stop := context.AfterFunc(ctx, func() { s.overdue.Add(1) })
	defer func() {
		if v := recover(); v != nil {
			err = s.panicked(method, v)
		}
		if !stop() {
			s.overdue.Add(-1)
		}
	}()
	if ids := metadata.ValueFromIncomingContext(ctx, callKey); len(ids) == 1 {
		ctx = sdk.WithCall(ctx, ids[0])
	}
	return pbError(do(ctx))
}

// panicked tells of the runtime's own words only: what else a panic carries may be a candidate's data. Method is the sdk's.
func (s *Server) panicked(method string, v any) error {
	what := fmt.Sprintf("a %T", v)
	if e, ok := v.(runtime.Error); ok {
		what = e.Error()
	}
	s.log.Error(method+" panicked", "panic", what, "stack", string(debug.Stack()))
	return status.Errorf(codes.Internal, "%s panicked: %s", method, line(what))
}

type calledStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s calledStream) Context() context.Context { return s.ctx }

func (s *Server) register(r grpc.ServiceRegistrar) {
	pb.RegisterPluginServiceServer(r, pluginServer{s: s})
	switch s.about.Role {
	case sdk.RoleATS:
		pb.RegisterATSServiceServer(r, atsServer{s: s})
	case sdk.RoleVendor:
		pb.RegisterVendorServiceServer(r, vendorServer{s: s})
	}
}

// as finds an open connection that is an I.
func as[I any](s *Server, name string) (I, error) {
	s.mu.Lock()
	c, open := s.connections[name]
	s.mu.Unlock()
	i, ok := c.value.(I)
	switch {
	case !open:
		return i, status.Error(codes.FailedPrecondition, "this connection is not open")
	case !ok:
		return i, status.Errorf(codes.Unimplemented, "this connection is no %s", reflect.TypeFor[I]().Name())
	}
	return i, nil
}

type pluginServer struct {
	pb.UnimplementedPluginServiceServer
	s *Server
}

func (p pluginServer) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	return pbDescription(p.s.about), nil
}

func (p pluginServer) Open(_ context.Context, r *pb.OpenRequest) (*pb.OpenResponse, error) {
	value, release, err := p.s.open(Opening{Name: r.GetName(), Settings: r.GetSettings(), Egress: r.GetEgress()})
	if err != nil {
		return nil, err
	}
	verbs, err := Promises(value)
	if err != nil {
		release()
		return nil, err
	}
	// A name that no other process gives out: after a restart an old one must not lead to another connection.
	name := rand.Text()
	p.s.mu.Lock()
	p.s.connections[name] = connection{value, release}
	p.s.mu.Unlock()
	out := &pb.OpenResponse{Connection: name, Verbs: make(map[string]*pb.Promise, len(verbs))}
	for verb, promise := range verbs {
		out.Verbs[string(verb)] = pbPromise(promise)
	}
	return out, nil
}

func (p pluginServer) Close(_ context.Context, r *pb.CloseRequest) (*pb.CloseResponse, error) {
	p.s.mu.Lock()
	c, open := p.s.connections[r.GetConnection()]
	delete(p.s.connections, r.GetConnection())
	p.s.mu.Unlock()
	if open {
		c.release()
	}
	return &pb.CloseResponse{}, nil
}

func (p pluginServer) Probe(context.Context, *pb.ProbeRequest) (*pb.ProbeResponse, error) {
	return &pb.ProbeResponse{Overdue: p.s.overdue.Load()}, nil
}

func (p pluginServer) Prepare(ctx context.Context, r *pb.PrepareRequest) (*pb.PrepareResponse, error) {
	c, err := as[sdk.Preparer](p.s, r.GetConnection())
	if err != nil {
		return nil, err
	}
	prepared, err := c.Prepare(ctx, sdkNeeds(r.GetNeeds()))
	return pbPrepared(prepared), along(err, pbPrepared(prepared))
}

func (p pluginServer) Find(ctx context.Context, r *pb.FindRequest) (*pb.FindResponse, error) {
	c, err := as[sdk.Finder](p.s, r.GetConnection())
	if err != nil {
		return nil, err
	}
	finding, err := find(ctx, c, sdkWrite(r.GetWrite()))
	return &pb.FindResponse{Finding: pbFinding(finding)}, err
}
