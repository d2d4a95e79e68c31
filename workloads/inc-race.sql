-- SPDX-License-Identifier: GPL-2.0
-- title: read, add one, write: what is lost when several do it at once
-- chapter: F
-- question: Ten processes add one to a number in a file. Why is it not ten?
-- param: processes = 10   2..1000   how many add one, once each
-- param: mode = barrier   barrier|none|no-truncate|wrong|excl|flock|fcntl|sh|sh-wrong|sh-flock   what keeps the others out
-- lesson: Reading and writing are two steps, and another process fits in between. A lock helps only if looking for it and taking it are one step.
-- needs: told('folder') && !told('missing')   there is no sh or no flock, or no file can be made in /tmp or TMPDIR

-- claim E inside: each process went inside once
-- phase: inside
-- when: mode != 'sh' && mode != 'sh-wrong' && mode != 'sh-flock'
-- expect: processes
SELECT count(*) FROM phase WHERE name = 'inside';

-- claim E plus.one: each writes what it has read, plus one (nothing read counts as 0)
-- phase: inside
-- when: mode != 'sh' && mode != 'sh-wrong' && mode != 'sh-flock'
-- expect: processes
SELECT count(*) FROM syscall AS r JOIN syscall AS w USING (task)
WHERE r.phase = 'inside' AND r.name = 'read' AND w.phase = 'inside' AND w.name = 'write'
AND CAST(w.data AS INTEGER) = coalesce(CAST(r.data AS INTEGER), 0) + 1;

-- A write that others come in between, before its call has returned, may be read already, and
-- which of two at the same moment was the last one cannot be told.
-- claim E replay: each reads what the last write before left, or a file that was just emptied
-- phase: inside
-- when: mode != 'sh' && mode != 'sh-wrong' && mode != 'sh-flock'
-- expect: processes
WITH writes AS MATERIALIZED (
	SELECT start_ns, end_ns, data FROM syscall WHERE phase IN ('begin', 'inside') AND name = 'write'),
reads AS MATERIALIZED (
	SELECT end_ns, ret, data, (SELECT max(start_ns) FROM writes WHERE writes.end_ns < r.start_ns) AS last_ns
	FROM syscall AS r WHERE phase = 'inside' AND name = 'read')
SELECT sum(ret = 0 OR EXISTS (
	SELECT * FROM writes
	WHERE writes.data = reads.data AND writes.start_ns < reads.end_ns AND writes.end_ns >= last_ns))
FROM reads;

-- claim E replay.end: so the number in the end is that of the last write
-- when: mode != 'sh' && mode != 'sh-wrong' && mode != 'sh-flock'
-- expect: 1
WITH writes AS MATERIALIZED (
	SELECT start_ns, end_ns, data FROM syscall WHERE phase = 'inside' AND name = 'write')
SELECT count(*) > 0 FROM writes
WHERE CAST(data AS INTEGER) = (SELECT value FROM value WHERE name = 'final')
AND end_ns >= (SELECT max(start_ns) FROM writes);

-- claim E final: with a true lock nothing is lost
-- when: mode == 'excl' || mode == 'flock' || mode == 'fcntl' || mode == 'sh-flock'
-- expect: processes
SELECT value FROM value WHERE name = 'final';

-- claim E final.barrier: when all have read before the first writes, one addition is left of all
-- when: mode == 'barrier'
-- expect: 1
SELECT value FROM value WHERE name = 'final';

-- claim B final.unlocked: without a true lock some of them are lost
-- when: mode == 'none' || mode == 'no-truncate' || mode == 'wrong'
-- inconclusive: observed == processes   nobody came in between; take more processes
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
-- inconclusive: told('final') == processes && observed < 2   nothing was lost: nobody came in between; take more processes
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
-- when: mode != 'none' && mode != 'sh' && mode != 'sh-wrong' && mode != 'sh-flock'
-- expect: 0
SELECT sum(ret = 0) FROM syscall WHERE phase = 'inside' AND name = 'read';

