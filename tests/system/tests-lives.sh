# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# States over time, of commands with many processes: check_lives() is in lib.sh.

# Two compilers at a time, each of several processes that wait for each other through pipes.
test_lives_make() {
	local i
	needs make
	mkdir project
	for i in 1 2 3 4 5 6 7; do
		printf 'int f%d(int x) { return x + %d; }\n' "$i" "$i" >"project/f$i.c"
	done
	printf 'int main(void) { return 0; }\n' >project/main.c
	printf '%s\n' 'CC ?= cc' 'prog: main.o $(patsubst %.c,%.o,$(wildcard f*.c))' \
		'	$(CC) -pipe -o $@ $^' '%.o: %.c' '	$(CC) -pipe -c -o $@ $<' >project/Makefile
	trace make -C project -j2
	same_status "status of make, which said '$(tail -n 2 "$W/err")'" 0
	[ -x project/prog ] || fail "make built nothing"
	check_all
	[ "$(query 'SELECT count(*) FROM task WHERE exec_ns IS NOT NULL')" -gt 17 ] ||
		fail "fewer programs than 8 compilers with an assembler each, and make"
	check_views
}

# 200 jobs of a shell at once: each a whole life.
test_lives_jobs() {
	# shellcheck disable=SC2016 # for the traced shell
	trace bash -c 'for ((i = 0; i < 200; i++)); do (:) & done; wait'
	same_status "status" 0
	check_all
	same "tasks" 201 "$(query 'SELECT count(*) FROM task')"
	same "lives from new to dead" 200 "$(query "SELECT count(*) FROM (SELECT task FROM state
		WHERE task > 1 GROUP BY task HAVING sum(state = 'new') = 1 AND sum(state = 'dead') = 1)")"
	check_views
}

# What is drawn of it is drawn to the end, as wide as it was told.
check_views() {
	local view
	for view in --states --tree --progress "--path task:1" "--card task:1"; do
		# shellcheck disable=SC2086 # option and task
		run env COLUMNS=91 "$FAULTLINE" show $view "$W/t.fl"
		case $status in 0 | 3) ;; *) fail "show $view: status $status: $(head -c 300 "$W/err")" ;; esac
		[ -s "$W/out" ] || fail "show $view shows nothing"
		[ "$(wc -L <"$W/out")" -le 91 ] || fail "show $view: $(wc -L <"$W/out") columns"
	done
}

# Experiments of chapters C and D, somehow: no claim fails, and what cannot be checked has a reason.
run_lives() { # COMMAND...
	run "$@"
	! grep -aq '^FAIL' "$W/out" || fail "$(grep -a '^FAIL' "$W/out")"
	case $status in 0 | 3) ;; *) fail "status $status: $(head -c 300 "$W/err")" ;; esac
}

# The verdicts in t.fl, each with how many claims have it.
verdicts() {
	query "SELECT group_concat(verdict || ' ' || n, ' ') FROM
		(SELECT verdict, count(*) AS n FROM claim GROUP BY verdict ORDER BY verdict)"
}

test_lives_one_cpu() {
	local cpu
	cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
	run_lives taskset -c "$cpu" "$FAULTLINE" run --chapter C
	same "status of chapter C" 0 "$status"
	run_lives taskset -c "$cpu" "$FAULTLINE" run one-cpu-vs-two --set work_ms=20 -o "$W/t.fl"
	same "claims that need two" 5 "$(query "SELECT count(*) FROM claim WHERE verdict = 'skip'
		AND reason = 'there is one CPU only'")"
}

# Without the right to real-time priorities, and in a group that has no time for them.
test_lives_no_realtime() {
	run_lives setpriv --bounding-set -sys_nice --inh-caps -sys_nice \
		"$FAULTLINE" run priority-inversion -o "$W/t.fl"
	same "verdicts without CAP_SYS_NICE" "skip 12" "$(verdicts)"
	same "reasons" "no real-time priority can be had here" \
		"$(query "SELECT DISTINCT reason FROM claim")"
	group=$(mktemp -d /sys/fs/cgroup/cpu/faultline-test.XXXXXX 2>/dev/null) || return 0
	[ -e "$group/cpu.rt_runtime_us" ] || { rmdir "$group"; return 0; }
	run sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$group" \
		timeout 60 "$FAULTLINE" run priority-inversion -o "$W/t.fl"
	rmdir "$group" || fail "a process is left in the group"
	same "status" 0 "$status"
	same "verdicts in a group without time" "skip 12" "$(verdicts)"
}

test_lives_no_namespace() {
	run_lives setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
		"$FAULTLINE" run cascade -o "$W/t.fl"
	same "status" 0 "$status"
	same "claims on a pid namespace" 5 "$(query "SELECT count(*) FROM claim WHERE verdict = 'skip'
		AND reason = 'no pid namespace can be made here' AND id LIKE 'namespace.%'")"
	same "others" 0 "$(query "SELECT count(*) FROM claim WHERE verdict <> 'pass'
		AND id NOT LIKE 'namespace.%'")"
}

# Without ps, which not every machine has; a process may end meanwhile.
processes_of() { # USER
	find /proc -maxdepth 1 -name '[0-9]*' -user "$1" 2>/dev/null || true
}

# A user who may have no second process: an experiment says so and ends, and leaves nothing.
test_lives_no_processes() {
	local id
	needs_nobody
	[ -z "$(processes_of nobody)" ] || skip "user nobody has processes"
	# a sanitizer would look for leaks from a process of its own, which nobody may have here
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	for id in fork-exec-wait zombie-window orphan-reparent five-states ctx-switch timeslice-nice; do
		run_lives as_sudo_of_nobody prlimit --nproc=1:1 "$FAULTLINE" run "$id"
		same "status of $id" 3 "$status"
		sentence "$id failed: it ended with status 1"
		grep -aq "^$id: .*Resource temporarily unavailable" "$W/err" ||
			fail "$id does not say why: $(head -c 300 "$W/err")"
		! grep -aq '^PASS' "$W/out" || fail "$id: a claim that holds without the processes"
		[ -z "$(processes_of nobody)" ] || fail "$id left $(processes_of nobody)"
	done
}

# A fifth of a CPU for the whole group: what needs more time is inconclusive, with the reason.
test_lives_throttled() {
	local group
	group=$(mktemp -d /sys/fs/cgroup/cpu/faultline-test.XXXXXX 2>/dev/null) ||
		group=$(mktemp -d /sys/fs/cgroup/faultline-test.XXXXXX 2>/dev/null) ||
		skip "no control group can be made here"
	if ! { echo 20000 >"$group/cpu.cfs_quota_us" || echo 20000 100000 >"$group/cpu.max"; } 2>/dev/null; then
		rmdir "$group"
		skip "a control group without a limit of CPU time"
	fi
	run sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$group" \
		timeout 200 "$FAULTLINE" run one-cpu-vs-two --set work_ms=53 -o "$W/t.fl"
	rmdir "$group" || fail "a process is left in the group"
	same "status" 3 "$status"
	same "claims that failed" 0 "$(query "SELECT count(*) FROM claim WHERE verdict = 'fail'")"
	[ "$(query "SELECT count(*) FROM claim WHERE verdict = 'inconclusive' AND class = 'S'
		AND reason LIKE '%a limit (cpu.max)%'")" -ge 3 ] || fail "verdicts: $(verdicts)"
	check_lives
}
