# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# Who may do what: users, files, names from outside, queries.

test_sudo_user() {
	local mine
	needs_nobody
	mine=$(id -u nobody)
	# shellcheck disable=SC2016 # for the traced shell
	run as_sudo_of_nobody "$FAULTLINE" trace -o "$W/t.fl" -- sh -c \
		'id -u; id -g; id -G; echo "$USER $LOGNAME ${SUDO_UID-unset}"
		grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/self/status; echo "home $HOME"' 
	same "status" 0 "$status"
	same "uid, gid, groups" "$mine $(id -g nobody) $(id -G nobody)" \
		"$(sed -n '1,3p' "$W/out" | paste -sd ' ')"
	same "environment" "nobody nobody unset" "$(sed -n 4p "$W/out")"
	same "capabilities" 0 "$(sed -n '5,8p' "$W/out" | tr -d '[:alpha:]0:[:space:]' | wc -c)"
	same "home" "home $(getent passwd nobody | cut -d : -f 6)" "$(grep '^home ' "$W/out")"
	same "owner of the recording" "$mine:$(id -g nobody)" "$(stat -c %u:%g "$W/t.fl")"
	check_all
	# a place that only root may write is not written for nobody
	mkdir -m 755 "$W/roots"
	run as_sudo_of_nobody "$FAULTLINE" trace -o "$W/roots/t.fl" -- true
	[ "$status" -ne 0 ] || fail "wrote where the user may not"
	[ ! -e "$W/roots/t.fl" ] || fail "made a file where the user may not"
	# and the other way: another user by name, and root where root was asked for
	run "$FAULTLINE" trace -u nobody -o "$W/u.fl" -- id -u
	same "uid with -u nobody" "$mine" "$(head -n 1 "$W/out")"
	run as_sudo_of_nobody "$FAULTLINE" trace --as-root -o "$W/r.fl" -- id -u
	same "uid with --as-root" 0 "$(head -n 1 "$W/out")"
}

test_sudo_lies() {
	run env SUDO_UID=65534 SUDO_GID=0 SUDO_USER=root "$FAULTLINE" trace -- touch "$W/ran"
	[ "$status" -ne 0 ] || fail "status 0"
	sentence SUDO_
	[ ! -e "$W/ran" ] || fail "the command ran"
}

# Bytes that a terminal would obey: none of them, newline and tab excepted.
harmless() { # FILE...
	local f
	for f; do
		[ "$(LC_ALL=C tr -d '\12\11\40-\176\200-\377' <"$f" | wc -c)" -eq 0 ] ||
			fail "control characters in $f: $(LC_ALL=C grep -a '[^[:print:][:space:]]' "$f" |
				head -n 1 | LC_ALL=C tr -c '\40-\176' '?' | cut -c 1-200)"
		! LC_ALL=C grep -aq $'\xc2[\x80-\x9f]\|\xe2\x80[\xaa-\xae]\|\xe2\x81[\xa6-\xa9]' "$f" ||
			fail "C1 or direction controls in $f"
	done
}

test_hostile() {
	local evil=$'\e]0;owned\a\e[2J\rnot\u202egood\u009b31m\n"<script>\xff'
	cp "$WORK/bin/hostile" "$W/$evil"
	trace "$W/$evil" "$W/truth" "$evil"
	same "status" 0 "$status"
	check_all
	harmless "$W/out" "$W/err"
	for view in "" --tree --faults --states --locks --signals --messages --json; do
		# shellcheck disable=SC2086 # no word or one
		run "$FAULTLINE" show "$W/t.fl" $view
		same "status of show $view" 0 "$status"
		harmless "$W/out" "$W/err"
	done
	run "$FAULTLINE" show --json "$W/t.fl"
	python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8"))' "$W/out" ||
		fail "no JSON"
	run "$FAULTLINE" query "$W/t.fl" 'SELECT * FROM task'
	harmless "$W/out" "$W/err"
	run "$FAULTLINE" query "$W/t.fl" 'SELECT * FROM run'
	harmless "$W/out" "$W/err"
	run "$FAULTLINE" query "$W/t.fl" 'SELECT DISTINCT phase, region, object FROM fault'
	harmless "$W/out" "$W/err"
	trace "$W/$evil.not-there"
	same "status" 127 "$status"
	harmless "$W/err"
	run "$FAULTLINE" run "$evil"
	same "status" 2 "$status"
	harmless "$W/err"
	run "$FAULTLINE" show "$W/$evil"
	harmless "$W/err"
}