-- claim B empty.none: a shell's > empties the file first, and others read the emptiness
-- notes: the number is too small since two write the same one | 8, 5 | {empty.none} of {inside} found the
--   file empty, because another one had opened it to write and not written yet
-- phase: inside
-- when: mode == 'none'
-- inconclusive: observed == 0   nobody came just then; take more processes
-- expect: 1 .. processes - 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'inside' AND name = 'read';

-- claim E stale: with a true lock nobody adds to an old number; with the barrier all but the first do
-- phase: inside
-- when: mode == 'barrier' || mode == 'excl' || mode == 'flock' || mode == 'fcntl'
-- expect: mode == 'barrier' ? processes - 1 : 0
WITH writes AS MATERIALIZED (
	SELECT task, end_ns FROM syscall WHERE phase = 'inside' AND name = 'write'),
reads AS MATERIALIZED (
	SELECT task, end_ns, ret FROM syscall WHERE phase = 'inside' AND name = 'read')
SELECT count(*) FROM reads AS r JOIN writes AS w USING (task)
WHERE r.ret > 0 AND EXISTS (
	SELECT * FROM writes AS other
	WHERE other.task != r.task AND other.end_ns BETWEEN r.end_ns AND w.end_ns);

-- claim E fresh: with a true lock all of them add to the newest number; with the barrier only the first does
-- phase: inside
-- when: mode == 'barrier' || mode == 'excl' || mode == 'flock' || mode == 'fcntl'
-- expect: mode == 'barrier' ? 1 : processes
WITH writes AS MATERIALIZED (
	SELECT task, end_ns FROM syscall WHERE phase = 'inside' AND name = 'write'),
reads AS MATERIALIZED (
	SELECT task, end_ns, ret FROM syscall WHERE phase = 'inside' AND name = 'read')
SELECT count(*) FROM reads AS r JOIN writes AS w USING (task)
WHERE r.ret > 0 AND NOT EXISTS (
	SELECT * FROM writes AS other
	WHERE other.task != r.task AND other.end_ns BETWEEN r.end_ns AND w.end_ns);

-- claim B lost: without a true lock, additions to nothing or to an old number
-- phase: inside
-- when: mode == 'none' || mode == 'no-truncate' || mode == 'wrong'
-- inconclusive: told('final') == processes && observed == 0   nothing was lost: nobody came in between; take more processes
-- expect: 1 .. processes
WITH writes AS MATERIALIZED (
	SELECT task, end_ns FROM syscall WHERE phase = 'inside' AND name = 'write'),
reads AS MATERIALIZED (
	SELECT task, end_ns, ret FROM syscall WHERE phase = 'inside' AND name = 'read')
SELECT count(*) FROM reads AS r JOIN writes AS w USING (task)
WHERE r.ret = 0 OR EXISTS (
	SELECT * FROM writes AS other
	WHERE other.task != r.task AND other.end_ns BETWEEN r.end_ns AND w.end_ns);

-- ENOENT (2) says that there is no lock file.
-- claim B wrong.pair: one finds no lock file, another makes it, and then so does the first
-- notes: making the lock file (touch) is not atomic | | it is; the gap is between looking for it and making
--   it, where others came in {wrong.pair} times. O_CREAT with O_EXCL closes it
-- phase: lock
-- when: mode == 'wrong'
-- inconclusive: told('final') == processes && observed == 0   nothing was lost: nobody came in between; take more processes
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
-- when: mode == 'flock' || mode == 'fcntl' || mode == 'sh-flock'
-- expect: processes
SELECT count(*) FROM lock JOIN task USING (task)
WHERE role = 'adder' AND kind IN ('flock', 'posix') AND op = 'write' AND granted_ns IS NOT NULL;

-- claim E held: and to the next only after the one before has given it back
-- when: mode == 'flock' || mode == 'fcntl' || mode == 'sh-flock'
-- expect: 0
SELECT count(*) FROM lock AS one JOIN lock AS other
ON one.task != other.task AND other.granted_ns >= one.granted_ns AND other.granted_ns < one.released_ns
WHERE one.op = 'write' AND other.op = 'write' AND one.kind IN ('flock', 'posix');

