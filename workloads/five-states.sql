-- SPDX-License-Identifier: GPL-2.0
-- title: new, ready, running, waiting, terminated
-- chapter: D
-- question: In which states can a process be, and which can follow which?
-- param: work_ms = 20   10..2000   milliseconds of CPU time that each of two processes needs
-- param: nap_ms = 3   1..2000   milliseconds that one of them sleeps
-- lesson: A process that can run is ready until a CPU takes it. It leaves the CPU because it must wait, or because others want it as well. Most waits end early for a signal (S in ps); a few must not, while others hold what is ours (D). From waiting no way leads to running but through ready, and somebody opens it.
-- notes: processes that are ready stand in a linked list | | in a tree for each CPU, ordered by the time that each of them
--   is entitled to; the two that compute here had to go back into it {SELECT count(*) FROM state JOIN task USING (task)
--   WHERE role IN ('child', 'rival') AND why = 'preempted'} times

-- claim E all: a process goes through all states of the textbook, and two more: stopped, zombie
-- expect: 'dead new ready running stopped waiting zombie'
SELECT group_concat(state, ' ') FROM (
	SELECT DISTINCT state FROM state JOIN task USING (task) WHERE role = 'child' ORDER BY state
);

-- claim E first: it begins as new, then ready, then running
-- expect: 'new ready running'
SELECT group_concat(state, ' ') FROM (
	SELECT state FROM state JOIN task USING (task) WHERE role = 'child'
	ORDER BY state.start_ns, state.rowid LIMIT 3
);

-- claim E last: and ends running, then a zombie, then dead
-- expect: 'running zombie dead'
SELECT group_concat(state, ' ') FROM (
	SELECT * FROM (
		SELECT state, state.start_ns, state.rowid AS row FROM state JOIN task USING (task)
		WHERE role = 'child' ORDER BY state.start_ns DESC, row DESC LIMIT 3
	) ORDER BY start_ns, row
);

-- claim E preempted: two that compute on one CPU must stand aside for each other
-- expect: 2
SELECT count(DISTINCT role) FROM state JOIN task USING (task)
WHERE role IN ('child', 'rival') AND state = 'ready' AND why = 'preempted';

-- claim E compute: who computes is running or ready, and never waits
-- phase: compute
-- expect: 0
SELECT count(*) FROM state JOIN phase USING (task)
WHERE name = 'compute' AND state NOT IN ('running', 'ready')
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E read: one wait for the byte, ended by the parent, who wrote it
-- phase: read
-- expect: 'read parent'
SELECT why || ' ' || waker.role FROM state JOIN phase USING (task)
JOIN task ON task.task = state.task AND task.role = 'child'
JOIN task AS waker ON waker.task = waker_task
WHERE name = 'read' AND state = 'waiting' AND why = 'read'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E sleep: one wait for the time, ended by a timer, so by no process
-- phase: sleep
-- inconclusive: told('sleeps') == 0 && told('slept') >= 1000 * nap_ms   others had the CPU, and the time was over before the process had left it to wait
-- expect: 1
SELECT count(*) FROM state JOIN phase USING (task)
WHERE name = 'sleep' AND state = 'waiting' AND why LIKE '%nanosleep' AND waker_task IS NULL
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim B sleep.time: which takes no less than was asked for (microseconds)
-- phase: sleep
-- inconclusive: told('sleeps') == 0 && told('slept') >= 1000 * nap_ms   others had the CPU, and the time was over before the process had left it to wait
-- expect: >= 1000 * nap_ms
SELECT max(state.end_ns - state.start_ns) / 1000 FROM state JOIN phase USING (task)
WHERE name = 'sleep' AND state = 'waiting' AND why LIKE '%nanosleep'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E shallow: any signal could have ended the waits for the byte and for the time: S in ps
-- inconclusive: told('sleeps') == 0 && told('slept') >= 1000 * nap_ms   others had the CPU, and the time was over before the process had left it to wait
-- expect: 'read interruptible, sleep interruptible'
SELECT group_concat(name || ' ' || sleep, ', ') FROM (
	SELECT DISTINCT name, sleep FROM state JOIN phase USING (task) JOIN task USING (task)
	WHERE role = 'child' AND state = 'waiting' AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns
	AND (name = 'read' AND why = 'read' OR name = 'sleep' AND why LIKE '%nanosleep') ORDER BY name
);

