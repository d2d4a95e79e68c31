# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# States over time, of commands with many processes: check_lives() is in lib.sh.

# Two compilers at a time, each of several processes that wait for each other through pipes.
test_lives_make() {
	local i
	command -v make >/dev/null || skip "no make"
	mkdir project
	for i in 1 2 3 4 5 6 7; do
		printf 'int f%d(int x) { return x + %d; }\n' "$i" "$i" >"project/f$i.c"
	done
	printf 'int main(void) { return 0; }\n' >project/main.c
	printf '%s\n' 'CC ?= cc' 'prog: main.o $(patsubst %.c,%.o,$(wildcard f*.c))' \
		'	$(CC) -pipe -o $@ $^' '%.o: %.c' '	$(CC) -pipe -c -o $@ $<' >project/Makefile
	trace make -C project -j2
	same_status "status of make, which said '$(tail -n 2 "$W/err")'" 0
	[ -x project/prog ] || fail "make built nothing"
	check_all
	[ "$(query 'SELECT count(*) FROM task WHERE exec_ns IS NOT NULL')" -gt 17 ] ||
		fail "fewer programs than 8 compilers with an assembler each, and make"
	check_views
}

# 200 jobs of a shell at once: each a whole life.
test_lives_jobs() {
	# shellcheck disable=SC2016 # for the traced shell
	trace bash -c 'for ((i = 0; i < 200; i++)); do (:) & done; wait'
	same_status "status" 0
	check_all
	same "tasks" 201 "$(query 'SELECT count(*) FROM task')"
	same "lives from new to dead" 200 "$(query "SELECT count(*) FROM (SELECT task FROM state
		WHERE task > 1 GROUP BY task HAVING sum(state = 'new') = 1 AND sum(state = 'dead') = 1)")"
	check_views
}

# What is drawn of it is drawn to the end, as wide as it was told.
check_views() {
	local view
	for view in --states --tree --progress "--path task:1" "--card task:1"; do
		# shellcheck disable=SC2086 # option and task
		run env COLUMNS=91 "$FAULTLINE" show $view "$W/t.fl"
		case $status in 0 | 3) ;; *) fail "show $view: status $status: $(head -c 300 "$W/err")" ;; esac
		[ -s "$W/out" ] || fail "show $view shows nothing"
		[ "$(wc -L <"$W/out")" -le 91 ] || fail "show $view: $(wc -L <"$W/out") columns"
	done
}