-- claim B blocked: the others wait for it, and the kernel knows for whom
-- notes: the call fails when another has the lock | | only where it asks not to wait (LOCK_NB, F_SETLK);
--   otherwise it sleeps, as {blocked} did here
-- when: mode == 'flock' || mode == 'fcntl' || mode == 'sh-flock'
-- expect: 1 .. processes - 1
-- inconclusive: observed == 0   nobody came while another one had the lock; take more processes
SELECT count(*) FROM lock JOIN task USING (task)
WHERE role = 'adder' AND op = 'write' AND blocked_by IS NOT NULL;

-- Shell scripts: n=$(cat counter); echo $((n + 1)) > counter. The shell runs cat for
-- the reading, and writes itself; it empties the file when it opens it.
-- claim E sh.jobs: each script runs, and looks at the number once
-- when: mode == 'sh' || mode == 'sh-wrong' || mode == 'sh-flock'
-- expect: processes
WITH reads AS MATERIALIZED (
	SELECT parent_task, min(syscall.start_ns) AS start_ns, end_ns, ret, CAST(CAST(data AS TEXT) AS INTEGER) AS number
	FROM syscall JOIN task USING (task)
	WHERE name = 'read' AND ret >= 0 AND file_kind = 'regular' AND phase IS NULL AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')
	GROUP BY task)
SELECT count(*) FROM reads;

