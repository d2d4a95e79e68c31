-- SPDX-License-Identifier: GPL-2.0
-- title: one program, many processes, one copy of its code
-- chapter: B
-- question: A program runs twice at once. What of it is in memory twice?
-- param: pages = 16   1..64   pages of the code that are compared
-- lesson: Code is in memory once, in the page cache, however many processes run it. Data and stack are each one's own. That the code is the same for all is safe because nobody may write to it.
-- notes: the text segment holds the code, the program counter and the registers | | the code: {text.frames} pages,
--   the same frames in both processes, which nobody can write to ({write.counted} writes were counted). Each process
--   has its own registers: the kernel keeps them with the task

-- It is often said that the text segment holds the program counter and the registers. It holds
-- instructions and nothing else, or it could not be shared; registers are saved on the kernel's stack.

-- claim E phases: both copies read their code and wrote their data
-- expect: 4
SELECT count(*) FROM phase JOIN task USING (task) WHERE role IN ('one', 'two') AND name IN ('text', 'data');

-- claim E text.frames: behind each page of the code there is the same frame in both processes
-- phase: both
-- expect: pages
SELECT count(*) FROM frame AS a JOIN frame AS b USING (t_ns, region, page, pfn)
WHERE region = 'text' AND a.phase = 'both'
AND a.task IN (SELECT task FROM task WHERE role = 'one')
AND b.task IN (SELECT task FROM task WHERE role = 'two');

-- claim E text.file: it is a page of the file, and at least these two map it
-- phase: both
-- expect: pages
SELECT count(*) FROM frame JOIN task USING (task)
WHERE role = 'two' AND phase = 'both' AND region = 'text' AND flags LIKE 'present%file%' AND mapcount >= 2;

-- claim E data.frames: behind the page of data there are two frames, each mapped once
-- phase: both
-- expect: 2
SELECT count(DISTINCT pfn) FROM frame
WHERE phase = 'both' AND region = 'data' AND flags = 'present anon exclusive' AND mapcount = 1;

-- claim E data.place: although its address is the same in both
-- expect: 1
SELECT count(DISTINCT start) FROM region WHERE name = 'data';

-- claim E stack.frames: behind the page of stack there are two frames as well
-- phase: both
-- expect: 2
SELECT count(DISTINCT pfn) FROM frame
WHERE phase = 'both' AND region = 'stack' AND flags = 'present anon exclusive' AND mapcount = 1;

-- claim E text.pages: looking at its code takes the second copy no page, neither of its own nor of the page cache
-- phase: text
-- expect: 0
SELECT sum(n) FROM page_alloc JOIN task USING (task)
WHERE role = 'two' AND phase = 'text' AND use <> 'page_table';

-- claim E text.minor: nor does any of its faults have to wait for the disk
-- expect: 0
SELECT sum(n) FROM fault JOIN task USING (task)
WHERE role = 'two' AND fault.start_ns > exec_ns AND major = 1;

-- claim B text.file.faults: minor faults on the file it does take: its page tables are its own
-- expect: >= 1
SELECT sum(n) FROM fault JOIN task USING (task)
WHERE role = 'two' AND fault.start_ns > exec_ns AND major = 0 AND kind = 'file';

-- claim E data.faults: the first write to its page of data fills a page of its own with zeros
-- phase: data
-- expect: 2
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role IN ('one', 'two') AND phase = 'data' AND region = 'data' AND kind = 'zero_fill';

-- Bits of the error code: 1 a page was there, 2 a write, 4 in user mode.
-- claim E write: a write to the code finds the page there, and is refused
-- phase: write
-- expect: 7
SELECT error FROM fault JOIN task USING (task)
WHERE role = 'writer' AND phase = 'write' AND region = 'text' AND kind = 'segv' AND via = 'user';

-- claim E write.only: that is the only fault, and the kernel does not count it
-- phase: write
-- expect: 1
SELECT sum(n) FROM fault_count WHERE phase = 'write';

-- claim E write.counted: as its own counters show
-- expect: 0
SELECT sum(abs(difference)) FROM reconcile;

-- claim E write.pages: no page is copied
-- phase: write
-- expect: 0
SELECT sum(n) FROM page_alloc WHERE phase = 'write' AND use = 'user' AND coalesce(syscall, '') <> 'exit';

-- SEGV_ACCERR is 2.
-- claim E write.signal: the answer is SIGSEGV with SEGV_ACCERR: the mapping is there, but forbids it
-- expect: 1
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'writer' AND signo = 11 AND code = 2 AND result = 'delivered';

-- claim E write.killed: of which the process dies
-- expect: 11
SELECT exit_signal FROM task WHERE role = 'writer';
