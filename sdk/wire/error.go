package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/patchbay-dev/patchbay/proto/patchbay/v1"
	"github.com/patchbay-dev/patchbay/sdk"
)

// ErrLost: the plugin's process went away during the call, or before it. Whether the call did anything is not known.
var ErrLost = errors.New("the plugin's process was lost")

// maxText bounds each text of an error that crosses, in bytes: errors travel in headers and end in logs.
const maxText = 1000

// failure is an error that crossed: the text that the author gave it, and what it means.
type failure struct {
	text  string
	cause error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.cause }

// pbError makes a status of an author's error. Statuses pass: they are this package's own, or go-plugin's.
func pbError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		return err
	}
	code := codes.Unknown
	if errors.Is(err, context.DeadlineExceeded) {
		code = codes.DeadlineExceeded // it may arrive before the host's own clock says so
	}
	s := status.New(code, line(err.Error()))
	if meaning := pbFailure(err); meaning != nil {
		detailed, err := s.WithDetails(meaning)
		if err == nil {
			s = detailed
		}
	}
	return s.Err()
}

// along is an error with what was made before it: an answer does not cross beside an error.
func along(err error, made *pb.PrepareResponse) error {
	if err == nil {
		return nil
	}
	s, more := status.FromError(pbError(err))
	if detailed, err := s.WithDetails(made); more && err == nil {
		s = detailed
	}
	return s.Err()
}

// preparedBefore is what was made before an error.
func preparedBefore(err error) *pb.PrepareResponse {
	for _, detail := range status.Convert(err).Details() {
		if made, ok := detail.(*pb.PrepareResponse); ok {
			return made
		}
	}
	return nil
}

func pbFailure(err error) *pb.Failure {
	var delay *sdk.Delay
	var refusal *sdk.Refusal
	var setting *sdk.SettingError
	switch {
	case errors.As(err, &delay):
		later := &pb.Failure_Later{After: pbDuration(delay.After)}
		if delay.Err != nil {
			later.Cause = line(delay.Err.Error())
		}
		return &pb.Failure{Meaning: &pb.Failure_Later_{Later: later}}
	case errors.As(err, &refusal):
		refused := &pb.Failure_Refused{Reason: line(refusal.Reason), Detail: line(refusal.Detail)}
		return &pb.Failure{Meaning: &pb.Failure_Refused_{Refused: refused}}
	case errors.As(err, &setting):
		refused := &pb.Failure_SettingRefused{Setting: line(setting.Setting), Detail: line(setting.Detail)}
		return &pb.Failure{Meaning: &pb.Failure_SettingRefused_{SettingRefused: refused}}
	case errors.Is(err, sdk.ErrUnauthorized):
		return &pb.Failure{Meaning: &pb.Failure_Unauthorized_{Unauthorized: &pb.Failure_Unauthorized{}}}
	case errors.Is(err, sdk.ErrDisconnected):
		return &pb.Failure{Meaning: &pb.Failure_Disconnected_{Disconnected: &pb.Failure_Disconnected{}}}
	case errors.Is(err, sdk.ErrNotFound):
		return &pb.Failure{Meaning: &pb.Failure_NotFound_{NotFound: &pb.Failure_NotFound{}}}
	}
	return nil
}

// sdkError makes of the status of a call under ctx what its author meant. What comes from the plugin is bounded here too: the plugin may not be ours.
func sdkError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	s := status.Convert(err)
	text := line(s.Message())
	cause := sdkFailure(ctx, s)
	switch {
	case cause == nil && s.Code() == codes.Unknown:
		return errors.New(text)
	case cause == nil:
		return fmt.Errorf("the plugin broke (%s): %s", s.Code(), text)
	case cause.Error() == text:
		return cause
	case over(ctx) && (cause == context.DeadlineExceeded || cause == context.Canceled):
		return cause // the host ended the call: what the transport calls that tells nobody anything
	case cause == ErrLost:
		return fmt.Errorf("%w: %s", ErrLost, text)
	}
	return &failure{text, cause}
}

// sdkFailure tells what a status means; nil if it is an accident.
func sdkFailure(ctx context.Context, s *status.Status) error {
	for _, detail := range s.Details() {
		f, ok := detail.(*pb.Failure)
		if !ok {
			continue
		}
		switch m := f.GetMeaning().(type) {
		case *pb.Failure_Unauthorized_:
			return sdk.ErrUnauthorized
		case *pb.Failure_Disconnected_:
			return sdk.ErrDisconnected
		case *pb.Failure_NotFound_:
			return sdk.ErrNotFound
		case *pb.Failure_Refused_:
			return &sdk.Refusal{Reason: line(m.Refused.GetReason()), Detail: line(m.Refused.GetDetail())}
		case *pb.Failure_SettingRefused_:
			return &sdk.SettingError{Setting: line(m.SettingRefused.GetSetting()), Detail: line(m.SettingRefused.GetDetail())}
		case *pb.Failure_Later_:
			return &sdk.Delay{After: max(m.Later.GetAfter().AsDuration(), 0), Err: errors.New(line(m.Later.GetCause()))}
		}
	}
	switch code := s.Code(); {
	case code == codes.Unavailable:
		return ErrLost
	case code == codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case code == codes.Canceled && !over(ctx):
		return ErrLost // nobody cancelled: the connection was closed
	case code == codes.Canceled && !errors.Is(ctx.Err(), context.Canceled):
		return context.DeadlineExceeded
	case code == codes.Canceled:
		return context.Canceled
	}
	return nil
}

// over tells whether the host has ended the call. The deadline may be past a moment before ctx says so.
func over(ctx context.Context) bool {
	at, limited := ctx.Deadline()
	return ctx.Err() != nil || limited && !time.Now().Before(at)
}

// line makes one bounded line of s that proto can carry.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return s
}
