package wire

import (
	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

func pbWrite(w sdk.Write) *pb.Write {
	out := &pb.Write{Key: string(w.Key)}
	switch w.Verb() {
	case sdk.VerbTags:
		out.Change = &pb.Write_Tags{Tags: &pb.Tags{Application: w.Tags.Application, Add: w.Tags.Add, Remove: w.Tags.Remove}}
	case sdk.VerbLink:
		out.Change = &pb.Write_Link{Link: &pb.Link{Application: w.Link.Application, Url: w.Link.URL, Title: w.Link.Title}}
	case sdk.VerbNote:
		out.Change = &pb.Write_Note{Note: &pb.Note{Application: w.Note.Application, Text: w.Note.Text, Score: int64(w.Note.Score)}}
	case sdk.VerbMove:
		out.Change = &pb.Write_Move{Move: &pb.Move{Application: w.Move.Application, Stage: w.Move.Stage}}
	case sdk.VerbInvite:
		out.Change = &pb.Write_Invite{Invite: pbInvitation(*w.Invite)}
	case sdk.VerbPosting:
		out.Change = &pb.Write_Posting{Posting: pbPosting(*w.Posting)}
	case sdk.VerbOutcome:
		o := w.Outcome
		out.Change = &pb.Write_Outcome{Outcome: &pb.Outcome{
			Kind: string(o.Kind), At: pbTime(o.At), Person: o.Person, Invitations: o.Invitations,
		}}
	case sdk.VerbDelete:
		d := w.Delete
		out.Change = &pb.Write_Delete{Delete: &pb.Deletion{Person: d.Person, Invitations: d.Invitations, Everywhere: d.Everywhere}}
	case sdk.VerbFeedback:
		f := w.Feedback
		out.Change = &pb.Write_Feedback{Feedback: &pb.Feedback{
			Application: f.Application, Template: f.Template, Score: f.Score, Rating: int64(f.Rating), Text: f.Text,
		}}
	case sdk.VerbFields:
		out.Change = &pb.Write_Fields{Fields: &pb.Fields{Application: w.Fields.Application, Values: each(w.Fields.Values, pbField)}}
	case sdk.VerbFile:
		f := w.File
		out.Change = &pb.Write_File{File: &pb.File{
			Application: f.Application, Name: f.Name, Type: f.Type, Size: f.Size, Role: f.Role, Invitation: f.Invitation,
		}}
	case sdk.VerbReport:
		out.Change = &pb.Write_Report{Report: &pb.Report{Callbacks: w.Report.Callbacks}}
	case sdk.VerbAnonymize:
		a := w.Anonymize
		out.Change = &pb.Write_Anonymize{Anonymize: &pb.Anonymization{Person: a.Person, Invitations: a.Invitations}}
	case sdk.VerbAlert:
		out.Change = &pb.Write_Alert{Alert: &pb.Alert{Application: w.Alert.Application, Text: w.Alert.Text}}
	}
	return out
}

func sdkWrite(w *pb.Write) sdk.Write {
	out := sdk.Write{Key: sdk.Key(w.GetKey())}
	switch c := w.GetChange().(type) {
	case *pb.Write_Tags:
		out.Tags = &sdk.Tags{Application: c.Tags.GetApplication(), Add: c.Tags.GetAdd(), Remove: c.Tags.GetRemove()}
	case *pb.Write_Link:
		out.Link = &sdk.Link{Application: c.Link.GetApplication(), URL: c.Link.GetUrl(), Title: c.Link.GetTitle()}
	case *pb.Write_Note:
		out.Note = &sdk.Note{Application: c.Note.GetApplication(), Text: c.Note.GetText(), Score: int(c.Note.GetScore())}
	case *pb.Write_Move:
		out.Move = &sdk.Move{Application: c.Move.GetApplication(), Stage: c.Move.GetStage()}
	case *pb.Write_Invite:
		invitation := sdkInvitation(c.Invite)
		out.Invite = &invitation
	case *pb.Write_Posting:
		posting := sdkPosting(c.Posting)
		out.Posting = &posting
	case *pb.Write_Outcome:
		o := c.Outcome
		out.Outcome = &sdk.Outcome{
			Kind: sdk.Kind(o.GetKind()), At: sdkTime(o.GetAt()), Person: o.GetPerson(), Invitations: o.GetInvitations(),
		}
	case *pb.Write_Delete:
		d := c.Delete
		out.Delete = &sdk.Deletion{Person: d.GetPerson(), Invitations: d.GetInvitations(), Everywhere: d.GetEverywhere()}
	case *pb.Write_Feedback:
		f := c.Feedback
		out.Feedback = &sdk.Feedback{
			Application: f.GetApplication(), Template: f.GetTemplate(), Score: f.Score, Rating: int(f.GetRating()), Text: f.GetText(),
		}
	case *pb.Write_Fields:
		out.Fields = &sdk.Fields{Application: c.Fields.GetApplication(), Values: each(c.Fields.GetValues(), sdkField)}
	case *pb.Write_File:
		f := c.File
		out.File = &sdk.File{
			Application: f.GetApplication(), Name: f.GetName(), Type: f.GetType(), Size: f.GetSize(), Role: f.GetRole(),
			Invitation: f.GetInvitation(),
		}
	case *pb.Write_Report:
		out.Report = &sdk.Report{Callbacks: c.Report.GetCallbacks()}
	case *pb.Write_Anonymize:
		a := c.Anonymize
		out.Anonymize = &sdk.Anonymization{Person: a.GetPerson(), Invitations: a.GetInvitations()}
	case *pb.Write_Alert:
		out.Alert = &sdk.Alert{Application: c.Alert.GetApplication(), Text: c.Alert.GetText()}
	}
	return out
}

func pbField(f sdk.Field) *pb.Field { return &pb.Field{Name: f.Name, Number: f.Number, Text: f.Text} }
func sdkField(f *pb.Field) sdk.Field {
	return sdk.Field{Name: f.GetName(), Number: f.Number, Text: f.GetText()}
}

func pbInvitation(i sdk.Invitation) *pb.Invitation {
	return &pb.Invitation{
		Key: string(i.Key), Attempt: int64(i.Attempt), Application: i.Application, Person: i.Person, Candidate: pbCandidate(i.Candidate),
		Posting: pbPosting(i.Posting), PostingAt: i.PostingAt, Assessment: i.Assessment,
	}
}

func sdkInvitation(i *pb.Invitation) sdk.Invitation {
	return sdk.Invitation{
		Key: sdk.Key(i.GetKey()), Attempt: int(i.GetAttempt()), Application: i.GetApplication(), Person: i.GetPerson(),
		Candidate: sdkCandidate(i.GetCandidate()), Posting: sdkPosting(i.GetPosting()), PostingAt: i.GetPostingAt(),
		Assessment: i.GetAssessment(),
	}
}

func pbDone(d sdk.Done) *pb.Done {
	out := &pb.Done{Remote: d.Remote}
	if i := d.Invited; i != nil {
		out.Invited = &pb.Invited{Remote: i.Remote, Url: i.URL, PassingScore: i.PassingScore, Pending: i.Pending}
	}
	return out
}

func sdkDone(d *pb.Done) sdk.Done {
	out := sdk.Done{Remote: d.GetRemote()}
	if i := d.GetInvited(); i != nil {
		out.Invited = &sdk.Invited{Remote: i.GetRemote(), URL: i.GetUrl(), PassingScore: i.PassingScore, Pending: i.GetPending()}
	}
	return out
}

func pbFinding(f sdk.Finding) *pb.Finding {
	return &pb.Finding{Verdict: string(f.Verdict), Done: pbDone(f.Done), More: int64(f.More)}
}

func sdkFinding(f *pb.Finding) sdk.Finding {
	return sdk.Finding{Verdict: sdk.Verdict(f.GetVerdict()), Done: sdkDone(f.GetDone()), More: int(f.GetMore())}
}
