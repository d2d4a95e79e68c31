# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# What experiments with streams and locks lack: a network, a port, a folder, programs.
# Each is as it should be all the same, or says what is missing.

under=() # what faultline is run by

experiment() { # ID OPTION...
	run "${under[@]}" "$FAULTLINE" run "$@" -o "$W/t.fl"
	same_status "status of $*" 0
	no_rows "claims of $*" "SELECT id, verdict, reason FROM claim
		WHERE verdict NOT IN ('pass', 'skip')"
}

all_pass() { # ID OPTION...
	experiment "$@"
	no_rows "claims of $*" "SELECT id, verdict, reason FROM claim WHERE verdict <> 'pass'"
}

skipped() { # WORD ID OPTION...: some claim is, for a reason with WORD
	local word=$1
	shift
	experiment "$@"
	[ -n "$(query "SELECT 1 FROM claim WHERE verdict = 'skip' AND reason LIKE '%$word%'")" ] ||
		fail "$*: nothing is skipped for '$word'"
}

test_talk_no_loopback() {
	needs_network_namespace
	under=(unshare -n)
	all_pass unix-vs-tcp --set rounds=101
	all_pass rpc-stub
}

# The one port that there is has an owner, for TCP and for UDP.
test_talk_ports_taken() {
	local python=/usr/bin/python3
	needs "$python"
	needs ip
	needs_network_namespace
	cat >owner.py <<-'END'
		import socket, subprocess, sys
		open("/proc/sys/net/ipv4/ip_local_port_range", "w").write("40009 40009")
		subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
		kinds = socket.SOCK_STREAM, socket.SOCK_DGRAM
		owners = [socket.socket(socket.AF_INET, kind) for kind in kinds]
		for owner in owners:
		    owner.bind(("0.0.0.0", 40009))
		sys.exit(subprocess.run(sys.argv[1:]).returncode)
	END
	under=(unshare -n "$python" owner.py)
	all_pass unix-vs-tcp --set rounds=101
	all_pass rpc-stub
}

# Sockets of others come and go all the time, in memory that was a traced socket's before.
test_talk_strangers() {
	local python=/usr/bin/python3
	needs "$python"
	cat >strangers.py <<-'END'
		import socket, subprocess, sys, threading

		listener = socket.create_server(("127.0.0.1", 0))
		end = threading.Event()

		def serve():
		    while not end.is_set():
		        with listener.accept()[0] as one:
		            one.sendall(one.recv(1))

		def visit():
		    while not end.is_set():
		        with socket.create_connection(listener.getsockname()) as one:
		            one.sendall(b"x")
		            one.recv(1)

		threads = [threading.Thread(target=act, daemon=True) for act in (serve, visit)]
		for thread in threads:
		    thread.start()
		status = subprocess.run(sys.argv[1:]).returncode
		end.set()
		threads[1].join()
		sys.exit(status)
	END
	under=("$python" strangers.py)
	all_pass unix-vs-tcp --set rounds=503
}

test_talk_read_only_folder() {
	needs_mount_namespace
	# shellcheck disable=SC2016 # for the inner shell
	under=(unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs -o ro none "$TMPDIR" &&
		exec "$@"' sh)
	skipped "no FIFO can be made" fifo-rendezvous
	skipped "no file can be made" inc-race
	all_pass lock-owner
}

test_talk_programs_missing() {
	mkdir none
	under=(env "PATH=$W/none")
	skipped "free or awk is missing" pipe-oneway
	skipped "no sh or no flock" inc-race --set mode=sh
	skipped "no sh or no flock" inc-race --set mode=sh-flock
	skipped "no dd here" signal-progress --set mode=dd
	skipped "no ps" threads
}

# What an experiment makes goes with it, also where it is ended from outside.
test_talk_nothing_left() {
	local workload
	set -m
	"$FAULTLINE" run inc-race --set mode=flock --set processes=1000 -o "$W/t.fl" >out 2>err &
	set +m
	until compgen -G "$TMPDIR/faultline.*/counter" >word; do
		[ -e "/proc/$!" ] || fail "it ended too soon: $(head -c 300 err)"
	done
	kill -INT -- "-$!"
	workload=0
	wait "$!" || workload=$?
	same "status: it was ended from outside" 3 "$workload"
	same "what is left in the folder" "" "$(ls -A "$TMPDIR")"
}
