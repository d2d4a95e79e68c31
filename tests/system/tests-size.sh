# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# How large the BPF programs are once the kernel has loaded them: an instruction
# more in each fault is a cost that nobody sees in a review.  bpf-size.tsv has the
# most that each program may have; what is meant to be larger is written anew by
#
#	UPDATE=1 tests/system/run FAULTLINE bpf_size

# Program and number of instructions, of what a running trace has loaded.
loaded_programs() { # OPTION...
	local tracer
	[ -p hold ] || mkfifo hold ready
	"$FAULTLINE" trace "$@" -o "$W/t.fl" -q -- sh -c 'echo x >ready; read x <hold' 2>"$W/err" &
	tracer=$!
	await ready
	sed -n 's/^prog_id:\t//p' "/proc/$tracer/fdinfo"/* | sort -un | while read -r id; do
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
