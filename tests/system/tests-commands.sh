# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# Ordinary commands: no difference anywhere, the total is wait4()'s, the status is the command's.

test_true() {
	trace true
	same_status "status" 0
	check_all
	same "tasks" 1 "$(query 'SELECT count(*) FROM task')"
	same "comm and exe" $'true\t1' "$(query "SELECT comm, exe LIKE '%true' FROM task")"
}

# Each execve() that succeeded has its path, also where another one follows.
test_exec_paths() {
	cp "$(type -P true)" first
	trace bash -c './first; exec ./first'
	same_status "status" 0
	# as strings of C, and the whole path after the shell's exec
	query "SELECT task, CAST(data AS TEXT) FROM syscall WHERE name = 'execve' AND ret = 0
		ORDER BY task, start_ns" | sed 's|\\x00$||; s|\t.*/|\t|' >came
	same "paths of each task" $'1\tbash\n1\tfirst\n2\tfirst' "$(cat came)"
	trace bash -c 'exec bash -c "exec ./first"'
	same "times that bash is shown" 2 "$(grep -c 'exec bash  [0-9]' "$W/out")"
}

# A descriptor has no path: the name of its file is shown.
test_exec_descriptor() {
	local python=/usr/bin/python3
	needs "$python"
	cp "$(type -P true)" first
	trace "$python" -c 'import os; os.execve(os.open("first", os.O_RDONLY), ["second"], {})'
	same_status "status" 0
	same "exe" first "$(query 'SELECT exe FROM task')"
	contains "timeline" "$W/out" "exec first"
}

test_python() {
	needs python3
	trace python3 -c 'x = bytearray(7 * 1024 * 1024); print(sum(x[::4096]))'
	same_status "status" 0
	check_all
	contains "output of the command" "$W/out" 0
}

test_bash_jobs() {
	# shellcheck disable=SC2016 # for the traced shell
	trace bash -c 'seq 997 | sort -n | tail -n 1; for ((i = 0; i < 200; i++)); do :& done; wait'
	same_status "status" 0
	check_all
	contains "output of the command" "$W/out" 997
	same "tasks" 204 "$(query 'SELECT count(*) FROM task')"
	same "execs" 4 "$(query 'SELECT count(*) FROM task WHERE exec_ns IS NOT NULL')"
	same "tasks that were waited for" 203 \
		"$(query 'SELECT count(*) FROM task WHERE task <> 1 AND reaped_ns IS NOT NULL')"
}

test_make() {
	mkdir tree
	tar -C "$TREE" --exclude=./build --exclude=./.git -cf - . | tar -C tree -xf -
	trace make -C tree -j2
	same_status "status of make, which said '$(tail -n 2 "$W/err")'" 0
	check_all
	[ -x tree/build/faultline ] || fail "make built nothing"
}

# The marker header in a program of somebody's own: no warning, whatever a name lies in, and the
# name arrives.
test_marker_header() {
	local compiler level expected
	cat >marks.c <<'END'
#include "faultline.h"
#define MARK(name) fl_phase(name); fl_role(name); fl_region(name, name, 0); fl_value(name, 1)
struct job { char name[8]; };
static void mark(const struct job *job) { MARK(job->name); }
int main(int argc, char **argv)
{
	static const char whole[8] = "abcdefg", table[2][8] = { "even", "odd" };
	char local[8] = "l.", two[2] = { 'a', 0 };
	struct job job = { "job" };
	MARK(whole); MARK(table[argc & 1]); mark(&job);
	for (int i = 0; i < 3; i++) {
		local[2] = two[0] = (char)('0' + i);
		MARK(local); MARK(two);
	}
	MARK(argv[argc - 1]); MARK("a name of more than twenty-three bytes");
	return 0;
}
END
	for compiler in "cc -std=c99" "clang -std=c99" "clang -x c++"; do
		for level in 0 1 2 3; do
			# shellcheck disable=SC2086 # words
			$compiler -Wall -Wextra -Werror -O$level -I"$TREE/workloads" -o marks marks.c
			trace ./marks argument
			same_status "exit status" 0
			expected="abcdefg even job l.0 0 l.1 1 l.2 2 argument a.name.of.more.than.twe"
			same "names, $compiler -O$level" "$expected" \
				"$(query 'SELECT name FROM value ORDER BY t_ns' | tr ' \n' '. ' | sed 's/ $//')"
		done
	done
}

