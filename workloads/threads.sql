-- SPDX-License-Identifier: GPL-2.0
-- title: threads share one fate, processes do not; user threads share one thread
-- chapter: G
-- question: One thread goes wrong, or waits. What becomes of the others?
-- param: threads = 4   2..100   threads in one process, and then processes
-- param: switches = 1000   2..100000   switches between two user threads
-- param: units = 1000   1..1000000   work that one thread does while the other waits
-- lesson: A signal that ends a thread ends its process. Processes are apart. User threads cost the kernel nothing and get nothing from it: if one waits, all wait.

-- claim E count.lines: ps prints a line for each thread of a process
-- needs: told('ps')   there is no ps that knows -L and -o
-- expect: threads
SELECT count(*) FROM value WHERE name = 'lwp';

-- claim E count.nlwp: with NLWP, the number of its threads, in each line
-- needs: told('ps')   there is no ps that knows -L and -o
-- expect: threads
SELECT sum(value) / count(*) FROM value WHERE name = 'nlwp' HAVING min(value) = max(value);

-- claim E count.lwp: and LWP, the thread's own id
-- needs: told('ps')   there is no ps that knows -L and -o
-- needs: told('initial.pids')   in a pid namespace ps prints other ids than those in the recording
-- expect: threads
SELECT count(DISTINCT tid) FROM task JOIN value ON value = tid
WHERE role = 'count' AND name = 'lwp';

-- claim E count.first: which is the process id for the first of them
-- needs: told('ps')   there is no ps that knows -L and -o
-- needs: told('initial.pids')   in a pid namespace ps prints other ids than those in the recording
-- expect: 1
SELECT count(DISTINCT tid) FROM task JOIN value ON value = tid
WHERE role = 'count' AND name = 'lwp' AND tid = pid AND task.task = process;

-- A thread's `process` is the task that leads it.
-- claim E fate.threads: the first process has several threads, of one process id
-- expect: threads
SELECT count(*) FROM task
WHERE process = (SELECT task FROM task WHERE role = 'fate.other' AND task = process)
AND pid = (SELECT pid FROM task WHERE role = 'fate.unlucky');

-- claim E fate.clone: each but the first made by clone() with the memory shared (CLONE_VM | CLONE_THREAD)
-- expect: threads - 1
SELECT count(*) FROM task
WHERE role IN ('fate.other', 'fate.unlucky') AND created_by = 'thread' AND clone_flags & 0x10100 = 0x10100;

-- SIGSEGV is 11.
-- claim E fate.segv: one of them reads a bad address and gets one SIGSEGV
-- expect: 1
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'fate.unlucky' AND signo = 11 AND delivered_ns IS NOT NULL;

-- claim E fate.uncounted: the kernel does not count that fault
-- expect: 1
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'fate.unlucky' AND kind = 'segv';

-- SIGKILL is 9.
-- claim E fate.others: each of the others is ended by a SIGKILL that nobody sent
-- expect: threads - 1
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'fate.other' AND signo = 9 AND delivered_ns IS NOT NULL AND generated_ns IS NULL;

-- claim E fate.exits: so all threads end
-- expect: threads
SELECT count(exit_ns) FROM task WHERE role IN ('fate.other', 'fate.unlucky');

-- By the kernel's count of a process's living threads, which the last one to exit finds at 0.
-- claim E fate.group: and when the last of them exits, the process has none left
-- expect: 1
SELECT group_dead FROM task WHERE role IN ('fate.other', 'fate.unlucky') ORDER BY exit_ns DESC LIMIT 1;

-- claim E fate.one.death: but only one process does: its parent is told once, and reaps once
-- expect: 1
SELECT count(reaped_ns) FROM task WHERE role IN ('fate.other', 'fate.unlucky');

-- claim E fate.status: and its status says SIGSEGV, although its first thread did nothing wrong
-- expect: 11
SELECT exit_signal FROM task WHERE role = 'fate.other' AND task = process;

