-- SPDX-License-Identifier: GPL-2.0
-- title: the stack grows down on touch, up to a limit
-- chapter: B
-- question: Who allocates the stack of a function that calls itself 300 times?
-- param: frames = 300   1..1500   calls, each with a frame of one page
-- param: more = 64   1..1500   pages that the child's stack may still grow
-- lesson: Nobody does: each page of the stack comes with the fault of its first touch, and so does the address range itself. What was used once stays. Beyond RLIMIT_STACK the same fault is answered with SIGSEGV.

-- claim E phases: the process descended twice, and a child without end
-- expect: 3
SELECT count(*) FROM phase WHERE name IN ('descend', 'again', 'overflow');

-- claim E descend: each call takes one fault, which fills its page of the stack with zeros
-- phase: descend
-- expect: frames
SELECT sum(n) FROM fault_count
WHERE phase = 'descend' AND region = 'stack' AND kind = 'zero_fill' AND via = 'user';

-- claim E descend.only: and there is no other fault
-- phase: descend
-- expect: frames
SELECT sum(n) FROM fault_count WHERE phase = 'descend';

-- claim E descend.pages: each of them takes one zeroed page
-- phase: descend
-- expect: frames
SELECT sum(n) FROM page_alloc WHERE phase = 'descend' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- Steps inside a run of faults, and from the end of one run to the start of the next.
-- claim E descend.down: each address is one page below the one before
-- phase: descend
-- expect: frames - 1
SELECT sum(CASE WHEN stride = -page THEN n - 1 ELSE 0 END) + sum(address = coalesce(last, 0) - page)
FROM (
	SELECT address, stride, n, (SELECT value FROM run WHERE key = 'page_size') AS page,
	       lag(address + (n - 1) * stride) OVER (ORDER BY start_ns) AS last
	FROM fault WHERE phase = 'descend'
);

-- A new stack has some room already; the program looked into /proc/self/maps before.
-- claim E descend.grow: and as far as there was no room left, the VMA grew by a page with each
-- phase: descend
-- expect: frames
SELECT max(total_vm) - min(total_vm) + (SELECT value FROM value WHERE name = 'room')
FROM rss JOIN phase USING (task)
WHERE name = 'descend' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E again: the same depth a second time is free
-- phase: again
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'again';

-- claim E overflow: below all that was there, the child gets the pages that its limit permits
-- phase: overflow
-- expect: more
SELECT sum(n) FROM fault_count
WHERE phase = 'overflow' AND region = 'below' AND kind = 'zero_fill' AND via = 'user';

-- claim E overflow.refused: and one fault is refused
-- phase: overflow
-- expect: 1
SELECT sum(n) FROM fault_count WHERE phase = 'overflow' AND kind = 'segv' AND via = 'user';

-- claim E overflow.where: that of the first page beyond the limit
-- phase: overflow
-- expect: 0
SELECT (address - start) / (SELECT value FROM run WHERE key = 'page_size')
FROM fault JOIN region ON region.name = fault.region AND region.task = fault.task
WHERE phase = 'overflow' AND kind = 'segv' AND region.name = 'below' AND address >= start;

-- claim E overflow.only: there is no other fault
-- phase: overflow
-- expect: more + 1
SELECT sum(n) FROM fault_count WHERE phase = 'overflow';

-- claim E overflow.pages: and for the refused one no page is taken
-- phase: overflow
-- expect: more
SELECT sum(n) FROM page_alloc WHERE phase = 'overflow' AND use = 'user' AND coalesce(syscall, '') <> 'exit';

-- SEGV_MAPERR is 1.
-- claim E overflow.signal: the answer is SIGSEGV, with the code for nothing mapped there
-- expect: 1
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'deep' AND signo = 11 AND code = 1 AND result = 'delivered';

-- claim E overflow.killed: of which the child dies
-- expect: 11
SELECT exit_signal FROM task WHERE role = 'deep';

-- claim E counted: the refused fault is not in the kernel's count, all others are
-- expect: 0
SELECT sum(abs(difference)) FROM reconcile;
