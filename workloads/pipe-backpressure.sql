-- SPDX-License-Identifier: GPL-2.0
-- title: a pipe holds so much, and then the writer waits
-- chapter: E
-- question: A writer is faster than its reader. What keeps the pipe from growing without end?
-- param: pages = 23   1..256   pages asked for with F_SETPIPE_SZ
-- lesson: A pipe has 16 slots, a page each. When none is free, the writer sleeps until the reader has emptied one. So the slower one sets the pace, and memory does not grow.
-- needs: told('size') == 16 * page_size   this user has so many pipes that new ones get fewer slots (/proc/sys/fs/pipe-user-pages-soft)

-- F_GETPIPE_SZ is 1032 (0x408), F_SETPIPE_SZ 1031 (0x407).
-- claim E size: a new pipe has 16 slots
-- phase: size
-- expect: 16 * page_size
SELECT ret FROM syscall WHERE phase = 'size' AND name = 'fcntl' AND args LIKE '% 408 %';

-- claim E resize: asked for another size, it takes the next power of two
-- phase: size
-- needs: told('resized') > 0   this user may not have a larger pipe (/proc/sys/fs/pipe-user-pages-soft)
-- expect: page_size * (pages <= 1 ? 1 : pages <= 2 ? 2 : pages <= 4 ? 4 : pages <= 8 ? 8 : pages <= 16 ? 16 : pages <= 32 ? 32 : pages <= 64 ? 64 : pages <= 128 ? 128 : 256)
SELECT ret FROM syscall WHERE phase = 'size' AND name = 'fcntl' AND args LIKE '% 407 %';

-- claim E bytes: single bytes fill the slots to the last byte
-- phase: bytes
-- expect: 16 * page_size
SELECT sum(ret = 1) FROM syscall WHERE phase = 'bytes' AND name = 'write';

-- EAGAIN is 11.
-- claim E bytes.full: and the next one finds no room
-- phase: bytes
-- expect: 1
SELECT sum(ret = -11) FROM syscall WHERE phase = 'bytes' AND name = 'write';

-- claim E pages: a page takes a slot
-- phase: pages
-- expect: 16
SELECT sum(ret = CAST((SELECT value FROM run WHERE key = 'page_size') AS INTEGER))
FROM syscall WHERE phase = 'pages' AND name = 'write';

-- claim E pages.full: which makes as many bytes
-- phase: pages
-- expect: 16 * page_size
SELECT sum(ret) FROM syscall WHERE phase = 'pages' AND name = 'write' AND ret > 0;

-- Two writes of a page and 904 bytes need three slots, since their bits share one:
-- so five pairs, and in the last slot a page.
-- claim E odd: writes of other sizes leave holes, so less goes in
-- phase: odd
-- expect: 5 * 2 * (page_size + 904) + page_size
SELECT sum(ret) FROM syscall WHERE phase = 'odd' AND name = 'write' AND ret > 0;

-- claim E odd.short: and the last write is cut short
-- phase: odd
-- expect: page_size
SELECT ret FROM syscall WHERE phase = 'odd' AND name = 'write' AND ret > 0
ORDER BY start_ns DESC LIMIT 1;

-- claim E part: when all but a byte of a page has been read, a full pipe is still full
-- phase: part
-- expect: 1
SELECT sum(ret = -11) FROM syscall WHERE phase = 'part' AND name = 'write';

-- claim E whole: when that byte is read, too, it is not
-- phase: whole
-- expect: 1
SELECT sum(ret = 1) FROM syscall WHERE phase = 'whole' AND name = 'write';

-- claim E packets: with O_DIRECT a byte takes a slot
-- phase: packets
-- expect: 16
SELECT sum(ret = 1) FROM syscall WHERE phase = 'packets' AND name = 'write';

-- claim E packets.read: and is read by itself, although more is there and asked for
-- phase: unpack
-- expect: 16
SELECT sum(ret = 1) FROM syscall WHERE phase = 'unpack' AND name = 'read';

-- claim E wait: a writer that may wait sleeps when it has written 16 pages
-- phase: wait
-- expect: 16 * page_size
SELECT sum(ret) FROM syscall JOIN task USING (task)
WHERE role = 'writer' AND name = 'write' AND end_ns <= (
	SELECT min(state.start_ns) FROM state JOIN task USING (task)
	WHERE role = 'writer' AND state = 'waiting' AND why = 'write');

-- The page is emptied by two reads, of all but one byte and of this one.
-- claim E wait.part: a read that frees no slot does not let it go on
-- phase: wait
-- expect: 1
SELECT count(*) FROM syscall AS writing JOIN syscall AS reading
WHERE writing.phase = 'wait' AND writing.name = 'write' AND writing.ret = 1
AND reading.phase = 'free.part' AND reading.name = 'read'
AND writing.start_ns < reading.start_ns AND writing.end_ns > reading.end_ns;

-- claim E wait.whole: only the read that frees one does
-- phase: wait
-- expect: 1
SELECT count(*) FROM syscall AS writing JOIN syscall AS reading
WHERE writing.phase = 'wait' AND writing.name = 'write' AND writing.ret = 1
AND reading.phase = 'free.whole' AND reading.name = 'read' AND writing.end_ns > reading.start_ns;

-- Until Linux 6.13 each read from a full pipe woke a writer, which went back to sleep.
-- claim E wait.once: the writer is not even woken before
-- phase: wait
-- needs: told('release') >= 614   before Linux 6.14 a writer is woken for a part of a page, too
-- expect: 1
SELECT count(*) FROM state JOIN task USING (task)
WHERE role = 'writer' AND state = 'waiting' AND why = 'write';

-- claim E wait.waker: it is the reader who wakes it, in that read
-- phase: wait
-- expect: 1
SELECT count(*) FROM state JOIN task AS writer USING (task)
JOIN task AS reader ON reader.task = waker_task AND reader.role = 'reader'
JOIN syscall AS reading ON reading.task = reader.task AND reading.phase = 'free.whole' AND reading.name = 'read'
WHERE writer.role = 'writer' AND state = 'waiting' AND why = 'write'
AND state.end_ns BETWEEN reading.start_ns AND reading.end_ns;
