-- SPDX-License-Identifier: GPL-2.0
-- title: a FIFO is a pipe with a name, and open() waits for the other side
-- chapter: E
-- question: Two programs know only a path. How long does the first one wait, and where?
-- param: lines = 7   1..10000   lines from the writer to the reader
-- lesson: A FIFO stands in a folder, so strangers find it; the bytes never do, they go through a pipe in memory. open() waits until there is somebody on the other side. One FIFO goes one way: for an answer take a second one.
-- needs: told('fifo')   no FIFO can be made in /tmp or TMPDIR

-- The kind of node stands in the bits 0170000 of the mode, and a FIFO is 010000
-- (0x1000); with permissions 0600 (0x180) that is 0x1180.
-- claim E make: mkfifo() makes a node of the kind FIFO
-- phase: make
-- expect: 1
SELECT count(*) FROM syscall WHERE phase = 'make' AND ret = 0
AND (name = 'mknodat' AND args LIKE '% % 1180 %' OR name = 'mknod' AND args LIKE '% 1180 %');

-- ENXIO is 6.
-- claim E none: with O_NONBLOCK a writer is told that nobody reads
-- phase: none
-- expect: 1
SELECT sum(ret = -6) FROM syscall WHERE phase = 'none' AND name IN ('open', 'openat');

-- claim E strangers: each of the two has closed all descriptors that it had from its parent
-- expect: 2
SELECT count(DISTINCT task) FROM syscall JOIN task USING (task)
WHERE role IN ('reader', 'writer') AND name = 'close_range' AND ret = 0;

-- claim E meet.wait: the first to open it waits in open()
-- phase: meet
-- expect: 1
SELECT count(*) FROM state JOIN task USING (task) JOIN phase USING (task)
WHERE role = 'reader' AND name = 'meet' AND state = 'waiting' AND why IN ('open', 'openat')
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim E meet.waker: until the second one opens it, and so wakes the first
-- phase: meet
-- expect: 1
SELECT count(*) FROM state JOIN task AS reader USING (task)
JOIN task AS writer ON writer.task = waker_task
JOIN syscall AS opening ON opening.task = writer.task AND opening.phase = 'meet' AND opening.name IN ('open', 'openat')
WHERE reader.role = 'reader' AND writer.role = 'writer' AND state = 'waiting' AND why IN ('open', 'openat')
AND state.end_ns BETWEEN opening.start_ns AND opening.end_ns;

-- claim E meet.second: who does not wait, because the first one is there
-- phase: meet
-- expect: 0
SELECT count(*) FROM state JOIN task USING (task)
WHERE role = 'writer' AND state = 'waiting' AND why IN ('open', 'openat');

-- claim E lines: all lines go from the one to the other
-- phase: lines
-- expect: lines
SELECT count(DISTINCT sent_ns) FROM message
JOIN task AS sender ON sender.task = from_task AND sender.role = 'writer'
JOIN task AS receiver ON receiver.task = to_task AND receiver.role = 'reader'
WHERE channel = 'fifo';

-- claim E lines.bytes: each of 8 bytes
-- phase: lines
-- expect: 8 * lines
SELECT sum(bytes) FROM message
JOIN task AS sender ON sender.task = from_task AND sender.role = 'writer'
JOIN task AS receiver ON receiver.task = to_task AND receiver.role = 'reader'
WHERE channel = 'fifo';

-- claim E lines.order: in the order in which they were written
-- phase: lines
-- expect: lines
SELECT sum(value = place - 1) FROM (
	SELECT value, row_number() OVER (ORDER BY t_ns) AS place FROM value WHERE name = 'line'
);

-- claim E end: when the writer has gone, the reader reads the end
-- phase: end
-- expect: 1
SELECT sum(ret = 0) FROM syscall JOIN task USING (task)
WHERE role = 'reader' AND phase = 'end' AND name = 'read' AND file_kind = 'fifo';

-- claim E after: the name is there when both have ended
-- phase: after
-- expect: 1
SELECT value FROM value JOIN phase USING (task) WHERE value.name = 'is.fifo' AND phase.name = 'after'
AND phase.start_ns > (SELECT max(exit_ns) FROM task WHERE role IN ('reader', 'writer'));

-- claim E after.bytes: and has no data: a FIFO stores nothing on the disk
-- phase: after
-- expect: 0
SELECT value FROM value WHERE name = 'bytes';

-- claim E both: open to read and to write waits for nobody
-- phase: both
-- expect: 1
SELECT sum(ret >= 0) FROM syscall WHERE phase = 'both' AND name IN ('open', 'openat')
AND NOT EXISTS (
	SELECT * FROM state WHERE state.task = syscall.task AND state = 'waiting' AND why = name);

-- claim E both.self: and what such a process writes it reads itself: there is one stream for both ways
-- notes: a FIFO goes two ways | | it is one stream: who has opened it for both reads back what it wrote
--   itself ({both.self} byte). For two ways take two; that such an open() works at all is Linux's own
-- phase: both
-- expect: 1
SELECT sum(bytes) FROM message
JOIN task AS sender ON sender.task = from_task AND sender.role = 'both'
WHERE channel = 'fifo' AND to_task = from_task;
