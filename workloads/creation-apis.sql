-- SPDX-License-Identifier: GPL-2.0
-- title: many functions make a task, and one in the kernel
-- chapter: C
-- question: What do fork(), vfork(), posix_spawn(), system(), popen(), clone() and pthread_create() have in common, and which of them cost more in a large process?
-- param: pages = 4096   1..4194304   pages in the region that the parent has filled
-- param: threads = 3   1..100   threads made by pthread_create()
-- param: rounds = 7   1..1000   times that fork() and pthread_create() are timed
-- memory: pages * page_size + 32M
-- lesson: All of them are clone() with other flags. Without CLONE_VM the page tables are copied, which takes longer the more memory there is; with it nothing is copied.
-- notes: processes and threads are all made by clone() | | in the kernel, yes; the calls differ: {SELECT
--   group_concat(name || ' ' || c, ', ') FROM (SELECT name, count(*) AS c FROM syscall WHERE name IN ('clone',
--   'clone3', 'fork', 'vfork') GROUP BY name)}

-- It is often said that everything is clone(). In the C library it is clone(),
-- clone3(), vfork() or fork(); in the kernel all of them are kernel_clone().

-- What is shared: CLONE_VM 100, FS 200, FILES 400, SIGHAND 800, VFORK 4000, THREAD 10000
-- (hexadecimal).  The C libraries differ in other flags only.
-- claim E flags.fork: fork() shares nothing
-- phase: fork
-- expect: '0x0'
SELECT printf('0x%x', clone_flags & 0x14f00) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'fork' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E flags.raw: nor does the kernel's own call of that name
-- phase: raw.fork
-- expect: '0x0'
SELECT printf('0x%x', clone_flags & 0x14f00) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'raw.fork' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E flags.vfork: vfork() shares the memory and has the parent wait (CLONE_VM | CLONE_VFORK)
-- phase: vfork
-- expect: '0x4100'
SELECT printf('0x%x', clone_flags & 0x14f00) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'vfork' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E flags.spawn: posix_spawn() is a vfork()
-- phase: spawn
-- expect: '0x4100'
SELECT printf('0x%x', clone_flags & 0x14f00) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'spawn' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E flags.system: so is system()
-- phase: system
-- needs: told('shell') == 1   there is no /bin/sh
-- expect: '0x4100'
SELECT printf('0x%x', clone_flags & 0x14f00) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'system' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E flags.popen: and popen()
-- phase: popen
-- needs: told('shell') == 1   there is no /bin/sh
-- expect: '0x4100'
SELECT printf('0x%x', clone_flags & 0x14f00) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'popen' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E flags.clone: clone() shares what it is asked to, here memory and open files
-- phase: clone
-- expect: '0x500'
SELECT printf('0x%x', clone_flags & 0x14f00) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'clone' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E flags.thread: pthread_create() shares memory, files and signal handlers, and makes a thread
-- phase: thread
-- expect: threads
SELECT count(*) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'thread' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns
AND clone_flags & 0x14f00 = 0x10f00;

-- CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID: the C library wants to know the child's tid.
-- What each still has when it begins to exit: its task_struct points to the parent's or to its own.
-- claim E same: as the flags say, so it is: whose table of open files and of signal handlers it has
-- expect: 'clone files, fork, thread files handlers, vfork'
SELECT group_concat(line, ', ') FROM (
	SELECT DISTINCT own.phase || CASE WHEN own.files = its.files THEN ' files' ELSE '' END
	       || CASE WHEN own.sighand = its.sighand THEN ' handlers' ELSE '' END AS line
	FROM card AS own JOIN task ON task.task = own.task
	JOIN task AS parent ON parent.task = task.creator_task AND parent.role = 'parent'
	JOIN card AS its ON its.task = parent.task AND its.phase = own.phase AND its.moment = 'phase'
	WHERE own.moment = 'exit' AND own.phase IN ('fork', 'vfork', 'clone', 'thread') ORDER BY line
);

-- claim E glibc.fork: all flags that glibc gives in fork()
-- phase: fork
-- needs: told('glibc') == 1   another C library than glibc
-- expect: '0x1200000'
SELECT printf('0x%x', clone_flags) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'fork' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E glibc.thread: and in pthread_create()
-- phase: thread
-- needs: told('glibc') == 1   another C library than glibc
-- expect: '0x3d0f00'
SELECT DISTINCT printf('0x%x', clone_flags) FROM task JOIN phase ON phase.task = creator_task
WHERE phase.name = 'thread' AND task.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- Each of them is what a call that can make a task returned to the one that called.
-- claim E one.call: each task is made by one call of clone(), clone3(), fork() or vfork()
-- expect: 0
SELECT (SELECT count(*) FROM task WHERE created_by != 'launch')
     - (SELECT count(*) FROM task JOIN syscall ON syscall.task = creator_task
        AND task.start_ns BETWEEN syscall.start_ns AND syscall.end_ns
        WHERE name IN ('clone', 'clone3', 'fork', 'vfork') AND ret > 0);