-- claim E sh.plus.one: what a script writes is what its cat has read, plus one (nothing counts as 0)
-- when: mode == 'sh' || mode == 'sh-wrong' || mode == 'sh-flock'
-- expect: 0
WITH writes AS MATERIALIZED (
	SELECT task, start_ns, end_ns, CAST(CAST(data AS TEXT) AS INTEGER) AS number FROM syscall
	WHERE name = 'write' AND ret > 0 AND file_kind = 'regular' AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')),
reads AS MATERIALIZED (
	SELECT parent_task, min(syscall.start_ns) AS start_ns, end_ns, ret, CAST(CAST(data AS TEXT) AS INTEGER) AS number
	FROM syscall JOIN task USING (task)
	WHERE name = 'read' AND ret >= 0 AND file_kind = 'regular' AND phase IS NULL AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')
	GROUP BY task)
SELECT count(*) - sum(reads.number IS NOT NULL AND writes.number = reads.number + 1 OR reads.ret = 0 AND writes.number = 1)
FROM writes JOIN task USING (task) LEFT JOIN reads ON reads.parent_task = writes.task
WHERE role IS NULL OR role != 'parent';

-- Which of two writes at the same moment was the last one cannot be told.
-- claim E sh.replay: what a cat reads was left by the last write before, unless the file was just emptied
-- when: mode == 'sh' || mode == 'sh-wrong' || mode == 'sh-flock'
-- expect: processes
WITH writes AS MATERIALIZED (
	SELECT task, start_ns, end_ns, CAST(CAST(data AS TEXT) AS INTEGER) AS number FROM syscall
	WHERE name = 'write' AND ret > 0 AND file_kind = 'regular' AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')),
reads AS MATERIALIZED (
	SELECT parent_task, min(syscall.start_ns) AS start_ns, end_ns, ret, CAST(CAST(data AS TEXT) AS INTEGER) AS number
	FROM syscall JOIN task USING (task)
	WHERE name = 'read' AND ret >= 0 AND file_kind = 'regular' AND phase IS NULL AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')
	GROUP BY task)
SELECT sum(ret = 0 OR EXISTS (
	SELECT * FROM writes
	WHERE writes.number = reads.number AND writes.start_ns < reads.end_ns
	AND writes.end_ns >= (SELECT max(start_ns) FROM writes AS past WHERE past.end_ns < reads.start_ns)))
FROM reads;

-- claim E sh.end: so the number in the end is that of the last write
-- when: mode == 'sh' || mode == 'sh-wrong' || mode == 'sh-flock'
-- expect: 1
WITH writes AS MATERIALIZED (
	SELECT task, start_ns, end_ns, CAST(CAST(data AS TEXT) AS INTEGER) AS number FROM syscall
	WHERE name = 'write' AND ret > 0 AND file_kind = 'regular' AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write'))
SELECT count(*) > 0 FROM writes
WHERE number = (SELECT value FROM value WHERE name = 'final')
AND end_ns >= (SELECT max(start_ns) FROM writes);

-- claim B sh.final: without a true lock most additions are lost
-- when: mode == 'sh' || mode == 'sh-wrong'
-- expect: 1 .. processes - 1
-- inconclusive: observed == processes   the scripts never came in between each other; take more processes
SELECT value FROM value WHERE name = 'final';

-- claim B sh.empty: some find the file empty
-- notes: the number is too small since two write the same one | 8, 5 | {sh.lost} of {sh.jobs} additions are
--   lost, and {sh.empty} of them because the file was empty, so that they begin again with 1
-- when: mode == 'sh' && processes >= 100
-- expect: 1 .. processes - 1
-- inconclusive: observed == 0   no script was emptying the file just then; take more processes
WITH reads AS MATERIALIZED (
	SELECT parent_task, min(syscall.start_ns) AS start_ns, end_ns, ret, CAST(CAST(data AS TEXT) AS INTEGER) AS number
	FROM syscall JOIN task USING (task)
	WHERE name = 'read' AND ret >= 0 AND file_kind = 'regular' AND phase IS NULL AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')
	GROUP BY task)
SELECT sum(ret = 0) FROM reads;

-- claim E sh.fresh: behind the lock each adds to the newest number
-- when: mode == 'sh-flock'
-- expect: processes
WITH writes AS MATERIALIZED (
	SELECT task, start_ns, end_ns, CAST(CAST(data AS TEXT) AS INTEGER) AS number FROM syscall
	WHERE name = 'write' AND ret > 0 AND file_kind = 'regular' AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')),
reads AS MATERIALIZED (
	SELECT parent_task, min(syscall.start_ns) AS start_ns, end_ns, ret, CAST(CAST(data AS TEXT) AS INTEGER) AS number
	FROM syscall JOIN task USING (task)
	WHERE name = 'read' AND ret >= 0 AND file_kind = 'regular' AND phase IS NULL AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')
	GROUP BY task)
SELECT sum(reads.ret > 0 AND NOT EXISTS (
	SELECT * FROM writes AS other
	WHERE other.task != writes.task AND other.end_ns BETWEEN reads.end_ns AND writes.end_ns))
FROM writes JOIN reads ON reads.parent_task = writes.task;

-- claim B sh.lost: without it, some add to nothing, or to an old number
-- when: mode == 'sh' || mode == 'sh-wrong'
-- expect: 1 .. processes
-- inconclusive: observed == 0   the scripts never came in between each other; take more processes
WITH writes AS MATERIALIZED (
	SELECT task, start_ns, end_ns, CAST(CAST(data AS TEXT) AS INTEGER) AS number FROM syscall
	WHERE name = 'write' AND ret > 0 AND file_kind = 'regular' AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')),
reads AS MATERIALIZED (
	SELECT parent_task, min(syscall.start_ns) AS start_ns, end_ns, ret, CAST(CAST(data AS TEXT) AS INTEGER) AS number
	FROM syscall JOIN task USING (task)
	WHERE name = 'read' AND ret >= 0 AND file_kind = 'regular' AND phase IS NULL AND file = (SELECT file FROM syscall WHERE phase = 'begin' AND name = 'write')
	GROUP BY task)
SELECT sum(reads.ret = 0 OR EXISTS (
	SELECT * FROM writes AS other
	WHERE other.task != writes.task AND other.end_ns BETWEEN reads.end_ns AND writes.end_ns))
FROM writes JOIN reads ON reads.parent_task = writes.task;
