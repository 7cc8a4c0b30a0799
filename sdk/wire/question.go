package wire

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Answer is [sdk.TestPartner]'s. As with Receive, nothing may be sent from within.
func (c *Conn) Answer(ctx context.Context, q sdk.Question, a sdk.Answer) (sdk.Response, error) {
	out, err := c.client.ats.Answer(ctx, &pb.AnswerRequest{Connection: c.name, Question: pbQuestion(&q), Answer: pbAnswer(a)})
	return sdkResponse(out.GetResponse()), sdkError(ctx, err)
}

func (a atsServer) Answer(ctx context.Context, r *pb.AnswerRequest) (*pb.AnswerResponse, error) {
	c, err := as[sdk.TestPartner](a.s, r.GetConnection())
	if err != nil {
		return nil, err
	}
	q := sdkQuestion(r.GetQuestion())
	if q == nil {
		return nil, status.Error(codes.InvalidArgument, "an answer to nothing")
	}
	response, err := c.Answer(ctx, *q, sdkAnswer(r.GetAnswer()))
	return &pb.AnswerResponse{Response: pbResponse(response)}, err
}

func pbQuestion(q *sdk.Question) *pb.Question {
	if q == nil {
		return nil
	}
	return &pb.Question{About: string(q.About), Id: q.ID}
}

func sdkQuestion(q *pb.Question) *sdk.Question {
	if q == nil {
		return nil
	}
	return &sdk.Question{About: sdk.Topic(q.GetAbout()), ID: q.GetId()}
}

func pbAnswer(a sdk.Answer) *pb.Answer {
	out := &pb.Answer{Tests: each(a.Tests, func(t sdk.Test) *pb.Test { return &pb.Test{Id: t.ID, Name: t.Name} })}
	if s := a.Status; s != nil {
		out.Status = &pb.TestStatus{Complete: s.Complete, Score: s.Score, Url: s.URL}
	}
	if r := a.Refused; r != nil {
		out.Refused = &pb.Refusal{Reason: r.Reason, Detail: r.Detail}
	}
	return out
}

func sdkAnswer(a *pb.Answer) sdk.Answer {
	out := sdk.Answer{Tests: each(a.GetTests(), func(t *pb.Test) sdk.Test { return sdk.Test{ID: t.GetId(), Name: t.GetName()} })}
	if s := a.GetStatus(); s != nil {
		out.Status = &sdk.TestStatus{Complete: s.GetComplete(), Score: s.Score, URL: s.GetUrl()}
	}
	if r := a.GetRefused(); r != nil {
		out.Refused = &sdk.Refusal{Reason: r.GetReason(), Detail: r.GetDetail()}
	}
	return out
}
