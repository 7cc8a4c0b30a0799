package wire

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

func pbDescription(d Description) *pb.DescribeResponse {
	return &pb.DescribeResponse{About: pbAbout(d.About), Role: string(d.Role), Settings: each(d.Settings, pbSetting)}
}

func sdkDescription(d *pb.DescribeResponse) Description {
	return Description{About: sdkAbout(d.GetAbout()), Role: sdk.Role(d.GetRole()), Settings: each(d.GetSettings(), sdkSetting)}
}

func pbAbout(a sdk.About) *pb.About {
	return &pb.About{
		Name: a.Name, Version: a.Version, BaseUrl: a.BaseURL, Hosts: a.Hosts,
		Rate:   &pb.Rate{PerSecond: a.Rate.PerSecond, Burst: int64(a.Rate.Burst)},
		Events: each(a.Events, toText[sdk.Kind]), Final: each(a.Final, func(s int) int32 { return int32(s) }),
		Timeout: pbDuration(a.Timeout), Oauth: pbOAuth(a.OAuth),
	}
}

func sdkAbout(a *pb.About) sdk.About {
	return sdk.About{
		Name: a.GetName(), Version: a.GetVersion(), BaseURL: a.GetBaseUrl(), Hosts: a.GetHosts(),
		Rate:   sdk.Rate{PerSecond: a.GetRate().GetPerSecond(), Burst: int(a.GetRate().GetBurst())},
		Events: each(a.GetEvents(), fromText[sdk.Kind]), Final: each(a.GetFinal(), func(s int32) int { return int(s) }),
		Timeout: a.GetTimeout().AsDuration(), OAuth: sdkOAuth(a.GetOauth()),
	}
}

func pbOAuth(o *sdk.OAuth) *pb.OAuth {
	if o == nil {
		return nil
	}
	return &pb.OAuth{
		AuthorizeUrl: o.AuthorizeURL, TokenUrl: o.TokenURL, Audience: o.Audience, Pkce: o.PKCE, Scopes: each(o.Scopes, pbScope),
		Subject: o.Subject,
	}
}

func sdkOAuth(o *pb.OAuth) *sdk.OAuth {
	if o == nil {
		return nil
	}
	return &sdk.OAuth{
		AuthorizeURL: o.GetAuthorizeUrl(), TokenURL: o.GetTokenUrl(), Audience: o.GetAudience(), PKCE: o.GetPkce(),
		Scopes: each(o.GetScopes(), sdkScope), Subject: o.GetSubject(),
	}
}

func pbScope(s sdk.Scope) *pb.Scope {
	return &pb.Scope{Name: s.Name, Verbs: each(s.Verbs, toText[sdk.Verb]), Events: each(s.Events, toText[sdk.Kind])}
}

func sdkScope(s *pb.Scope) sdk.Scope {
	return sdk.Scope{Name: s.GetName(), Verbs: each(s.GetVerbs(), fromText[sdk.Verb]), Events: each(s.GetEvents(), fromText[sdk.Kind])}
}

func pbSetting(s sdk.Setting) *pb.Setting {
	return &pb.Setting{
		Name: s.Name, Type: string(s.Type), Required: s.Required, Secret: s.Secret, Default: s.Default, Doc: s.Doc, Auth: s.Auth,
		Verify: s.Verify,
	}
}

func sdkSetting(s *pb.Setting) sdk.Setting {
	return sdk.Setting{
		Name: s.GetName(), Type: sdk.SettingType(s.GetType()), Required: s.GetRequired(), Secret: s.GetSecret(),
		Default: s.GetDefault(), Doc: s.GetDoc(), Auth: s.GetAuth(), Verify: s.GetVerify(),
	}
}

func pbPromise(p sdk.Promise) *pb.Promise {
	return &pb.Promise{Repeat: string(p.Repeat), KeptFor: pbDuration(p.KeptFor), Settle: pbDuration(p.Settle)}
}

func sdkPromise(p *pb.Promise) sdk.Promise {
	return sdk.Promise{Repeat: sdk.Repeat(p.GetRepeat()), KeptFor: p.GetKeptFor().AsDuration(), Settle: p.GetSettle().AsDuration()}
}

func pbNeeds(n sdk.Needs) *pb.Needs {
	return &pb.Needs{
		HookUrl: n.HookURL, Hooks: n.Hooks, Events: each(n.Events, toText[sdk.Kind]), Verbs: each(n.Verbs, toText[sdk.Verb]),
		Templates: n.Templates, Fields: n.Fields,
	}
}

func sdkNeeds(n *pb.Needs) sdk.Needs {
	return sdk.Needs{
		HookURL: n.GetHookUrl(), Hooks: n.GetHooks(), Events: each(n.GetEvents(), fromText[sdk.Kind]),
		Verbs: each(n.GetVerbs(), fromText[sdk.Verb]), Templates: n.GetTemplates(), Fields: n.GetFields(),
	}
}

func pbPrepared(p sdk.Prepared) *pb.PrepareResponse {
	return &pb.PrepareResponse{Problems: each(p.Problems, pbProblem), Hooks: each(p.Hooks, pbHook)}
}

func sdkPrepared(p *pb.PrepareResponse) sdk.Prepared {
	return sdk.Prepared{Problems: each(p.GetProblems(), sdkProblem), Hooks: each(p.GetHooks(), sdkHook)}
}

func pbHook(h sdk.Hook) *pb.Hook  { return &pb.Hook{Id: h.ID, Secret: h.Secret} }
func sdkHook(h *pb.Hook) sdk.Hook { return sdk.Hook{ID: h.GetId(), Secret: h.GetSecret()} }

func pbProblem(p sdk.Problem) *pb.Problem { return &pb.Problem{Summary: p.Summary, Fix: p.Fix} }
func sdkProblem(p *pb.Problem) sdk.Problem {
	return sdk.Problem{Summary: p.GetSummary(), Fix: p.GetFix()}
}

// each translates a list; an empty one is nil on both sides.
func each[A, B any](in []A, one func(A) B) []B {
	var out []B
	for _, a := range in {
		out = append(out, one(a))
	}
	return out
}

func toText[T ~string](word T) string   { return string(word) }
func fromText[T ~string](text string) T { return T(text) }

// A zero time or duration does not cross: it is one that is not known.
func pbTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func sdkTime(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func pbDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}
