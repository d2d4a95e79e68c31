# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# Experiments: each one's claims hold, each claim can fail, and anyone can add one.

experiments() {
	local f
	for f in "$TREE"/workloads/*.sql; do
		basename "$f" .sql
	done
}

# Small sizes would do for the counts; the defaults are what people see.
test_experiments() {
	local id
	run "$FAULTLINE" list
	same "status of list" 0 "$status"
	cp "$W/out" list
	for id in $(experiments); do
		contains "list" list "$id"
		run "$FAULTLINE" run "$id" -o "$W/$id.fl"
		# others on a busy machine make some claims inconclusive, by their own provisos
		[ "$status" -eq 0 ] || [ "$status" -eq 3 ] ||
			fail "run $id: status $status: $(query "SELECT id, expected, observed,
			verdict, reason FROM claim WHERE verdict <> 'pass'" "$W/$id.fl")"
		check_exact "$W/$id.fl"
		check_complete "$W/$id.fl"
		# what nobody in the tree waited for is not in the rusage of the command
		[ "$(query "SELECT count(*) FROM task WHERE task = process AND task > 1
			AND reaped_ns IS NULL" "$W/$id.fl")" -gt 0 ] || check_total "$W/$id.fl"
		no_rows "claims of $id that do not pass" \
			"SELECT id, verdict, reason FROM claim WHERE verdict = 'fail' OR (
			 verdict = 'inconclusive' AND class = 'E' AND NOT EXISTS (SELECT 1 FROM loss))" \
			"$W/$id.fl"
		[ "$(query "SELECT count(*) FROM claim WHERE verdict <> 'skip'" "$W/$id.fl")" -gt 0 ] ||
			fail "$id claims nothing"
		same "experiment" "$id" \
			"$(query "SELECT value FROM run WHERE key = 'experiment'" "$W/$id.fl")"
	done
	run "$FAULTLINE" run --all
	! grep -q '^FAIL' "$W/out" || fail "run --all: $(grep -m 3 '^FAIL' "$W/out")"
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || fail "status of run --all: $status"
}

# A change of the program makes the claim fail that tests/breakages names; the
# claims file stays as it is.
test_breakages() {
	local id claim flags
	# shellcheck disable=SC2016 # for make
	flags=$(make -C "$TREE" --no-print-directory WERROR= --eval 'flags:; @echo $(WORKLOAD_CFLAGS)' flags)
	for id in $(experiments); do
		[ -e "$TREE/tests/breakages/$id" ] || fail "no file tests/breakages/$id"
		bend "$id"
		claim=$(sed -n '1s/^# fails: //p' "$TREE/tests/breakages/$id")
		cp "$TREE/workloads/$id.c" broken.c
		sh "$TREE/tests/breakages/$id" broken.c
		! cmp -s "$TREE/workloads/$id.c" broken.c || fail "$id: nothing is changed"
		# shellcheck disable=SC2086 # words
		cc $flags -I"$TREE/workloads" -o "bent/bent-$id" broken.c
		run env FAULTLINE_PATH="$W/bent" "$FAULTLINE" run "bent-$id" -o "$W/$id.fl"
		if [ "$status" -eq 0 ] && [ -n "$(query "SELECT 1 FROM claim
			WHERE id = '$claim' AND verdict = 'skip'" "$W/$id.fl")" ]; then
			continue	# this machine cannot run that part of it
		fi
		same "status of $id without its $claim, '$(head -c 200 "$W/err")'" 1 "$status"
		same "verdict of $id $claim" fail \
			"$(query "SELECT verdict FROM claim WHERE id = '$claim'" "$W/$id.fl")"
		rm -r bent
	done
}

# A copy of experiment ID as bent-ID in a folder of its own.
bend() { # ID
	mkdir -p bent
	cp "$(dirname "$FAULTLINE")/workloads/$1" "bent/bent-$1"
	cp "$TREE/workloads/$1.sql" "bent/bent-$1.sql"
}

# Every expected value off by one: every claim of class E with a single number fails.
test_claims_off_by_one() {
	local id n
	for id in $(experiments); do
		bend "$id"
		sed -i -E '/^-- expect: *[0-9a-z_(-]/ { /\.\.|\+-/! s/^(-- expect:)(.*)$/\1 (\2) + 1/ }' \
			"bent/bent-$id.sql"
		n=$(grep -c '^-- expect: (.*) + 1$' "bent/bent-$id.sql")
		[ "$n" -gt 0 ] || fail "$id: no expected value to bend"
		run env FAULTLINE_PATH="$W/bent" "$FAULTLINE" run "bent-$id" -o "$W/$id.fl"
		same "status of bent-$id, '$(head -c 200 "$W/err")'" 1 "$status"
		no_rows "claims of $id that hold for another value, too" \
			"SELECT id, expected, observed FROM claim WHERE verdict = 'pass' AND class = 'E'
			 AND expected = CAST(CAST(expected AS INTEGER) AS TEXT)" \
			"$W/$id.fl"
	done
}

# The workload does something else than its parameters say: one page less.
test_claims_other_workload() {
	local id
	for id in cow demand-anon; do
		[ -e "$TREE/workloads/$id.sql" ] || continue
		bend "$id"
		cat >"bent/bent-$id.sh" <<END
#!/bin/bash
for arg; do
	case \$arg in pages=*) arg=pages=\$((\${arg#pages=} - 1)) ;; esac
	args+=("\$arg")
done
exec "$W/bent/plain-$id" "\${args[@]}"
END
		chmod 755 "bent/bent-$id.sh"
		mv "bent/bent-$id" "bent/plain-$id"
		run env FAULTLINE_PATH="$W/bent" "$FAULTLINE" run "bent-$id" -o "$W/$id.fl"
		same "status of bent-$id, '$(head -c 200 "$W/err")'" 1 "$status"
		check_all "$W/$id.fl"
	done
}

test_parameter_follows() {
	run "$FAULTLINE" run cow --set pages=1009 -o "$W/t.fl"
	same "status" 0 "$status"
	check_all
	same "copies" 1009 "$(query "SELECT sum(n) FROM fault_count WHERE phase = 'c.write' AND kind = 'copy'")"
	same "claim" "1009	1009" "$(query "SELECT expected, observed FROM claim WHERE id = 'c.write'")"
	same "param.pages" 1009 "$(query "SELECT value FROM run WHERE key = 'param.pages'")"
}

test_ten_runs() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		run "$FAULTLINE" run cow -o "$W/t.fl"
		[ "$status" -eq 0 ] || fail "run $i of 10: status $status: $(query "SELECT id, expected,
			observed, verdict, reason FROM claim WHERE verdict <> 'pass'")"
		check_all
	done
}

# An experiment without a compiler: a shell script, and its claims.
test_added_experiment() {
	mkdir added
	cat >added/jobs-in-shell.sh <<END
#!/bin/bash
"$FAULTLINE" mark forks
for arg; do
	case \$arg in jobs=*) jobs=\${arg#jobs=} ;; esac
done
for ((i = 0; i < jobs; i++)); do (:); done
"$FAULTLINE" mark ""
END
	chmod 755 added/jobs-in-shell.sh
	cat >added/jobs-in-shell.sql <<'END'
-- title: a subshell is a fork
-- chapter: C
-- question: How many processes does a shell make?
-- param: jobs = 7   1..1000   subshells
-- lesson: one for each pair of brackets

-- claim E forks: one process for each subshell
-- expect: jobs
SELECT count(*) FROM task AS t JOIN phase AS p ON p.task = t.parent_task
WHERE p.name = 'forks' AND t.created_by = 'fork' AND t.start_ns BETWEEN p.start_ns AND p.end_ns
AND t.exec_ns IS NULL;
END
	run env FAULTLINE_PATH="$W/added:/nosuch" "$FAULTLINE" list
	contains "list" "$W/out" jobs-in-shell
	sentence "/nosuch, which FAULTLINE_PATH names"
	run env FAULTLINE_PATH="$W/added" "$FAULTLINE" run jobs-in-shell cow --predict --set jobs=0
	same "status of a value out of range" 2 "$status"
	sentence "cannot run jobs-in-shell: jobs = 0 is out of range"
	run env FAULTLINE_PATH="$W/added" "$FAULTLINE" run jobs-in-shell -o "$W/t.fl"
	same "status, '$(head -c 300 "$W/err")'" 0 "$status"
	check_all
	run env FAULTLINE_PATH="$W/added" "$FAULTLINE" run jobs-in-shell --set jobs=13 -o "$W/t.fl"
	same "status with 13" 0 "$status"
	same "forks" 13 "$(query "SELECT observed FROM claim")"
}

# The ten lines of the README as they stand there, with a faultline that is not in PATH.
test_readme_experiment() {
	local name
	for name in touch.sh touch.sql; do
		mkdir -p shown
		awk -v name="$name" '/^```$/ && inside { exit } inside
			index($0, "`" name "`") { named = 1 } named && /^```[a-z]+$/ { inside = 1 }' \
			"$TREE/README.md" >"shown/$name"
	done
	chmod +x shown/touch.sh
	run env PATH=/usr/bin:/bin FAULTLINE_PATH="$W/shown" "$FAULTLINE" run touch -o "$W/t.fl"
	same "status, '$(head -c 300 "$W/err")'" 0 "$status"
	check_all
	same "claims" $'filled\t1009\t1009\tpass' \
		"$(query "SELECT id, expected, observed, verdict FROM claim")"
	# shellcheck disable=SC2016 # for the traced shell
	run env PATH=/usr/bin:/bin "$FAULTLINE" trace -q -o "$W/p.fl" -- sh -c 'echo "$PATH" >&2'
	same "PATH of an ordinary command" /usr/bin:/bin "$(cat "$W/err")"
}

test_malformed_claims() {
	local text n=0
	mkdir bad
	cp "$(type -P true)" bad/wrong
	for text in $'-- title: x\n-- claim Z a: b\n-- expect: 1\nSELECT 1;' \
		$'-- title: x\n-- claim E a: b\n-- expect: 1 +\nSELECT 1;' \
		$'-- title: x\n-- claim E a: b\n-- expect: 1\nSELEC 1;' \
		$'-- title: x\n-- claim E a: b\n-- expect: nosuch\nSELECT 1;' \
		$'-- title: x\n-- claim E a: b\n-- expect: 1\nSELECT nosuch FROM task;' \
		$'-- title: x\n-- param: n = 5 7..9 text\n-- claim E a: b\n-- expect: n\nSELECT 1;' \
		$'-- title: x\n-- claim E a: b\n-- expect: 1\nSELECT 1' \
		$'-- title: x\n-- claim E a: b\n-- expect: 1\nDELETE FROM task;' \
		$'-- title: x\n-- claim E a: b\nSELECT 1;' \
		$'-- claim E a: b\n-- expect: 1\nSELECT 1;'; do
		n=$((n + 1))
		printf '%s\n' "$text" >bad/wrong.sql
		run env FAULTLINE_PATH="$W/bad" "$FAULTLINE" run wrong
		same "status of file $n, '$(head -c 200 "$W/err")'" 2 "$status"
		grep -aqE 'wrong\.sql:[0-9]+: ' "$W/err" ||
			fail "file $n: no file and line in '$(head -c 300 "$W/err")'"
		run env FAULTLINE_PATH="$W/bad" "$FAULTLINE" list
		[ "$status" -lt 126 ] || fail "list: status $status"
		contains "list, which shows the others," "$W/out" cow
	done
}

# Root only for files that nobody but root can write.
test_root_experiment() {
	needs_nobody
	mkdir roots
	cat >roots/who.sh <<'END'
#!/bin/sh
exit $(id -u | tr -dc 0-9 | sed 's/^[1-9].*/7/')
END
	chmod 755 roots/who.sh
	cat >roots/who.sql <<'END'
-- title: who runs it
-- chapter: C
-- question: Who?
-- root: it asks who it is
-- lesson: root only where the file says so

-- claim E root: it ran as root
-- expect: 0
SELECT exit_code FROM task WHERE task = 1;
END
	# this folder is one that anyone can write
	run as_sudo_of_nobody env FAULTLINE_PATH="$W/roots" "$FAULTLINE" run who
	[ "$status" -ne 0 ] || fail "root for a file that others can write"
	sentence
	run as_sudo_of_nobody env FAULTLINE_PATH="$W/roots" "$FAULTLINE" run --as-root who
	same "status with --as-root, '$(head -c 300 "$W/err")'" 0 "$status"
}

test_mark() {
	cat >marked.sh <<END
"$FAULTLINE" mark one
:
"$FAULTLINE" mark two
END
	trace bash marked.sh
	same "status" 0 "$status"
	check_all
	same "phases of the script" "one two" \
		"$(query "SELECT name FROM phase WHERE task = 1 ORDER BY start_ns" | paste -sd ' ')"
	run "$FAULTLINE" mark lonely
	[ "$status" -lt 126 ] || fail "mark without a tracer: status $status"
}