-- wait_for_vfork_done(): the memory is in use by the other one, so only a signal that kills may end this.
-- claim E deep: the wait for another process that uses its memory only one that kills: D in ps
-- phase: lend
-- inconclusive: told('lends') == 0 && told('lent') >= 1000 * nap_ms   others had the CPU, and the memory was given back before the process had left it to wait
-- expect: 'killable'
SELECT group_concat(DISTINCT sleep) FROM state JOIN phase USING (task)
WHERE name = 'lend' AND state = 'waiting' AND why IN ('vfork', 'clone', 'clone3')
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim B deep.time: it lasts as long as the other one needs the memory (microseconds)
-- phase: lend
-- inconclusive: told('lends') == 0 && told('lent') >= 1000 * nap_ms   others had the CPU, and the memory was given back before the process had left it to wait
-- expect: >= 1000 * nap_ms
SELECT max(state.end_ns - state.start_ns) / 1000 FROM state JOIN phase USING (task)
WHERE name = 'lend' AND state = 'waiting' AND why IN ('vfork', 'clone', 'clone3')
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E stopped: it is stopped once, until the parent continues it
-- phase: stop
-- expect: 'parent'
SELECT waker.role FROM state JOIN phase USING (task) JOIN task AS waker ON waker.task = waker_task
WHERE name = 'stop' AND state = 'stopped' AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- The program's own clock.  The two look 7 times each while they compute; the child once more after each of four waits.
-- claim E looks: where a process itself looked at the clock, it is running
-- expect: 18
SELECT count(*) FROM value JOIN state USING (task) WHERE name = 'look' AND state = 'running'
AND value - (SELECT value FROM run WHERE key = 'start_ns') BETWEEN start_ns AND end_ns;

-- claim E looks.other: and no other process runs on its CPU
-- expect: 0
WITH look AS (
	SELECT state.task, cpu, at FROM state
	JOIN (SELECT task, value - (SELECT value FROM run WHERE key = 'start_ns') AS at FROM value WHERE name = 'look') AS seen
	ON seen.task = state.task AND state = 'running' AND at BETWEEN start_ns AND end_ns
)
SELECT count(*) FROM look JOIN state ON state.task <> look.task AND state.cpu = look.cpu AND state = 'running'
AND at > start_ns AND at < end_ns;

-- The kernel counts them in nvcsw, and the processes ask for that (getrusage()).  Where a wake-up comes before
-- the process has left the CPU there is no switch (spurious).
-- claim E waits: each wait and each stop is one switch that the kernel counted as voluntary
-- expect: 2
SELECT count(*) FROM (
	SELECT value, (
		SELECT count(*) FROM state WHERE state.task = value.task AND state.start_ns < value.t_ns
		AND state IN ('waiting', 'stopped') AND why IS NOT 'spurious'
	) AS seen FROM value WHERE name = 'waits'
) WHERE value = seen;

-- claim E one.per.cpu: no CPU runs two tasks at once
-- expect: 0
SELECT count(*) FROM state AS one JOIN state AS other
ON one.task < other.task AND one.cpu = other.cpu
AND one.start_ns < other.end_ns AND other.start_ns < one.end_ns
WHERE one.state = 'running' AND other.state = 'running';

-- claim B at.once: and never more are running than there are CPUs
-- expect: 1 .. cpus
SELECT max(n) FROM (
	SELECT count(*) AS n FROM state AS one JOIN state AS other
	ON other.start_ns <= one.start_ns AND one.start_ns < other.end_ns
	WHERE one.state = 'running' AND other.state = 'running' AND one.end_ns > one.start_ns
	GROUP BY one.rowid
);

-- The kernel counts in nvcsw and nivcsw.  A wake-up on the way to sleep (spurious)
-- leaves a wait of no length without a switch.
-- claim E switches: each end of running is one switch that the kernel counted
-- expect: 2
SELECT count(*) FROM (
	SELECT nvcsw + nivcsw AS counted,
	       sum(state = 'running') - sum(state = 'waiting' AND why IS 'spurious') AS seen
	FROM state JOIN task USING (task) WHERE role IN ('child', 'rival') GROUP BY task
) WHERE counted = seen;
