# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The kind of each fault, held against the functions that the kernel went through for it
# (kinds.py).  That needs kprobes; distributions' kernels have them.

# RECORDING is made by a command that is watched: what kinds.py says into the file kinds.
watched() { # [--exchange=KIND,KIND] COMMAND...
	# the file system of the probes is mounted for this command alone
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c '[ -e /sys/kernel/tracing/events ] ||
		mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
		exec python3 -B "$0" "$@"' "$HERE/kinds.py" "$@" >"$W/kinds" 2>"$W/err" ||
		fail "kinds.py: $(tail -n 3 "$W/err")"
}

kinds_hold() { # COMMAND...
	watched "$@"
	case $(tail -n 1 "$W/kinds") in
	"SKIP "*) skip "$(sed -n 's/^SKIP //p' "$W/kinds")" ;;
	ok) ;;
	*) fail "$(tail -n 1 "$W/kinds")" ;;
	esac
}

kinds_of_program() { # NAME KIND...
	local name=$1 kind
	shift
	: >"$W/truth"
	chmod 666 "$W/truth"
	kinds_hold "$W/t.fl" "$FAULTLINE" trace -q -o "$W/t.fl" -- "$WORK/bin/$name" "$W/truth"
	! grep -q '^skip ' "$W/truth" || skip "$(sed -n 's/^skip //p' "$W/truth" | head -n 1)"
	for kind; do
		grep -q "^$kind: " "$W/kinds" || fail "no $kind among $(paste -sd ';' "$W/kinds")"
	done
}

kinds_of_experiment() { # ID KIND...
	local id=$1 kind
	shift
	kinds_hold "$W/t.fl" "$FAULTLINE" run "$id" -o "$W/t.fl"
	[ "$(query "SELECT count(*) FROM claim WHERE verdict = 'pass'")" -gt 0 ] ||
		skip "$id: $(query "SELECT reason FROM claim WHERE reason IS NOT NULL LIMIT 1")"
	for kind; do
		grep -q "^$kind: " "$W/kinds" || fail "no $kind among $(paste -sd ';' "$W/kinds")"
	done
}

# Which functions this kernel has, and that a wrong kind is found.
test_kinds() {
	kinds_of_program zero zero_fill zero_page copy_zero
	note "$(grep '^inlined: ' "$W/kinds")"
	watched --exchange zero_fill,zero_page "$W/t.fl" \
		"$FAULTLINE" trace -q -o "$W/t.fl" -- "$WORK/bin/zero" "$W/truth"
	contains "two kinds exchanged" "$W/kinds" "FAIL " "but the kernel had a "
}

test_kinds_copy() { kinds_of_program fork-copy copy reuse; }
test_kinds_file() {
	[ "$(stat -f -c %T "$W")" != tmpfs ] || skip "the folder for temporary files has no files on a disk"
	kinds_of_program file file file_copy shared_dirty
}
test_kinds_gup() { kinds_of_program gup "gup zero_fill" "gup zero_page" "gup copy"; }
test_kinds_huge() { kinds_of_program huge huge_zero_fill huge_zero_page huge_reuse; }
test_kinds_kernel_mode() { kinds_of_program kernel-mode zero_fill zero_page; }
test_kinds_major() { kinds_of_program major file; }
test_kinds_mixed() { kinds_of_program mixed "gup other"; }
test_kinds_shmem() { kinds_of_program shmem shmem; }
test_kinds_stale() { kinds_of_program stale; }
test_kinds_swap() {
	swap_on
	kinds_of_program swap swap
}
test_kinds_threads() { kinds_of_program threads zero_fill; }
test_kinds_uffd() { kinds_of_program uffd uffd; }
test_kinds_vfork() { kinds_of_program vfork; }
test_kinds_race() { kinds_of_experiment cow-race copy reuse; }
test_kinds_merged() { kinds_of_experiment cow-ksm copy; }
test_kinds_reclaim() { kinds_of_experiment madvise-reclaim zero_fill; }
