package sandbox

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"
)

// tellings are the payloads of events that change nothing that can be seen here otherwise, by event. What begins with a $ is filled in.
//
//go:embed tell.json
var tellings []byte

// deedTell sends an event of tellings about a job, or about an application and its job. What it tells of has an id of its own each time.
func (o *organization) deedTell(d *deed) error { return o.tell(d.Name, d.application, d.job) }

func (o *organization) tell(event string, a *application, j *job) error {
	var shapes map[string]any
	if err := json.Unmarshal(tellings, &shapes); err != nil {
		panic(err) // it is embedded
	}
	shape, ok := shapes[event].(object)
	if !ok {
		return fmt.Errorf("event %q is told by what people do, or does not exist", event)
	}
	now := o.now()
	known := object{
		"$id": o.nextID(), "$user_id": o.admin().id, "$now": atMillis(now), "$second": at(now), "$today": now.Format(time.DateOnly),
		"$us_today": now.Format("01/02/2006"), "$offer_fields": o.customFields("offer", nil),
	}
	if j != nil {
		known["$job"], known["$job_id"], known["$job_name"] = o.jobEventPayload(j), j.id, j.name
	}
	if a != nil {
		known["$application_id"], known["$candidate_id"] = a.id, a.candidate.id
	}
	payload, err := fill(shape, known)
	if err == nil {
		o.emit(event, payload.(object))
	}
	return err
}

// fill is a copy of a shape in which the known stands for its name.
func fill(shape any, known object) (any, error) {
	switch v := shape.(type) {
	case object:
		filled := object{}
		for key, inner := range v {
			var err error
			if filled[key], err = fill(inner, known); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case string:
		if k, ok := known[v]; ok {
			return k, nil
		}
		if v != "" && v[0] == '$' {
			return nil, fmt.Errorf("this event is about an application or a job that must be named: %s", v[1:])
		}
	}
	return shape, nil
}
