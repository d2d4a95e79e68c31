# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# The experiments of memory: noise, one CPU, ends before the time.

# A program with little code of its own, and one that does not begin in its own code.
test_noise_dynamic() {
	[ "$(cat /proc/sys/kernel/randomize_va_space)" != 0 ] || skip "addresses are the same in each run here"
	run "$FAULTLINE" run text-sharing --noise dynamic
	same "status" 0 "$status"
	same "code" "text.frames 16 16 16" "$(awk '$1 == "text.frames" { $1 = $1; print }' out)"
	same "what broke" "broken: data.place" "$(awk '/broken:/ { $1 = $1; print }' out)"
	contains "rule" out "at addresses that differ from run"
	run "$FAULTLINE" run exec-demand --noise dynamic
	same "status" 0 "$status"
	same "what broke" "broken: static" "$(awk '/broken:/ { $1 = $1; print }' out)"
	contains "rule" out "is its loader's"
}

# With one CPU a claim passes or is skipped, and nothing leaves that CPU.
test_memory_one_cpu() {
	local cpu
	cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
	run taskset -c "$cpu" "$FAULTLINE" run --chapter AB
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || fail "status $status: $(grep -m 3 ^FAIL out)"
	run taskset -c "$cpu" "$FAULTLINE" run cow-race --set pages=101 -o "$W/t.fl"
	same "status" 0 "$status"
	same "verdicts of cow-race" "skip	two processes can run at the same time on two CPUs only" \
		"$(query "SELECT DISTINCT verdict, reason FROM claim")"
	same "processes of cow-race" 1 "$(query "SELECT count(*) FROM task")"
	run taskset -c "$cpu" "$FAULTLINE" run cow-who-copies --set pages=101 -o "$W/t.fl"
	same "status" 0 "$status"
	same "what cow-who-copies skips" "moved.copies moved.only moved.parent" \
		"$(query "SELECT id FROM claim WHERE verdict = 'skip' ORDER BY id" | paste -sd ' ')"
}

# A control group of our own that limits memory: its folder into $group, or the test is skipped.
limited_group() { # BYTES
	local top=/sys/fs/cgroup file=memory.max
	if [ -e "$top/memory/memory.limit_in_bytes" ]; then
		top=$top/memory file=memory.limit_in_bytes
	fi
	group=$top/faultline-test-$$
	mkdir "$group" 2>/dev/null || skip "no control groups here"
	trap 'rmdir "$group"' EXIT
	echo "$1" 2>/dev/null >"$group/$file" || skip "control groups do not limit memory here"
}

# What a control group does not leave is not there, and what is said to fit does fit.
test_memory_limit() {
	local fit
	# Under sanitizers, without the memory that they keep after it was given back.
	local -x ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=0:thread_local_quarantine_size_kb=0
	limited_group 200M
	run sh -c "echo \$\$ >$group/cgroup.procs; exec \"\$@\"" sh \
		"$FAULTLINE" run fork-page-tables -o "$W/t.fl"
	same "status" 2 "$status"
	sentence "cannot run fork-page-tables: it needs 1.04 GiB of memory" "--set pages="
	[ ! -e t.fl ] || fail "it was run"
	fit=$(sed -n 's/.*--set pages=\([0-9]*\) fits.*/\1/p' err)
	run sh -c "echo \$\$ >$group/cgroup.procs; exec \"\$@\"" sh \
		"$FAULTLINE" run fork-page-tables --set "pages=$((fit - 256))" --set rounds=1 -o "$W/t.fl"
	same_status "status of what fits" 0
	same "faults" "$((fit - 256))" "$(query "SELECT observed FROM claim WHERE id = 'fill'")"
}

# Killed in the middle, or left by a child that was: nothing is proved, nor refuted.
test_workload_dies() {
	local what
	mkdir added
	cat >added/dies.sh <<'END'
#!/bin/sh
for arg; do :; done
case $arg in
how=kill) kill -KILL $$ ;;
how=crash) kill -SEGV $$ ;;
how=child) sh -c 'kill -KILL $$' || exit 1 ;;
esac
END
	chmod 755 added/dies.sh
	cat >added/dies.sql <<'END'
