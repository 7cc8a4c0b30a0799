package wire

import (
	"net/http"
	"net/url"

	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

func pbRequest(r sdk.Request) *pb.Request {
	return &pb.Request{
		Method: r.Method, Path: []byte(r.Path), Query: r.Query.Encode(), Header: pbHeader(r.Header), Body: r.Body, Secrets: r.Secrets,
	}
}

func sdkRequest(r *pb.Request) (sdk.Request, error) {
	out := sdk.Request{
		Method: r.GetMethod(), Path: string(r.GetPath()), Header: sdkHeader(r.GetHeader()), Body: r.GetBody(), Secrets: r.GetSecrets(),
	}
	if r.GetQuery() == "" {
		return out, nil
	}
	var err error
	out.Query, err = url.ParseQuery(r.GetQuery())
	return out, err
}

func pbReceived(r sdk.Received) *pb.Received {
	return &pb.Received{
		Events: each(r.Events, pbEvent), Response: pbResponse(r.Response), Question: pbQuestion(r.Question), Notices: r.Notices,
	}
}

func sdkReceived(r *pb.Received) sdk.Received {
	return sdk.Received{
		Events: each(r.GetEvents(), sdkEvent), Response: sdkResponse(r.GetResponse()), Question: sdkQuestion(r.GetQuestion()),
		Notices: r.GetNotices(),
	}
}

func pbResponse(r sdk.Response) *pb.Response {
	return &pb.Response{Status: int32(r.Status), Header: pbHeader(r.Header), Body: r.Body}
}

func sdkResponse(r *pb.Response) sdk.Response {
	return sdk.Response{Status: int(r.GetStatus()), Header: sdkHeader(r.GetHeader()), Body: r.GetBody()}
}

func pbHeader(h http.Header) map[string]*pb.HeaderValues {
	if len(h) == 0 {
		return nil
	}
	out := make(map[string]*pb.HeaderValues, len(h))
	for name, values := range h {
		out[name] = &pb.HeaderValues{Values: each(values, func(v string) []byte { return []byte(v) })}
	}
	return out
}

func sdkHeader(h map[string]*pb.HeaderValues) http.Header {
	if len(h) == 0 {
		return nil
	}
	out := make(http.Header, len(h))
	for name, values := range h {
		out[name] = each(values.GetValues(), func(v []byte) string { return string(v) })
	}
	return out
}

func pbEvent(e sdk.Event) *pb.Event {
	return &pb.Event{
		Id: e.ID, Kind: string(e.Kind), At: pbTime(e.At), Application: e.Application, Person: e.Person, Invitation: e.Invitation, Tag: e.Tag,
		Reason: e.Reason, Detail: e.Detail, Result: pbResult(e.Result), Stage: e.Stage, Assessment: e.Assessment,
		Snapshot: pbSnapshot(e.Snapshot),
	}
}

func sdkEvent(e *pb.Event) sdk.Event {
	return sdk.Event{
		ID: e.GetId(), Kind: sdk.Kind(e.GetKind()), At: sdkTime(e.GetAt()), Application: e.GetApplication(), Person: e.GetPerson(),
		Invitation: e.GetInvitation(), Tag: e.GetTag(), Reason: e.GetReason(), Detail: e.GetDetail(), Result: sdkResult(e.GetResult()),
		Stage: e.GetStage(), Assessment: e.GetAssessment(), Snapshot: sdkSnapshot(e.GetSnapshot()),
	}
}

func pbSnapshot(s *sdk.Snapshot) *pb.Snapshot {
	if s == nil {
		return nil
	}
	return &pb.Snapshot{Candidate: pbCandidate(s.Candidate), Callback: s.Callback, Url: s.URL}
}

func sdkSnapshot(s *pb.Snapshot) *sdk.Snapshot {
	if s == nil {
		return nil
	}
	return &sdk.Snapshot{Candidate: sdkCandidate(s.GetCandidate()), Callback: s.GetCallback(), URL: s.GetUrl()}
}

func pbResult(r *sdk.Result) *pb.Result {
	if r == nil {
		return nil
	}
	return &pb.Result{
		Revision: r.Revision, Final: r.Final, Score: r.Score, Points: r.Points, Max: r.Max, Url: r.URL, Summary: r.Summary,
		Tests: each(r.Tests, pbScore), Skills: each(r.Skills, pbScore),
	}
}

func sdkResult(r *pb.Result) *sdk.Result {
	if r == nil {
		return nil
	}
	return &sdk.Result{
		Revision: r.Revision, Final: r.Final, Score: r.Score, Points: r.Points, Max: r.Max, URL: r.Url, Summary: r.Summary,
		Tests: each(r.Tests, sdkScore), Skills: each(r.Skills, sdkScore),
	}
}

func pbScore(s sdk.Score) *pb.Score  { return &pb.Score{Name: s.Name, Score: s.Score} }
func sdkScore(s *pb.Score) sdk.Score { return sdk.Score{Name: s.GetName(), Score: s.Score} }
