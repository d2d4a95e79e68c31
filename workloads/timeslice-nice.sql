-- SPDX-License-Identifier: GPL-2.0
-- title: how processes that only compute share a CPU
-- chapter: D
-- question: Two processes compute on one CPU, one of them five nice values higher. How do they share it?
-- param: processes = 3   2..16   processes of the same nice value
-- param: nice = 5   0..10   nice value of one of two processes; the other one's is 0
-- param: span_ms = 1000   300..10000   milliseconds for which they share the CPU
-- lesson: In turns of a few milliseconds, in proportion to their weights. Equal nice values are equal shares; each nice value more is a fifth less weight.

-- claim E overlap: one CPU, so never two at once
-- expect: 0
SELECT count(*) FROM (
	SELECT start_ns, lag(end_ns) OVER (ORDER BY start_ns, row) AS before FROM (
		SELECT state.start_ns, end_ns, state.rowid AS row FROM state JOIN task USING (task)
		WHERE role IN ('equal', 'nice.zero', 'nice.high') AND state = 'running'
	)
) WHERE start_ns < before;

-- claim E compute: nobody waits for anything but the CPU
-- expect: 0
SELECT count(*) FROM state JOIN task USING (task) JOIN phase ON phase.name IN ('equal', 'different')
JOIN task AS owner ON owner.task = phase.task AND owner.role = 'session'
WHERE task.role IN ('equal', 'nice.zero', 'nice.high') AND state = 'waiting'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E turns: all get their turns
-- expect: processes + 2
SELECT count(DISTINCT task.task) FROM state JOIN task USING (task)
WHERE role IN ('equal', 'nice.zero', 'nice.high') AND state = 'ready' AND why = 'preempted';

-- A turn more or less makes a difference, the greater the more there are.
-- claim S equal: the same nice value, the same share, within 3 % (the greatest in thousandths of the least)
-- phase: equal
-- when: span_ms >= 300 * processes
-- inconclusive: told('turn.equal') > 30   a turn lasted so long that one more or less is more than 3 % of a share
-- expect: 1000 .. 1030
SELECT 1000 * max(had) / min(had) FROM (
	SELECT sum(min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns)) AS had
	FROM state JOIN task ON task.task = state.task AND task.role = 'equal'
	JOIN phase ON phase.name = 'equal'
	JOIN task AS owner ON owner.task = phase.task AND owner.role = 'session'
	WHERE state = 'running' AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns
	GROUP BY task.task
);

-- The weights of nice 0 to 10: sched_prio_to_weight[] in kernel/sched/core.c.
-- claim S different: shares are as weights: nice 0 to the other one, in thousandths, within 7 %
-- phase: different
-- when: span_ms >= 1000
-- inconclusive: told('turn.different') > 70   a turn lasted so long that one more or less is more than 7 % of a share
-- expect: 1024000 / (nice == 0 ? 1024 : nice == 1 ? 820 : nice == 2 ? 655 : nice == 3 ? 526 : nice == 4 ? 423 : nice == 5 ? 335 : nice == 6 ? 272 : nice == 7 ? 215 : nice == 8 ? 172 : nice == 9 ? 137 : 110) +- 7%
SELECT 1000 * sum(had) FILTER (WHERE role = 'nice.zero') / sum(had) FILTER (WHERE role = 'nice.high') FROM (
	SELECT task.role, min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns) AS had
	FROM state JOIN task ON task.task = state.task AND task.role IN ('nice.zero', 'nice.high')
	JOIN phase ON phase.name = 'different'
	JOIN task AS owner ON owner.task = phase.task AND owner.role = 'session'
	WHERE state = 'running' AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns
);

-- The scheduler's slice (base_slice_ns) grows with the number of CPUs, from 0.7 ms for one to 2.8 ms
-- from eight on; it may last until the next tick of the clock, which comes each 1 to 10 ms.
-- claim S slice: a turn lasts some milliseconds (the mean in microseconds)
-- phase: equal
-- expect: 500 .. 20000
SELECT sum(state.end_ns - state.start_ns) / count(*) / 1000 FROM state
JOIN task ON task.task = state.task AND task.role = 'equal'
JOIN phase ON phase.name = 'equal'
JOIN task AS owner ON owner.task = phase.task AND owner.role = 'session'
WHERE state = 'running' AND state.start_ns >= phase.start_ns AND state.end_ns <= phase.end_ns;

-- The kernel counts in nvcsw and nivcsw.
-- claim E switches: each end of a turn is one switch that the kernel counted
-- expect: processes + 2
SELECT count(*) FROM (
	SELECT nvcsw + nivcsw AS counted,
	       sum(state = 'running') - sum(state = 'waiting' AND why IS 'spurious') AS seen
	FROM state JOIN task USING (task)
	WHERE role IN ('equal', 'nice.zero', 'nice.high') GROUP BY task
) WHERE counted = seen;
