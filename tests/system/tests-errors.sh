# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# What goes wrong: a sentence with the remedy, the right status, nothing half done.

test_not_root() {
	needs_nobody
	run as_nobody "$FAULTLINE" trace -- touch "$W/ran"
	same "status" 4 "$status"
	sentence "this user lacks CAP_BPF and CAP_PERFMON; start it with sudo"
	[ ! -e "$W/ran" ] || fail "the command ran"
	run as_nobody "$FAULTLINE" list
	same "status of list" 0 "$status"
	run as_nobody "$FAULTLINE" doctor
	grep -q . "$W/out" || fail "doctor says nothing"
}

# Root only of a user namespace.
test_user_namespace() {
	needs_user_namespace
	needs_nobody # whose reach is that of this root, which owns nothing outside
	run unshare -Ur "$FAULTLINE" trace -- touch "$W/ran"
	same "status" 4 "$status"
	sentence
	[ ! -e "$W/ran" ] || fail "the command ran"
}

# Root without the capabilities that tracing needs.
test_no_capability() {
	run setpriv --bounding-set=-bpf,-perfmon,-sys_admin "$FAULTLINE" trace -- touch "$W/ran"
	same "status" 4 "$status"
	sentence CAP_
	[ ! -e "$W/ran" ] || fail "the command ran"
}

# Whatever it is that the limit is met at.
test_few_open_files() {
	local most
	for most in 11 17 41 97; do
		run bash -c "ulimit -n $most; exec \"\$@\"" bash "$FAULTLINE" trace -- touch "$W/ran"
		same "status with $most files" 4 "$status"
		sentence "Too many open files; allow more, as with \"ulimit -n 1024\""
		[ ! -e "$W/ran" ] || fail "the command was run untraced"
	done
}

# A kernel whose mappings are not in a maple tree, by what it says of its types.
test_doctor_old_kernel() {
	needs_mount_namespace
	LC_ALL=C sed -z 's/^maple_node$/maple_nope/' /sys/kernel/btf/vmlinux >btf
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m sh -c 'mount --bind "$1" /sys/kernel/btf/vmlinux && exec "$2" doctor' \
		sh btf "$FAULTLINE"
	same "status of doctor" 4 "$status"
	same "what is missing, and the remedy" \
		"missing mappings not in a maple tree (struct maple_node is not in this kernel) -> boot Linux 6.1 or later" \
		"$(grep -A 1 '^missing' "$W/out" | tr -s ' \n' ' ' | sed 's/ $//')"
}

test_usage() {
	local words
	run "$FAULTLINE"
	same "status without arguments" 2 "$status"
	for words in "nosuch" "trace" "trace --nosuch -- true" "run" "query" "query $W/x.fl" "show"; do
		# shellcheck disable=SC2086 # words
		run "$FAULTLINE" $words
		same "status of '$words'" 2 "$status"
		[ -s "$W/err" ] || fail "no message for '$words'"
	done
	run "$FAULTLINE" trac -- true
	contains "message for 'trac'" "$W/err" "trace"
}

# Each option that a message or the manual's page of a command names is one that it has.
test_help() {
	local command
	run "$FAULTLINE" --help
	same "status" 0 "$status"
	for command in list run trace show query mark doctor; do
		contains "--help" "$W/out" "$command"
	done
	for command in list run trace show query mark doctor; do
		run "$FAULTLINE" $command --help
		same "status of $command --help" 0 "$status"
		[ -s "$W/out" ] || fail "$command --help says nothing on stdout"
		[ ! -s "$W/err" ] || fail "$command --help writes to stderr"
	done
	run "$FAULTLINE" --version
	same "status of --version" 0 "$status"
}

test_unknown_experiment() {
	run "$FAULTLINE" run cwo
	same "status" 2 "$status"
	sentence cwo cow
}

test_parameters() {
	local set
	for set in pages=0 pages=4194305 pages=-1 pages=x pages= pages nosuch=1 pages=99999999999999999999; do
		run "$FAULTLINE" run cow --set "$set"
		same "status of --set $set" 2 "$status"
		sentence "${set%%=*}"
	done
}

test_command_not_found() {
	trace /nosuch/command
	same "status" 127 "$status"
	sentence /nosuch/command
	trace nosuch-command
	same "status without a path" 127 "$status"
	sentence nosuch-command
	: >"$W/text"
	trace "$W/text"
	same "status of a file that is not executable" 126 "$status"
	sentence "$W/text"
	trace "$W"
	same "status of a folder" 126 "$status"
	printf '#!/nosuch/interpreter\n' >"$W/script"
	chmod 755 "$W/script"
	trace "$W/script"
	same "status of a script without its interpreter" 127 "$status"
}

