-- SPDX-License-Identifier: GPL-2.0
-- title: execve() replaces the program and keeps the process
-- chapter: C
-- question: What is left of a program after execve(), and when does execve() return?
-- param: threads = 4   2..100   threads of the process in which one of them calls execve()
-- lesson: The process stays: its id, open files that are not close-on-exec, ignored signals. The program goes: memory, handlers, all other threads. execve() returns only if it fails.

-- claim E works.exec: execve() succeeds, and the task goes on as another program
-- expect: '/proc/self/exe'
SELECT exe FROM task WHERE role = 'works' AND exec_ns IS NOT NULL;

-- claim E works.never: the program that called it never goes on behind the call
-- expect: 0
SELECT count(*) FROM phase JOIN task USING (task) WHERE role = 'works' AND name = 'after';

-- claim E works.next: what goes on is the new one, from its beginning
-- expect: 'before exec program'
SELECT group_concat(name, ' ') FROM (
	SELECT name FROM phase JOIN task USING (task) WHERE role = 'works' ORDER BY phase.start_ns
);

-- claim E works.pid: its process id stays
-- expect: 1
SELECT count(DISTINCT value) FROM value JOIN task USING (task)
WHERE role = 'works' AND name = 'pid' AND phase IN ('before', 'program')
HAVING count(*) = 2;

-- claim E works.memory: its memory is gone: mapped before, not afterwards
-- expect: '1 0'
SELECT group_concat(value, ' ') FROM (
	SELECT value FROM value JOIN task USING (task)
	WHERE role = 'works' AND name = 'memory' ORDER BY t_ns
);

-- claim E works.handler: a signal that had a handler has the default action again
-- expect: 'before: handler, program: default'
SELECT group_concat(phase || ': ' || name, ', ') FROM (
	SELECT phase, name FROM value JOIN task USING (task)
	WHERE role = 'works' AND name IN ('handler', 'default') AND value = 1 ORDER BY t_ns
);

-- claim E works.ignored: a signal that was ignored still is
-- expect: '1 1'
SELECT group_concat(value, ' ') FROM (
	SELECT value FROM value JOIN task USING (task)
	WHERE role = 'works' AND name = 'ignored' ORDER BY t_ns
);

-- claim E works.kept: an open file stays open
-- expect: '1 1'
SELECT group_concat(value, ' ') FROM (
	SELECT value FROM value JOIN task USING (task)
	WHERE role = 'works' AND name = 'kept' ORDER BY t_ns
);

-- claim E works.closed: if it is not marked close-on-exec
-- expect: '1 0'
SELECT group_concat(value, ' ') FROM (
	SELECT value FROM value JOIN task USING (task)
	WHERE role = 'works' AND name = 'closed' ORDER BY t_ns
);

-- EBADF is 9; F_GETFD is 1; descriptor 101 (hexadecimal 65) was close-on-exec.
-- claim E works.ebadf: so that the kernel refuses its number
-- expect: -9
SELECT ret FROM syscall JOIN task USING (task)
WHERE role = 'works' AND phase = 'program' AND name LIKE 'fcntl%' AND args LIKE '65 1 %';

-- As the kernel's own table of its files has it.
-- claim E works.files: for it is in its table of open files no more
-- expect: 'before: 100, before: 101 close-on-exec, program: 100'
SELECT group_concat(phase || ': ' || fd || CASE close_on_exec WHEN 1 THEN ' close-on-exec' ELSE '' END, ', ')
FROM (SELECT open_file.phase, fd, close_on_exec FROM open_file JOIN task USING (task)
	WHERE role = 'works' AND fd IN (100, 101) ORDER BY open_file.t_ns, fd);

-- claim E works.mm: the address space is another one
-- expect: 2
SELECT count(DISTINCT mm) FROM card JOIN task USING (task)
WHERE role = 'works' AND phase IN ('before', 'program') AND moment = 'phase';

-- claim E works.map: and has none of the mappings of the old one: not the page at 2^45
-- expect: 'before'
SELECT group_concat(phase, ' ') FROM vma JOIN task USING (task)
WHERE role = 'works' AND start = 35184372088832;

-- ENOENT is 2.
-- claim E fails.enoent: execve() of a file that is not there fails with ENOENT
-- phase: exec
-- expect: -2
SELECT ret FROM syscall JOIN task USING (task) WHERE role = 'fails' AND name = 'execve';

-- claim E fails.returns: so it returns, and the program goes on behind the call
-- expect: 'before exec after'
SELECT group_concat(name, ' ') FROM (
	SELECT name FROM phase JOIN task USING (task) WHERE role = 'fails' ORDER BY phase.start_ns
);

-- Eight things are looked at, twice; equal ones fall together.
-- claim E fails.nothing: and nothing has changed
-- phase: after
-- expect: 8
SELECT count(*) FROM (
	SELECT name, value FROM value JOIN task USING (task) WHERE role = 'fails' GROUP BY name, value
	HAVING count(*) = 2
);

-- The task that was made as a thread is the one that executes the new program.
-- claim E fails.mm: the address space is the same
-- expect: 1
SELECT count(DISTINCT mm) FROM card JOIN task USING (task)
WHERE role = 'fails' AND phase IN ('before', 'after') AND moment = 'phase';

-- claim E thread.exec: a thread that is not the first one can call it, too
-- expect: 1
SELECT count(*) FROM task WHERE role = 'thread' AND created_by = 'thread' AND exec_ns IS NOT NULL;

-- claim E thread.siblings: all other threads end before
-- expect: threads - 1
SELECT count(*) FROM task AS sibling JOIN task AS thread ON thread.role = 'thread'
WHERE sibling.role IN ('first', 'sibling') AND sibling.pid = thread.pid AND sibling.exit_ns < thread.exec_ns;

-- SIGKILL is 9.  The siblings do not end by themselves.
-- claim E thread.killed: killed by the kernel, although nobody sent them a signal
-- expect: threads - 1
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role IN ('first', 'sibling') AND signo = 9 AND generated_ns IS NULL AND delivered_ns IS NOT NULL;

-- claim E thread.tid.before: before, its thread id is not the process's
-- expect: 1
SELECT count(*) FROM value AS tid JOIN value AS pid USING (task, phase) JOIN task USING (task)
WHERE role = 'thread' AND phase = 'before' AND tid.name = 'tid' AND pid.name = 'pid' AND tid.value != pid.value;

-- claim E thread.tid.after: afterwards it is: it has taken the place of the first thread
-- expect: 1
SELECT count(*) FROM value AS tid JOIN value AS pid USING (task, phase) JOIN task USING (task)
WHERE role = 'thread' AND phase = 'program' AND tid.name = 'tid' AND pid.name = 'pid' AND tid.value = pid.value;

-- claim E thread.pid: and the process id has not changed for anybody outside
-- expect: 1
SELECT count(DISTINCT value) FROM value JOIN task USING (task)
WHERE role = 'thread' AND name = 'pid' AND phase IN ('before', 'program')
HAVING count(*) = 2;

-- claim E thread.one.death: the parent reaps one process, which ends with the new program
-- expect: 'thread'
SELECT group_concat(role) FROM task WHERE role IN ('first', 'sibling', 'thread') AND reaped_ns IS NOT NULL;
