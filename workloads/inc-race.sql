-- SPDX-License-Identifier: GPL-2.0
-- title: read, add one, write: what is lost when several do it at once
-- chapter: F
-- question: Ten processes add one to a number in a file. Why is it not ten?
-- param: processes = 10   2..500   how many add one, once each
-- param: mode = barrier   barrier|none|no-truncate|wrong|excl|flock|fcntl   what keeps the others out
-- lesson: Reading and writing are two steps, and another process fits in between. A lock helps only if looking for it and taking it are one step.

-- claim E inside: each process went inside once
-- phase: inside
-- expect: processes
SELECT count(*) FROM phase WHERE name = 'inside';

-- claim E plus.one: each writes what it has read, plus one (nothing read counts as 0)
-- phase: inside
-- expect: processes
SELECT count(*) FROM syscall AS r JOIN syscall AS w USING (task)
WHERE r.phase = 'inside' AND r.name = 'read' AND w.phase = 'inside' AND w.name = 'write'
AND CAST(w.data AS INTEGER) = coalesce(CAST(r.data AS INTEGER), 0) + 1;

-- claim E replay: each reads what the last write before left, or a file that was just emptied
-- phase: inside
-- expect: processes
SELECT count(*) FROM syscall AS r
WHERE r.phase = 'inside' AND r.name = 'read'
AND (r.ret = 0 OR r.data = (
	SELECT w.data FROM syscall AS w
	WHERE w.phase IN ('begin', 'inside') AND w.name = 'write' AND w.end_ns < r.start_ns
	ORDER BY w.end_ns DESC LIMIT 1));

-- claim E replay.end: so the number in the end is that of the last write
-- expect: 0
SELECT (SELECT value FROM value WHERE name = 'final') - CAST(data AS INTEGER)
FROM syscall WHERE phase = 'inside' AND name = 'write' ORDER BY end_ns DESC LIMIT 1;

-- claim E final: with a true lock nothing is lost
-- when: mode == 'excl' || mode == 'flock' || mode == 'fcntl'
-- expect: processes
SELECT value FROM value WHERE name = 'final';

-- claim E final.barrier: when all have read before the first writes, one addition is left of all
-- when: mode == 'barrier'
-- expect: 1
SELECT value FROM value WHERE name = 'final';

-- claim B final.unlocked: without a true lock some of them are lost
-- when: mode == 'none' || mode == 'no-truncate' || mode == 'wrong'
-- expect: 1 .. processes - 1
SELECT value FROM value WHERE name = 'final';

-- claim E most.inside: with a true lock never two are inside at once
-- phase: inside
-- when: mode == 'excl' || mode == 'flock' || mode == 'fcntl'
-- expect: 1
SELECT max(inside) FROM (
	SELECT count(*) AS inside FROM phase AS one JOIN phase AS other
	ON other.start_ns <= one.start_ns AND one.start_ns < other.end_ns
	WHERE one.name = 'inside' AND other.name = 'inside' GROUP BY one.task
);

-- claim E most.inside.barrier: with the barrier all are inside at once
-- phase: inside
-- when: mode == 'barrier'
-- expect: processes
SELECT max(inside) FROM (
	SELECT count(*) AS inside FROM phase AS one JOIN phase AS other
	ON other.start_ns <= one.start_ns AND one.start_ns < other.end_ns
	WHERE one.name = 'inside' AND other.name = 'inside' GROUP BY one.task
);

-- claim B most.inside.unlocked: without a true lock several are
-- phase: inside
-- when: mode == 'none' || mode == 'no-truncate' || mode == 'wrong'
-- expect: 2 .. processes
SELECT max(inside) FROM (
	SELECT count(*) AS inside FROM phase AS one JOIN phase AS other
	ON other.start_ns <= one.start_ns AND one.start_ns < other.end_ns
	WHERE one.name = 'inside' AND other.name = 'inside' GROUP BY one.task
);

-- Each addition is one of three: it read nothing (empty), or somebody else wrote
-- between its read and its write (stale), or neither (fresh).
-- claim E empty: nobody finds the file empty, unless it is emptied before it is written
-- phase: inside
-- when: mode != 'none'
-- expect: 0
SELECT sum(ret = 0) FROM syscall WHERE phase = 'inside' AND name = 'read';

-- It is often said that additions are lost because two write the same number.
-- In a shell most are lost because the file is empty when it is read.
-- claim B empty.none: a shell's > empties the file first, and others read the emptiness
-- phase: inside
-- when: mode == 'none'
-- expect: 1 .. processes - 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'inside' AND name = 'read';