test_output_not_writable() {
	local f
	for f in /nosuch/t.fl "$W" /proc/t.fl; do
		run "$FAULTLINE" trace -o "$f" -- touch "$W/ran"
		[ "$status" -ne 0 ] || fail "status 0 for -o $f"
		sentence "$f"
		[ ! -e "$W/ran" ] || fail "the command ran with -o $f"
	done
	echo "my only copy" >"$W/thesis.txt"
	run "$FAULTLINE" trace -o "$W/thesis.txt" -- touch "$W/ran"
	[ "$status" -ne 0 ] || fail "status 0 for -o that is somebody's text"
	sentence thesis.txt
	same "the file" "my only copy" "$(cat "$W/thesis.txt")"
	# a recording may be written over
	trace true
	trace sh -c 'exit 3'
	same "status the second time" 3 "$status"
	check_all
}

test_disk_full() {
	needs_mount_namespace
	cat >disk <<'END'
mount -t tmpfs -o size=192k tmpfs "$1" || exit 98
"$2" trace -o "$1/t.fl" -- bash -c 'for ((i = 0; i < 1009; i++)); do (:); done; echo done >"$1"' sh "$3"
echo $? >"$4"
cp "$1/t.fl" "$5"
END
	mkdir full
	# the command's status, and the command has come to its end
	run unshare -m sh disk "$W/full" "$FAULTLINE" "$W/ended" "$W/status" "$W/t.fl"
	[ -e "$W/ended" ] || fail "faultline ended (status $(cat "$W/status")) before the command"
	same "status of the command, which goes on," "done" "$(cat "$W/ended")"
	sentence
	grep -aqi 'space\|full' "$W/err" || fail "no word of the disk: $(head -c 300 "$W/err")"
	same "run.status" incomplete "$(query "SELECT value FROM run WHERE key = 'status'")"
	[ -n "$(query "SELECT value FROM run WHERE key = 'reason'")" ] || fail "no reason"
}

# There is room for the records, but not for the tables that are made of them.
test_disk_full_tables() {
	needs_mount_namespace
	cat >disk <<'END'
mount -t tmpfs -o size=600k tmpfs "$1" || exit 98
"$2" trace -o "$1/t.fl" -- bash -c 'for ((i = 0; i < 61; i++)); do (:); done'
echo $? >"$3"
cp "$1/t.fl" "$4"
END
	mkdir full
	run unshare -m sh disk "$W/full" "$FAULTLINE" "$W/status" "$W/t.fl"
	same "status of trace" 3 "$(cat "$W/status")"
	sentence "disk is full; all records are kept: \"faultline show $W/full/t.fl\" makes the tables"
	# and so it does: nothing is missing
	run "$FAULTLINE" show "$W/t.fl"
	same "status of show" 0 "$status"
	same "processes" 62 "$(query "SELECT count(*) FROM task")"
	check_all
}

# One sentence and one status, whatever it was that could not be written.
test_stdout_full() {
	local words
	trace true
	for words in "show t.fl" "show --json t.fl" "show --memory t.fl" "show --faults t.fl" \
		"query t.fl TABLE" "query --json t.fl TABLE" "list"; do
		# shellcheck disable=SC2016,SC2086 # for the inner shell; words
		run sh -c 'exec "$@" >/dev/full' sh "$FAULTLINE" ${words/TABLE/VALUES(1)}
		same "status of $words" 3 "$status"
		same "message of $words" "faultline: cannot write to stdout: No space left on device; what you see of the result is not all of it" \
			"$(cat "$W/err")"
	done
}

# No crash, and no status 0, for what is no recording.
test_no_recording() {
	local f command
	echo "text" >text
	: >empty
	head -c 8192 /dev/urandom >random
	sqlite3 other.db 'CREATE TABLE t (x); INSERT INTO t VALUES (1)'
	mkfifo fifo
	for f in text empty random other.db nosuch "$W" /dev/null; do
		for command in show query; do
			if [ $command = query ]; then
				run "$FAULTLINE" query "$f" 'SELECT 1'
			else
				run "$FAULTLINE" show "$f"
			fi
			[ "$status" -ne 0 ] || fail "$command $f: status 0"
			[ "$status" -lt 126 ] || fail "$command $f: status $status"
			sentence "$f"
			[ ! -s "$W/out" ] || fail "$command $f: something on stdout"
		done
	done
}

test_recording_not_readable() {
	needs_nobody
	trace true
	chmod 600 t.fl
	run as_nobody "$FAULTLINE" show t.fl
	same "status" 2 "$status"
	same "message" "faultline: cannot read t.fl: Permission denied; make it and its folder readable for this user" \
		"$(cat "$W/err")"
}

