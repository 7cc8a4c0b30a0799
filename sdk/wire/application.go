package wire

import (
	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

func pbApplication(a sdk.Application) *pb.Application {
	return &pb.Application{
		Id: a.ID, Person: a.Person, Candidate: pbCandidate(a.Candidate), Posting: pbPosting(a.Posting), Stage: pbStage(a.Stage),
		StageSince: pbTime(a.StageSince), Applied: pbTime(a.Applied), Origin: a.Origin, Tags: a.Tags, OwnTags: a.OwnTags,
		Confidential: a.Confidential, Active: a.Active, Url: a.URL,
	}
}

func sdkApplication(a *pb.Application) sdk.Application {
	return sdk.Application{
		ID: a.GetId(), Person: a.GetPerson(), Candidate: sdkCandidate(a.GetCandidate()), Posting: sdkPosting(a.GetPosting()),
		Stage: sdkStage(a.GetStage()), StageSince: sdkTime(a.GetStageSince()), Applied: sdkTime(a.GetApplied()), Origin: a.GetOrigin(),
		Tags: a.GetTags(), OwnTags: a.GetOwnTags(), Confidential: a.GetConfidential(), Active: a.GetActive(), URL: a.GetUrl(),
	}
}

func pbCandidate(c sdk.Candidate) *pb.Candidate { return &pb.Candidate{Name: c.Name, Email: c.Email} }

func sdkCandidate(c *pb.Candidate) sdk.Candidate {
	return sdk.Candidate{Name: c.GetName(), Email: c.GetEmail()}
}

func pbPosting(p sdk.Posting) *pb.Posting {
	return &pb.Posting{
		Id: p.ID, Name: p.Name, Team: p.Team, HiringManager: p.HiringManager, Tags: p.Tags, Description: p.Description, Salary: p.Salary,
	}
}

func sdkPosting(p *pb.Posting) sdk.Posting {
	return sdk.Posting{
		ID: p.GetId(), Name: p.GetName(), Team: p.GetTeam(), HiringManager: p.GetHiringManager(), Tags: p.GetTags(),
		Description: p.GetDescription(), Salary: p.GetSalary(),
	}
}

func pbStage(s sdk.Stage) *pb.Stage { return &pb.Stage{Id: s.ID, Name: s.Name, Index: int64(s.Index)} }

func sdkStage(s *pb.Stage) sdk.Stage {
	return sdk.Stage{ID: s.GetId(), Name: s.GetName(), Index: int(s.GetIndex())}
}

func pbAssessment(a sdk.Assessment) *pb.Assessment {
	return &pb.Assessment{Id: a.ID, Name: a.Name, Created: pbTime(a.Created)}
}

func sdkAssessment(a *pb.Assessment) sdk.Assessment {
	return sdk.Assessment{ID: a.GetId(), Name: a.GetName(), Created: sdkTime(a.GetCreated())}
}
