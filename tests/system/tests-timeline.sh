# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# The timeline: faults stand where they happened, in rows that the program states in order.

# Rows of the timeline about faults of the mappings that the program states, and about its pipe:
# without their times and costs.
timeline_rows() {
	sed -n '/^ *time ms /,/^faults /p' "$W/out" | grep -E ' x (zero-fill|shmem) |pipe to itself' |
		sed -E 's/^[^│|]*[│|] *//; s/ +x +/ x /
			s/  +[0-9.]+ [mun]?s  [0-9.]+ [mun]?s each//; s/  +within [0-9.]+ [mun]?s//
			s/  +/  /g'
}

check_rows() { # ARGUMENT...
	: >"$W/expected"
	chmod 666 "$W/expected"
	trace "$WORK/bin/bursts" "$W/expected" "$@"
	same_status "status" 0
	check_all
	run env COLUMNS=200 "$FAULTLINE" show --all "$W/t.fl"
	timeline_rows >"$W/came"
	cmp -s "$W/expected" "$W/came" ||
		fail "rows differ: $(comm -3 --nocheck-order "$W/expected" "$W/came" | tr "\n" ";" | head -c 300)"
}

test_bursts() {
	check_rows
	check_rows alternate
	# all of them were inside, whatever their number
	query "SELECT count(*) FROM fault_run WHERE kind = 'zero_fill' AND n > 2 AND start_ns >
		(SELECT min(sent_ns) FROM message)" | grep -qx 0 || fail "a run crosses messages"
}
