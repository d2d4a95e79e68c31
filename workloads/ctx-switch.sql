-- SPDX-License-Identifier: GPL-2.0
-- title: two processes alternate; what a switch costs
-- chapter: D
-- question: P0 sends a byte, P1 answers, both on one CPU. How often does the CPU change hands?
-- param: rounds = 1000   1..100000   messages and answers
-- lesson: Two switches a round, neither more nor fewer. Whether each of them is voluntary is a matter of who writes and goes on, and of the scheduler; their sum is not.

-- claim E rounds: P0 sends a byte in each round, and gets one
-- phase: pingpong
-- expect: 2 * rounds
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'P0' AND phase = 'pingpong' AND name IN ('read', 'write') AND ret = 1;

-- claim E alternate: the messages go there and back in turn: no process sends twice in a row
-- phase: pingpong
-- expect: 0
SELECT count(*) FROM (
	SELECT role, lag(role) OVER (ORDER BY syscall.start_ns) AS before FROM syscall JOIN task USING (task)
	WHERE role IN ('P0', 'P1') AND name = 'write'
) WHERE role = before;

-- Seldom, one is interrupted in its turn and the other gets the CPU for nothing.
-- claim B switches: the CPU goes from one to the other twice a round
-- phase: pingpong
-- expect: 2 * rounds .. 2 * rounds + 4 * ceil_div(rounds, 1000)
SELECT count(*) FROM (
	SELECT role, lag(role) OVER (ORDER BY state.start_ns, state.rowid) AS before
	FROM state JOIN task USING (task) JOIN phase ON phase.name = 'pingpong'
	WHERE role IN ('P0', 'P1') AND state = 'running' AND state.end_ns > state.start_ns
	AND state.end_ns > phase.start_ns AND state.start_ns < phase.end_ns
) WHERE role != before;

-- claim E one.cpu: for both run on one CPU
-- expect: 1
SELECT count(DISTINCT cpu) FROM state JOIN task USING (task) WHERE role IN ('P0', 'P1') AND state = 'running';

-- claim E overlap: and never at once
-- expect: 0
SELECT count(*) FROM (
	SELECT start_ns, lag(end_ns) OVER (ORDER BY start_ns, row) AS before FROM (
		SELECT state.start_ns, end_ns, state.rowid AS row FROM state JOIN task USING (task)
		WHERE role IN ('P0', 'P1') AND state = 'running'
	)
) WHERE start_ns < before;

-- claim E wait.read: what they wait for is always the other's message
-- phase: pingpong
-- expect: 0
SELECT count(*) FROM state JOIN phase ON phase.name = 'pingpong' JOIN task ON task.task = state.task
LEFT JOIN task AS waker ON waker.task = waker_task
WHERE task.role IN ('P0', 'P1') AND state = 'waiting' AND why IS NOT 'spurious'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns AND state.end_ns <= phase.end_ns
AND (why IS NOT 'read' OR waker.role NOT IN ('P0', 'P1') OR waker.role = task.role OR waker.role IS NULL);

-- The kernel counts in nvcsw and nivcsw.
-- claim E counted: each time that one of them leaves the CPU is one switch that the kernel counted
-- expect: 2
SELECT count(*) FROM (
	SELECT nvcsw + nivcsw AS counted,
	       sum(state = 'running') - sum(state = 'waiting' AND why IS 'spurious') AS seen
	FROM state JOIN task USING (task) WHERE role IN ('P0', 'P1') GROUP BY task
) WHERE counted = seen;

-- The figure is the machine's own, and tracing is in it; the range is what any machine can do.
-- claim S cost: nanoseconds from one message to the next: two system calls and a switch
-- phase: pingpong
-- expect: 200 .. 1000000
SELECT (end_ns - start_ns) / (SELECT 2 * count(*) FROM syscall JOIN task USING (task)
                              WHERE role = 'P0' AND phase = 'pingpong' AND name = 'write')
FROM phase WHERE name = 'pingpong';
