# shellcheck shell=bash disable=SC2154 # run() sets status
# SPDX-License-Identifier: GPL-2.0
# The experiments of memory: noise, one CPU, ends before the time.

# A program with little code of its own, and one that does not begin in its own code.
test_noise_dynamic() {
	[ "$(cat /proc/sys/kernel/randomize_va_space)" != 0 ] || skip "addresses are the same in each run here"
	run "$FAULTLINE" run text-sharing --noise dynamic
	same "status" 0 "$status"
	same "code" "text.frames 16 16 16" "$(awk '$1 == "text.frames" { $1 = $1; print }' out)"
	same "what broke" "broken: data.place" "$(awk '/broken:/ { $1 = $1; print }' out)"
	contains "rule" out "at addresses that differ from run"
	run "$FAULTLINE" run exec-demand --noise dynamic
	same "status" 0 "$status"
	same "what broke" "broken: static" "$(awk '/broken:/ { $1 = $1; print }' out)"
	contains "rule" out "is its loader's"
}
