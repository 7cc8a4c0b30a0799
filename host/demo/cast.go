package demo

// role is one candidate: what she is about, and what she and the recruiters do, a line each.
type role struct {
	name, about string
	posting     string   // tags of it
	apply       args     // besides name and posting
	acts        []string // "move Assessment", "score 82", "tag …", "hour", "email …", "start", "bounce", "hire", "delete", "screen"
	id          string
}

func cast() []*role {
	return []*role{
		{name: "Ada Lovelace", about: "moved to Assessment, finishes with 100", acts: []string{"move Assessment", "start", "score 100"}},
		{name: "Bo Lind", about: "the same with 63", acts: []string{"move Assessment", "start", "score 63"}},
		{name: "Cy Young", about: "invited, has not begun", acts: []string{"move Assessment"}},
		{name: "Di Prince", about: "referred: a blocked origin", apply: args{"origin": "referred"}, acts: []string{"move Assessment"}},
		{name: "Ed Stone", about: "the same, but tagged Alva: Send Tests", apply: args{"origin": "referred"}, acts: []string{"tag Alva: Send Tests", "hour"}},
		{name: "Flo Rivers", about: "has no e-mail address at first", apply: args{"email": ""}, acts: []string{"move Assessment", "email flo@example.test", "move Phone Screen", "move Assessment"}},
		{name: "Gil Marsh", about: "the mail bounces", acts: []string{"move Assessment", "bounce"}},
		{name: "Hal Secret", about: "confidential", apply: args{"confidential": true}, acts: []string{"move Assessment"}},
		{name: "Ida Fast", about: "the posting screens: invited on applying", posting: "Alva: Screening", acts: []string{"start", "score 40"}},
		{name: "Jo Skip", about: "the posting skips the assessment", posting: "Alva: Skip Assessment", acts: []string{"move Assessment"}},
		{name: "Kim Hired", about: "finishes with 91 and is hired", acts: []string{"move Assessment", "score 91", "hire"}},
	}
}
