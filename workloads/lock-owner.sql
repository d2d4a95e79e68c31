-- SPDX-License-Identifier: GPL-2.0
-- title: who owns a file lock: an open file, or a process
-- chapter: F
-- question: A process has locked a file and forks. Who may write now, and who can undo the lock?
-- param: waiters = 3   1..500   processes that wait for a lock
-- lesson: flock() and OFD locks belong to the open file, so dup() and fork() share them. POSIX locks belong to the process: a second open() is let in, a child is not, and closing any descriptor of the file gives them back.
-- notes: the call fails when another has the lock | | only where it asks not to wait (LOCK_NB, F_SETLK); otherwise it
--   sleeps: {queue.sleep} did, and {queue.granted} got the lock later

-- EAGAIN, also called EWOULDBLOCK, is 11.
-- claim E flock.other: flock: another open() of the same file is another owner, even in the same process
-- phase: flock.other
-- expect: 1
SELECT sum(ret = -11) FROM syscall WHERE phase = 'flock.other' AND name = 'flock';

-- claim E flock.dup: a copy of the descriptor is the same owner
-- phase: flock.dup
-- expect: 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'flock.dup' AND name = 'flock';

-- claim E flock.child: so is the descriptor of a child
-- phase: flock.child
-- expect: 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'flock.child' AND name = 'flock';

-- claim E flock.owner: to the kernel these two are the owner who holds the lock, and the other open file is not
-- expect: 2
SELECT sum(owner = (
	SELECT owner FROM lock JOIN phase USING (task)
	WHERE name = 'flock.hold' AND request_ns BETWEEN start_ns AND end_ns))
FROM lock JOIN phase USING (task)
WHERE name IN ('flock.other', 'flock.dup', 'flock.child') AND request_ns BETWEEN start_ns AND end_ns
AND kind = 'flock' AND op = 'write';

-- claim E flock.drop: hence a child can give back what its parent has locked, and another gets it
-- phase: flock.free
-- expect: 1
SELECT sum(taken.ret = 0) FROM syscall AS taken JOIN syscall AS dropped
WHERE taken.phase = 'flock.free' AND taken.name = 'flock'
AND dropped.phase = 'flock.drop' AND dropped.name = 'flock' AND dropped.ret = 0
AND dropped.end_ns < taken.start_ns;

-- claim E posix.other: POSIX: another open() in the same process is the same owner
-- phase: posix.other
-- expect: 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'posix.other' AND name = 'fcntl';

-- claim E posix.dup: and so is a copy
-- phase: posix.dup
-- expect: 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'posix.dup' AND name = 'fcntl';

-- claim E posix.child: but a child is not
-- phase: posix.child
-- expect: 1
SELECT sum(ret = -11) FROM syscall WHERE phase = 'posix.child' AND name = 'fcntl';

-- claim E posix.blocker: the kernel knows in whose way it was
-- phase: posix.child
-- expect: 1
SELECT count(*) FROM lock JOIN phase USING (task)
JOIN task AS blocker ON blocker.task = blocked_by
WHERE name = 'posix.child' AND request_ns BETWEEN phase.start_ns AND phase.end_ns
AND kind = 'posix' AND blocker.role = 'first' AND granted_ns IS NULL;

-- claim E posix.owner: of three who asked, two are the owner
-- expect: 2
SELECT sum(owner = (
	SELECT owner FROM lock JOIN phase USING (task)
	WHERE name = 'posix.hold' AND request_ns BETWEEN start_ns AND end_ns))
FROM lock JOIN phase USING (task)
WHERE name IN ('posix.other', 'posix.dup', 'posix.child') AND request_ns BETWEEN start_ns AND end_ns
AND kind = 'posix' AND op = 'write';

-- claim E posix.close: closing a descriptor that had no part in it gives the lock back
-- phase: posix.close
-- expect: 1
SELECT count(*) FROM lock JOIN phase USING (task)
WHERE name = 'posix.close' AND kind = 'posix' AND op = 'unlock'
AND request_ns BETWEEN start_ns AND end_ns;

