# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# Runs for those who learn: chapters, noise put back, the quiz, myths, curves.

# COMMAND at a terminal of 100 columns; each question ("= ? ") gets the next of ANSWERS, a line
# each.  What the terminal shows goes into $W/out, the exit status into $status.
at_terminal() { # ANSWERS COMMAND...
	status=0
	python3 - "$@" >"$W/out" 2>"$W/err" <<'END' || status=$?
import fcntl, os, pty, struct, sys, termios

answers = sys.argv[1].split("\n")
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
    os.environ["TERM"] = "dumb"
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b""
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data.replace(b"\r", b""))
    seen += data
    while b"= ? " in seen:
        seen = seen.split(b"= ? ", 1)[1]
        if not answers:
            sys.exit("a question more than there are answers")
        os.write(fd, answers.pop(0).encode() + b"\n")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
	sane
}

test_chapter() {
	local ids
	run "$FAULTLINE" run --chapter B --predict
	same "status" 0 "$status"
	ids=$("$FAULTLINE" list | awk '/^[A-Z] /{ chapter = $1 } /^   / && chapter == "B" { print $1 }')
	[ -n "$ids" ] || fail "chapter B is empty"
	same "experiments" "$ids" "$(sed -n 's/^\([a-z][a-z0-9-]*\): .*/\1/p' out)"
	run "$FAULTLINE" run --chapter Y
	same "status of an empty chapter" 2 "$status"
	sentence "no experiments in chapter Y"
	run "$FAULTLINE" run --chapter BY --predict
	same "status of a chapter and an empty one" 2 "$status"
	sentence "no experiments in chapter Y"
	[ ! -s out ] || fail "a misspelt chapter, and some is run: '$(head -c 300 out)'"
	run "$FAULTLINE" run --predict --json cow
	same "status of --predict --json" 2 "$status"
	contains "message" err "--predict runs nothing"
	run "$FAULTLINE" run --chapter b
	same "status of a letter that is none" 2 "$status"
	contains "message" err "--chapter b"
	run "$FAULTLINE" run --chapter A cow
	same "status of a chapter and an experiment" 2 "$status"
}

# Huge pages break what is counted in small ones; the clean run beside them holds.
test_noise_thp() {
	local enabled=/sys/kernel/mm/transparent_hugepage/enabled
	grep -q '\[always\]\|\[madvise\]' "$enabled" 2>/dev/null || skip "no huge pages here"
	run "$FAULTLINE" run cow --set pages=1536 --noise thp
	same "status" 0 "$status"
	same "touch" "touch 1,536 1,536 FAIL 0" "$(awk '$1 == "touch" { $1 = $1; print }' out)"
	same "touch.only" "touch.only 1,536 1,536 FAIL 3" \
		"$(awk '$1 == "touch.only" { $1 = $1; print }' out)"
	same "c.write" "c.write 1,536 1,536 1,536" "$(awk '$1 == "c.write" { $1 = $1; print }' out)"
	contains "rule" out "thp: huge pages are allowed" "broken: touch" "512 small ones"
}

test_noise_columns() {
	run "$FAULTLINE" run cow --set pages=101 --noise dynamic,rseq,aslr
	same "status" 0 "$status"
	same "columns" "claims expected clean dynamic rseq aslr" \
		"$(awk '$1 == "claims" { $1 = $1; print }' out)"
	same "c.write" "c.write 101 101 101 101 101" \
		"$(awk '$1 == "c.write" { $1 = $1; print }' out)"
	run taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')" \
		"$FAULTLINE" run cow --set pages=101 --noise migrate
	same "status with one CPU" 3 "$status"
	contains "with one CPU" out "cannot be had here: there is one CPU only"
	for with in "-o $W/x.fl" --json --quiz --predict; do
		# shellcheck disable=SC2086 # option and value
		run "$FAULTLINE" run cow --noise thp $with
		same "status with $with" 2 "$status"
	done
	[ ! -e "$W/x.fl" ] || fail "-o left a file"
	run "$FAULTLINE" run cow --noise tph
	same "status of a source that is none" 2 "$status"
	contains "message" err 'did you mean "thp"'
}

