package sandbox

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Main runs a sandbox as a command until it is told to end, and returns the exit code: 0 ended, 1 failed, 2 wrong usage. A plugin's main
// calls it when its first argument is "sandbox", with the arguments behind that. The base URL is the first line of stdout.
func Main(name string, args []string, build func(*World) Product) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return run(ctx, name, args, build, os.Stdin, os.Stdout, os.Stderr)
}

func run(ctx context.Context, name string, args []string, build func(*World) Product, stdin io.Reader, stdout, stderr io.Writer) int {
	var o Options
	flags := flag.NewFlagSet(name+" sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:0", "`address` to serve on")
	page := flags.Bool("page", true, "serve a page at / where a person can play")
	pipe := flags.Bool("until-stdin-closes", false, "end when stdin closes")
	flags.StringVar(&o.APIKey, "api-key", DefaultAPIKey, "`key` that the product accepts")
	flags.Float64Var(&o.Rate, "rate", 10, "requests a second for each credential; negative: no limit")
	flags.IntVar(&o.Burst, "burst", 20, "requests in a burst")
	flags.Uint64Var(&o.Seed, "seed", 0, "make the same ids and tokens for the same seed; 0: others at every start")
	flags.BoolVar(&o.Empty, "empty", false, "start without examples")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "%s sandbox: unexpected argument %q\n", name, flags.Arg(0))
		return 2
	}
	o.NoPage = !*page
	if *pipe {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		go func() { // ends with stdin, or with the process: a read cannot be called off
			io.Copy(io.Discard, stdin)
			cancel()
		}()
	}
	if err := serve(ctx, *listen, New(o, build), stdout); err != nil {
		fmt.Fprintf(stderr, "%s sandbox: %v\n", name, err)
		return 1
	}
	return 0
}

// serve answers requests until ctx ends; then requests under way have a second to finish.
func serve(ctx context.Context, address string, s *Server, stdout io.Writer) error {
	defer s.Close()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Fprintf(stdout, "http://%s\n", listener.Addr())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	<-ended
	return nil
}
