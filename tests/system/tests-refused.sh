# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# What the kernel refuses while the BPF programs are loaded: named, and nothing else blamed.

# "clang 14.0.6", as the binary $1 says of its BPF programs.
compiler_of() {
	"$1" doctor | sed -n 's/.* built by \(clang [0-9.]*\);.*/\1/p'
}

# A copy of faultline whose program $1 does what the verifier refuses.
spoil() { # PROGRAM
	rm -f spoilt
	cp "$FAULTLINE" spoilt
	python3 -B "$HERE/spoil.py" code spoilt "$1"
}

# Each program in turn; those for which a trace has no use do no harm.
test_refused_program() {
	local name section compiler release
	compiler=$(compiler_of "$FAULTLINE")
	[ -n "$compiler" ] || fail "doctor does not tell the compiler: $("$FAULTLINE" doctor | grep program)"
	release="Linux $(uname -r)"
	python3 -B "$HERE/spoil.py" list "$FAULTLINE" >programs
	[ -s programs ] || fail "no programs"
	while read -r name section; do
		spoil "$name"
		run "$W/spoilt" trace -q -o t.fl -- touch "$W/ran"
		if [ "${name%%_*} ${section%%/*}" = "kthread ?tp_btf" ]; then
			same "status without $name" 0 "$status"
			rm ran
			continue
		fi
		same "status with $name refused" 4 "$status"
		[ ! -e ran ] || fail "the command ran without $name"
		same "lines of the message for $name" 1 "$(wc -l <err)"
		sentence "the verifier of $release refuses program $name as built by $compiler: misaligned stack access" \
			"CLANG="
	done <programs
}

# doctor loads what it says is ok: it names all that are refused, and those only.
test_refused_doctor() {
	local -a names=(sched_prio kthread_stop snapshot_vma)
	local name
	cp "$FAULTLINE" spoilt
	for name in "${names[@]}"; do
		python3 -B "$HERE/spoil.py" code spoilt "$name"
	done
	run "$W/spoilt" doctor
	same "status" 4 "$status"
	same "programs" "missing:sched_prio missing:snapshot_vma note:kthread_stop" "$(sed -n \
		's/^\([a-z]*\) *program  .* refuses program \([a-z_]*\) as .*: misaligned .*/\1:\2/p' out | sort | xargs)"
	! grep -q '^ok *programs' out || fail "and says that all are taken"
	spoil kthread_stop
	run "$W/spoilt" doctor
	same "status where a trace is possible" 0 "$status"
}

# A tracepoint that no kernel has.
test_refused_tracepoint() {
	cp "$FAULTLINE" spoilt
	python3 -B "$HERE/spoil.py" name spoilt tp_btf/signal_deliver tp_btf/signal_dellver
	run "$W/spoilt" trace -- touch "$W/ran"
	same "status" 4 "$status"
	sentence "tp_btf/signal_dellver, on which program signal_delivered hangs, is not in Linux $(uname -r); boot"
	[ ! -e ran ] || fail "the command ran"
	run "$W/spoilt" doctor
	same "status of doctor" 4 "$status"
	contains "doctor" out "signal_dellver is not in this kernel"
}

# Any call of bpf(2), with errors of which most never come: root is not told of rights that it has.
test_refused_call() {
	local at=1 error line
	local -a errors=(EPERM EACCES EINVAL E2BIG ENOMEM ENOSYS EUSERS EFAULT)
	strace -o /dev/null true 2>strace.err || skip "strace cannot trace here: $(head -n 1 strace.err)"
	export ASAN_OPTIONS=detect_leaks=0 # which cannot look under strace
	for error in "${errors[@]}" "${errors[@]}"; do
		run strace -f -o /dev/null -e inject=bpf:error="$error:when=$at+" \
			"$FAULTLINE" trace -- touch "$W/ran"
		same "status with $error from call $at on" 4 "$status"
		[ ! -e ran ] || fail "the command ran, with $error from call $at on"
		same "lines of the message for $error from call $at on" 1 "$(wc -l <err)"
		sentence "cannot " "; "
		line=$(cat err)
		case $line in
		*lacks* | *verifier*) fail "$error from call $at on: $line" ;;
		*"has the rights"*) [[ $error = E?(PERM|ACCES)* ]] || fail "$error from call $at on: $line" ;;
		esac
		at=$((at + 5))
	done
}

# In a user namespace of its own root has all capabilities, and none over the kernel.
test_refused_in_namespace() {
	needs_user_namespace
	needs_nobody
	run unshare -Ur "$FAULTLINE" trace -- touch "$W/ran"
	same "status" 4 "$status"
	sentence "this user lacks rights outside of its user namespace; start it outside"
	[ ! -e ran ] || fail "the command ran"
}

# Where page tables cannot be read no kind that rests on them is claimed, and the rest holds.
test_no_page_tables() {
	rm -f spoilt
	cp "$FAULTLINE" spoilt
	python3 -B "$HERE/spoil.py" void spoilt snapshot_direct_map
	run "$FAULTLINE" doctor
	contains "doctor" out "page tables" "can be read"
	run "$W/spoilt" doctor
	contains "doctor" out "cannot be read: " "claims that name these kinds are skipped"
	run "$W/spoilt" trace -o t.fl -- true
	same_status "status" 0
	check_all
	contains "the report" out "page tables are unavailable: "
	grep -q '\[always\]\|\[madvise\]' /sys/kernel/mm/transparent_hugepage/enabled || return 0
	run env FAULTLINE_PATH="${FAULTLINE%/*}/workloads" "$W/spoilt" run cow-thp --set huge=3 -o t.fl
	same_status "status of cow-thp" 0
	no_rows "claims" "SELECT id, verdict, reason FROM claim
		WHERE (id IN ('p.write', 'p.write.stale', 'p.write.only')) <> (verdict = 'skip')"
	no_rows "kinds that rest on page tables" "SELECT * FROM fault_count
		WHERE kind IN ('stale', 'huge_reuse', 'huge_zero_page')"
}
