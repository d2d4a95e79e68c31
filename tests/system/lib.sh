# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What the system tests share.  A test is a function test_NAME; it runs in a
# process and a folder ($W) of its own, and passes only if it reaches its end:
# a command that fails ends it.

# Every test, in the order of the files: first the programs of this folder, which
# compare themselves unless there is a function of their name.
list_tests() {
	local source
	{
		for source in "$HERE"/*.c; do
			basename "$source" .c
		done
		sed -n 's/^test_\([a-z0-9_]*\)() {.*/\1/p' "$HERE"/tests-*.sh
	} | awk '!seen[$0]++'
}

build_programs() { # FOLDER
	local source name
	mkdir "$1" || return 1
	for source in "$HERE"/*.c; do
		name=$(basename "$source" .c)
		${CC:-cc} -std=gnu11 -Wall -Wextra -O2 -g -I"$TREE/workloads" -o "$1/$name" "$source" \
			-pthread || { echo "FAIL $name: does not compile"; return 1; }
	done
}

# The exceptions' tracepoints by number, for the programs' own counts.  The file
# system that has the numbers is mounted for this command alone.
find_tracepoints() {
	local event id
	for event in user kernel; do
		# shellcheck disable=SC2016 # for the inner shell
		id=$(unshare -m 2>/dev/null sh -c 'cd /sys/kernel/tracing && { [ -e events ] ||
			{ mount -t tracefs tracefs . && cd /sys/kernel/tracing; }; } &&
			cat "events/exceptions/page_fault_$1/id"' sh "$event") || id=
		[ -z "$id" ] || export "TP_FAULT_${event^^}=$id"
	done
}

run_one() { # NAME
	local name=$1 NOTE=
	W=$WORK/$name
	mkdir -p "$W/tmp"
	chmod 777 "$W" "$W/tmp"
	cd "$W" || exit 1
	export TMPDIR=$W/tmp
	exec 9>&1 >"$W/log" 2>&1
	needs_proc_and_sys
	needs_process_ids
	set -eE -o pipefail
	trap 'fail "line $LINENO: ended with $?: $BASH_COMMAND"' ERR
	if declare -F "test_$name" >/dev/null; then
		"test_$name"
	elif [ -x "$WORK/bin/$name" ]; then
		program "$name"
	else
		fail "there is no such test"
	fi
	echo "ok $name${NOTE:+: $NOTE}" >&9
}

# What is worth to be said of a test that passes.
note() { # TEXT
	NOTE=$1
}

# The reason on one line, without what could harm a terminal.
conclude() { # WORD TEXT
	local job
	trap - ERR
	# What still runs, and what it started where it has a group of its own.
	for job in $(jobs -p); do
		kill -- "-$job" || kill "$job" || true
	done
	printf '%s %s: %s\n' "$1" "$(basename "$W")" \
		"$(printf %s "$2" | tr '\n\t' '| ' | tr -cd '\40-\176' | cut -c 1-600)" >&9
	exit 1
}
fail() { conclude FAIL "$1"; }
skip() { conclude SKIP "$1"; }

as_nobody() { # COMMAND...
	setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
}
as_sudo_of_nobody() { # COMMAND...: as sudo would set it for user nobody
	env "SUDO_UID=$(id -u nobody)" "SUDO_GID=$(id -g nobody)" SUDO_USER=nobody \
		SUDO_COMMAND=faultline "$@"
}

# What a machine or a container may lack; a test that needs it says so at its beginning.
needs() { # PROGRAM...
	local program
	for program; do
		command -v "$program" >/dev/null || skip "$program is not there"
	done
}
needs_proc_and_sys() {
	[ -e /proc/self/stat ] || skip "/proc is not mounted here"
	[ -e /sys/kernel ] || skip "/sys is not mounted here"
}
# Programs and tests know processes by the ids of their namespace, recordings by the kernel's.
needs_process_ids() { # PROC_PID_INIT_INO
	[ "$(stat -L -c %i /proc/self/ns/pid)" = "$((0xEFFFFFFC))" ] ||
		skip "process ids are not the kernel's in this pid namespace"
}
# The kernel's paths begin at the root of a mount: in a chroot that has none they are others.
needs_paths() {
	awk '$5 == "/" { n++ } END { exit !n }' /proc/self/mountinfo ||
		skip "the paths of files are not the kernel's in this chroot"
}
# unshare takes the mounts out of those of others, which a chroot may not.
needs_mount_namespace() {
	unshare -m mount -t tmpfs none "$TMPDIR" || skip "no mount namespace can be made here"
}
needs_network_namespace() {
	unshare -n true || skip "no network namespace can be made here"
}
needs_user_namespace() {
	unshare -U true || skip "no user namespace can be made here"
}
# User nobody, and from here on a faultline that nobody can reach: the tree may be in a folder
# that only its owner can enter.
needs_nobody() {
	id -u nobody >/dev/null || skip "there is no user nobody"
	as_nobody test -x "$W" || skip "user nobody cannot come to $W"
	! as_nobody test -x "$FAULTLINE" || return 0
	mkdir -m 755 "$W/public"
	cp -rL "$FAULTLINE" "${FAULTLINE%/*}/workloads" "$W/public"
	chmod -R a+rX "$W/public"
	FAULTLINE=$W/public/faultline
}

# The word that a command writes to a fifo when it is as far as we wait for.  The
# time is a deadline for a command that never comes to it.
await() { # FIFO
	read -r -t 60 word <>"$1" || fail "nothing came on $1: $(head -c 300 "$W/err")"
}

same() { # WHAT EXPECTED CAME
	[ "$2" = "$3" ] || fail "$1: expected '$2', came '$3'"
}

contains() { # WHAT FILE WORD...: the file has each of the words
	local what=$1 file=$2 word
	shift 2
	for word; do
		grep -qF -e "$word" "$file" || fail "$what: no '$word' in '$(head -c 300 "$file")'"
	done
}

# Exit status into $status, output into $W/out and $W/err.
run() { # COMMAND...
	status=0
	"$@" >"$W/out" 2>"$W/err" || status=$?
	sane
}

# No sanitizer has complained in what the last command said.
sane() {
	if grep -aqE 'Sanitizer|runtime error:' "$W/err"; then
		fail "$(grep -aE 'Sanitizer|runtime error:' "$W/err" | head -n 2)"
	fi
}

# A message of ours: one line that begins with our name.
sentence() { # WORD...
	[ -s "$W/err" ] || fail "no message on stderr"
	grep -aq '^faultline: .*' "$W/err" || fail "no sentence in '$(head -c 300 "$W/err")'"
	contains "message" "$W/err" "$@"
}

trace() { # COMMAND...: with a recording t.fl
	run "$FAULTLINE" trace -o "$W/t.fl" -- "$@"
}

# The rows alone, columns separated by tabs.  What takes seconds elsewhere takes minutes on
# an emulated CPU.
query() { # SQL [FILE]
	local rows
	rows=$("$FAULTLINE" query --seconds=120 "${2:-$W/t.fl}" "$1" 2>"$W/query.err") ||
		fail "query '$1': $(cat "$W/query.err")"
	printf '%s\n' "$rows" | tail -n +2
}

no_rows() { # WHAT SQL [FILE]
	local rows
	rows=$(query "$2" "${3-}")
	[ -z "$rows" ] || fail "$1: $rows"
}

# What holds for every recording, complete or not: no task has a difference.
check_exact() { # [FILE]
	local f=${1:-$W/t.fl}
	no_rows "difference (task, comm, user, kernel, gup, observed, kernel's)" \
		"SELECT task, comm, by_user, by_kernel, by_gup, observed, kernel FROM reconcile
		 WHERE difference IS NOT 0" "$f"
	[ "$(query 'SELECT count(*) FROM reconcile WHERE kernel > 0' "$f")" -gt 0 ] ||
		fail "no task in view reconcile"
}

# What holds where nothing was lost.
# Losses that a test cannot keep from happening, and that touch no count of faults: wake-ups of
# which this kernel tells nobody.  faultline calls such a run incomplete, and rightly.
OF_THE_MACHINE="(what = 'unseen')"

# The status of the command; 3 stands for 0 where the machine made the run incomplete.
same_status() { # WHAT EXPECTED
	if [ "$status $2" = "3 0" ] && [ "$(query "SELECT count(*) > 0 AND total(NOT $OF_THE_MACHINE) = 0
		FROM loss")" = 1 ]; then
		return
	fi
	same "$1" "$2" "$status"
}

check_complete() { # [FILE]
	local f=${1:-$W/t.fl}
	no_rows "loss" "SELECT what, kind, n FROM loss WHERE NOT $OF_THE_MACHINE" "$f"
	[ -n "$(query "SELECT 1 FROM loss" "$f")" ] ||
		same "run.status" complete "$(query "SELECT value FROM run WHERE key = 'status'" "$f")"
	no_rows "ledger and fault runs differ (task, kind, via, ledger, runs)" \
		"SELECT task, kind, via, sum(a), sum(b) FROM (
		 SELECT task, kind, via, n AS a, 0 AS b FROM fault_count UNION ALL
		 SELECT task, kind, via, 0, n FROM fault)
		 GROUP BY 1, 2, 3 HAVING sum(a) <> sum(b)" "$f"
	check_lives "$f"
}

# Until process $1 waits for something; it must be about to.
asleep() { # PID
	until [ "$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status")" = S ]; do :; done
}

# The states of each task are a life that can be: to the nanosecond without a gap or an overlap,
# no two tasks at once on a CPU, each wait ended by one wake-up, of a task that ran meanwhile.
check_lives() { # [FILE]
	local f=${1:-$W/t.fl}
	# Where the kernel tells nothing of what it does in the context of some thread, wake-ups
	# and switches from there are missing: the task is ready or waits, and nothing more is
	# known until it leaves the CPU.  Seen on a virtual machine.
	no_rows "states that do not follow each other (task, state, start, state and end before)" \
		"SELECT * FROM (SELECT task, state, start_ns, lag(state) OVER life AS earlier,
		 lag(end_ns) OVER life AS before FROM state
		 WINDOW life AS (PARTITION BY task ORDER BY start_ns, end_ns, rowid))
		 WHERE before > start_ns OR before < start_ns AND earlier NOT IN ('ready', 'waiting')" "$f"
	no_rows "states that must not follow each other (task, start, state before, state)" \
		"SELECT task, start_ns, earlier, state FROM (SELECT task, state, start_ns,
		 lag(state) OVER life AS earlier, lag(end_ns) OVER life AS before FROM state
		 WINDOW life AS (PARTITION BY task ORDER BY start_ns, end_ns, rowid))
		 WHERE before = start_ns AND earlier || '>' || state NOT IN ('new>ready', 'ready>running',
		 'running>ready', 'running>waiting', 'running>stopped', 'running>zombie', 'running>dead',
		 'waiting>ready', 'stopped>ready', 'zombie>dead')" "$f"
	no_rows "waits that no wake-up ended (task, state, start, state after, why)" \
		"SELECT task, state, start_ns, next, next_why FROM (SELECT task, state, start_ns, end_ns,
		 lead(state) OVER life AS next, lead(why) OVER life AS next_why,
		 lead(start_ns) OVER life AS after FROM state
		 WINDOW life AS (PARTITION BY task ORDER BY start_ns, end_ns, rowid))
		 WHERE state IN ('waiting', 'stopped') AND after = end_ns
		 AND (next <> 'ready' OR next_why IS NOT 'woken')" "$f"
	# The waker may be gone when the wait begins: it found the task on its way off the CPU, and
	# left the rest to that CPU (ttwu_queue_wakelist()). It ran when it woke the task; where the
	# kernel hid the switch to it, its row running can begin a little late, behind the row ready.
	no_rows "wakers that did not run then (task, waking, waker)" \
		"SELECT waiter, at, waker FROM (SELECT *, max(ran) OVER (PARTITION BY waker
		 ORDER BY at, waiter IS NOT NULL ROWS UNBOUNDED PRECEDING) AS last FROM (
		 SELECT task AS waker, start_ns AS at, end_ns AS ran, NULL AS waiter
		 FROM state WHERE state IN ('running', 'ready') UNION ALL
		 SELECT waker_task, waking_ns, NULL, task FROM state WHERE waker_task IS NOT NULL))
		 WHERE waiter IS NOT NULL AND coalesce(last, -1) < at" "$f"
	no_rows "wake-ups that began after they had ended (task, waking, end)" \
		"SELECT task, waking_ns, end_ns FROM state WHERE waking_ns > end_ns" "$f"
	no_rows "two tasks on one CPU (CPU, task, start, end before)" \
		"SELECT * FROM (SELECT cpu, task, start_ns, max(end_ns) OVER (PARTITION BY cpu
		 ORDER BY start_ns, end_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
		 FROM state WHERE state = 'running' AND end_ns > start_ns) WHERE before > start_ns" "$f"
	no_rows "states that are not the life of a task whose end was seen (task, life, states)" \
		"SELECT * FROM (SELECT t.task, max(end_ns) - max(t.start_ns, 0) AS life,
		 sum(end_ns - s.start_ns) AS states FROM task AS t JOIN state AS s USING (task)
		 GROUP BY t.task HAVING count(end_ns) = count(*)) WHERE life <> states
		 AND NOT EXISTS (SELECT 1 FROM loss WHERE what = 'unseen')" "$f"
	no_rows "tasks without a whole life in table state (task, start, first state)" \
		"SELECT t.task, start_ns, first FROM task AS t LEFT JOIN
		 (SELECT task, min(start_ns) AS first FROM state GROUP BY task) AS s ON s.task = t.task
		 WHERE first IS NOT max(start_ns, 0) AND EXISTS (SELECT 1 FROM state)" "$f"
}

# All tasks together are what wait4() said.
check_total() { # [FILE]
	local f=${1:-$W/t.fl}
	same "total and rusage" "$(query "SELECT sum(value) FROM run
		WHERE key IN ('rusage_minflt', 'rusage_majflt')" "$f")" \
		"$(query "SELECT sum(observed) + (SELECT base_min + base_maj FROM task WHERE task = 1)
		FROM reconcile" "$f")"
}

check_all() { # [FILE]
	check_exact "$@"
	check_complete "$@"
	check_total "$@"
}

# Lines with WORD before them: the last numbers of lines alike add up.
stated() { # WORD NUMBERS
	awk -v word="$1" -v numbers="$2" '$1 == word {
		key = $2
		for (i = 3; i <= NF - numbers; i++) key = key "\t" $i
		for (i = 1; i <= numbers; i++) sum[key, i] += $(NF - numbers + i)
		keys[key] = 1
	} END {
		for (key in keys) {
			line = key
			for (i = 1; i <= numbers; i++) line = line "\t" sum[key, i]
			print line
		}
	}' "$W/truth" | sort
}

# Two sets of lines are one: shows what is in the one and not in the other.
same_set() { # WHAT EXPECTED-FILE CAME-FILE
	cmp -s "$2" "$3" || fail "$1: expected and not there: $(comm -23 "$2" "$3" | head -n 5);
there and not expected: $(comm -13 "$2" "$3" | head -n 5)"
}

# A program of this folder against its own truth.
program() { # NAME
	local value sql role phase
	local uncounted="kind IN ('segv', 'bus', 'nofault', 'spurious')"
	: >"$W/truth"
	chmod 666 "$W/truth"
	# Who was off its CPU has rseq->cpu_id written on the way back (rseq_handle_notify_resume()):
	# after a fork() that is a fault, at any moment, so without.
	GLIBC_TUNABLES=${GLIBC_TUNABLES:+$GLIBC_TUNABLES:}glibc.pthread.rseq=0 \
		trace "$WORK/bin/$1" "$W/truth"
	if grep -q '^skip ' "$W/truth"; then
		skip "$(sed -n 's/^skip //p' "$W/truth" | head -n 1)"
	fi
	[ -s "$W/truth" ] || fail "the program stated nothing: status $status, $(head -c 300 "$W/err")"
	value=$(sed -n 's/^status //p' "$W/truth")
	same_status "exit status" "${value:-0}"

	check_exact
	check_complete
	grep -q '^orphans' "$W/truth" || check_total

	stated fault 1 >"$W/fault.expected"
	query "SELECT coalesce(role, '-'), coalesce(phase, '-'), region, kind, via, major, sum(n)
	       FROM fault_count JOIN task USING (task) WHERE region IS NOT NULL AND via <> 'gup'
	       GROUP BY 1, 2, 3, 4, 5, 6" | sort >"$W/fault.came"
	same_set "faults in regions" "$W/fault.expected" "$W/fault.came"
	stated gup 1 >"$W/gup.expected"
	query "SELECT coalesce(role, '-'), phase, syscall, kind, sum(n)
	       FROM fault_count JOIN task USING (task)
	       WHERE via = 'gup' AND phase NOT IN ('', 'warm', 'end') GROUP BY 1, 2, 3, 4" |
		sort >"$W/gup.came"
	same_set "faults without exception" "$W/gup.expected" "$W/gup.came"
	stated phase 3 >"$W/phase.expected"
	while IFS=$'\t' read -r role phase _; do
		printf '%s\t%s\t%s\n' "$role" "$phase" "$(query "
			SELECT coalesce(sum(n) FILTER (WHERE NOT $uncounted), 0),
			       coalesce(sum(n) FILTER (WHERE via = 'gup'), 0),
			       coalesce(sum(n) FILTER (WHERE $uncounted), 0)
			FROM fault_count JOIN task USING (task)
			WHERE role = '$role' AND phase = '$phase'")"
	done <"$W/phase.expected" >"$W/phase.came"
	while read -r _ value sql; do
		same "$sql" "$value" "$(query "$sql")"
	done < <(sed -n '/^expect /p' "$W/truth")
	same_phases
}

# Without the tracepoints the program's own figure of faults that the kernel did not count
# lacks those that happen while page faults are disabled.
same_phases() {
	local what
	if [ -z "${TP_FAULT_USER-}" ] && ! cmp -s "$W/phase.expected" "$W/phase.came"; then
		for what in expected came; do
			cut -f 1-4 "$W/phase.$what" >"$W/counted.$what"
		done
		same_set "phases (counted, gup)" "$W/counted.expected" "$W/counted.came"
		skip "what the kernel does not count is told by tracefs, which cannot be mounted here; all else is right"
	fi
	same_set "phases (counted, gup, uncounted)" "$W/phase.expected" "$W/phase.came"
}

# Swap for this test, where the kernel takes a file of this folder for it.
swap_on() {
	dd if=/dev/zero of="$W/swap" bs=1M count=16 status=none
	chmod 600 "$W/swap"
	mkswap -q "$W/swap" || skip "mkswap cannot make a swap file (package util-linux)"
	swapon "$W/swap" 2>"$W/err" || skip "no swap: $(cat "$W/err")"
	trap 'swapoff "$W/swap"' EXIT
}
