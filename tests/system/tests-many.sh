# shellcheck shell=bash disable=SC2154 # await() sets word
# SPDX-License-Identifier: GPL-2.0
#
# That nothing is lost where much happens and others want the CPUs.  MANY=1 takes as much as
# a busy day has (make test-many), else it is a few seconds.

# A command beside the test, until it ends.
beside() { # COMMAND...
	trap 'kill $(jobs -p)' EXIT
	"$@" &
}

beside_eight_loops() {
	local i
	for ((i = 0; i < 8; i++)); do
		beside sh -c 'while :; do :; done'
	done
}

check_nothing_lost() {
	check_exact
	check_total
	no_rows "loss" "SELECT what, kind, n FROM loss WHERE NOT $OF_THE_MACHINE"
	# what nobody of the machine hides is complete
	[ -n "$(query "SELECT 1 FROM loss")" ] ||
		same "run.status" complete "$(query "SELECT value FROM run WHERE key = 'status'")"
}

run_many_jobs() {
	local jobs=${MANY:+1009}
	jobs=${jobs:-211}
	# shellcheck disable=SC2016 # for the inner shell
	trace sh -c 'i=0; while [ $i -lt "$1" ]; do (/bin/true; :) & i=$((i + 1)); done; wait' sh "$jobs"
	same_status "status" 0
	check_nothing_lost
	same "tasks: of each job its shell and its program" "$((1 + 2 * jobs))" \
		"$(query "SELECT count(*) FROM task WHERE exit_code = 0")"
	same "programs" "$jobs" "$(query "SELECT count(*) FROM task WHERE comm = 'true'")"
}
test_many_jobs() { run_many_jobs; }
test_many_jobs_busy() {
	beside_eight_loops
	run_many_jobs
}

run_many_execs() {
	local execs=${MANY:+10007}
	execs=${execs:-307}
	# shellcheck disable=SC2016 # for the inner shell
	trace bash -c 'for ((i = 0; i < $1; i++)); do /bin/true; done' bash "$execs"
	same_status "status" 0
	check_nothing_lost
	same "programs" "$execs" "$(query "SELECT count(*) FROM task WHERE comm = 'true' AND exit_code = 0")"
}
test_many_execs() { run_many_execs; }
test_many_execs_busy() {
	beside_eight_loops
	run_many_execs
}

run_many_faults() {
	local faults=${MANY:+10000019}
	faults=${faults:-100003}
	: >"$W/truth"
	FAULTS=$faults trace "$WORK/bin/many-faults" "$W/truth"
	same_status "status" 0
	check_nothing_lost
	same "faults" "$faults" "$(query "SELECT sum(n) FROM fault_count WHERE region = 'region' AND kind = 'zero_fill'")"
	same "pages" "$faults" "$(query "SELECT sum(n) FROM page_alloc WHERE phase = 'touch' AND use = 'user'")"
}
test_many_faults() { run_many_faults; }
test_many_faults_busy() {
	beside_eight_loops
	run_many_faults
}

# Interrupts that take pages while page_alloc runs: echoes of ICMP are made by the other CPU, as
# packet steering tells it, in a network of the test's own.  They are no loss.
test_many_interrupts() {
	[ "$(nproc)" -gt 1 ] || skip "there is one CPU"
	cat >flood.sh <<'END'
mount -t sysfs sysfs /sys && ip link set lo up mtu 65536 &&
	echo 2 >/sys/class/net/lo/queues/rx-0/rps_cpus || { echo none >flood; exit 1; }
exec python3 flood.py
END
	cat >flood.py <<'END'
import os, socket, struct
os.sched_setaffinity(0, {0})
def checksum(data):
    n = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    n = (n >> 16) + (n & 0xffff)
    return ~(n + (n >> 16)) & 0xffff
data = bytes(60000)
packet = struct.pack(">BBHHH", 8, 0, checksum(struct.pack(">BBHHH", 8, 0, 0, 1, 1) + data), 1, 1) + data
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(("127.0.0.1", 0))
told = False
while True:
    try:
        s.send(packet)
    except OSError:
        pass
    if not told:
        open("flood", "w").write("x\n")
        told = True
END
	mkfifo flood
	unshare --net --mount true || skip "no network of our own can be made"
	beside unshare --net --mount sh flood.sh 2>flood.err
	await flood
	[ "$word" = x ] || skip "packets cannot be given to the other CPU: $(head -n 1 flood.err)"
	: >"$W/truth"
	FAULTS=200003 trace taskset 2 "$WORK/bin/many-faults" "$W/truth"
	same_status "status" 0
	check_nothing_lost
	same "faults" 200003 "$(query "SELECT sum(n) FROM fault_count WHERE region = 'region' AND kind = 'zero_fill'")"
	same "pages" 200003 "$(query "SELECT sum(n) FROM page_alloc WHERE phase = 'touch' AND use = 'user'")"
}
