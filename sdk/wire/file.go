package wire

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

// chunk is how much of a file crosses at a time, in bytes.
const chunk = 64 << 10

// chunks sends what r holds, bit by bit, to its end.
func chunks(r io.Reader, send func([]byte) error) error {
	for {
		buf := make([]byte, chunk) // each its own: gRPC keeps what it is given
		n, err := r.Read(buf)
		if n > 0 {
			if err := send(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// joined is a file as it crosses, read from the chunks that next gives; its last word is an error, [io.EOF] if the file is whole.
type joined struct {
	next func() ([]byte, error)
	left []byte
	end  error
}

func (j *joined) Read(p []byte) (int, error) {
	for len(j.left) == 0 {
		if j.end != nil {
			return 0, j.end
		}
		j.left, j.end = j.next()
	}
	n := copy(p, j.left)
	j.left = j.left[n:]
	return n, nil
}

// Upload does a write that carries a file. An error of content cuts the upload off: the plugin sees it, and leaves no part of the file.
func (c *Conn) Upload(ctx context.Context, w sdk.Write, content io.Reader) (sdk.Done, error) {
	ctx, cancel := context.WithCancel(outgoing(ctx))
	defer cancel()
	stream, err := c.client.ats.Upload(ctx)
	if err != nil {
		return sdk.Done{}, sdkError(ctx, err)
	}
	said := stream.Send(&pb.UploadRequest{Part: &pb.UploadRequest_Upload{Upload: &pb.Upload{Connection: c.name, Write: pbWrite(w)}}})
	if said == nil {
		err := chunks(content, func(b []byte) error {
			said = stream.Send(&pb.UploadRequest{Part: &pb.UploadRequest_Chunk{Chunk: b}})
			return said
		})
		if err != nil && said == nil {
			return sdk.Done{}, err
		}
	}
	if said == nil {
		_ = stream.Send(&pb.UploadRequest{Part: &pb.UploadRequest_Whole{Whole: true}})
	}
	// When sending fails the plugin has ended the call early, and its answer says why.
	out, err := stream.CloseAndRecv()
	return sdkDone(out.GetDone()), sdkError(ctx, err)
}

func (a atsServer) Upload(stream grpc.ClientStreamingServer[pb.UploadRequest, pb.UploadResponse]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	c, err := as[sdk.FileWriter](a.s, first.GetUpload().GetConnection())
	if err != nil {
		return err
	}
	w := sdkWrite(first.GetUpload().GetWrite())
	if w.File == nil {
		return status.Error(codes.InvalidArgument, "an upload of no file")
	}
	content := &joined{next: func() ([]byte, error) {
		part, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err == nil && part.GetWhole():
			return nil, io.EOF
		}
		return part.GetChunk(), err
	}}
	remote, err := c.File(stream.Context(), w.Key, *w.File, content)
	if err != nil {
		return err
	}
	return stream.SendAndClose(&pb.UploadResponse{Done: pbDone(sdk.Done{Remote: remote})})
}

// Document is [sdk.Library]'s. The content is read under ctx; closing it ends the call.
func (c *Conn) Document(ctx context.Context, remote, role string) (sdk.Document, error) {
	ctx, cancel := context.WithCancel(outgoing(ctx))
	stream, err := c.client.vendor.Download(ctx, &pb.DownloadRequest{Connection: c.name, Remote: remote, Role: role})
	var first *pb.DownloadResponse
	if err == nil {
		first, err = stream.Recv()
	}
	d := first.GetDocument()
	if err == nil && d == nil {
		err = errors.New("the plugin broke: Document returned none")
	}
	if err != nil {
		cancel()
		return sdk.Document{}, sdkError(ctx, err)
	}
	content := &joined{next: func() ([]byte, error) {
		part, err := stream.Recv()
		if err != nil && !errors.Is(err, io.EOF) {
			err = sdkError(ctx, err)
		}
		return part.GetChunk(), err
	}}
	return sdk.Document{Name: d.GetName(), Type: d.GetType(), Content: readCloser{content, cancel}}, nil
}

// readCloser ends a call when its content is closed.
type readCloser struct {
	io.Reader
	end context.CancelFunc
}

func (r readCloser) Close() error {
	r.end()
	return nil
}

func (v vendorServer) Download(r *pb.DownloadRequest, out grpc.ServerStreamingServer[pb.DownloadResponse]) error {
	c, err := as[sdk.Library](v.s, r.GetConnection())
	if err != nil {
		return err
	}
	document, err := c.Document(out.Context(), r.GetRemote(), r.GetRole())
	if err != nil {
		return err
	}
	defer document.Content.Close()
	about := &pb.DownloadResponse_Document{Document: &pb.Document{Name: document.Name, Type: document.Type}}
	if err := out.Send(&pb.DownloadResponse{Part: about}); err != nil {
		return err
	}
	err = chunks(document.Content, func(b []byte) error {
		return out.Send(&pb.DownloadResponse{Part: &pb.DownloadResponse_Chunk{Chunk: b}})
	})
	if err != nil {
		return fmt.Errorf("the document broke off: %w", err)
	}
	return nil
}