-- The fork before the region was filled copied the tables of all the rest.  A
-- table holds page_size / 8 entries; the last term counts tables of the next level.
-- claim E tables.fork: fork() copies each page table of the region
-- phase: fork
-- expect: ceil_div(pages, page_size / 8) + ceil_div(ceil_div(pages, page_size / 8) + 1, page_size / 8) - 1
SELECT sum(n) FILTER (WHERE phase = 'fork') - sum(n) FILTER (WHERE phase = 'fork.empty')
FROM page_alloc JOIN task USING (task)
WHERE role = 'parent' AND use = 'page_table' AND syscall IN ('clone', 'clone3', 'fork');

-- claim E tables.raw: so does the kernel's own call
-- phase: raw.fork
-- expect: ceil_div(pages, page_size / 8) + ceil_div(ceil_div(pages, page_size / 8) + 1, page_size / 8) - 1
SELECT sum(n) FILTER (WHERE phase = 'raw.fork') - sum(n) FILTER (WHERE phase = 'fork.empty')
FROM page_alloc JOIN task USING (task)
WHERE role = 'parent' AND use = 'page_table' AND syscall IN ('clone', 'clone3', 'fork');

-- claim E tables.shared: the call copies no page table where the memory is shared
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc JOIN task USING (task)
WHERE role = 'parent' AND use = 'page_table' AND syscall IN ('clone', 'clone3', 'vfork')
AND phase IN ('vfork', 'spawn', 'system', 'popen', 'clone', 'thread');

-- The child wakes the parent itself when it gives the memory back (mm_release()), on its
-- way through exit_group().
-- claim E vfork.waits: after vfork() the parent waits until the child ends, which wakes it
-- phase: vfork
-- expect: 1
SELECT count(*) FROM state
JOIN task AS parent ON parent.task = state.task AND parent.role = 'parent'
JOIN task AS child ON child.role = 'vfork'
JOIN syscall AS ending ON ending.task = child.task AND ending.name = 'exit_group'
JOIN syscall ON syscall.task = parent.task AND syscall.phase = 'vfork' AND syscall.ret > 0
AND syscall.name IN ('clone', 'clone3', 'vfork')
WHERE state = 'waiting' AND state.start_ns BETWEEN child.start_ns AND ending.start_ns
AND state.end_ns BETWEEN ending.start_ns AND syscall.end_ns AND waker_task = child.task;

-- 68 is the letter D: a sleep that no signal ends but one that kills.
-- claim E vfork.state: and cannot be interrupted: ps shows it as D
-- phase: vfork
-- expect: 68
SELECT value FROM value JOIN task USING (task) WHERE role = 'vfork' AND name = 'parent.state';

-- claim E vfork.killable: for the kernel has it wait for nothing but the child and a signal that kills
-- phase: vfork
-- expect: 'killable'
SELECT group_concat(DISTINCT sleep) FROM state
JOIN task AS parent ON parent.task = state.task AND parent.role = 'parent'
JOIN phase ON phase.task = parent.task AND phase.name = 'vfork'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns
WHERE state = 'waiting' AND why IN ('clone', 'clone3', 'vfork');

-- The exec is not yet complete then: first the new program gets a memory of its own.
-- claim E spawn.exec: posix_spawn() comes back from it when the child is in execve(), not before
-- phase: spawn
-- expect: 1
SELECT count(*) FROM syscall AS making
JOIN task AS child ON child.creator_task = making.task AND child.exe = '/proc/self/exe'
JOIN syscall AS exec ON exec.task = child.task AND exec.name = 'execve' AND exec.ret = 0
WHERE making.phase = 'spawn' AND making.ret > 0 AND making.name IN ('clone', 'clone3', 'vfork')
AND exec.start_ns BETWEEN making.start_ns AND making.end_ns;

-- Two forks of two kinds, vfork(), posix_spawn(), clone(), and the timed forks; where
-- there is a shell, system() and popen().
-- claim E processes: each but pthread_create() makes a process: a thread id that is its own process id
-- expect: 6 + rounds
SELECT count(*) - 2 * (SELECT value FROM value WHERE name = 'shell')
FROM task JOIN task AS parent ON parent.task = task.creator_task AND parent.role = 'parent'
WHERE task.created_by != 'thread' AND task.tid = task.pid AND task.pid != parent.pid;

-- claim E threads: pthread_create() makes threads: ids of their own in the process that called
-- expect: threads + rounds
SELECT count(*) FROM task JOIN task AS parent ON parent.task = task.creator_task AND parent.role = 'parent'
WHERE task.created_by = 'thread' AND task.pid = parent.pid AND task.tid != parent.tid;

-- The call alone, the shortest of several, in percent.  It grows with the memory.
-- claim S slower: fork() takes longer than pthread_create() does in the kernel (by at least half)
-- when: pages >= 4096
-- inconclusive: told('doubt') > 40 && observed < 150   others had the CPU: the fastest of one half and of the other are too far apart
-- expect: >= 150
SELECT min(end_ns - syscall.start_ns) FILTER (WHERE phase = 'time.fork') * 100
     / min(end_ns - syscall.start_ns) FILTER (WHERE phase = 'time.thread')
FROM syscall JOIN task USING (task)
WHERE role = 'parent' AND name IN ('clone', 'clone3', 'fork');
