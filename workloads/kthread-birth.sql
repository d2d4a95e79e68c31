-- SPDX-License-Identifier: GPL-2.0
-- title: who makes kernel threads
-- chapter: G
-- question: A program asks the kernel for something that needs a kernel thread. Whose child is it?
-- param: rounds = 3   1..1000   kernel threads that are made and ended
-- lesson: Kernel threads are made by kthreadd, pid 2, for whoever needs one, and are its children. They have neither memory of their own nor a program: nothing is executed.
-- root: it makes a BPF map that has a kernel thread
-- needs: told('visible')   in a pid namespace kernel threads cannot be seen

-- Kernel threads are not among the traced tasks, so what they are is what the program
-- has read in /proc.
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

-- claim E ended: and its kernel thread ends
-- needs: told('cpumap')   this kernel has no CPUMAP, or does not let us make one
-- expect: rounds
SELECT sum(value) FROM value WHERE name = 'ended';
