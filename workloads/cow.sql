-- SPDX-License-Identifier: GPL-2.0
-- title: fork() shares every page; the first write copies it
-- chapter: A
-- question: Who pays for the copy, and when?
-- param: pages = 25600   1..4194304   pages in the region
-- memory: 2 * pages * page_size + 32M
-- lesson: fork() copies page tables, not pages. The first writer of a shared page pays for its copy; the last one left keeps the page, and still pays for a fault.
-- notes: when the child writes, the page table entries of both processes are changed | | only the child's: the parent
--   takes {p.wait} faults meanwhile, and {p.write} of its own when it writes each page later, to make its entries
--   writable again
-- notes: memory in use before fork(), after it, and after the child has written | 1562128, 1562856, 1665168 kB |
--   fork() takes {fork.pages} pages and {fork.tables} page tables for the region (with those of program and stack {SELECT sum(n) * (SELECT value FROM
--   run WHERE key = 'page_size') / 1024 FROM page_alloc JOIN task USING (task) WHERE role = 'parent' AND phase =
--   'fork' AND use = 'page_table' AND syscall = 'clone'} kB), the child's writes {c.write.pages} pages ({SELECT
--   sum(n) * (SELECT value FROM run WHERE key = 'page_size') / 1024 FROM page_alloc WHERE phase = 'c.write' AND use =
--   'user'} kB). The rest of what 'free' shows is other memory of the kernel and of everybody else
-- notes: page faults, without a comment on what they are | 657, 26718 | {c.read} faults while the child reads,
--   {c.write.only} while it writes, each of them one copy. What else was counted in the two figures is not known here

-- claim E phases: both processes went through all their phases
-- expect: 11
SELECT count(*) FROM phase JOIN task USING (task)
WHERE role = 'parent' AND name IN ('fork.empty', 'alloc', 'touch', 'fork', 'p.wait', 'p.write', 'p.rewrite')
   OR role = 'child' AND name IN ('c.read', 'c.write', 'c.rewrite', 'c.exit');

-- claim E alloc: mmap() gives addresses and no memory: no fault, no page
-- phase: alloc
-- expect: 0
SELECT (SELECT count(*) FROM fault_count WHERE phase = 'alloc') +
       (SELECT count(*) FROM page_alloc WHERE phase = 'alloc' AND use = 'user');

-- claim E touch: each first write takes one fault, which fills a page with zeros
-- phase: touch
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'touch' AND region = 'heap' AND kind = 'zero_fill' AND via = 'user';

-- claim E touch.only: and there is no other fault while the region is filled
-- phase: touch
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'touch';

-- claim E touch.pages: each of these faults takes one zeroed page
-- phase: touch
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'touch' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- A table holds page_size / 8 entries.  The last term counts tables of the next
-- level: none more than there was, below 1 GiB with pages of 4 KiB.
-- claim E touch.tables: one page table for each slot (2 MiB with pages of 4 KiB) that the region cuts
-- phase: touch
-- expect: ceil_div(pages, page_size / 8) + ceil_div(ceil_div(pages, page_size / 8) + 1, page_size / 8) - 1
SELECT sum(n) FROM page_alloc WHERE phase = 'touch' AND use = 'page_table';

-- claim E fork.pages: fork() takes no page for the region, nor for anything else of the program
-- phase: fork
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc JOIN task USING (task)
WHERE role = 'parent' AND phase = 'fork' AND use = 'user' AND syscall = 'clone';

-- The fork before the region was touched copied the tables of all the rest.
-- claim E fork.tables: but it copies each page table of the region
-- phase: fork
-- expect: ceil_div(pages, page_size / 8) + ceil_div(ceil_div(pages, page_size / 8) + 1, page_size / 8) - 1
SELECT sum(n) FILTER (WHERE phase = 'fork') - sum(n) FILTER (WHERE phase = 'fork.empty')
FROM page_alloc JOIN task USING (task)
WHERE role = 'parent' AND use = 'page_table' AND syscall = 'clone';

-- claim E c.read: reading shared pages costs nothing: no fault at all
-- phase: c.read
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'c.read';

-- claim E c.frames: after reading, each page of both processes is one frame, mapped twice
-- phase: c.read
-- expect: pages
SELECT count(*) FROM frame AS child JOIN frame AS parent USING (phase, region, page, pfn)
WHERE phase = 'c.read' AND region = 'heap' AND child.mapcount = 2 AND child.flags = 'present anon'
AND child.task IN (SELECT task FROM task WHERE role = 'child')
AND parent.task IN (SELECT task FROM task WHERE role = 'parent');

-- claim E c.write: each first write by the child copies the page, once
-- phase: c.write
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'child' AND phase = 'c.write' AND region = 'heap' AND kind = 'copy';

-- claim E c.write.only: none of them is filled with zeros or kept, and there is no other fault
-- phase: c.write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'c.write';

-- claim E c.write.pages: each copy takes one page that nobody needs to clear
-- phase: c.write
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'c.write' AND use = 'user' AND zeroed = 0 AND page_order = 0;

-- claim E c.write.frames: the child has a frame of its own behind each page, mapped nowhere else
-- phase: c.write
-- expect: pages
SELECT count(DISTINCT pfn) FROM frame JOIN task USING (task)
WHERE role = 'child' AND phase = 'c.write' AND region = 'heap' AND mapcount = 1
AND flags = 'present anon exclusive'
AND pfn NOT IN (SELECT pfn FROM frame JOIN task USING (task) WHERE role = 'parent' AND phase = 'c.write');

-- claim E c.rewrite: the second write to a page is free
-- phase: c.rewrite
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'c.rewrite';

-- claim E p.asleep: the parent sleeps from before the child's first read until after its last write
-- expect: 3
SELECT count(*) FROM phase AS child JOIN phase AS parent
ON parent.name = 'p.wait' AND child.name IN ('c.read', 'c.write', 'c.rewrite')
AND parent.start_ns < child.start_ns AND child.end_ns < parent.end_ns;

-- claim E p.wait: it takes no fault meanwhile: a copy is the writer's business alone
-- phase: p.wait
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'p.wait';

-- It is often said that the child's write changes the entries of both processes.
-- It changes the child's; the parent's becomes writable with its own next write.
-- claim E p.write: the last sharer keeps the page: a fault each, which reuses it
-- phase: p.write
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'parent' AND phase = 'p.write' AND region = 'heap' AND kind = 'reuse';

-- claim E p.write.only: without any copy, and there is no other fault
-- phase: p.write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'p.write';

-- claim E p.write.pages: and without any new page
-- phase: p.write
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'p.write' AND use = 'user';

-- claim E p.write.frames: the frames that it keeps are those that it had before the fork
-- phase: p.write
-- expect: pages
SELECT count(*) FROM frame AS now JOIN frame AS before USING (task, region, page, pfn)
WHERE now.phase = 'p.write' AND before.phase = 'touch' AND region = 'heap'
AND now.flags = 'present anon exclusive' AND before.flags = now.flags;

-- claim E p.rewrite: from now on the parent writes for free, too
-- phase: p.rewrite
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'p.rewrite';
