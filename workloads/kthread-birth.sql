-- SPDX-License-Identifier: GPL-2.0
-- title: who makes kernel threads
-- chapter: G
-- question: A program asks the kernel for something that needs a kernel thread. Whose child is it?
-- param: rounds = 3   1..500   kernel threads that are made and ended
-- lesson: Kernel threads are made by kthreadd, pid 2, for whoever needs one, and are its children. They have neither memory of their own nor a program: nothing is executed.
-- root: it makes a BPF map that has a kernel thread
-- needs: told('visible')   in a pid namespace kernel threads cannot be seen

-- Kernel threads are not among the traced tasks. What they are is what the program has
-- read in /proc; their births and ends are what the kernel tells of all of them, so ours
-- are found by name, of which 15 bytes are kept.
-- claim B snapshot: there are kernel threads
-- expect: >= 2
SELECT value FROM value WHERE name = 'kernel.threads';

-- claim E snapshot.parent: kthreadd is the parent of all of them but itself
-- expect: 0
SELECT value FROM value WHERE name = 'other.parent';

-- claim E snapshot.memory: and none has an address space of its own
-- expect: 0
SELECT value FROM value WHERE name = 'with.memory';

-- claim E snapshot.kthreadd: kthreadd itself has no parent
-- expect: 0
SELECT value FROM value WHERE name = 'parent.of.2';

-- BPF_MAP_UPDATE_ELEM is 2, BPF_MAP_DELETE_ELEM 3.
-- claim E create: each entry is made by one call
-- phase: create
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT count(*) FROM syscall WHERE phase = 'create' AND name = 'bpf' AND ret = 0 AND args LIKE '2 %';

-- A kthreadd that makes a thread for somebody else just then is awake already.
-- claim E ask: for which the maker wakes kthreadd
-- phase: create
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT count(*) FROM phase WHERE name = 'create'
AND EXISTS (SELECT * FROM kthread WHERE t_ns BETWEEN start_ns AND end_ns
	AND (event = 'ask' AND tid = 2 AND by_task = phase.task
	     OR event = 'born' AND comm NOT LIKE 'cpumap/%'));

-- Until Linux 6.3 the new thread has the name of kthreadd at its birth, so the name is that of its end.
-- claim E birth: and kthreadd makes a thread, its own child without an address space
-- phase: create
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT count(*) FROM kthread AS b JOIN kthread AS e ON e.tid = b.tid AND e.event = 'exit' AND e.t_ns > b.t_ns
WHERE b.event = 'born' AND b.by_tid = 2 AND b.parent_tid = 2 AND b.has_mm = 0 AND b.by_task IS NULL
AND e.comm = (SELECT substr(printf('cpumap/%d/map:%d', c.value, m.value), 1, 15) FROM value AS c, value AS m WHERE c.name = 'cpu' AND m.name = 'map')
AND EXISTS (SELECT * FROM phase WHERE name = 'create' AND b.t_ns BETWEEN start_ns AND end_ns);

-- claim E born: and has a kernel thread then
-- phase: look
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT sum(value) FROM value WHERE name = 'born';

-- claim E born.parent: whose parent is not the maker, but kthreadd
-- phase: look
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT sum(value = 2) FROM value WHERE name = 'born.parent';

-- claim E born.memory: which has no address space
-- phase: look
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT sum(value = 0) FROM value WHERE name = 'born.memory';

-- claim E born.program: and no program: nothing was executed
-- phase: look
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT sum(value = 0) FROM value WHERE name = 'born.program';

-- kthread_create() wakes kthreadd, which makes the thread, and waits for that. Until
-- Linux 6.3 the new thread still had the name of kthreadd when it said that it was there.
-- claim E waker: the maker sleeps in its call, until the new thread, no task of ours, wakes it
-- phase: create
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT count(DISTINCT phase.start_ns) FROM state JOIN phase USING (task)
WHERE name = 'create' AND state = 'waiting' AND why = 'bpf'
AND waker_task IS NULL AND (waker_comm LIKE 'cpumap/%' OR waker_comm = 'kthreadd')
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E no.child: the maker has made no task itself
-- expect: 1
SELECT count(*) FROM task;

-- claim E delete: each entry is taken out by one call
-- phase: delete
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT count(*) FROM syscall WHERE phase = 'delete' AND name = 'bpf' AND ret = 0 AND args LIKE '3 %';

-- claim E stop: and somebody tells its kernel thread to end, which is none of our tasks either
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT count(*) FROM kthread WHERE event = 'stop' AND by_task IS NULL
AND comm = (SELECT substr(printf('cpumap/%d/map:%d', c.value, m.value), 1, 15) FROM value AS c, value AS m WHERE c.name = 'cpu' AND m.name = 'map');

-- claim E exit: which it does after that
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT count(*) FROM kthread AS e JOIN kthread AS s ON s.tid = e.tid AND s.event = 'stop' AND s.t_ns < e.t_ns
WHERE e.event = 'exit' AND e.by_tid = e.tid
AND e.comm = (SELECT substr(printf('cpumap/%d/map:%d', c.value, m.value), 1, 15) FROM value AS c, value AS m WHERE c.name = 'cpu' AND m.name = 'map');

-- claim E ended: and is gone
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT sum(value) FROM value WHERE name = 'ended';
