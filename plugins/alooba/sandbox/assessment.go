package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox/kernel"
)

// What an assessment's status may be. Only a published one can be sent.
const (
	draft     = "draft"
	published = "published"
	archived  = "archived"
)

// assessment is a group of tests.
type assessment struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	Status         string    `json:"status"`
	PassingScore   float64   `json:"passing_score"`    // percent
	DaysToComplete int       `json:"days_to_complete"` // from the invitation
	SoftExpiration bool      `json:"soft_expiration"`  // the true deadline is 30 days later than the one told
	Manual         bool      `json:"requires_manual_evaluation"`
	RetakeAllowed  bool      `json:"retake_allowed"`
	Tests          []outline `json:"tests"`
	CreatedAt      time.Time `json:"created_at"`
}

// outline is a test before anybody takes it.
type outline struct {
	Name   string   `json:"name"`
	Skills []string `json:"skills"`
	Manual bool     `json:"requires_manual_evaluation"`
}

// The tests of every assessment; the essay belongs to those that need a grader.
var (
	graded = []outline{{Name: "SQL", Skills: []string{"Joins", "Aggregation"}}, {Name: "Statistics", Skills: []string{"Probability"}}}
	essay  = outline{Name: "Free response", Skills: []string{}, Manual: true}
)

// settings are what a person sets of an assessment; nil stays as it is.
type settings struct {
	Name           string   `json:"name"`
	Status         string   `json:"status"`
	PassingScore   *float64 `json:"passing_score"`
	DaysToComplete *int     `json:"days_to_complete"`
	SoftExpiration *bool    `json:"soft_expiration"`
	Manual         *bool    `json:"manual"`
	RetakeAllowed  *bool    `json:"retake_allowed"`
}

func (s settings) check() error {
	switch {
	case s.Status != "" && !slices.Contains([]string{draft, published, archived}, s.Status):
		return fmt.Errorf("status %q is none of draft, published, archived", s.Status)
	case s.PassingScore != nil && (*s.PassingScore < 0 || *s.PassingScore > 100):
		return fmt.Errorf("passing_score %v is not from 0 to 100", *s.PassingScore)
	case s.DaysToComplete != nil && *s.DaysToComplete < 1:
		return fmt.Errorf("days_to_complete %d is not positive", *s.DaysToComplete)
	}
	return nil
}

// apply changes an assessment. Whoever was invited keeps what held then.
func (s settings) apply(a *assessment) {
	a.Name, a.Status = cmp.Or(s.Name, a.Name), cmp.Or(s.Status, a.Status)
	set(&a.PassingScore, s.PassingScore)
	set(&a.DaysToComplete, s.DaysToComplete)
	set(&a.SoftExpiration, s.SoftExpiration)
	set(&a.Manual, s.Manual)
	set(&a.RetakeAllowed, s.RetakeAllowed)
	a.Tests = graded
	if a.Manual {
		a.Tests = append(slices.Clone(graded), essay)
	}
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (p *product) newAssessment(s settings) *assessment {
	a := &assessment{ID: p.ids.Next("asm"), Status: published, PassingScore: 60, DaysToComplete: 7, CreatedAt: p.Clock.Now()}
	s.apply(a)
	p.assessments = append(p.assessments, a)
	return a
}

func (p *product) assessment(id string) *assessment {
	for _, a := range p.assessments {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// named is the published assessment with this name, byte for byte: of several the newest, of two made at once the one with the higher id.
func (p *product) named(name string) *assessment {
	for i := len(p.assessments) - 1; i >= 0; i-- { // in the order they were made
		if a := p.assessments[i]; a.Name == name && a.Status == published {
			return a
		}
	}
	return nil
}

// resolve finds what an invite asks for. When a name leads nowhere the owner is mailed.
func (p *product) resolve(in invite) (*assessment, error) {
	if in.AssessmentName != "" {
		if a := p.named(in.AssessmentName); a != nil {
			return a, nil
		}
		why := "there is no assessment with exactly this name"
		if slices.ContainsFunc(p.assessments, func(a *assessment) bool { return a.Name == in.AssessmentName }) {
			why = "the assessment with this name is not published"
		}
		p.mailOwner("A candidate was not invited",
			in.Candidate.FirstName+" "+in.Candidate.LastName+" was not invited to "+in.AssessmentName+": "+why+".")
		return nil, ownerNotified{kernel.Refusal{
			Status: http.StatusUnprocessableEntity, Code: "assessment_not_found", Message: "no published assessment has this name",
			Field: "assessment_name",
		}}
	}
	switch a := p.assessment(in.AssessmentID); {
	case a == nil:
		return nil, kernel.Unprocessable("assessment_not_found", "no assessment has this id", "assessment_id")
	case a.Status != published:
		return nil, kernel.Unprocessable("assessment_not_published", "the assessment is not published", "assessment_id")
	default:
		return a, nil
	}
}

// ownerNotified is a refusal of which the account's owner was told by mail.
type ownerNotified struct{ kernel.Refusal }
