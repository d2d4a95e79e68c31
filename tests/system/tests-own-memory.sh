# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# faultline's own memory does not grow with the run: 200,084 messages, about a million
# rows, must fit into what a short run takes.

MOST_KIB=65536

# The largest resident set of the command or of anything that it started, in KiB.
peak_of() { # COMMAND...
	python3 -c '
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

test_own_memory() {
	local status peak
	grep -q __asan_init "$FAULTLINE" && skip "what AddressSanitizer takes is not faultline's"
	: >"$W/truth"
	chmod 666 "$W/truth"
	while read -r what status peak; do
		same "exit status of $what" 0 "$status"
		[ "$peak" -le $MOST_KIB ] || fail "$what took $peak KiB"
	done < <(
		echo trace "$(peak_of "$FAULTLINE" trace -o "$W/t.fl" -- "$WORK/bin/talk" "$W/truth")"
		echo "show" "$(peak_of "$FAULTLINE" show "$W/t.fl")"
		echo show--messages "$(peak_of "$FAULTLINE" show --messages "$W/t.fl")"
	)
	same "messages" 200084 "$(query "SELECT count(*) FROM message")"
}
