# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# What real programs say to each other: the bytes in each stream are those that
# strace counts for the same calls in a run of its own.

# Bytes written to and read from each pipe, a line a pipe, smallest first, as
# strace saw them.  A file for each thread: so no call is torn apart.
strace_pipes() { # COMMAND...
	mkdir "$W/strace"
	strace -ff -y -o "$W/strace/t" -e trace=read,write,readv,writev,splice,vmsplice \
		"$@" >"$W/strace.out" 2>&1
	cat "$W"/strace/t.* | awk '
		/^(splice|vmsplice)\(/ { print "this command needs another count"; exit }
		/^(read|readv|write|writev)\([0-9]+<pipe:\[[0-9]+\]>/ && / = [0-9]+$/ {
			split($0, part, /[][]/)
			sum[part[2], substr($0, 1, 1)] += $NF
			pipes[part[2]] = 1
		}
		END {
			for (pipe in pipes)
				if (sum[pipe, "w"] + sum[pipe, "r"])
					print sum[pipe, "w"] + 0 "\t" sum[pipe, "r"] + 0
		}' | sort -n
}

faultline_pipes() {
	query "SELECT coalesce(sum(bytes) FILTER (WHERE from_task IS NOT NULL), 0) AS w,
	              coalesce(sum(bytes) FILTER (WHERE to_task IS NOT NULL), 0) AS r
	       FROM message WHERE channel = 'pipe' GROUP BY object ORDER BY w, r" | sort -n
}

# Status 0, and nothing lost but what makes no difference to bytes and locks: a
# kernel may hide a wake-up that happens while a task runs that it protects.
check_talk() {
	no_rows "loss" "SELECT what, kind, n FROM loss WHERE what <> 'unseen'"
	if [ "$status" -ne 3 ]; then
		same_status "status" 0
		check_complete
	else
		same "what is lost" unseen "$(query "SELECT what FROM loss")"
	fi
	check_exact
	check_total
}

# In whatever width, no line is longer and nothing but text comes.
check_view() { # OPTION WORD...
	local option=$1 width
	shift
	for width in 80 120 200; do
		run env "COLUMNS=$width" "$FAULTLINE" show "$option" "$W/t.fl"
		[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || fail "show $option: status $status"
		same "errors of show $option" "" "$(cat "$W/err")"
		[ "$(wc -L <"$W/out")" -le "$width" ] ||
			fail "show $option is wider than $width columns"
		contains "show $option" "$W/out" "$@"
	done
}

test_talk_pipeline() {
	needs strace seq grep sort tr wc
	cat >pipeline <<-'END'
		seq 1 20011 | grep 7 | sort -r | tr 0-9 a-j | wc -c
	END
	trace bash pipeline
	check_talk
	faultline_pipes >came
	strace_pipes bash pipeline >expected
	same "bytes in and out of each pipe" "$(cat expected)" "$(cat came)"
	same "pipes" 4 "$(wc -l <came)"
	no_rows "bytes from or to outside" "SELECT * FROM message
		WHERE channel = 'pipe' AND (from_task IS NULL OR to_task IS NULL)"
	same "who talks to whom" "seq>grep grep>sort sort>tr tr>wc" "$(query "
		SELECT group_concat(pair, ' ') FROM (SELECT f.comm || '>' || t.comm AS pair FROM message
		JOIN task AS f ON f.task = from_task JOIN task AS t ON t.task = to_task
		WHERE channel = 'pipe' GROUP BY object ORDER BY f.task)")"
	check_view --messages "bytes in = bytes out" seq grep sort "tr " wc
}

test_talk_git_clone() {
	needs strace git
	# with a name, so that git does not ask the network for the host's
	export HOME=$W GIT_CONFIG_NOSYSTEM=1
	export GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=n@example.org
	export GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=n@example.org
	git init -q from
	for i in {1..23}; do
		echo "$i" >"from/file$i"
	done
	git -C from add .
	git -C from commit -q -m files
	trace git clone -q from to
	check_talk
	faultline_pipes >came
	strace_pipes git clone -q from again >expected
	same "bytes in and out of each pipe" "$(cat expected)" "$(cat came)"
	same "pipes" 2 "$(wc -l <came)"
	check_view --messages "bytes in = bytes out" git
}

# Which worker gets which job is not determined, how many bytes go to all is.
test_talk_python_pool() {
	local python=/usr/bin/python3
	needs "$python"
	needs strace
	cat >pool.py <<-'END'
		import multiprocessing

		def square(x):
		    return x * x

		if __name__ == "__main__":
		    with multiprocessing.get_context("fork").Pool(3) as pool:
		        print(sum(pool.map(square, range(101), chunksize=7)))
		        pool.close()
		        pool.join()
	END
	trace "$python" pool.py
	same "sum of squares" 338350 "$(head -n 1 "$W/out")"
	check_talk
	# what the pool's threads leave unread at the end is not determined, either
	faultline_pipes | cut -f 1 >came
	strace_pipes "$python" pool.py | cut -f 1 >expected
	same "bytes into each pipe" "$(cat expected)" "$(cat came)"
	check_view --messages python3
	check_view --locks futex
}

# A server and a client: over TCP, and a word over a pair of sockets.
test_talk_python_web() {
	local python=/usr/bin/python3
	needs "$python"
	needs strace
	cat >web.py <<-'END'
		import http.server, os, socket, socketserver, urllib.request

		class Answer(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        body = b"x" * 100003
		        self.send_response(200)
		        self.send_header("Content-Length", str(len(body)))
		        self.end_headers()
		        self.wfile.write(body)

		    def log_message(self, *args):
		        pass

		# HTTPServer would ask the network for the name of 127.0.0.1
		server = socketserver.TCPServer(("127.0.0.1", 0), Answer)
		ours, theirs = socket.socketpair()
		if not os.fork():
		    server.handle_request()
		    theirs.sendall(b"served")
		    os._exit(0)
		server.server_close()
		url = "http://127.0.0.1:%d" % server.server_address[1]
		direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
		print(len(direct.open(url).read()), ours.recv(64).decode())
		os.wait()
	END
	trace "$python" web.py
	same "what was said" "100003 served" "$(head -n 1 "$W/out")"
	check_talk
	query "SELECT channel, sum(bytes) FILTER (WHERE from_task IS NOT NULL),
	              sum(bytes) FILTER (WHERE to_task IS NOT NULL)
	       FROM message WHERE channel IN ('tcp', 'unix') GROUP BY 1" >came
	mkdir "$W/strace"
	strace -ff -yy -o "$W/strace/t" -e trace=read,write,sendto,recvfrom \
		"$python" web.py >"$W/strace.out" 2>&1
	cat "$W"/strace/t.* | awk '
		/^[a-z]+\([0-9]+<(TCP|UNIX-STREAM):/ && / = [0-9]+$/ {
			kind = /<TCP:/ ? "tcp" : "unix"
			sum[kind, substr($0, 1, 1) ~ /[ws]/] += $NF
		}
		END {
			print "tcp\t" sum["tcp", 1] "\t" sum["tcp", 0]
			print "unix\t" sum["unix", 1] "\t" sum["unix", 0]
		}' >expected
	same "bytes in and out of sockets" "$(cat expected)" "$(cat came)"
	no_rows "bytes from or to outside" "SELECT * FROM message
		WHERE channel <> 'pipe' AND (from_task IS NULL OR to_task IS NULL)"
	check_view --messages tcp unix "bytes in = bytes out"
}

# It talks to nobody, and makes what it is asked for.
test_talk_ssh_keygen() {
	needs ssh-keygen
	trace ssh-keygen -q -t ed25519 -N "" -f key
	check_talk
	[ -s key.pub ] || fail "no key was made"
	no_rows "messages" "SELECT channel, object, from_task, to_task, bytes FROM message
		WHERE channel = 'pipe'"
}

# One writer after the other: each lock that strace sees asked for, granted and given back.
test_talk_sqlite() {
	needs strace sqlite3
	cat >writer <<-'END'
		sqlite3 d.db 'CREATE TABLE t (x); BEGIN IMMEDIATE; INSERT INTO t VALUES (1); COMMIT;'
		sqlite3 d.db 'INSERT INTO t VALUES (2); SELECT sum(x) FROM t'
	END
	trace bash writer
	check_talk
	query "SELECT op, first_byte, last_byte - first_byte + 1, count(*) FROM lock
	       WHERE kind = 'posix' AND op <> 'unlock' GROUP BY 1, 2, 3" | sort >came
	rm d.db
	mkdir "$W/strace"
	strace -ff -o "$W/strace/t" -e trace=fcntl bash writer >"$W/strace.out" 2>&1
	cat "$W"/strace/t.* | sed -n -E -e 's/^fcntl.*F_SETLKW?, .l_type=F_(RD|WR)LCK, l_whence=SEEK_SET, l_start=([0-9]+), l_len=([0-9]+).* = 0$/\1 \2 \3/p' |
		sed -e 's/^RD/read/' -e 's/^WR/write/' | sort | uniq -c |
		awk '{ print $2 "\t" $3 "\t" $4 "\t" $1 }' | sort >expected
	[ -s expected ] || fail "strace saw no lock"
	same_set "locks" expected came
	no_rows "locks that were not given back" "SELECT task, op, first_byte FROM lock
		WHERE kind = 'posix' AND op <> 'unlock' AND released_ns IS NULL"
	check_view --locks d.db "at most 1 inside"
}

test_talk_sqlite_two_writers() {
	needs sqlite3
	cat >writers <<-'END'
		sqlite3 d.db 'CREATE TABLE t (x)'
		for writer in 1 2; do
			for i in 1 2 3 4 5; do
				sqlite3 -cmd '.timeout 60000' d.db "BEGIN IMMEDIATE;
					INSERT INTO t VALUES ($writer * 100 + $i); COMMIT"
			done &
		done
		wait
		sqlite3 d.db 'SELECT sum(x) FROM t'
	END
	trace bash writers
	same "sum of what both wrote" 1530 "$(head -n 1 "$W/out")"
	check_talk
	# byte 0x40000001 is the reserved lock, which each has that writes
	same "writers" 11 "$(query "SELECT count(*) FROM lock
		WHERE first_byte = 1073741825 AND last_byte = first_byte AND granted_ns IS NOT NULL")"
	no_rows "two owners inside at once" "SELECT a.task, b.task, a.first_byte, a.granted_ns
		FROM lock AS a JOIN lock AS b ON a.object = b.object AND a.owner <> b.owner
			AND a.op = 'write' AND b.op IN ('read', 'write')
			AND a.first_byte <= b.last_byte AND b.first_byte <= a.last_byte
		WHERE a.granted_ns < b.released_ns AND b.granted_ns < a.released_ns"
	no_rows "refused by nobody" "SELECT task, first_byte, request_ns FROM lock
		WHERE kind = 'posix' AND ret < 0 AND blocked_by IS NULL"
	check_view --locks d.db "inside one of them at once"
}