test_quiz() {
	local n
	n=$("$FAULTLINE" run cow --set pages=101 --predict | sed '1,/^expected:/d' | wc -l)
	at_terminal $'7\n0\n101\n' "$FAULTLINE" run cow --set pages=101 --quiz
	same "status" 0 "$status"
	same "questions before it was left" 4 "$(grep -c ' of '"$n"'  .*' out)"
	same "answers before the run" 0 "$(sed '/= ? $/q' out | grep -c '^expected:' || true)"
	contains "quiz" out "3 of $n  " "quiz" "your guess" "prediction" "measured" "2 of 3 right"
	same "touch" "touch 101 101 101 right" \
		"$(sed '1,/your guess/d' out | awk '$1 == "touch" { $1 = $1; print }')"
	at_terminal '' "$FAULTLINE" run cow --set pages=101 --quiz
	same "status where it is left at once" 0 "$status"
	same "questions" 1 "$(grep -c '= ? ' out)"
	! grep -q 'your guess' out || fail "a result of a quiz that was left"
	run "$FAULTLINE" run cow --set pages=101 --quiz
	same "status in a pipe" 0 "$status"
	! grep -q '= ? ' out || fail "a question in a pipe"
	contains "prediction in a pipe" out "expected:"
}

# What the notes say stands beside what was measured, in the report and in the table.
test_notes() {
	run "$FAULTLINE" run cow --set pages=101 -o "$W/t.fl"
	same "status" 0 "$status"
	contains "report" out "the notes say" "measured here" "657, 26,718"
	same "the parent's faults" \
		"only the child's: the parent takes 0 faults meanwhile, and 101 of its own when it writes each page later, to make its entries writable again" \
		"$(query "SELECT measured FROM note LIMIT 1")"
	contains "lesson" out "what to remember" "fork() copies page tables, not pages."
	run "$FAULTLINE" show "$W/t.fl"
	contains "show" out "the notes say" "what to remember"
	run "$FAULTLINE" run demand-anon --set pages=202 --set step=101 --set ticks=2
	! grep -q 'the notes say' out || fail "notes where the experiment has none"
}

# Costs: as many timed as table fault says, and all of them where each was asked for.
test_fault_costs() {
	needs_paths
	run "$FAULTLINE" run cow --set pages=101 --every-end -o "$W/t.fl"
	same "status" 0 "$status"
	same "timed" "$(query "SELECT sum(busy_n) FROM fault")" \
		"$(query "SELECT sum(n) FROM fault_cost")"
	same "timed copies" 101 "$(query "SELECT sum(n) FROM fault_cost
		WHERE phase = 'c.write' AND region = 'heap' AND kind = 'copy' AND via = 'user'")"
	no_rows "times out of their class" "SELECT * FROM (
		SELECT sum(busy_ns) AS t, (SELECT sum(n * least_ns) FROM fault_cost) AS least,
		(SELECT sum(n * below_ns) FROM fault_cost) AS most FROM fault)
		WHERE t NOT BETWEEN least AND most"
	run env COLUMNS=200 "$FAULTLINE" show --faults "$W/t.fl"
	same "status of show --faults" 0 "$status"
	same "row of the copies" "c.write heap copy user 101 101" \
		"$(awk '$1 == "c.write" && $2 == "heap" { print $1, $2, $3, $4, $5, $6 }' out)"
	contains "faults outside" out "outside of named regions" "(_start)" "[stack]" "the kernel, execve"
	same "rows outside" "$(query 'SELECT count(*) FROM fault WHERE region IS NULL')" \
		"$(sed '1,/what is there/d' out | wc -l)"
}

