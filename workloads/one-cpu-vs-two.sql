-- SPDX-License-Identifier: GPL-2.0
-- title: each CPU runs one process at a time
-- chapter: D
-- question: Four processes compute, each for the same time. When are they done, on one CPU and on two?
-- param: work_ms = 100   20..1000   milliseconds of CPU time that each process needs
-- lesson: One CPU runs one process at a time: n of them take n times as long, each of them. A second CPU halves that from two processes on, and does nothing for one.

-- A round is named processes x CPUs.  What a process had is by the kernel's clock of its CPU time:
-- a virtual CPU that stands still between that clock's reading and the switch makes them differ.
-- claim E rounds.one: each process of the rounds on one CPU got all the time that it needs
-- expect: 7
SELECT count(*) FROM value JOIN task USING (task)
WHERE role LIKE '%.on.one' AND name = 'had' AND value >= 1000 * (SELECT value FROM run WHERE key = 'param.work_ms');

-- claim E overlap.one: on one CPU no two processes ever run at once
-- expect: 0
SELECT count(*) FROM state AS one JOIN task AS a ON a.task = one.task AND a.role LIKE '%.on.one'
JOIN task AS b ON b.role = a.role AND b.task > a.task
JOIN state AS other ON other.task = b.task
AND other.start_ns < one.end_ns AND one.start_ns < other.end_ns
WHERE one.state = 'running' AND other.state = 'running'
AND one.start_ns >= (SELECT start_ns FROM phase WHERE name = '1x1');

-- claim B overlap.two: two processes on two CPUs run at once nearly all the time (thousandths of their work)
-- needs: cpus >= 2   there is one CPU only
-- inconclusive: told('lost.2x2') * 20 > 1000 * work_ms && observed < 900   the CPUs were not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: >= 900
SELECT sum(min(one.end_ns, other.end_ns) - max(one.start_ns, other.start_ns)) / 1000
     / (SELECT value FROM run WHERE key = 'param.work_ms')
FROM state AS one JOIN task AS a ON a.task = one.task AND a.role = 'two.on.two'
JOIN task AS b ON b.role = 'two.on.two' AND b.task > a.task
JOIN state AS other ON other.task = b.task
AND other.start_ns < one.end_ns AND one.start_ns < other.end_ns
JOIN phase ON phase.name = '2x2' AND one.start_ns BETWEEN phase.start_ns AND phase.end_ns
WHERE one.state = 'running' AND other.state = 'running';

-- claim B at.once: four on two CPUs: two at once, never more
-- needs: cpus >= 2   there is one CPU only
-- inconclusive: told('lost.4x2') * 20 > 1000 * 2 * work_ms && observed < 2   the CPUs were not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 2
SELECT max(n) FROM (
	SELECT count(*) AS n FROM state AS one JOIN task AS a ON a.task = one.task AND a.role = 'four.on.two'
	JOIN task AS b ON b.role = a.role
	JOIN state AS other ON other.task = b.task
	AND other.start_ns <= one.start_ns AND one.start_ns < other.end_ns
	WHERE one.state = 'running' AND other.state = 'running' AND one.end_ns > one.start_ns
	GROUP BY one.rowid
);

-- From the start of the round to the end of its last process, in microseconds.
-- claim S time.1x1: one process on one CPU is done after the time that it needs (microseconds, 10 %)
-- inconclusive: told('lost.1x1') * 20 > 1000 * work_ms && observed > 1100 * work_ms   the CPUs were not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 1000 * work_ms +- 10%
SELECT (max(exit_ns) - start_ns) / 1000 FROM phase
JOIN (SELECT exit_ns FROM task WHERE role = 'one.on.one') WHERE name = '1x1';

-- claim S time.2x1: two processes on one CPU take twice that (microseconds, 10 %)
-- inconclusive: told('lost.2x1') * 20 > 1000 * 2 * work_ms && observed > 1100 * 2 * work_ms   the CPUs were not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 1000 * 2 * work_ms +- 10%
SELECT (max(exit_ns) - start_ns) / 1000 FROM phase
JOIN (SELECT exit_ns FROM task WHERE role = 'two.on.one') WHERE name = '2x1';

-- claim S time.4x1: four take four times that (microseconds, 10 %)
-- inconclusive: told('lost.4x1') * 20 > 1000 * 4 * work_ms && observed > 1100 * 4 * work_ms   the CPUs were not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 1000 * 4 * work_ms +- 10%
SELECT (max(exit_ns) - start_ns) / 1000 FROM phase
JOIN (SELECT exit_ns FROM task WHERE role = 'four.on.one') WHERE name = '4x1';

-- claim S time.1x2: a second CPU is of no use to one process (microseconds, 10 %)
-- needs: cpus >= 2   there is one CPU only
-- inconclusive: told('lost.1x2') * 20 > 1000 * work_ms && observed > 1100 * work_ms   the CPUs were not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 1000 * work_ms +- 10%
SELECT (max(exit_ns) - start_ns) / 1000 FROM phase
JOIN (SELECT exit_ns FROM task WHERE role = 'one.on.two') WHERE name = '1x2';

-- claim S time.2x2: two processes are done as early as one (microseconds, 10 %)
-- needs: cpus >= 2   there is one CPU only
-- inconclusive: told('lost.2x2') * 20 > 1000 * work_ms && observed > 1100 * work_ms   the CPUs were not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 1000 * work_ms +- 10%
SELECT (max(exit_ns) - start_ns) / 1000 FROM phase
JOIN (SELECT exit_ns FROM task WHERE role = 'two.on.two') WHERE name = '2x2';

-- claim S time.4x2: and four as early as two on one CPU (microseconds, 10 %)
-- needs: cpus >= 2   there is one CPU only
-- inconclusive: told('lost.4x2') * 20 > 1000 * 2 * work_ms && observed > 1100 * 2 * work_ms   the CPUs were not to be had: other programs, a limit (cpu.max) or the hypervisor
-- expect: 1000 * 2 * work_ms +- 10%
SELECT (max(exit_ns) - start_ns) / 1000 FROM phase
JOIN (SELECT exit_ns FROM task WHERE role = 'four.on.two') WHERE name = '4x2';
