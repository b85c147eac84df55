package pgtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Cluster is a PostgreSQL of the test's own, which it may stop and start.
type Cluster struct {
	t    testing.TB
	bin  string
	data string
	port int
}

// Own makes a cluster and starts it; it goes with the test. Where tests are given no PostgreSQL, or its programs are not where
// Debian puts them, the test is skipped.
func Own(t testing.TB) *Cluster {
	t.Helper()
	Need(t)
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Skip("no initdb to make a PostgreSQL with")
	}
	dir, err := os.MkdirTemp("", "pgtest") // the path of a socket in it has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &Cluster{t: t, bin: filepath.Dir(found[len(found)-1]), data: filepath.Join(dir, "data"), port: freePort(t)}
	if os.Getuid() == 0 { // as which PostgreSQL refuses to run
		c.command("chown", "postgres", dir)
	}
	c.run("initdb", "-D", c.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
	c.Start()
	t.Cleanup(func() { c.Stop("immediate") })
	return c
}

// freePort is a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Address is that of the cluster's database.
func (c *Cluster) Address() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres", c.port)
}

// Start starts the cluster and waits until it takes connections.
func (c *Cluster) Start() {
	c.t.Helper()
	c.run("pg_ctl", "-D", c.data, "-l", filepath.Join(filepath.Dir(c.data), "log"), "-w", "start",
		"-o", fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1", c.port, filepath.Dir(c.data)))
}

// Stop ends it: "immediate" as a power cut would, "fast" in order. One that is stopped already stays so.
func (c *Cluster) Stop(mode string) {
	c.t.Helper()
	if _, err := os.Stat(filepath.Join(c.data, "postmaster.pid")); err == nil {
		c.run("pg_ctl", "-D", c.data, "-m", mode, "-w", "stop")
	}
}

// run runs one of PostgreSQL's programs, as root as the user postgres.
func (c *Cluster) run(program string, args ...string) {
	c.t.Helper()
	words := append([]string{filepath.Join(c.bin, program)}, args...)
	if os.Getuid() == 0 {
		words = append([]string{"runuser", "-u", "postgres", "--"}, words...)
	}
	c.command(words...)
}

func (c *Cluster) command(words ...string) {
	c.t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = "/"
	// To a file and not a pipe, which the server would keep open.
	out, err := os.CreateTemp("", "pgtest")
	if err != nil {
		c.t.Fatal(err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		c.t.Fatalf("%v: %v\n%s", words, err, said)
	}
}

// Pooler starts a PgBouncer in transaction mode before the cluster, with so many connections to it, and returns its address. Without the
// program the test is skipped.
func (c *Cluster) Pooler(size int) string {
	c.t.Helper()
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		c.t.Skip("no pgbouncer")
	}
	dir := filepath.Dir(c.data)
	port := freePort(c.t)
	config := fmt.Sprintf("[databases]\npostgres = host=127.0.0.1 port=%d dbname=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = trust\nauth_file = %s/users\npool_mode = transaction\ndefault_pool_size = %[4]d\nmax_client_conn = 5000\nlogfile = %[3]s/pooler.log\npidfile = %[3]s/pooler.pid\n", c.port, port, dir, size)
	for name, text := range map[string]string{"pooler.ini": config, "users": `"postgres" ""`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			c.t.Fatal(err)
		}
	}
	words := []string{bin, "-d", filepath.Join(dir, "pooler.ini")}
	if os.Getuid() == 0 {
		words = append([]string{"runuser", "-u", "postgres", "--"}, words...)
	}
	c.command(words...)
	c.t.Cleanup(func() {
		b, err := os.ReadFile(filepath.Join(dir, "pooler.pid"))
		if err == nil {
			c.command("kill", strings.TrimSpace(string(b)))
		}
	})
	for n := 0; ; n++ { // until it listens
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = conn.Close()
			break
		}
		if n == 400 {
			said, _ := os.ReadFile(filepath.Join(dir, "pooler.log"))
			c.t.Fatalf("the pooler does not listen: %v\n%s", err, said)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres", port)
}
