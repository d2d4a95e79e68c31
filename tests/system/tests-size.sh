# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# How large the BPF programs are once the kernel has loaded them: an instruction
# more in each fault is a cost that nobody sees in a review.  bpf-size.tsv has the
# most that each program may have; what is meant to be larger is written anew by
#
#	UPDATE=1 tests/system/run FAULTLINE bpf_size

# The ids of the BPF programs that process $1 has; other descriptors come and go meanwhile.
traced_programs() {
	{ sed -n 's/^prog_id:\t//p' "/proc/$1/fdinfo"/* 2>sed.err || true; } | sort -un
}

# Program and number of instructions, of what a running trace has loaded.
loaded_programs() { # OPTION...
	local tracer
	[ -p hold ] || mkfifo hold ready
	"$FAULTLINE" trace "$@" -o "$W/t.fl" -q -- sh -c 'echo x >ready; read x <hold' 2>"$W/err" &
	tracer=$!
	await ready
	traced_programs "$tracer" | while read -r id; do
		bpftool --json prog show id "$id" || break
		echo
	done >programs
	echo x >hold
	wait "$tracer"
	python3 -c '
import json
for line in open("programs"):
    program = json.loads(line) if line.strip() else {}
    if "name" in program:
        print(program["name"], program["bytes_xlated"] // 8, sep="\t")' | sort
}

test_bpf_size() {
	local table=$HERE/bpf-size.tsv kernel machine
	command -v bpftool >/dev/null || skip "bpftool, which tells the sizes, is not in the PATH"
	# other kernels inline other helpers
	machine="$(uname -m) $(uname -r | cut -d. -f1,2)"
	loaded_programs >default
	loaded_programs --every-fault >every
	join -t $'\t' default every >came
	[ "$(wc -l <came)" -eq "$(wc -l <default)" ] || fail "other programs with --every-fault"
	if [ -n "${UPDATE-}" ]; then
		{
			printf '# program, instructions at most, the same with --every-fault; %s\n' "$machine"
			cat came
		} >"$table"
	fi
	kernel=$(sed -n '1s/.*; //p' "$table")
	[ "$kernel" = "$machine" ] || skip "the table is of $kernel, this is $machine"
	same "programs" "$(sed 1d "$table" | cut -f1 | xargs)" "$(cut -f1 came | xargs)"
	sed 1d "$table" | join -t $'\t' - came | awk -F '\t' '$4 > $2 || $5 > $3 {
		printf "%s has %d instructions in place of %d, with --every-fault %d in place of %d; ",
			$1, $4, $2, $5, $3 }' >larger
	[ ! -s larger ] || fail "$(cat larger)is it worth it? then UPDATE=1 (tests-size.sh)"
}

# How many instructions the verifier goes through for each of the programs with the ids on stdin:
# bpf_prog_info.verified_insns, which bpftool does not tell.  Name and number, the number first.
verified_instructions() {
	python3 -c '
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def bpf(command, attributes):  # x86_64
    result = libc.syscall(321, command, ctypes.byref(attributes), len(attributes))
    if result < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return result
for line in sys.stdin:
    fd = bpf(13, ctypes.create_string_buffer(struct.pack("=III", int(line), 0, 0), 12))
    info = ctypes.create_string_buffer(232)
    bpf(15, ctypes.create_string_buffer(struct.pack("=IIQ", fd, 232, ctypes.addressof(info)), 16))
    os.close(fd)
    print(struct.unpack_from("=I", info, 216)[0], info[64:80].split(b"\0")[0].decode())'
}

# The verifier takes most of the time of a start, in proportion to this.
test_bpf_verified() {
	local file=$HERE/bpf-verified machine most came tracer
	machine="$(uname -m) $(uname -r | cut -d. -f1,2), $(nproc --all) CPUs"
	mkfifo hold ready
	"$FAULTLINE" trace -o "$W/t.fl" -q -- sh -c 'echo x >ready; read x <hold' 2>"$W/err" &
	tracer=$!
	await ready
	traced_programs "$tracer" | verified_instructions | sort -rn >verified
	echo x >hold
	wait "$tracer"
	came=$(awk '{ n += $1 } END { print n }' verified)
	if [ -n "${UPDATE-}" ]; then
		printf '%s: %d\n' "$machine" "$((came + came / 50))" >"$file"
	fi
	most=$(sed -n "s/^$machine: //p" "$file")
	[ -n "$most" ] || skip "the number is of $(cut -d: -f1 "$file"), this is $machine"
	[ "$came" -le "$most" ] || fail "$came instructions in place of $most, most of them for \
$(head -n 6 verified | tr '\n' ' '); a loop or a search that is not SHARED? then UPDATE=1 (tests-size.sh)"
}
