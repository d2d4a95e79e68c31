-- SPDX-License-Identifier: GPL-2.0
-- title: two kinds of processes, and why a machine wants both
-- chapter: D
-- question: One process computes, another one mostly waits. How much longer does the first one take if both share a CPU?
-- param: span_ms = 300   50..5000   milliseconds for which each of them works
-- lesson: Hardly at all. Who waits needs no CPU, and leaves by itself; who computes is interrupted by whoever wakes up, and goes on. Together they keep the CPU busy.

-- Shares are thousandths of the phase, which is as long as the span and what its end takes.
-- claim B cpu.running: who computes runs all the time
-- inconclusive: told('others.cpu') * 20 > 1000 * span_ms && observed < 900   the CPU was not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: >= 900
SELECT 1000 * sum(min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns))
     / (phase.end_ns - phase.start_ns)
FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role = 'cpu.alone' AND name = 'work' AND state = 'running'
AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns;

-- claim E cpu.waits: and never waits
-- expect: 0
SELECT count(*) FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role = 'cpu.alone' AND name = 'work' AND state = 'waiting'
AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns;

-- claim B io.waiting: who mostly waits waits most of the time
-- inconclusive: told('others.io') * 20 > 1000 * span_ms && observed < 900   the CPU was not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: >= 900
SELECT 1000 * sum(min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns))
     / (phase.end_ns - phase.start_ns)
FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role = 'io.alone' AND name = 'work' AND state = 'waiting'
AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns;

-- claim B io.running: so that the CPU is idle, as far as it is concerned
-- inconclusive: told('others.io') * 20 > 1000 * span_ms && observed < 1   the CPU was not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 1 .. 100
SELECT 1000 * sum(min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns))
     / (phase.end_ns - phase.start_ns)
FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role = 'io.alone' AND name = 'work' AND state = 'running'
AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns;

-- claim E io.voluntary: each of its waits is a voluntary switch
-- expect: 2
SELECT count(*) FROM task JOIN value USING (task)
WHERE role IN ('io.alone', 'io.both') AND name = 'rounds' AND value > 1 AND nvcsw > value;

-- claim B both.running: together, the one that computes still runs nearly all the time
-- inconclusive: told('others.both') * 20 > 1000 * span_ms && observed < 900   the CPU was not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: >= 900
SELECT 1000 * sum(min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns))
     / (phase.end_ns - phase.start_ns)
FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role = 'cpu.both' AND name = 'work' AND state = 'running'
AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns;

-- The two begin a moment apart.
-- claim B both.busy: and the CPU is idle no more
-- inconclusive: told('others.both') * 20 > 1000 * span_ms && observed < 950   the CPU was not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 950 .. 1000
SELECT 1000 * sum(min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns))
     / (phase.end_ns - phase.start_ns)
FROM state JOIN task ON task.task = state.task AND task.role IN ('cpu.both', 'io.both')
JOIN task AS burner ON burner.role = 'cpu.both' JOIN phase ON phase.task = burner.task AND phase.name = 'work'
WHERE state = 'running' AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns;

-- claim B both.gives.way: it gives way when the other one wakes up, not by itself (in 100 of the other one's rounds)
-- inconclusive: told('others.both') * 20 > 1000 * span_ms && observed < 80   the CPU was not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: >= 80
SELECT 100 * task.nivcsw / value FROM task JOIN value ON name = 'rounds'
JOIN task AS io ON io.task = value.task AND io.role = 'io.both'
WHERE task.role = 'cpu.both';

-- claim B cpu.voluntary: by itself the one that computes leaves the CPU only to be started, and to end
-- expect: <= 8
SELECT max(nvcsw) FROM task WHERE role IN ('cpu.alone', 'cpu.both');

-- The kernel counts in nvcsw and nivcsw.
-- claim E switches: each time that one of them leaves the CPU is one switch that the kernel counted
-- expect: 4
SELECT count(*) FROM (
	SELECT nvcsw + nivcsw AS counted,
	       sum(state = 'running') - sum(state = 'waiting' AND why IS 'spurious') AS seen
	FROM state JOIN task USING (task)
	WHERE role IN ('cpu.alone', 'io.alone', 'cpu.both', 'io.both') GROUP BY task
) WHERE counted = seen;