-- claim E stale: with a true lock nobody adds to an old number; with the barrier all but the first do
-- phase: inside
-- when: mode == 'barrier' || mode == 'excl' || mode == 'flock' || mode == 'fcntl'
-- expect: mode == 'barrier' ? processes - 1 : 0
SELECT count(*) FROM syscall AS r JOIN syscall AS w USING (task)
WHERE r.phase = 'inside' AND r.name = 'read' AND r.ret > 0 AND w.phase = 'inside' AND w.name = 'write'
AND EXISTS (
	SELECT * FROM syscall AS other
	WHERE other.phase = 'inside' AND other.name = 'write' AND other.task != r.task
	AND other.end_ns BETWEEN r.end_ns AND w.end_ns);

-- claim E fresh: with a true lock all of them add to the newest number; with the barrier only the first does
-- phase: inside
-- when: mode == 'barrier' || mode == 'excl' || mode == 'flock' || mode == 'fcntl'
-- expect: mode == 'barrier' ? 1 : processes
SELECT count(*) FROM syscall AS r JOIN syscall AS w USING (task)
WHERE r.phase = 'inside' AND r.name = 'read' AND r.ret > 0 AND w.phase = 'inside' AND w.name = 'write'
AND NOT EXISTS (
	SELECT * FROM syscall AS other
	WHERE other.phase = 'inside' AND other.name = 'write' AND other.task != r.task
	AND other.end_ns BETWEEN r.end_ns AND w.end_ns);

-- claim B lost: without a true lock, additions to nothing or to an old number
-- phase: inside
-- when: mode == 'none' || mode == 'no-truncate' || mode == 'wrong'
-- expect: 1 .. processes
SELECT count(*) FROM syscall AS r JOIN syscall AS w USING (task)
WHERE r.phase = 'inside' AND r.name = 'read' AND w.phase = 'inside' AND w.name = 'write'
AND (r.ret = 0 OR EXISTS (
	SELECT * FROM syscall AS other
	WHERE other.phase = 'inside' AND other.name = 'write' AND other.task != r.task
	AND other.end_ns BETWEEN r.end_ns AND w.end_ns));

-- It is often said that making the lock file is not atomic.  It is; the gap is
-- between looking for it and making it, and O_CREAT | O_EXCL closes it.
-- ENOENT (2) says that there is no lock file.
-- claim B wrong.pair: one finds no lock file, another makes it, and then so does the first
-- phase: lock
-- when: mode == 'wrong'
-- expect: 1 .. processes * processes
SELECT count(*) FROM syscall AS test
JOIN syscall AS own ON own.task = test.task AND own.phase = 'lock' AND own.name = 'openat'
JOIN syscall AS other ON other.task != test.task AND other.phase = 'lock' AND other.name = 'openat'
WHERE test.phase = 'lock' AND test.name IN ('access', 'faccessat') AND test.ret = -2
AND test.end_ns < other.start_ns AND other.end_ns < own.start_ns;

-- EEXIST is 17.
-- claim E excl: O_EXCL lets each process make the file once and tells it EEXIST every other time
-- phase: lock
-- when: mode == 'excl'
-- expect: processes
SELECT sum(ret >= 0) FROM syscall WHERE phase = 'lock' AND name = 'openat'
HAVING sum(ret < 0 AND ret != -17) = 0;

-- claim E granted: the kernel grants the lock once to each process
-- when: mode == 'flock' || mode == 'fcntl'
-- expect: processes
SELECT count(*) FROM lock JOIN task USING (task)
WHERE role = 'adder' AND kind IN ('flock', 'posix') AND op = 'write' AND granted_ns IS NOT NULL;

-- claim E held: and to the next only after the one before has given it back
-- when: mode == 'flock' || mode == 'fcntl'
-- expect: 0
SELECT count(*) FROM lock AS one JOIN lock AS other
ON one.task != other.task AND other.granted_ns >= one.granted_ns AND other.granted_ns < one.released_ns
WHERE one.op = 'write' AND other.op = 'write' AND one.kind IN ('flock', 'posix');

-- It is often said that the call fails when the lock is taken.  Only with LOCK_NB
-- or F_SETLK; otherwise it sleeps.
-- claim B blocked: the others wait for it, and the kernel knows for whom
-- when: mode == 'flock' || mode == 'fcntl'
-- expect: 1 .. processes - 1
SELECT count(*) FROM lock JOIN task USING (task)
WHERE role = 'adder' AND op = 'write' AND blocked_by IS NOT NULL;
