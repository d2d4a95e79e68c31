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

-- Now and then the one whose turn it is loses the CPU to the other.  That one has nothing to
-- do, and waits again without having sent: two switches for nothing, which are taken off.
-- claim E switches: the CPU goes from one to the other twice a round
-- phase: pingpong
-- expect: 2 * rounds
SELECT count(*) FILTER (WHERE role != before)
     - 2 * count(*) FILTER (WHERE inside AND later = 'waiting' AND sent < iif(role = 'P0', p1_ran, p0_ran)) FROM (
	SELECT role, later, sent, turn.end_ns <= phase.end_ns AS inside, lag(role) OVER turns AS before,
	       max(iif(role = 'P0', turn.end_ns, NULL)) OVER turns AS p0_ran,
	       max(iif(role = 'P1', turn.end_ns, NULL)) OVER turns AS p1_ran
	FROM (
		SELECT *, max(sent_ns) OVER (PARTITION BY task ORDER BY end_ns) AS sent,
		       lead(state) OVER (PARTITION BY task, sent_ns IS NULL ORDER BY start_ns, place) AS later
		FROM (
			SELECT task, state, start_ns, end_ns, rowid AS place, NULL AS sent_ns FROM state
			UNION ALL
			SELECT task, NULL, NULL, start_ns, NULL, start_ns FROM syscall WHERE name = 'write'
			UNION ALL
			SELECT waker_task, NULL, NULL, end_ns, NULL, end_ns FROM state WHERE state = 'waiting'
		)
	) AS turn JOIN task USING (task) JOIN phase ON phase.name = 'pingpong'
	WHERE role IN ('P0', 'P1') AND state = 'running' AND turn.end_ns > turn.start_ns
	AND turn.end_ns > phase.start_ns AND turn.start_ns < phase.end_ns
	WINDOW turns AS (ORDER BY turn.start_ns, place)
);

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