# Somebody else's query reads and does nothing else.
test_query_refuses() {
	local sql before
	trace true
	before=$(sha256sum <t.fl)
	for sql in "DELETE FROM task" "INSERT INTO run VALUES ('a', 'b')" "UPDATE task SET comm = ''" \
		"DROP TABLE task" "CREATE TABLE t (x)" "ATTACH '$W/other.db' AS o" "VACUUM INTO '$W/o.db'" \
		"PRAGMA journal_mode = DELETE" "PRAGMA writable_schema = 1" "BEGIN" \
		"SELECT load_extension('$W/x.so')" "SELECT writefile('$W/x', 'x')" \
		"SELECT readfile('/etc/passwd')" "SELECT 1; DELETE FROM task" "SELEC 1" "" \
		"SELECT * FROM nosuch"; do
		run "$FAULTLINE" query "$W/t.fl" "$sql"
		[ "$status" -ne 0 ] || fail "status 0 for: $sql"
		[ "$status" -lt 126 ] || fail "status $status for: $sql"
		sentence
	done
	for sql in other.db o.db x; do
		[ ! -e $sql ] || fail "a query made the file $sql"
	done
	same "the recording" "$before" "$(sha256sum <t.fl)"
	same "files beside it" "t.fl" "$(echo t.fl*)"
	# without an end: it is ended
	run timeout 120 "$FAULTLINE" query --seconds=1 "$W/t.fl" \
		"WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r"
	[ "$status" -ne 124 ] || fail "a query without end runs for ever"
	[ "$status" -ne 0 ] || fail "status 0 for a query without end"
	sentence "1000 ms" --seconds
}

# A recording from somebody else: views and triggers in it are not obeyed.
test_foreign_recording() {
	trace true
	sqlite3 t.fl "CREATE TRIGGER evil AFTER INSERT ON run BEGIN DELETE FROM task; END;
		DROP VIEW reconcile;
		CREATE VIEW reconcile AS SELECT load_extension('$W/evil.so') AS difference;"
	run "$FAULTLINE" show "$W/t.fl"
	[ "$status" -lt 126 ] || fail "status $status"
	run "$FAULTLINE" query "$W/t.fl" 'SELECT * FROM reconcile'
	[ "$status" -lt 126 ] || fail "status $status of query"
	! grep -aq 'evil.so' "$W/err" || fail "it tried to load the extension: $(cat "$W/err")"
}

test_json() {
	run "$FAULTLINE" trace --json -o "$W/t.fl" -- "$WORK/bin/fork-copy" "$W/truth"
	same "status" 0 "$status"
	run "$FAULTLINE" show --json "$W/t.fl"
	same "status of show --json" 0 "$status"
	python3 - "$W/out" <<'END' || fail "the JSON is not what the tables say: $(tail -n 1 "$W/log")"
import json, sys
document = json.load(open(sys.argv[1], encoding="utf-8"))
assert isinstance(document, dict), "no object"
text = json.dumps(document)
assert '"difference"' in text, "no reconciliation"
for word in ("serial", "shared", "kept", "sharer"):
    assert '"%s"' % word in text, "no " + word
END
	run "$FAULTLINE" run --json cow --set pages=101
	same "status of run --json" 0 "$status"
	python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$W/out" || fail "no JSON from run"
	run "$FAULTLINE" list --json
	[ "$status" -ne 0 ] || python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$W/out" ||
		fail "no JSON from list"
}