-- claim E posix.free: so that a child gets it
-- phase: posix.free
-- expect: 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'posix.free' AND name = 'fcntl';

-- claim E ofd.other: OFD: another open() is another owner
-- phase: ofd.other
-- expect: 1
SELECT sum(ret = -11) FROM syscall WHERE phase = 'ofd.other' AND name = 'fcntl';

-- claim E ofd.same: a copy and a child's descriptor are not
-- expect: 2
SELECT sum(ret = 0) FROM syscall WHERE phase IN ('ofd.dup', 'ofd.child') AND name = 'fcntl';

-- claim E ofd.owner: so of three who asked two are the owner, but not the same two
-- expect: 2
SELECT sum(owner = (
	SELECT owner FROM lock JOIN phase USING (task)
	WHERE name = 'ofd.hold' AND request_ns BETWEEN start_ns AND end_ns))
FROM lock JOIN phase USING (task)
WHERE name IN ('ofd.other', 'ofd.dup', 'ofd.child') AND request_ns BETWEEN start_ns AND end_ns
AND kind = 'ofd' AND op = 'write';

-- claim E ofd.still: and closing some descriptor gives nothing back
-- phase: ofd.still
-- expect: 1
SELECT sum(still.ret = -11) FROM syscall AS still JOIN syscall AS closed
WHERE still.phase = 'ofd.still' AND still.name = 'fcntl'
AND closed.phase = 'ofd.close' AND closed.name = 'close' AND closed.ret = 0
AND closed.end_ns < still.start_ns;

-- claim E queue.sleep: who may wait sleeps
-- phase: queue.wait
-- expect: waiters
SELECT count(DISTINCT task) FROM state JOIN task USING (task)
WHERE role = 'waiter' AND state = 'waiting' AND why = 'flock';

-- claim E queue.blocked: and the kernel knows for whom: the one who holds the lock
-- phase: queue.wait
-- expect: waiters
SELECT count(*) FROM lock JOIN task AS waiter USING (task) JOIN task AS holder ON holder.task = blocked_by
WHERE waiter.role = 'waiter' AND op = 'write' AND holder.role = 'first';

-- claim E queue.granted: each gets it, after it was given back
-- phase: queue.inside
-- expect: waiters
SELECT count(*) FROM lock JOIN task USING (task)
WHERE role = 'waiter' AND op = 'write' AND ret = 0
AND granted_ns > (SELECT start_ns FROM phase WHERE name = 'queue.give');

-- claim E queue.one: and never two at once
-- phase: queue.inside
-- expect: 1
SELECT max(inside) FROM (
	SELECT count(*) AS inside FROM phase AS one JOIN phase AS other
	ON other.start_ns <= one.start_ns AND one.start_ns < other.end_ns
	WHERE one.name = 'queue.inside' AND other.name = 'queue.inside' GROUP BY one.task
);

-- EDEADLK is 35.
-- claim E deadlock: of two that wait for each other the second is refused
-- phase: deadlock
-- expect: 1
SELECT sum(ret = -35) FROM syscall JOIN task USING (task)
WHERE role = 'first' AND phase = 'deadlock' AND name = 'fcntl';

-- claim E deadlock.circle: which was a circle: each had what the other wanted
-- phase: deadlock
-- expect: 1
SELECT count(*) FROM lock AS mine JOIN task AS me ON me.task = mine.task AND me.role = 'first'
JOIN lock AS theirs ON theirs.task = mine.blocked_by AND theirs.blocked_by = mine.task
JOIN task AS them ON them.task = theirs.task AND them.role = 'second'
WHERE mine.request_ns > theirs.request_ns;

-- claim E deadlock.other: the other one waits on, and gets its lock in the end
-- phase: deadlock
-- expect: 1
SELECT sum(ret = 0) FROM syscall JOIN task USING (task)
WHERE role = 'second' AND phase = 'deadlock' AND name = 'fcntl';
