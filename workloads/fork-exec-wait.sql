-- SPDX-License-Identifier: GPL-2.0
-- title: fork, exec, exit, wait: how every program is started
-- chapter: C
-- question: fork() is called once. How often does it return, and what makes the parent go on after wait()?
-- param: status = 7   0..255   with which the child ends
-- lesson: fork() returns twice, execve() does not return, wait() returns what exit() was given. The parent sleeps meanwhile, and it is the child that wakes it.

-- Whether parent or child runs first after fork() is not claimed: it is up to the scheduler.
-- claim E steps: the steps come in this order
-- expect: 'fork exec exit wait print'
SELECT group_concat(step, ' ') FROM (
	SELECT 'fork' AS step, syscall.start_ns AS t FROM syscall JOIN task USING (task)
	WHERE role = 'parent' AND phase = 'fork' AND name IN ('clone', 'clone3', 'fork')
	UNION ALL SELECT 'exec', exec_ns FROM task WHERE role = 'child' AND exec_ns IS NOT NULL
	UNION ALL SELECT 'exit', exit_ns FROM task WHERE role = 'child'
	UNION ALL SELECT 'wait', end_ns FROM syscall WHERE phase = 'wait' AND name IN ('wait4', 'waitid')
	UNION ALL SELECT 'print', syscall.start_ns FROM syscall WHERE phase = 'print' AND name = 'write'
	ORDER BY t
);

-- claim E fork.twice: fork() is called once and returns twice
-- phase: fork
-- expect: 2
SELECT count(end_ns) FROM syscall WHERE phase = 'fork' AND name IN ('clone', 'clone3', 'fork');

-- The child told its own pid, as getpid() gave it.
-- claim E fork.parent: to the parent it returns the pid of the child
-- phase: fork
-- expect: 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'parent' AND phase = 'fork' AND syscall.name IN ('clone', 'clone3', 'fork')
AND ret = (SELECT value FROM value WHERE name = 'pid');

-- claim E fork.child: and to the child 0
-- phase: fork
-- expect: 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'child' AND phase = 'fork' AND name IN ('clone', 'clone3', 'fork') AND ret = 0;

-- claim E exec: the child becomes another program, and stays the same process
-- phase: exec
-- expect: 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'child' AND phase = 'exec' AND name = 'execve' AND ret = 0
AND exec_ns BETWEEN syscall.start_ns AND syscall.end_ns;

-- claim E exit: that program ends with its status
-- expect: status
SELECT exit_code FROM task WHERE role = 'child';

-- SIGCHLD is 17, CLD_EXITED is 1.  Nobody asked for it, so it is dropped.
-- claim E sigchld: which the parent could learn by a signal, too
-- expect: 'ignored'
SELECT result FROM signal
JOIN task AS child ON child.task = sender_task AND child.role = 'child'
JOIN task AS parent ON parent.task = receiver_task AND parent.role = 'parent'
WHERE signo = 17 AND code = 1;

-- claim E wait.pid: wait4() returns the pid of the child
-- phase: wait
-- expect: 1
SELECT count(*) FROM syscall
WHERE phase = 'wait' AND name = 'wait4' AND ret = (SELECT value FROM value WHERE name = 'pid');

-- claim E wait.status: and gives its status
-- expect: status
SELECT value FROM value JOIN task USING (task) WHERE role = 'parent' AND name = 'status';

-- claim E waiting: the parent waits once, in wait4(), from before the exec until after the exit
-- phase: wait
-- expect: 1
SELECT count(*) FROM state
JOIN task AS parent ON parent.task = state.task AND parent.role = 'parent'
JOIN task AS child ON child.role = 'child'
JOIN syscall ON syscall.task = parent.task AND syscall.phase = 'wait' AND syscall.name = 'wait4'
WHERE state = 'waiting' AND why = 'wait4'
AND syscall.start_ns < state.start_ns AND state.start_ns < child.exec_ns
AND child.exit_ns < state.end_ns AND state.end_ns < syscall.end_ns;

-- claim E waiting.only: without being woken in between
-- phase: wait
-- expect: 1
SELECT count(*) FROM state JOIN task USING (task) WHERE role = 'parent' AND state = 'waiting' AND why = 'wait4';

-- claim E waker: and it is the child that wakes it, while it ends
-- expect: 'child'
SELECT waker.role FROM state
JOIN task AS parent ON parent.task = state.task AND parent.role = 'parent'
JOIN task AS waker ON waker.task = waker_task
WHERE state = 'waiting' AND why = 'wait4';
