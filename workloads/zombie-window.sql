-- SPDX-License-Identifier: GPL-2.0
-- title: exit is not the end
-- chapter: C
-- question: How long does a process exist after it has called exit(), and who decides?
-- param: pause_ms = 20   0..10000   milliseconds between the child's end and the parent's wait
-- param: status = 3   0..255   with which the child ends
-- lesson: Between exit and wait a process is a zombie: it has nothing left but its pid and its status. Its parent decides how long, and can decline in advance.
-- notes: init waits for its children from time to time, and a zombie is one whose parent has died | | a zombie is one
--   whose parent lives and does not wait ({states}): {time} ms here. Its parent is told at once, by {sigchld}
--   SIGCHLD, and so is init

-- It is often said that a zombie is a process whose parent has died. It is one whose
-- parent lives and has not waited; where the parent dies, another one takes over and waits.

-- claim E states: the child's last states are those of a process that is waited for
-- expect: 'running zombie dead'
SELECT group_concat(state, ' ') FROM (
	SELECT state, start_ns FROM (
		SELECT state, state.start_ns, state.rowid AS row FROM state JOIN task USING (task)
		WHERE role = 'zombie' ORDER BY state.start_ns DESC, row DESC LIMIT 3
	) ORDER BY start_ns, row
);

-- 90 is the letter Z.
-- claim E ps: ps shows it as Z
-- expect: 90
SELECT value FROM value WHERE name = 'ps';

-- claim E pause: it is there for all the time that the parent does not wait: ended before, gone afterwards
-- phase: pause
-- expect: 1
SELECT count(*) FROM task JOIN phase ON phase.name = 'pause'
WHERE role = 'zombie' AND exit_ns < phase.start_ns AND reaped_ns > phase.end_ns;

-- claim E until.wait: it is gone within the wait
-- phase: wait
-- expect: 1
SELECT count(*) FROM state JOIN task USING (task)
JOIN syscall ON syscall.phase = 'wait' AND syscall.name = 'wait4'
WHERE role = 'zombie' AND state = 'dead' AND state.start_ns BETWEEN syscall.start_ns AND syscall.end_ns
AND reaped_ns = state.start_ns;

-- How long others, or the hypervisor, keep the parent from its CPU says nothing about zombies.
-- claim B time: from when the parent knows of the end to its wait it takes the pause, and little more (milliseconds)
-- inconclusive: told('late') > 50000 && observed > pause_ms + 50   others kept the parent from its CPU when the pause was over
-- expect: pause_ms .. pause_ms + 50
SELECT (reaped_ns - phase.start_ns) / 1000000 FROM task JOIN phase ON phase.name = 'pause' WHERE task.role = 'zombie';

-- claim E no.wait: the parent does not wait for it in wait4(): what it asks for is there
-- phase: wait
-- expect: 0
SELECT count(*) FROM state JOIN phase ON phase.task = state.task AND phase.name = 'wait'
WHERE state = 'waiting' AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E status: what it kept all the time is its status
-- phase: wait
-- expect: status
SELECT value FROM value WHERE name = 'status';

-- claim E wait.once: the wait returns its pid
-- phase: wait
-- expect: 1
SELECT count(*) FROM syscall
WHERE phase = 'wait' AND name = 'wait4'
AND ret = (SELECT ret FROM syscall WHERE phase = 'zombie' AND name IN ('clone', 'clone3', 'fork') AND ret > 0);

-- ECHILD is 10.
-- claim E again: once: for the second wait there is no such child any more
-- phase: again
-- expect: -10
SELECT ret FROM syscall WHERE phase = 'again' AND name = 'wait4';

-- release_task(), in the wait; its memory goes back a grace period of RCU later.
-- claim E freed: only after the wait does the kernel give back what it kept of the child, its task_struct
-- inconclusive: observed < 0   it was not given back while faultline looked
-- expect: 1
SELECT coalesce((SELECT t_ns > syscall.start_ns FROM freed JOIN task USING (task)
	JOIN syscall ON syscall.phase = 'wait' AND syscall.name = 'wait4'
	WHERE task.role = 'zombie'), -1);

-- claim E sigchld: the parent is told by one SIGCHLD when the child ends
-- expect: 1
SELECT count(*) FROM signal JOIN task ON task = sender_task
WHERE signo = 17 AND role = 'zombie';

-- claim E ignored.states: if the parent ignores SIGCHLD, its child is never a zombie
-- phase: ignored
-- expect: 'running dead'
SELECT group_concat(state, ' ') FROM (
	SELECT state, start_ns FROM (
		SELECT state, state.start_ns, state.rowid AS row FROM state JOIN task USING (task)
		WHERE role = 'ignored' ORDER BY state.start_ns DESC, row DESC LIMIT 2
	) ORDER BY start_ns, row
);

-- claim E ignored.status: though it ended like the other
-- phase: ignored
-- expect: 0
SELECT exit_code FROM task WHERE role = 'ignored' AND exit_ns IS NOT NULL AND reaped_ns IS NULL;

-- claim E ignored.signal: no signal is made
-- phase: ignored
-- expect: 0
SELECT count(*) FROM signal JOIN task ON task = sender_task WHERE role = 'ignored' AND signo = 17;

-- claim E ignored.wait: the parent's wait lasts until the child is gone, and returns nothing
-- phase: ignored
-- expect: 1
SELECT count(*) FROM syscall JOIN task ON role = 'ignored'
WHERE phase = 'ignored' AND name = 'wait4' AND ret = -10 AND end_ns > exit_ns;

-- claim E nowait.states: with SA_NOCLDWAIT there is no zombie either
-- phase: nowait
-- expect: 'running dead'
SELECT group_concat(state, ' ') FROM (
	SELECT state, start_ns FROM (
		SELECT state, state.start_ns, state.rowid AS row FROM state JOIN task USING (task)
		WHERE role = 'nowait' ORDER BY state.start_ns DESC, row DESC LIMIT 2
	) ORDER BY start_ns, row
);

-- claim E nowait.signal: but the signal is sent, and runs the handler
-- phase: nowait
-- expect: 'handler'
SELECT action FROM signal JOIN task ON task = sender_task WHERE role = 'nowait' AND signo = 17;

-- claim E nowait.wait: and there is nothing to wait for
-- phase: nowait
-- expect: -10
SELECT ret FROM syscall WHERE phase = 'nowait' AND name = 'wait4';
