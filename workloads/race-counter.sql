-- SPDX-License-Identifier: GPL-2.0
-- title: two threads add one: what it takes that nothing is lost
-- chapter: F
-- question: Two threads add one to the same number 20,000 times each. What is it in the end?
-- param: rounds = 20000   100..1000000   how often each thread adds one
-- lesson: Adding is a load and a store, and on two CPUs both fall in between each other. One atomic instruction, or a lock, makes it one step. A mutex asks the kernel only when it must wait; a spinlock never does, and burns its CPU. Peterson's algorithm works on paper and, without a fence, not on a CPU.
-- needs: told('two.cpus')   the threads need two CPUs

-- claim E alone: a mutex that nobody else wants
-- phase: alone
-- expect: rounds
SELECT value FROM value WHERE name = 'alone';

-- claim E alone.futex: never needs the kernel
-- phase: alone
-- expect: 0
SELECT count(*) FROM syscall WHERE phase = 'alone' AND name = 'futex';

-- claim E one.cpu: on one CPU a single instruction cannot be divided
-- phase: one.cpu
-- needs: told('one.cpu')   this CPU has no instruction that adds to memory
-- expect: 2 * rounds
SELECT value FROM value WHERE name = 'one.cpu';

-- claim B plain: on two CPUs load, add and store lose updates
-- phase: plain
-- expect: 2 .. 2 * rounds - 1
-- inconclusive: observed == 2 * rounds   the threads never came in between each other; run it again
SELECT value FROM value WHERE name = 'plain';

-- claim E atomic: an atomic instruction loses nothing
-- phase: atomic
-- expect: 2 * rounds
SELECT value FROM value WHERE name = 'atomic';

-- claim E mutex: nor does a mutex
-- phase: mutex
-- expect: 2 * rounds
SELECT value FROM value WHERE name = 'mutex';

-- claim E spin: nor a spinlock
-- phase: spin
-- expect: 2 * rounds
SELECT value FROM value WHERE name = 'spin';

-- claim E peterson: nor Peterson's algorithm, with a fence between its stores and its loads
-- phase: peterson
-- expect: 2 * rounds
SELECT value FROM value WHERE name = 'peterson';

-- claim B nofence: without the fence both can be inside
-- phase: nofence
-- expect: 2 .. 2 * rounds - 1
-- inconclusive: observed == 2 * rounds   no CPU loaded before its store was seen; run it again
SELECT value FROM value WHERE name = 'nofence';

-- claim B mutex.futex: a mutex that two want needs the kernel now and then
-- phase: mutex
-- expect: >= 1
-- inconclusive: observed == 0   the threads never wanted it at the same time; run it again
SELECT count(*) FROM syscall WHERE phase = 'mutex' AND name = 'futex';

-- claim B mutex.sleeps: each wait in which the thread was woken put it to sleep, so there are no more of them than times when it left the CPU
-- phase: mutex
-- expect: >= 0
SELECT (SELECT count(*) FROM state JOIN phase USING (task)
	WHERE name = 'mutex' AND state = 'waiting' AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns)
     - (SELECT count(*) FROM lock JOIN phase USING (task)
	WHERE name = 'mutex' AND kind = 'futex' AND op = 'wait' AND ret = 0
	AND request_ns BETWEEN start_ns AND end_ns);

-- claim E spin.futex: those who spin never call the kernel
-- expect: 0
SELECT count(*) FROM syscall WHERE phase IN ('spin', 'spin.wait', 'peterson', 'nofence') AND name = 'futex';

-- Of the time in which it was not pushed aside by somebody else (state ready).
-- claim B spin.wait: who waits for a spinlock keeps its CPU busy, per cent
-- phase: spin.wait
-- expect: 90 .. 100
SELECT 100 * sum((state = 'running') * (min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns)))
	/ sum(min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns))
FROM state JOIN phase USING (task)
WHERE name = 'spin.wait' AND state IN ('running', 'waiting')
AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns;

-- claim B mutex.wait: who waits for a mutex sleeps, and leaves the CPU to others, per cent
-- phase: mutex.wait
-- expect: 0 .. 10
SELECT 100 * sum((state = 'running') * (min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns)))
	/ sum(min(state.end_ns, phase.end_ns) - max(state.start_ns, phase.start_ns))
FROM state JOIN phase USING (task)
WHERE name = 'mutex.wait' AND state IN ('running', 'waiting')
AND state.start_ns < phase.end_ns AND state.end_ns > phase.start_ns;

-- claim E mutex.wait.futex: in one call
-- phase: mutex.wait
-- expect: 1
SELECT count(*) FROM lock JOIN phase USING (task)
WHERE name = 'mutex.wait' AND kind = 'futex' AND op = 'wait' AND ret = 0
AND request_ns BETWEEN start_ns AND end_ns;

-- claim E mutex.wait.owner: which the one who holds the mutex ends
-- phase: mutex.wait
-- expect: 1
SELECT count(*) FROM lock JOIN phase USING (task) JOIN task AS holder ON holder.task = blocked_by
WHERE name = 'mutex.wait' AND kind = 'futex' AND op = 'wait' AND holder.role = 'main'
AND request_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E deadlock: in a deadlock both sleep in futex(), until the process is killed from outside
-- phase: deadlock
-- expect: 2
SELECT count(*) FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role IN ('first', 'second') AND name = 'deadlock' AND state = 'waiting' AND why = 'futex'
AND state.start_ns > phase.start_ns
AND state.end_ns > (SELECT start_ns FROM phase WHERE name = 'kill');

-- The kernel does not know who has a mutex; the threads told what they hold.
-- claim E deadlock.circle: each waits for what the other one holds
-- phase: deadlock
-- expect: 2
SELECT count(*) FROM lock AS wait
JOIN phase ON phase.task = wait.task AND phase.name = 'deadlock' AND request_ns >= phase.start_ns
JOIN value AS wanted ON wanted.name = 'holds' AND wait.object = printf('futex:0x%x', wanted.value)
JOIN task AS waiter ON waiter.task = wait.task
JOIN task AS holder ON holder.task = wanted.task
WHERE wait.kind = 'futex' AND wait.op = 'wait' AND waiter.role != holder.role;