# By default some are timed, also long after the start, when most rights have been given up.
test_fault_sample() {
	run "$FAULTLINE" run cow --set pages=102400 -o "$W/t.fl"
	same "status" 0 "$status"
	same "timed copies" 1 "$(query "SELECT sum(n) BETWEEN 1 AND 102399 FROM fault_cost
		WHERE phase = 'c.write' AND region = 'heap' AND kind = 'copy' AND via = 'user'")"
}

# A claim that fails by a number says which faults those are.
test_surplus() {
	needs_paths
	mkdir added
	cat >added/surplus.c <<'END'
#include <stdlib.h>
#include <sys/mman.h>
#include "faultline.h"
static char elsewhere[7 * 4096] __attribute__((aligned(4096)));
int main(void)
{
	char *memory = mmap(NULL, 23 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return 1;
	fl_region("heap", memory, 23 * 4096);
	fl_phase("write");
	for (int i = 0; i < 23; i++)
		((volatile char *)memory)[i * 4096] = 1;
	for (int i = 0; i < 3; i++)
		((volatile char *)elsewhere)[i * 4096] = 1;
	fl_phase("");
	return 0;
}
END
	${CC:-cc} -O1 -static -I"$TREE/workloads" -o added/surplus added/surplus.c
	rm added/surplus.c
	cat >added/surplus.sql <<'END'
-- title: three faults too many
-- claim E write: nothing else
-- phase: write
-- expect: 23
SELECT sum(n) FROM fault_count WHERE phase = 'write';
END
	run env FAULTLINE_PATH="$W/added" "$FAULTLINE" run surplus -o "$W/t.fl"
	same "status" 1 "$status"
	contains "report" out "write: 3 more than expected" \
		"faults of phase write: 23 zero_fill (region heap), 3 zero_fill (outside of regions)" \
		"[.bss] (elsewhere)"
	same "rows" 1 "$(sed '1,/what is there/d' out | grep -c 'elsewhere.*main+0x')"
}

# The table of the report adds up to what the task's own counters say.
test_memory() {
	run "$FAULTLINE" run demand-anon --set pages=2023 --set step=289 --set ticks=7 -o "$W/t.fl"
	same "status" 0 "$status"
	contains "report" out "resident memory of all processes" "faults in each"
	run "$FAULTLINE" show --memory "$W/t.fl"
	same "status of show --memory" 0 "$status"
	same "faults of all ticks" "$(query 'SELECT sum(observed) FROM reconcile')" \
		"$(awk '/^$/ { exit } NR > 1 { gsub(",", "", $2); n += $2 } END { print n }' out)"
	same "rows of a curve" 12 "$(grep -c '^ *[0-9.,A-Za-z ]*│' out)"
	run env LC_ALL=C "$FAULTLINE" show --memory "$W/t.fl"
	same "bytes that are not ASCII" 0 "$(LC_ALL=C grep -c '[^ -~]' out || true)"
	run "$FAULTLINE" trace -o "$W/true.fl" true
	run "$FAULTLINE" show --memory "$W/true.fl"
	same "status for a command" 0 "$status"
}

# A run traces what its claims read; what they do not is not told as if it had not happened.
test_not_traced() {
	local list
	run "$FAULTLINE" run five-states -o "$W/t.fl"
	same "subjects" "states, cards" \
		"$(query "SELECT value FROM run WHERE key = 'subjects'")"
	for list in signals messages locks; do
		run "$FAULTLINE" show "--$list" "$W/t.fl"
		same "status of show --$list" 0 "$status"
		contains "show --$list" out "The recording has no $list: what was asked for did not"
		same "lines that say none" 0 "$(grep -c "^no $list" out || true)"
	done
	run "$FAULTLINE" trace -o "$W/true.fl" true
	run "$FAULTLINE" show --locks "$W/true.fl"
	contains "what was looked for" out "no locks: no file was locked"
}
