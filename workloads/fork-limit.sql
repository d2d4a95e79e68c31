-- SPDX-License-Identifier: GPL-2.0
-- title: fork() fails when its user, or its group, has enough processes
-- chapter: C
-- question: What keeps a program that only forks from filling the machine?
-- root: it becomes another user, and makes a control group
-- param: limit = 11   2..1000   processes that the user, or the group, may have
-- lesson: RLIMIT_NPROC counts the processes of a user, and root is exempt; pids.max counts those of a control group, whoever they belong to. Beyond it fork() fails with EAGAIN.

-- claim E root.exempt: root can make as many processes as the limit says, and has itself besides
-- phase: root.fork
-- needs: told('root') == 1   only root is exempt
-- expect: limit
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'root' AND phase = 'root.fork' AND name IN ('clone', 'clone3', 'fork') AND ret > 0;

-- claim E user.made: a user can make as many as the limit says, less the process that makes them
-- phase: user.fork
-- needs: told('uid') > 0   there is no user without processes, or we may not become one
-- expect: limit - 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'user' AND phase = 'user.fork' AND name IN ('clone', 'clone3', 'fork') AND ret > 0;

-- claim E user.tasks: so many tasks were there
-- phase: user.fork
-- needs: told('uid') > 0   there is no user without processes, or we may not become one
-- expect: limit - 1
SELECT count(*) FROM task JOIN phase ON phase.task = creator_task AND phase.name = 'user.fork'
WHERE task.start_ns BETWEEN phase.start_ns AND phase.end_ns AND exit_ns > phase.end_ns;

-- EAGAIN is 11.
-- claim E user.eagain: the next fork() fails with EAGAIN
-- phase: user.fork
-- needs: told('uid') > 0   there is no user without processes, or we may not become one
-- expect: -11
SELECT ret FROM syscall JOIN task USING (task)
WHERE role = 'user' AND phase = 'user.fork' AND name IN ('clone', 'clone3', 'fork') AND ret <= 0;

-- claim E user.last: and is the last one that is tried
-- phase: user.fork
-- needs: told('uid') > 0   there is no user without processes, or we may not become one
-- expect: 1
SELECT (SELECT syscall.start_ns FROM syscall JOIN task USING (task)
        WHERE role = 'user' AND phase = 'user.fork' AND name IN ('clone', 'clone3', 'fork') AND ret = -11)
     > (SELECT max(syscall.end_ns) FROM syscall JOIN task USING (task)
        WHERE role = 'user' AND phase = 'user.fork' AND name IN ('clone', 'clone3', 'fork') AND ret > 0);

-- claim E user.again: when the others are gone and waited for, fork() works again
-- phase: user.again
-- needs: told('uid') > 0   there is no user without processes, or we may not become one
-- expect: 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'user' AND phase = 'user.again' AND name IN ('clone', 'clone3', 'fork') AND ret > 0;

-- claim E group.made: in a control group even root makes only as many as pids.max says, less itself
-- phase: group.fork
-- needs: told('pids') == 1   no control group with pids.max can be made here
-- expect: limit - 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'group' AND phase = 'group.fork' AND name IN ('clone', 'clone3', 'fork') AND ret > 0;

-- claim E group.eagain: the next fork() fails with EAGAIN
-- phase: group.fork
-- needs: told('pids') == 1   no control group with pids.max can be made here
-- expect: -11
SELECT ret FROM syscall JOIN task USING (task)
WHERE role = 'group' AND phase = 'group.fork' AND name IN ('clone', 'clone3', 'fork') AND ret <= 0;

-- claim E group.events: which the group counts, in pids.events
-- needs: told('pids') == 1   no control group with pids.max can be made here
-- expect: 1
SELECT value FROM value WHERE name = 'events';

-- claim E group.again: when the others are gone and waited for, fork() works again
-- phase: group.again
-- needs: told('pids') == 1   no control group with pids.max can be made here
-- expect: 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'group' AND phase = 'group.again' AND name IN ('clone', 'clone3', 'fork') AND ret > 0;

-- claim E nothing.left: every process that was made has ended, and somebody waited for it
-- expect: 0
SELECT count(*) FROM task WHERE created_by != 'launch' AND (exit_ns IS NULL OR reaped_ns IS NULL);