-- title: what does not come to its end
-- param: how = live   live|kill|crash|child   the way it ends
-- claim E seven: seven processes
-- when: how != 'live'
-- expect: 7
SELECT count(*) FROM task;
-- claim E none: no frames
-- expect: 0
SELECT count(*) FROM frame;
END
	run env FAULTLINE_PATH="$W/added" "$FAULTLINE" run dies -o "$W/t.fl"
	same "status where it lives" 0 "$status"
	for what in "kill:was killed by signal 9 (Killed)" \
		"crash:was killed by signal 11 (Segmentation fault)" \
		"child:failed: it ended with status 1"; do
		run env FAULTLINE_PATH="$W/added" "$FAULTLINE" run dies --set "how=${what%%:*}" -o "$W/t.fl"
		same "status of $what" 3 "$status"
		same "reasons" "2	inconclusive	the workload ${what#*:}" "$(query "SELECT count(*), verdict, reason
			FROM claim GROUP BY verdict, reason")"
		contains "report" out "the workload ${what#*:}"
		check_exact
	done
}

# Faults on a library, on its zeros and by its code have the library's symbols.
test_symbols_of_a_library() {
	needs_paths
	cat >seven.c <<'END'
char zeros[65536];
int numbers[4096] = { 1 };
int touch_pages(int n)
{
	for (int i = 1; i <= n; i++)
		((volatile char *)zeros)[i * 4096] = 1;
	((volatile int *)numbers)[2000] = 3;
	return numbers[7];
}
END
	echo 'int touch_pages(int); int main(void) { return touch_pages(7); }' >main.c
	${CC:-cc} -O1 -shared -fPIC -o libseven.so seven.c
	${CC:-cc} -O1 -o main main.c -L. -lseven -Wl,-rpath,"$W"
	trace ./main
	same "status" 0 "$status"
	same "path" "$(readlink -f libseven.so)	$(stat -c %d:%i libseven.so)" \
		"$(query "SELECT path, device || ':' || inode FROM mapped_file WHERE name = 'libseven.so'")"
	run env COLUMNS=200 "$FAULTLINE" show --faults "$W/t.fl"
	same "status of show" 0 "$status"
	same "zeros" 7 "$(awk '/\[\.bss\] \(zeros\+.*touch_pages\+/ { for (i = 1; i < NF; i++)
		if ($i == "user") n += $(i + 1) } END { print n }' out)"
	same "numbers" 1 "$(grep -c 'libseven\.so+0x[0-9a-f]* (numbers+0x[0-9a-f]*).*touch_pages+' out)"
	contains "the loader" out " ld-linux-x86-64.so.2+0x"
	cp libseven.so other
	mv other libseven.so
	run env COLUMNS=200 "$FAULTLINE" show --faults "$W/t.fl"
	! grep -q 'touch_pages\|zeros' out || fail "symbols of another file"
}

# RUN: experiment, with FILE in the place of PATH of the system.
with_file() { # FILE PATH EXPERIMENT
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m sh -c 'mount --bind "$1" "$2" && exec "$3" run "$4" -o "$5"' sh \
		"$1" "$2" "$FAULTLINE" "$3" "$W/t.fl"
}

# What a machine does not have is skipped, with the reason, and the rest holds.
test_memory_no_thp_no_ksm() {
	local thp=/sys/kernel/mm/transparent_hugepage/enabled ksm=/sys/kernel/mm/ksm
	needs_mount_namespace
	echo 'always madvise [never]' >never
	if [ -e "$thp" ]; then
		with_file "$W/never" "$thp" cow-thp
		same_status "status of cow-thp without huge pages" 0
		no_rows "claims" "SELECT id, verdict FROM claim WHERE verdict <> 'skip'
			OR reason NOT LIKE 'the kernel gives no huge pages%'"
	fi
	if [ -d "$ksm" ]; then
		mkdir none
		with_file "$W/none" "$ksm" cow-ksm
		same_status "status of cow-ksm without KSM" 0
		no_rows "claims" "SELECT id, verdict FROM claim WHERE verdict <> 'skip'
			OR reason NOT LIKE 'this kernel has no KSM%'"
	fi
}

test_memory_skips() {
	needs_nobody
	run as_sudo_of_nobody prlimit --memlock=0:0 "$FAULTLINE" run prefault
	same "status of prefault that may lock nothing" 0 "$status"
	contains "what it skips" out "SKIP  mlock" "27 claims: 22 pass, 5 skipped"
	run env TMPDIR=/nowhere "$FAULTLINE" run major-minor
	same "status of major-minor without a disk" 0 "$status"
	contains "what it skips" out "13 claims: 13 skipped" "set TMPDIR"
}

test_swap() {
	swap_on
	program swap
}
