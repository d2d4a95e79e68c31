# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# Being interrupted: Ctrl-C once and twice, SIGTERM, SIGKILL; what is left behind.

# faultline in a process group of its own, as a shell with a terminal would start
# it.  The command says on fifo `up` that it runs, and waits for a word on `go`.
start() { # SCRIPT
	[ -p up ] || mkfifo up go
	set -m
	"$FAULTLINE" trace -o "$W/t.fl" -- bash -c "$1" >"$W/out" 2>"$W/err" &
	tracer=$!
	set +m
	await up
	command_pid=$word
}

# faultline has taken the last SIGINT: a second one would melt into one still pending.
taken() {
	local pending=2
	while [ $((pending & 2)) -ne 0 ]; do
		pending=$((16#$(awk '$1 == "ShdPnd:" { print $2 }' "/proc/$tracer/status")))
	done
}

finish() {
	status=0
	wait "$tracer" || status=$?
	sane
}

# The BPF links that a process holds, by id: other faultlines have theirs at the same time.
held() { # PID
	sed -n 's/^link_id:[[:space:]]*//p' "/proc/$1"/fdinfo/* | sort
}

attached() {
	bpftool link list -j | python3 -c 'import json, sys
for link in json.load(sys.stdin): print(link["id"])' | sort
}

nothing_left() { # FILE: with ids that were held
	local process
	[ -s "$1" ] || fail "nothing was attached"
	same "still attached" "" "$(comm -12 "$1" <(attached))"
	for process in /proc/[0-9]*; do
		if [ "$process/exe" -ef "$FAULTLINE" ] && [ "$process/cwd" -ef "$W" ]; then
			fail "faultline still runs: $(tr '\0' ' ' <"$process/cmdline")"
		fi
	done
}

test_interrupt() {
	start 'echo $$ >up; read x <go'
	kill -INT -- "-$tracer"
	finish
	same "status" 130 "$status"
	check_all
	same "exit_signal of the command" 2 "$(query 'SELECT exit_signal FROM task WHERE task = 1')"
	[ -s "$W/out" ] || [ -s "$W/err" ] || fail "what was seen is not shown"
}

# A command that handles the signal goes on, and so does the recording.
test_interrupt_handled() {
	start 'trap "echo \$\$ >up" INT; echo $$ >up; read x <go; read x <go; exit 23'
	kill -INT -- "-$tracer"
	await up
	exec 8>go
	echo x >&8
	echo x >&8
	finish
	same "status" 23 "$status"
	check_all
}

test_interrupt_twice() {
	start 'trap "echo \$\$ >up" INT; echo $$ >up; while :; do read x <go && exit 23; done'
	kill -INT -- "-$tracer"
	await up
	taken
	kill -INT -- "-$tracer"
	finish
	[ "$status" -ne 0 ] || fail "status 0"
	same "run.status" incomplete "$(query "SELECT value FROM run WHERE key = 'status'")"
	check_exact
	# what was traced is not taken along
	kill -KILL "$command_pid"
}

test_terminated() {
	# shellcheck disable=SC2016 # for the traced shell
	start 'echo $$ >up; read x <go; echo $x >ended; echo $$ >up'
	asleep "$command_pid" # the kernel's count of who runs is a moment older or younger than ours
	kill -TERM "$tracer"
	finish
	[ "$status" -ne 0 ] || fail "status 0"
	same "run.status" incomplete "$(query "SELECT value FROM run WHERE key = 'status'")"
	[ -n "$(query "SELECT value FROM run WHERE key = 'reason'")" ] || fail "no reason"
	check_exact
	echo on >go
	await up
	same "the command goes on" on "$(cat ended)"
}

test_command_killed() {
	start 'echo $$ >up; read x <go'
	kill -KILL "$command_pid"
	finish
	same "status" 137 "$status"
	check_all
	same "exit_signal" 9 "$(query 'SELECT exit_signal FROM task WHERE task = 1')"
}

# faultline dies: the command goes on, nothing of ours stays in the kernel.
test_tracer_killed() {
	# shellcheck disable=SC2016 # for the traced shell
	start 'echo $$ >up; read x <go; echo "$x" >ended; echo $$ >up'
	held "$tracer" >links
	same "of those held, attached" "$(cat links)" "$(comm -12 links <(attached))"
	kill -KILL "$tracer"
	finish
	same "status" 137 "$status"
	nothing_left links
	echo on >go
	await up
	same "the command goes on" on "$(cat ended)"
	run "$FAULTLINE" show "$W/t.fl"
	same "status of show" 3 "$status"
	cat "$W/out" "$W/err" >said
	contains "show" said INCOMPLETE
	same "run.status" incomplete "$(query "SELECT value FROM run WHERE key = 'status'")"
	[ -n "$(query "SELECT value FROM run WHERE key = 'reason'")" ] || fail "no reason"
}

# The same in the middle of much work; whatever the moment, the file opens.
test_tracer_killed_busy() {
	# shellcheck disable=SC2016 # for the traced shell
	start 'for ((i = 0; i < 101; i++)); do (:); done; echo $$ >up; while (:); do :; done'
	kill -KILL "$tracer"
	finish
	kill -KILL "$command_pid"
	same "run.status" incomplete "$(query "SELECT value FROM run WHERE key = 'status'")"
	run "$FAULTLINE" show "$W/t.fl"
	same "status of show" 3 "$status"
}

test_links_after() {
	# shellcheck disable=SC2016 # for the traced shell
	trace sh -c 'sed -n "s/^link_id:[[:space:]]*//p" /proc/$PPID/fdinfo/* | sort >links'
	same_status "status" 0
	nothing_left links
	run "$FAULTLINE" trace -o "$W/t.fl" -- /nosuch/command
	same "status" 127 "$status"
	nothing_left links
}
