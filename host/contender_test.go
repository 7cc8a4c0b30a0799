package main_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// contender is a program that plays lifecycles between products of its own.
type contender struct {
	name     string
	products *products
	hook     string                   // where its webhooks go
	launch   func(testing.TB)         // starts it and does not wait
	process  func() *process          // that runs now
	rest     func(testing.TB)         // returns when nothing is under way
	syncs    func(testing.TB) float64 // since its start
	client   *http.Client
	made     int // applications
}

// senders is how many webhooks are on their way at once when a contender gets as many as it takes.
const senders = 64

func newContender(name string) *contender {
	return &contender{name: name, client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: senders}}}
}

// raised changes the connections to the most calls a second that a configuration may allow: their limits are not what is to be measured.
var raised = list(`ats "lever" {`, "ats \"lever\" {\n  rate = 100000", `vendor "alva" {`, "vendor \"alva\" {\n  rate = 100000")

// linked has the candidate's page at Alva shown as soon as she is invited.
var linked = list("  mirror {", "  on invited {\n    link {\n      title = \"Alva\"\n      url   = invitation.url\n    }\n  }\n\n  mirror {")

// newPatchbay is the host with the repository's own configuration, but for the links.
func newPatchbay(tb testing.TB) *contender {
	tb.Helper()
	c := newContender("patchbay")
	c.products = newProducts(tb)
	h := newHost(tb, configuration(tb, slices.Concat(raised, linked)...), "real", []string{
		"LEVER_URL=" + c.products.URL + "/v1", "LEVER_API_KEY=key", "LEVER_SIGNING_TOKEN=" + leverToken,
		"ALVA_URL=" + c.products.URL, "ALVA_API_KEY=key", "ALVA_WEBHOOK_SECRET=" + alvaSecret,
	})
	c.launch, c.process, c.rest = h.launch, func() *process { return h.proc }, h.idle
	c.syncs = func(tb testing.TB) float64 { return syncsTold(tb, h.admin, "http://host/stats") }
	h.start(tb)
	c.hook = h.hookURL(tb, "ats.lever")
	return c
}

// newBarest is the barest program through go-plugin, testdata/barest.
func newBarest(tb testing.TB) *contender {
	tb.Helper()
	c := newContender("barest")
	c.products = newProducts(tb)
	program := filepath.Join(filepath.Dir(binary(tb, "patchbay")), "barest")
	if out, err := exec.Command("go", "build", "-o", program, "./testdata/barest").CombinedOutput(); err != nil {
		tb.Fatalf("go build ./testdata/barest: %v\n%s", err, out)
	}
	listen, state := freeAddress(tb), filepath.Join(tb.TempDir(), "state.db")
	c.hook = "http://" + listen + "/hook"
	var p *process
	c.launch = func(tb testing.TB) {
		p = start(tb, "barest", []string{"PRODUCTS=" + c.products.URL, "TOKEN=" + leverToken, "STATE=" + state, "LISTEN=" + listen})
	}
	c.process, c.rest = func() *process { return p }, func(testing.TB) {}
	c.syncs = func(tb testing.TB) float64 { return syncsTold(tb, c.client, "http://"+listen+"/stats") }
	c.launch(tb)
	c.answer(tb, time.Now())
	return c
}

func syncsTold(tb testing.TB, client *http.Client, url string) float64 {
	tb.Helper()
	resp, err := client.Get(url)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	var told struct{ Syncs float64 }
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil {
		tb.Fatal(err)
	}
	return told.Syncs
}

// applications makes up ids of candidates whom nobody has heard of.
func (c *contender) applications(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		c.made++
		ids[i] = fmt.Sprintf("%s-%06d", c.name, c.made)
	}
	return ids
}

// send has Lever tell that an application was moved, and returns how long the answer took.
func (c *contender) send(id string) (took time.Duration, err error) {
	at := time.Now().UnixMilli()
	token := fmt.Sprintf("token-of-%s", id)
	mac := hmac.New(sha256.New, []byte(leverToken))
	fmt.Fprint(mac, token, at)
	body := fmt.Sprintf(`{"id":"delivery-%s","event":"candidateStageChange","triggeredAt":%d,"token":%q,"signature":%q,"data":`+
		`{"opportunityId":%[1]q,"contactId":"person-%[1]s","candidateId":%[1]q,"toStageId":"test","fromStageId":"new"}}`,
		id, at, token, hex.EncodeToString(mac.Sum(nil)))
	begin := time.Now()
	resp, err := c.client.Post(c.hook, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s answers a webhook %s", c.name, resp.Status)
	}
	return time.Since(begin), nil
}

// answer sends one webhook as soon as anybody listens, and returns when it was answered and when its candidate was invited, both since a
// moment.
func (c *contender) answer(tb testing.TB, since time.Time) (answered, invited time.Duration) {
	tb.Helper()
	id := c.applications(1)[0]
	complete := c.products.expect(1, 0)
	for {
		_, err := c.send(id)
		if err == nil {
			break
		}
		if time.Since(since) > patience {
			tb.Fatal(err)
		}
		time.Sleep(time.Millisecond) // an address that nobody listens at yet tells nobody when somebody will
	}
	answered = time.Since(since)
	c.await(tb, complete)
	at, _ := c.products.invitedAt(id)
	c.rest(tb)
	return answered, at.Sub(since)
}

func (c *contender) await(tb testing.TB, complete <-chan struct{}) {
	tb.Helper()
	select {
	case <-complete:
	case <-c.process().ended:
		tb.Fatalf("%s has ended:\n%s", c.name, c.process().stderr.tail())
	case <-time.After(2 * patience):
		tb.Fatalf("%s does not complete its lifecycles:\n%s", c.name, c.process().stderr.tail())
	}
}

// tree is a process and all that descend from it.
func tree(pid int) []int {
	pids := []int{pid}
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread that has ended has no children
		for _, field := range bytes.Fields(text) {
			if child, err := strconv.Atoi(string(field)); err == nil {
				pids = append(pids, tree(child)...)
			}
		}
	}
	return pids
}

const tick = 10 * time.Millisecond // Linux shows a hundred a second, whatever it counts in

// cpu is the time that a tree of processes, and those of it that have ended, computed so far.
func cpu(pids []int) (total time.Duration) {
	for _, pid := range pids {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, fields, _ := bytes.Cut(text, []byte(") ")) // the name before it may hold anything
		total += ticks(bytes.Fields(fields), 11, 15)  // user, system, and both of ended children
	}
	return total
}

// busy is the time that all processors of the machine computed so far, for whomever, also for another machine on the same ones.
func busy() time.Duration {
	text, _ := os.ReadFile("/proc/stat")
	first, _, _ := bytes.Cut(text, []byte("\n"))
	fields := bytes.Fields(first)
	return ticks(fields, 1, 4) + ticks(fields, 6, 9) // between them idle, and idle while a disk works
}

// ticks adds up fields.
func ticks(fields [][]byte, from, to int) (total time.Duration) {
	for _, field := range fields[min(from, len(fields)):min(to, len(fields))] {
		n, _ := strconv.Atoi(string(field))
		total += time.Duration(n) * tick
	}
	return total
}

// memory is the MiB of a tree of processes, pages that they share counted once.
func memory(pids []int) (mib float64) {
	for _, pid := range pids {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if _, after, ok := bytes.Cut(text, []byte("\nPss:")); ok {
			var kib float64
			if _, err := fmt.Sscan(string(after), &kib); err == nil {
				mib += kib / 1024
			}
		}
	}
	return mib
}