# The tables of another version are made anew, and say the same.
test_other_version() {
	local view
	local -a views=("" --faults --states --signals --locks --messages --tree)
	trace bash -c 'for ((i = 0; i < 7; i++)); do (:) & done; wait; echo | cat'
	for view in "${views[@]}"; do # status 3: the machine's losses
		"$FAULTLINE" show t.fl ${view:+"$view"} >"before$view" || [ $? -eq 3 ]
	done
	sqlite3 t.fl "ALTER TABLE task ADD COLUMN later; DROP TABLE frame; DROP VIEW reconcile;
		UPDATE fault_count SET n = n + 1; DELETE FROM state"
	for view in "${views[@]}"; do
		"$FAULTLINE" show t.fl ${view:+"$view"} >"after$view" || [ $? -eq 3 ]
		cmp "before$view" "after$view" || fail "show $view: $(diff "before$view" "after$view" | head -n 5)"
	done
	check_all
}

# A recording cut off or damaged anywhere: an error or an honest "incomplete", never a crash.
test_damaged_recording() {
	local size i at
	trace "$WORK/bin/zero" "$W/truth"
	size=$(stat -c %s t.fl)
	for ((i = 1; i < 32; i++)); do
		head -c $((size * i / 32)) t.fl >cut.fl
		run "$FAULTLINE" show cut.fl
		[ "$status" -lt 126 ] || fail "cut at $i/32: status $status"
		[ "$status" -ne 0 ] || fail "cut at $i/32: status 0"
		[ -s "$W/err" ] || fail "cut at $i/32: nothing said"
	done
	for ((i = 0; i < 64; i++)); do
		at=$((size * i / 64 + i))
		cp t.fl bad.fl
		head -c 37 /dev/urandom | dd of=bad.fl bs=1 seek=$at conv=notrunc status=none
		run "$FAULTLINE" show bad.fl
		[ "$status" -lt 126 ] || fail "damaged at byte $at: status $status"
		run "$FAULTLINE" query bad.fl 'SELECT * FROM fault_count'
		[ "$status" -lt 126 ] || fail "damaged at byte $at: status $status of query"
	done
}

test_ring_too_small() {
	: >"$W/truth"
	# every fault on its own, from a command that lets nobody drain in between
	run "$FAULTLINE" trace --ring-size 4K --every-fault -o "$W/t.fl" -- \
		"$WORK/bin/jobs" "$W/truth"
	same "status of trace, where the command's would be 0," 3 "$status"
	same "run.status" incomplete "$(query "SELECT value FROM run WHERE key = 'status'")"
	[ "$(query "SELECT sum(n) FROM loss WHERE what = 'ring'")" -gt 0 ] || fail "nothing was lost"
	check_exact
	check_total
	same "copies by the jobs" 600 "$(query "SELECT sum(n) FROM fault_count
		WHERE region = 'heap' AND kind = 'copy' AND via = 'user'")"
	cat "$W/out" "$W/err" >said
	contains "report" said INCOMPLETE
	run "$FAULTLINE" show "$W/t.fl"
	contains "show" "$W/out" INCOMPLETE
	for list in tree faults states progress path=task:1 card=task:1 locks signals messages \
		frames memory; do
		run "$FAULTLINE" show "--$list" "$W/t.fl"
		same "status of show --$list" 3 "$status"
		same "lines of show --$list that say INCOMPLETE" 1 "$(grep -c ^INCOMPLETE "$W/out")"
	done
	run "$FAULTLINE" run cow --ring-size 4K -o "$W/t.fl"
	same "status of run" 3 "$status"
	check_exact
	# what the ledger alone tells is known all the same; what events tell is not
	no_rows "verdicts where events were lost" "SELECT id, verdict FROM claim
		WHERE verdict NOT IN ('pass', 'inconclusive')"
	same "a claim about markers" pass \
		"$(query "SELECT verdict FROM claim WHERE id = 'p.asleep'")"
	# whose marker was heard of too late, nobody looked at
	same "a claim about page frames" inconclusive \
		"$(query "SELECT verdict FROM claim WHERE id = 'c.frames'")"
	same "copies" 25600 "$(query "SELECT sum(n) FROM fault_count
		WHERE phase = 'c.write' AND kind = 'copy'")"
}

test_two_at_once() {
	local first
	mkfifo a b
	"$FAULTLINE" trace -o 1.fl -- sh -c 'echo x >a; read y <b; exit 11' >1.out 2>err &
	first=$!
	await a
	# the first one's command is running, and runs on until the second is through
	status=0
	"$FAULTLINE" trace -o 2.fl -- "$WORK/bin/fork-copy" "$W/truth" >2.out 2>2.err || status=$?
	same "status of the second" 0 "$status"
	echo x >b
	status=0
	wait $first || status=$?
	same "status of the first" 11 "$status"
	check_all 1.fl
	check_all 2.fl
	same "tasks of the first" 1 "$(query 'SELECT count(*) FROM task' 1.fl)"
	same "tasks of the second" 15 "$(query 'SELECT count(*) FROM task' 2.fl)"
	# and both of one tree: the outer sees the inner's command as well
	trace "$FAULTLINE" trace -o inner.fl -- true
	same "status of the outer" 0 "$status"
	check_exact
	check_all inner.fl
}
