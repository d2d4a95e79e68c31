# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# Page frames at barriers: exact rows, and a program that is never kept waiting.

# Program `frames` as an experiment whose claims ask for frames.
add_frames() { # WORD...: arguments after the truth's file
	mkdir -p added
	cat >added/frames.sh <<END
#!/bin/sh
exec "$WORK/bin/frames" "$W/truth" $*
END
	chmod 755 added/frames.sh
	cat >added/frames.sql <<'END'
-- title: what is behind 23 pages
-- chapter: A
-- question: Which frames?
-- lesson: those that were stated

-- claim E rows: one row for each page, process and barrier
-- expect: 138
SELECT count(*) FROM frame;
END
	: >truth
	chmod 666 truth
}

test_frames() {
	add_frames
	run env FAULTLINE_PATH="$W/added" "$FAULTLINE" run frames -o "$W/t.fl"
	same "status, '$(head -c 300 "$W/err")'" 0 "$status"
	if [ "$(query "SELECT value FROM run WHERE key = 'frames'")" != available ]; then
		skip "$(query "SELECT value FROM run WHERE key = 'frames'")"
	fi
	check_exact
	check_total
	sed -n 's/^frame //p' truth | sort >expected
	same "stated rows" 138 "$(wc -l <expected)"
	query "SELECT role || ' ' || phase || ' ' || page || ' ' || coalesce(pfn, '-') || ' ' ||
	       CASE WHEN flags LIKE '%zero%' THEN '-' ELSE coalesce(mapcount, '-') END || ' ' || flags
	       FROM frame JOIN task USING (task) WHERE region = 'heap'" | sort >came
	same_set "rows of table frame" expected came
	same "barriers" 4 "$(query 'SELECT count(DISTINCT t_ns) FROM frame')"
	same "frames of the zero page" 1 \
		"$(query "SELECT count(DISTINCT pfn) FROM frame WHERE flags = 'present zero'")"
	same "claim" pass "$(query "SELECT verdict FROM claim WHERE id = 'rows'")"
	run "$FAULTLINE" show --frames "$W/t.fl"
	same "status of show --frames" 0 "$status"
	contains "show --frames" "$W/out" "11 private, 5 zero, 7 absent" \
		"8 shared by 2, 5 private, 3 zero, 7 absent" "11 shared by 2, 5 zero, 7 absent"
	same "lines of show --frames" 8 "$(wc -l <"$W/out")"
}

# Nobody there, or nobody any more: the program does not notice.
test_frames_alone() {
	run "$WORK/bin/frames" "$W/truth"
	same "status without faultline" 0 "$status"
	run env FAULTLINE_BARRIER=faultline-nobody "$WORK/bin/frames" "$W/truth"
	same "status with the name of a barrier that is gone" 0 "$status"
	trace env FAULTLINE_BARRIER=faultline-nobody "$WORK/bin/frames" "$W/truth"
	same "status where nobody asks for frames" 0 "$status"
	same "rows" 0 "$(query 'SELECT count(*) FROM frame')"
	check_all
}

# faultline is killed while the program waits, and before it comes to a second barrier.
test_frames_tracer_killed() {
	add_frames held
	mkfifo up go
	env FAULTLINE_PATH="$W/added" "$FAULTLINE" run frames -o "$W/t.fl" >"$W/out" 2>"$W/err" &
	tracer=$!
	exec 8<>go 7<>up
	if ! { echo >&8 && read -r -t 60 word <&7; }; then
		fail "the program does not come to the barrier: $(head -c 300 "$W/err")"
	fi
	same "the program" waits "$word"
	kill -KILL "$tracer"
	read -r -t 60 word <&7 || fail "the program still waits"
	same "the program" went-on "$word"
	wait "$tracer" || true
	same "run.status" incomplete "$(query "SELECT value FROM run WHERE key = 'status'")"
}

# Somebody who is not traced gets nothing from a barrier, and is not kept either.
test_frames_stranger() {
	add_frames
	cat >added/frames.sh <<END
#!/bin/sh
printenv FAULTLINE_BARRIER >"$W/up"
read -r x <"$W/go"
END
	mkfifo up go
	env FAULTLINE_PATH="$W/added" "$FAULTLINE" run frames -o "$W/t.fl" >"$W/out" 2>"$W/err" &
	tracer=$!
	read -r -t 60 word <>up || fail "no barrier: $(head -c 300 "$W/err")"
	run env FAULTLINE_BARRIER="$word" "$WORK/bin/frames" "$W/truth"
	same "status of the stranger" 0 "$status"
	echo >go
	wait "$tracer" || true
	same "rows" 0 "$(query 'SELECT count(*) FROM frame')"
}

# A root who is not shown frame numbers: a reason instead of a verdict.
test_frames_unavailable() {
	add_frames
	run env FAULTLINE_PATH="$W/added" setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
		"$FAULTLINE" run frames -o "$W/t.fl"
	if [ "$status" -eq 4 ]; then
		skip "tracing itself needs CAP_SYS_ADMIN here"
	fi
	same "verdict" "skip	" "$(query 'SELECT verdict, observed FROM claim')"
	contains "show" "$W/out" CAP_SYS_ADMIN
	case $(query "SELECT value FROM run WHERE key = 'frames'") in
	"unavailable: "*CAP_SYS_ADMIN*) ;;
	*) fail "run.frames: $(query "SELECT value FROM run WHERE key = 'frames'")" ;;
	esac
}