test_dd() {
	trace dd if=/dev/zero of=/dev/null bs=64M count=1
	same_status "status" 0
	check_all
	# with huge pages everywhere, how many of them fit into the buffer is its address's matter
	! grep -qs '\[always\]' /sys/kernel/mm/transparent_hugepage/enabled || return 0
	same "zero-fills of the buffer by read()" 16384 "$(query "SELECT sum(n) FROM fault_count
		WHERE syscall = 'read' AND via = 'kernel' AND kind = 'zero_fill' AND n > 1000")"
}

one_by_one() {
	: >"$W/truth"
	run "$FAULTLINE" trace "$1" -o "$W/t.fl" -- "$WORK/bin/zero" "$W/truth"
	same_status "status" 0
	check_all
	no_rows "rows that stand for more than one fault" \
		"SELECT address, n FROM fault WHERE n <> 1 AND via <> 'gup'"
	same "rows in region 'written'" 46 \
		"$(query "SELECT count(*) FROM fault WHERE region = 'written'")"
	same "pages, in order" 23 "$(query "SELECT count(*) FROM (SELECT address,
		lag(address) OVER (ORDER BY start_ns) AS before FROM fault
		WHERE region = 'written' AND phase = 'write')
		WHERE before IS NULL OR address = before + 4096")"
	same "faults of the runs, one by one" \
		"$(query "SELECT sum(n) FROM fault_run WHERE via <> 'gup'")" \
		"$(query "SELECT count(*) FROM fault WHERE via <> 'gup'")"
	no_rows "faults that begin before the one before them has ended" "SELECT * FROM (SELECT
		start_ns, lag(end_ns) OVER (PARTITION BY task ORDER BY start_ns) AS before
		FROM fault) WHERE start_ns < before"
}

test_every_fault() {
	one_by_one --every-fault
	no_rows "ends that were not seen" "SELECT * FROM fault
		WHERE busy_n = 0 AND (busy_ns <> 0 OR end_ns <> start_ns)"
}

test_every_end() {
	one_by_one --every-end
	no_rows "faults without their end" "SELECT * FROM fault WHERE phase = 'write'
		AND NOT (end_ns > start_ns AND busy_n = 1)"
}

test_exit_status() {
	local signo
	trace sh -c 'exit 57'
	same "status" 57 "$status"
	check_all
	same "exit_code" 57 "$(query 'SELECT exit_code FROM task')"
	for signo in TERM KILL SEGV; do
		trace sh -c "kill -$signo \$\$"
		same "status after SIG$signo" "$((128 + $(kill -l "$signo")))" "$status"
		check_all
		same "exit_signal" "$(kill -l "$signo")" "$(query 'SELECT exit_signal FROM task')"
	done
}

# The tracer adds nothing to what the command reads and writes.
test_streams() {
	status=0
	# shellcheck disable=SC2016 # for the traced shell
	printf 'in\n' | "$FAULTLINE" trace -o "$W/t.fl" -- sh -c 'read x; echo "got $x"; echo other >&2' \
		>"$W/out" 2>"$W/err" || status=$?
	same_status "status" 0
	contains "stdout" "$W/out" "got in"
	contains "stderr" "$W/err" "other"
	check_all
	# What the command finds is what it would find without us, but for the name of the barrier.
	cat >found <<'END'
ls /proc/$$/fd >$1
# read by the shell itself: while it starts another program, it blocks signals
while read -r line; do
	case $line in
	SigPnd* | SigBlk* | SigIgn* | SigCgt* | Shd* | Cap* | Cpus_allowed:* | NoNewPrivs* | \
		Seccomp:* | Threads*) echo "$line" >>$1 ;;
	esac
done </proc/$$/status
cat /proc/$$/oom_score_adj /proc/$$/timerslack_ns /proc/$$/limits >>$1
env | grep -v -e '^_=' -e '^FAULTLINE_BARRIER=faultline-[0-9a-f]*$' | sort >>$1
umask >>$1
pwd >>$1
END
	sh found untraced
	trace sh found traced
	same "what the command finds" "" "$(diff untraced traced || true)"
	check_all
}
