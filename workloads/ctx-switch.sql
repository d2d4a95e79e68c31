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

-- Now and then the one whose turn it is loses the CPU to the other, or to somebody else.  Turns in which
-- nothing is sent do not count, but for the last one, in which P0 gets the last answer.
-- claim E switches: the CPU goes from one to the other twice a round
-- phase: pingpong
-- expect: 2 * rounds
SELECT count(*) FROM (
	SELECT role, lag(role) OVER (ORDER BY turn.start_ns) AS before FROM (
		SELECT *, max(sent_ns) OVER (PARTITION BY task ORDER BY end_ns) AS sent FROM (
			SELECT task, state, start_ns, end_ns, NULL AS sent_ns FROM state
			UNION ALL
			SELECT task, NULL, NULL, start_ns, start_ns FROM syscall WHERE name = 'write'
		)
	) AS turn JOIN task USING (task) JOIN phase ON phase.name = 'pingpong'
	WHERE role IN ('P0', 'P1') AND state = 'running'
	AND turn.end_ns > phase.start_ns AND turn.start_ns < phase.end_ns
	AND (sent >= turn.start_ns OR role = 'P0' AND turn.end_ns >= phase.end_ns)
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

-- claim E cost: the time for all of them is that of the program's own clock: none of it is before or after
-- phase: pingpong
-- expect: 1
WITH clock AS (
	SELECT name, value - (SELECT value FROM run WHERE key = 'start_ns') AS at FROM value
)
SELECT count(*) FROM phase JOIN clock AS first ON first.name = 'first' JOIN clock AS last ON last.name = 'last'
WHERE phase.name = 'pingpong' AND first.at >= phase.start_ns AND last.at <= phase.end_ns
AND (SELECT count(*) FROM syscall JOIN task USING (task) WHERE role = 'P0' AND syscall.name IN ('read', 'write')
     AND syscall.start_ns >= first.at AND syscall.end_ns <= last.at) = 2 * (SELECT value FROM run WHERE key = 'param.rounds');
