package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// brokenPlugins has Alooba's plugin crash as often as it is started, then hang, while Alex's never stops printing garbage. Whoever is not
// Alooba's goes all her way meanwhile; Alooba's do once its plugin is spared.
func brokenPlugins(s *scene) {
	s.babbles("apriora")
	fates := slices.Concat(aloobaFates[:1], aprioraFates[:2], hiredFates[:1])
	st := newStorm(s.T, s.rig, fates, 1, 4*len(fates))
	st.late = 0
	s.patient(s.alooba)
	for i, blow := range []struct {
		signal syscall.Signal
		times  int
	}{{syscall.SIGKILL, 3}, {syscall.SIGSTOP, 1}} {
		before, during := st.wave(2*i), st.wave(2*i+1)
		all := slices.Concat(before, during)
		st.apply(before)
		s.rig.settle(s) // whom Alooba has invited will finish when nobody can be told
		spare := s.strike("alooba", blow.signal)
		st.apply(during)
		st.goOn(slices.DeleteFunc(slices.Clone(all), (*passenger).atAlooba), 0)
		for _, p := range during {
			if p.atAlooba() && len(s.alooba.mail(s, p.email)) > 0 {
				s.Errorf("Alooba's plugin was struck by %v and invited all the same", blow.signal)
			}
		}
		spare(blow.times)
		st.goOn(all, time.Minute)
	}
	st.passes(func() { s.advance(s, 10*time.Minute) })
}

// wave is the nth passenger of each fate.
func (st *storm) wave(n int) (wave []*passenger) {
	met := map[string]int{}
	for _, p := range st.crowd {
		if met[p.fate.name] == n {
			wave = append(wave, p)
		}
		met[p.fate.name]++
	}
	return wave
}

func (p *passenger) atAlooba() bool { return slices.Contains(p.fate.invited, "alooba") }

// goOn waits until passengers have come to their end, and has time pass meanwhile.
func (st *storm) goOn(crowd []*passenger, each time.Duration) {
	st.Helper()
	deadline := time.Now().Add(2 * patience)
	for wrong := st.sight().differs(crowd); wrong != nil; wrong = st.sight().differs(crowd) {
		if time.Now().After(deadline) {
			st.Fatalf("they do not go on: %s\n%s", wrong.what, st.why(wrong.first))
		}
		st.step()
		st.advance(st, each)
	}
}

// patient makes a product wait long before it sends a webhook again: while nobody takes it the rig could not come to rest.
func (s *scene) patient(product *sandbox) {
	gaps := slices.Repeat(list("15m"), 100)
	product.control(s, http.MethodPost, "deliveries/options", object{"copies": 3, "shuffle": true, "gaps": gaps, "timeout": "5s"}, nil)
}

// strike sends a signal to each process of a plugin as soon as it runs, until it is spared, which is not before so many were struck.
func (s *scene) strike(plugin string, blow syscall.Signal) (spare func(times int)) {
	s.Helper()
	host, struck, end := s.host.proc.cmd.Process.Pid, make(chan int, 100), make(chan struct{})
	var striker sync.WaitGroup
	known := map[int]bool{}
	striker.Go(func() {
		for {
			for _, pid := range tree(host) {
				if !known[pid] && program(pid) == "patchbay-"+plugin {
					known[pid] = true
					syscall.Kill(pid, blow) // an error means that it has ended
					struck <- pid
				}
			}
			select {
			case <-end:
				return
			case <-time.After(10 * time.Millisecond): // nobody tells when the next one runs
			}
		}
	})
	stop := sync.OnceFunc(func() { close(end); striker.Wait() })
	s.Cleanup(func() {
		stop()
		for pid := range known {
			if program(pid) == "patchbay-"+plugin {
				syscall.Kill(pid, syscall.SIGCONT) // or it would not notice that its host has ended
			}
		}
	})
	await := func() {
		select {
		case <-struck:
		case <-time.After(patience):
			s.Fatalf("no process of the plugin %s runs that %v could strike", plugin, blow)
		}
	}
	await() // the first, before anybody goes on
	return func(times int) {
		for range times - 1 {
			await()
		}
		stop()
	}
}

// program is the name of the program that a process runs; empty if it has ended.
func program(pid int) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return filepath.Base(path)
}

// babbler runs a plugin beside something that prints what nobody can make sense of, to both outputs, for as long as the host lives.
const babbler = `#!/bin/sh
(sleep 1; while kill -0 $PPID; do echo '{"@message": 7, "@level": []}' >&2; echo 'hello|there|%%s'; sleep 0.01; done) &
exec %s
`

// babbles starts the host again with a plugin that does not stop to print garbage.
func (s *scene) babbles(plugin string) {
	s.Helper()
	dir := s.TempDir()
	files, err := filepath.Glob(filepath.Join(s.host.plugins(s), "*"))
	if err != nil {
		s.Fatal(err)
	}
	for _, file := range files {
		to := filepath.Join(dir, filepath.Base(file))
		if filepath.Base(file) == "patchbay-"+plugin {
			write(s, to, fmt.Sprintf(babbler, file))
			err = os.Chmod(to, 0o700)
		} else {
			err = os.Symlink(file, to)
		}
		if err != nil {
			s.Fatal(err)
		}
	}
	s.host.proc.stop(s)
	s.host.flags = list("--plugins", dir)
	s.host.start(s)
}
