-- SPDX-License-Identifier: GPL-2.0
-- title: how a thread of middle priority holds up one of high priority
-- chapter: D
-- question: A thread of high priority waits for a lock that one of low priority holds. How long can that take?
-- root: real-time priorities are given to root alone
-- param: hold_ms = 20   5..200   milliseconds of CPU time for which the lock is held
-- param: work_ms = 100   30..400   milliseconds of CPU time that the thread in the middle needs
-- lesson: As long as anybody of a priority in between likes. With priority inheritance, as long as the lock is held: who holds it has the priority of who waits for it.

-- claim E none.waits: the one of high priority waits for the lock, once, and the one of low priority ends the wait
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: 'none.low'
SELECT waker.role FROM state JOIN task USING (task) JOIN phase USING (task) JOIN task AS waker ON waker.task = waker_task
WHERE task.role = 'none.high' AND name = 'lock' AND state = 'waiting' AND why = 'futex'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim B none.time: for longer than the thread in the middle works (microseconds)
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: >= 1000 * work_ms
SELECT (state.end_ns - state.start_ns) / 1000 FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role = 'none.high' AND name = 'lock' AND state = 'waiting'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim B none.middle: since that one runs meanwhile, although it has nothing to do with the lock (microseconds)
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: >= 1000 * work_ms
SELECT sum(min(running.end_ns, waiting.end_ns) - max(running.start_ns, waiting.start_ns)) / 1000
FROM state AS running JOIN task AS middle ON middle.task = running.task AND middle.role = 'none.middle'
JOIN task AS high ON high.role = 'none.high'
JOIN phase ON phase.task = high.task AND phase.name = 'lock'
JOIN state AS waiting ON waiting.task = high.task AND waiting.state = 'waiting'
AND waiting.start_ns BETWEEN phase.start_ns AND phase.end_ns
WHERE running.state = 'running' AND running.start_ns < waiting.end_ns AND running.end_ns > waiting.start_ns;

-- claim E none.order: so the middle is done before the high
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: 'middle low high'
SELECT group_concat(who, ' ') FROM (
	SELECT 'middle' AS who, phase.end_ns AS t FROM phase JOIN task USING (task)
	WHERE role = 'none.middle' AND name = 'work'
	UNION ALL SELECT 'low', phase.start_ns FROM phase JOIN task USING (task)
	WHERE role = 'none.low' AND name = 'unlock'
	UNION ALL SELECT 'high', phase.end_ns FROM phase JOIN task USING (task)
	WHERE role = 'none.high' AND name = 'lock' ORDER BY t
);

-- claim E inherit.waits: with inheritance it waits once as well, and the same one ends the wait
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: 'inherit.low'
SELECT waker.role FROM state JOIN task USING (task) JOIN phase USING (task) JOIN task AS waker ON waker.task = waker_task
WHERE task.role = 'inherit.high' AND name = 'lock' AND state = 'waiting' AND why = 'futex'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- What is left of the time that the lock is held, and a moment.
-- claim B inherit.time: for no longer than the lock is held (microseconds)
-- needs: told('realtime') == 1   no real-time priority can be had here
-- inconclusive: told('lost.inherit') > 5000 && observed > 1000 * hold_ms + 5000   the holder of the lock lost the CPU: to the hypervisor, or to others of such a priority
-- expect: 1 .. 1000 * hold_ms + 5000
SELECT (state.end_ns - state.start_ns) / 1000 FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role = 'inherit.high' AND name = 'lock' AND state = 'waiting'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E inherit.middle: the one in the middle does not run meanwhile
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: 0
SELECT count(*)
FROM state AS running JOIN task AS middle ON middle.task = running.task AND middle.role = 'inherit.middle'
JOIN task AS high ON high.role = 'inherit.high'
JOIN phase ON phase.task = high.task AND phase.name = 'lock'
JOIN state AS waiting ON waiting.task = high.task AND waiting.state = 'waiting'
AND waiting.start_ns BETWEEN phase.start_ns AND phase.end_ns
WHERE running.state = 'running' AND running.start_ns < waiting.end_ns AND running.end_ns > waiting.start_ns;

-- claim E inherit.order: so the high is done before the middle
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: 'low high middle'
SELECT group_concat(who, ' ') FROM (
	SELECT 'middle' AS who, phase.end_ns AS t FROM phase JOIN task USING (task)
	WHERE role = 'inherit.middle' AND name = 'work'
	UNION ALL SELECT 'low', phase.start_ns FROM phase JOIN task USING (task)
	WHERE role = 'inherit.low' AND name = 'unlock'
	UNION ALL SELECT 'high', phase.end_ns FROM phase JOIN task USING (task)
	WHERE role = 'inherit.high' AND name = 'lock' ORDER BY t
);

-- The kernel's numbers: 99 less the real-time priority; 10 is 89, and 30 is 69.
-- claim E inherit.priority: the holder gets the priority of who waits, and its own again: 10, 30, 10
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: '89>69 69>89'
SELECT group_concat(change, ' ') FROM (
	SELECT old_prio || '>' || new_prio AS change FROM priority JOIN task USING (task)
	WHERE role = 'inherit.low' ORDER BY t_ns
);

-- claim E inherit.donor: lent by the one of high priority, and by nobody else to nobody else
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: 'inherit.high to inherit.low'
SELECT group_concat(donor.role || ' to ' || task.role, ', ') FROM priority
JOIN task USING (task) JOIN task AS donor ON donor.task = donor_task;

-- claim E inherit.span: from when the high one begins to wait until the lock is given back
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: 1
SELECT count(*) FROM priority AS raised JOIN task AS low ON low.task = raised.task AND low.role = 'inherit.low'
JOIN priority AS lowered ON lowered.task = low.task AND lowered.t_ns > raised.t_ns
JOIN task AS high ON high.role = 'inherit.high' JOIN phase ON phase.task = high.task AND phase.name = 'lock'
JOIN phase AS unlock ON unlock.task = low.task AND unlock.name = 'unlock'
WHERE raised.t_ns BETWEEN phase.start_ns AND phase.end_ns
AND lowered.t_ns BETWEEN unlock.start_ns AND unlock.end_ns AND lowered.t_ns < phase.end_ns;

-- claim E none.priority: without inheritance nobody's priority changes
-- needs: told('realtime') == 1   no real-time priority can be had here
-- expect: 0
SELECT count(*) FROM priority JOIN task USING (task) WHERE role LIKE 'none%';
