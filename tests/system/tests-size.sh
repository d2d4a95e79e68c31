# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# How large the BPF programs are once the kernel has loaded them: an instruction
# more in each fault is a cost that nobody sees in a review.  bpf-size.tsv has the
# most that each program may have, by compiler; what is meant to be larger is written anew by
#
#	make all compilers && UPDATE=1 tests/system/run FAULTLINE bpf_size

# FAULTLINE, and those beside it with programs by other compilers (make compilers).
binaries() {
	local other
	echo "$FAULTLINE"
	for other in "${FAULTLINE%/*}"/clang-*/faultline; do
		# made before what is tested: what is tested is not known to it
		[ ! -x "$other" ] || [ "$other" -ot "$FAULTLINE" ] || echo "$other"
	done
}

# The ids of the BPF programs that process $1 has; other descriptors come and go meanwhile.
traced_programs() {
	{ sed -n 's/^prog_id:\t//p' "/proc/$1/fdinfo"/* 2>sed.err || true; } | sort -un
}

# Program and number of instructions, of what a running trace has loaded.
loaded_programs() { # FAULTLINE OPTION...
	local tracer faultline=$1
	shift
	[ -p hold ] || mkfifo hold ready
	"$faultline" trace "$@" -o "$W/t.fl" -q -- sh -c 'echo x >ready; read x <hold' 2>"$W/err" &
	tracer=$!
	await ready
	traced_programs "$tracer" | while read -r id; do
		bpftool --json prog show id "$id" || break
		echo
	done >programs
	echo x >hold
	wait "$tracer" || [ $? -eq 3 ] # whether the run was complete does not matter here
	python3 -c '
import json
for line in open("programs"):
    program = json.loads(line) if line.strip() else {}
    if "name" in program:
        print(program["name"], program["bytes_xlated"] // 8, sep="\t")' | sort
}

# "clang-14", program, instructions, the same with --every-fault, of each binary.
program_sizes() {
	local binary compiler
	binaries | while read -r binary; do
		compiler=$(compiler_of "$binary" | sed 's/ \([0-9]*\).*/-\1/')
		[ -n "$compiler" ] || fail "$binary does not tell the compiler of its programs"
		[ ! -e "size.$compiler" ] || continue
		loaded_programs "$binary" >default
		loaded_programs "$binary" --every-fault >every
		join -t $'\t' default every | sed "s/^/$compiler\t/" >"size.$compiler"
		[ "$(wc -l <"size.$compiler")" -eq "$(wc -l <default)" ] ||
			fail "$compiler: other programs with --every-fault"
		cat "size.$compiler"
	done
}

test_bpf_size() {
	local table=$HERE/bpf-size.tsv kernel machine compiler
	command -v bpftool >/dev/null || skip "bpftool, which tells the sizes, is not in the PATH"
	# other kernels inline other helpers
	machine="$(uname -m) $(uname -r | cut -d. -f1,2)"
	program_sizes >came
	cut -f1 came | sort -u >compilers
	kernel=$(sed -n '1s/.*; //p' "$table")
	if [ -n "${UPDATE-}" ]; then
		[ "$kernel" != "$machine" ] || # what is not here stays
			sed 1d "$table" | grep -vF "$(sed 's/$/\t/' compilers)" >stays || true
		{
			printf '# compiler, program, instructions at most, the same with --every-fault; %s\n' "$machine"
			cat stays came | sort
		} >"$table"
	fi
	[ "$kernel" = "$machine" ] || [ -n "${UPDATE-}" ] || skip "the table is of $kernel, this is $machine"
	while read -r compiler; do
		grep "^$compiler"$'\t' "$table" >held ||
			skip "the table has no sizes of programs by $compiler: UPDATE=1 (tests-size.sh)"
		same "programs by $compiler" "$(cut -f2 held | xargs)" "$(cut -f2 "size.$compiler" | xargs)"
		paste held "size.$compiler" | awk -F '\t' '$7 > $3 || $8 > $4 {
			printf "%s by %s has %d instructions in place of %d, with --every-fault %d in place of %d; ",
				$2, $1, $7, $3, $8, $4 }' >>larger
	done <compilers
	[ ! -s larger ] || fail "$(cat larger)is it worth it? then UPDATE=1 (tests-size.sh)"
}

# The programs by each compiler that is here are loaded, all of them, and count what there is.
test_compilers() {
	local clang binary own=$FAULTLINE
	local -a clangs
	mapfile -t clangs < <(compgen -c clang- | grep -E '^clang-(1[4-9]|[2-9][0-9])$' | sort -u)
	[ ${#clangs[@]} -gt 0 ] || skip "no clang-NN is installed, but for the one that built $own"
	binaries >made
	for clang in "${clangs[@]}"; do
		grep -q "/$clang/faultline$" made ||
			skip "no programs by $clang beside $own: \"make compilers\" builds them"
		FAULTLINE=${own%/*}/$clang/faultline
		run "$FAULTLINE" doctor
		contains "doctor, $clang" out "built by clang ${clang#clang-}." "; the kernel takes them all"
		program fork-copy
		run "$FAULTLINE" trace --every-end -o "$W/t.fl" -- "$WORK/bin/zero" "$W/truth"
		same_status "status with --every-end, $clang" 0
		check_all
		same "compiler in the recording" "clang ${clang#clang-}" \
			"$(query "SELECT value FROM run WHERE key = 'compiler'" | sed 's/\..*//')"
	done
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
	wait "$tracer" || [ $? -eq 3 ]
	came=$(awk '{ n += $1 } END { print n }' verified)
	if [ -n "${UPDATE-}" ]; then
		printf '%s: %d\n' "$machine" "$((came + came / 50))" >"$file"
	fi
	most=$(sed -n "s/^$machine: //p" "$file")
	[ -n "$most" ] || skip "the number is of $(cut -d: -f1 "$file"), this is $machine"
	[ "$came" -le "$most" ] || fail "$came instructions in place of $most, most of them for \
$(head -n 6 verified | tr '\n' ' '); a loop or a search that is not SHARED? then UPDATE=1 (tests-size.sh)"
}