-- claim E apart.one: with processes, one ends by SIGSEGV
-- expect: 1
SELECT count(*) FROM task WHERE role LIKE 'apart.%' AND exit_signal = 11;

-- claim E apart.others: the others do their work, after it has gone
-- expect: threads - 1
SELECT count(*) FROM value JOIN task USING (task)
WHERE role = 'apart.other' AND name = 'work' AND exit_code = 0
AND t_ns > (SELECT exit_ns FROM task WHERE role = 'apart.unlucky');

-- SIGCHLD is 17.
-- claim E apart.sigchld: the parent of that process learns it by SIGCHLD
-- notes: threads of different processes cannot communicate | | they can, through the kernel, as here by
--   {apart.sigchld} signal, and all that chapter E shows. What is apart is their memory
-- expect: 1
SELECT count(*) FROM signal
JOIN task AS child ON child.task = sender_task AND child.role = 'apart.unlucky'
JOIN task AS parent ON parent.task = receiver_task AND parent.role = 'apart'
WHERE signo = 17;

-- claim E apart.parent: and survives
-- expect: 0
SELECT exit_code FROM task WHERE role = 'apart';

-- claim E fibers.threads: two user threads and their main program are one thread to the kernel
-- notes: goroutines are user threads, and run on one CPU | | the two user threads and their main program are
--   {fibers.threads} thread to the kernel; Go spreads its own over several
-- expect: 1
SELECT count(*) FROM task
WHERE process = (SELECT task FROM task WHERE role = 'fibers');

-- The fork() that made the process returns in it as well, with 0.
-- claim E fibers.clone: it calls nothing that creates a thread or process
-- expect: 0
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'fibers' AND name IN ('clone', 'clone3', 'fork', 'vfork') AND ret != 0;

-- claim E fibers.switches: a switch is one system call, which sets the signal mask
-- phase: switch
-- expect: switches
SELECT count(*) FROM syscall WHERE phase = 'switch' AND name = 'rt_sigprocmask' AND ret = 0;

-- claim E fibers.only: and no other call is made
-- phase: switch
-- expect: 0
SELECT count(*) FROM syscall WHERE phase = 'switch' AND name NOT IN ('rt_sigprocmask', 'prctl');

-- claim E user.progress: when a user thread waits, the other gets nothing done
-- expect: 0
SELECT value FROM value JOIN task USING (task) WHERE role = 'user.block' AND name = 'progress';

-- claim E user.waits: since the kernel puts their one thread to sleep
-- expect: 1
SELECT count(*) FROM state JOIN task USING (task)
WHERE role = 'user.block' AND state = 'waiting' AND why = 'read';

-- claim E user.order: the other's work begins when the read has returned
-- phase: work
-- expect: 1
SELECT count(*) FROM phase AS work JOIN syscall AS reading USING (task) JOIN task USING (task)
WHERE role = 'user.block' AND work.name = 'work' AND reading.phase = 'block' AND reading.name = 'read'
AND work.start_ns > reading.end_ns;

-- claim E pthread.progress: when a pthread waits, the other gets all its work done
-- expect: units
SELECT value FROM value JOIN task AS thread USING (task) JOIN task AS leader ON leader.task = thread.process
WHERE leader.role = 'pthread.block' AND name = 'progress';

-- claim E pthread.threads: for the kernel knows them both, beside their main program
-- expect: 3
SELECT count(*) FROM task
WHERE process = (SELECT task FROM task WHERE role = 'pthread.block');

-- claim E pthread.order: the other's work ends before the read returns
-- phase: work
-- expect: 1
SELECT count(*) FROM phase AS work
JOIN task AS worker USING (task)
JOIN task AS waiter ON waiter.process = worker.process
JOIN syscall AS reading ON reading.task = waiter.task
JOIN task AS leader ON leader.task = worker.process
WHERE leader.role = 'pthread.block' AND work.name = 'work' AND reading.phase = 'block' AND reading.name = 'read'
AND work.end_ns < reading.end_ns;
