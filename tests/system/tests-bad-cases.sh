# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# What an experiment lacks: memory, a second CPU, a quiet end.

test_too_little_memory() {
	mkdir added
	printf '#!/bin/sh\ntouch ran\n' >added/large.sh
	chmod 755 added/large.sh
	cat >added/large.sql <<'END'
-- title: more than there is
-- param: pages = 7   1..1000000   pages of 1 GiB
-- memory: pages * 1G
-- claim E c: none
-- expect: 0
SELECT count(*) FROM fault WHERE 0;
END
	run env FAULTLINE_PATH="$W/added" "$FAULTLINE" run large --set pages=1000000 -o "$W/t.fl"
	same "status" 2 "$status"
	sentence "cannot run large: it needs" "of memory" "--set pages="
	if [ -e ran ] || [ -e t.fl ]; then
		fail "it was run"
	fi
	fit=$(sed -n 's/.*--set pages=\([0-9]*\) fits.*/\1/p' err)
	if [ "$fit" -lt 1 ] || [ "$fit" -gt "$(awk '/^MemTotal:/ { print int($2 / 1048576) }' /proc/meminfo)" ]; then
		fail "$fit GiB do not fit here"
	fi
}

# One CPU: what needs two is skipped with the reason, all else holds.
test_one_cpu() {
	local cpu
	cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
	run taskset -c "$cpu" "$FAULTLINE" run cow --set pages=101 -o "$W/t.fl"
	same "status of cow" 0 "$status"
	no_rows "claims" "SELECT id, verdict, reason FROM claim WHERE verdict <> 'pass'"
	check_all
	mkdir added
	printf '#!/bin/sh\n:\n' >added/two.sh
	chmod 755 added/two.sh
	cat >added/two.sql <<'END'
-- title: what takes two
-- claim E meet: they meet
-- needs: cpus >= 2   they must run at the same time
-- expect: 1
SELECT 1;
END
	run env FAULTLINE_PATH="$W/added" taskset -c "$cpu" "$FAULTLINE" run two -o "$W/two.fl"
	same "status" 0 "$status"
	same "claim" "skip	they must run at the same time" \
		"$(query "SELECT verdict, reason FROM claim" "$W/two.fl")"
}

ksm_settings() {
	(cd /sys/kernel/mm/ksm && head -n 1 run sleep_millisecs pages_to_scan | tr '\n' ' ')
}

# Starts cow-ksm and comes back when its settings are made: $tracer is faultline, $workload its child.
start_ksm() {
	local tries
	[ -w /sys/kernel/mm/ksm/run ] || skip "this kernel has no KSM"
	[ "$(cat /sys/kernel/mm/ksm/run)" = 0 ] || skip "KSM is in use here"
	before=$(ksm_settings)
	# A job of its own, as at a terminal: else bash has SIGINT ignored in the background.
	set -m
	"$FAULTLINE" run cow-ksm --set pages=65536 -o "$W/t.fl" >"$W/out" 2>"$W/err" &
	tracer=$!
	set +m
	for ((tries = 0; tries < 2000000; tries++)); do
		[ "$(</sys/kernel/mm/ksm/run)" = 0 ] || break
		[ -e "/proc/$tracer" ] || fail "it ended too soon: $(head -c 300 "$W/err")"
	done
	[ "$(</sys/kernel/mm/ksm/run)" = 1 ] || fail "KSM was not switched on"
	workload=
	for child in $(<"/proc/$tracer/task/$tracer/children"); do
		[ "$(<"/proc/$child/comm")" != cow-ksm ] || workload=$child
	done
	[ -n "$workload" ] || fail "no process of the workload"
}

test_settings_after_ctrl_c() {
	start_ksm
	kill -INT -- "-$tracer"
	status=0
	wait "$tracer" || status=$?
	same "settings" "$before" "$(ksm_settings)"
	same "status: what was to come never happened" 3 "$status"
	check_exact
}

test_settings_after_crash() {
	start_ksm
	kill -SEGV "$workload"
	status=0
	wait "$tracer" || status=$?
	same "settings" "$before" "$(ksm_settings)"
	same "status: what was to come never happened" 3 "$status"
	sentence "cow-ksm was killed"
	check_exact
}

# faultline itself is gone at once: the workload ends by itself, and its settings with it.
test_settings_after_sigkill() {
	start_ksm
	keeper=$(<"/proc/$workload/task/$workload/children")
	kill -KILL "$tracer"
	wait "$tracer" || true
	tail --pid="$workload" -f /dev/null
	for child in $keeper; do
		tail --pid="$child" -f /dev/null
	done
	same "settings" "$before" "$(ksm_settings)"
}
