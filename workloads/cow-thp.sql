-- SPDX-License-Identifier: GPL-2.0
-- title: huge pages change the count of faults, and fork() takes them apart
-- chapter: A
-- question: With huge pages 100 MiB take 50 faults. How many does the child take that writes them after fork()?
-- param: huge = 50   1..8192   huge pages (2 MiB with pages of 4 KiB) in the region
-- memory: 2 * huge * (page_size / 8) * page_size + 32M
-- needs: told('off') == 0   the kernel gives no huge pages (/sys/kernel/mm/transparent_hugepage/enabled)
-- needs: told('refused') == 0   not enough free memory in one piece for all the huge pages
-- lesson: A huge page is filled in one fault and shared by one entry. The first write after fork() splits the writer's entry, and from then on each small page is copied by itself. The other side keeps the huge page: one fault makes all of it writable. Faults that come after it change nothing: the CPU held old translations.
-- notes: page faults of a program that touches 25,600 pages, without a comment | 2106, 26718 | 2106 are fewer than
--   pages, so huge pages were on: here {touch} faults fill the region, one for 512 pages with pages of 4 KiB. After
--   fork() the copies are small pages: {c.write} faults. What else was counted in the two figures is not known here

-- claim E touch: the first write fills a huge page, in one fault
-- phase: touch
-- expect: huge
SELECT sum(n) FROM fault_count
WHERE phase = 'touch' AND region = 'heap' AND kind = 'huge_zero_fill' AND via = 'user';

-- claim E touch.only: and there is no other fault while the region is filled
-- phase: touch
-- expect: huge
SELECT sum(n) FROM fault_count WHERE phase = 'touch';

-- A huge page has as many pages as a table has entries, page_size / 8.  It is cleared
-- after it was taken, so it is not one that was asked for with zeros.
-- claim E touch.pages: each of these faults takes one huge page
-- phase: touch
-- expect: huge
SELECT sum(n) FROM page_alloc
WHERE phase = 'touch' AND use = 'user'
AND 1 << page_order = (SELECT value FROM run WHERE key = 'page_size') / 8;

-- claim E touch.tables: and one page table, put aside for the day when it is split
-- phase: touch
-- expect: huge + ceil_div(huge + 1, page_size / 8) - 1
SELECT sum(n) FROM page_alloc WHERE phase = 'touch' AND use = 'page_table';

-- claim E fork.pages: fork() takes no page
-- phase: fork
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc JOIN task USING (task)
WHERE role = 'parent' AND phase = 'fork' AND use = 'user' AND syscall = 'clone';

-- The last term counts tables of the next level: none more than there was, below
-- 1 GiB with pages of 4 KiB.
-- claim E fork.tables: but again a table to put aside for each huge page
-- phase: fork
-- expect: huge + ceil_div(huge + 1, page_size / 8) - 1
SELECT sum(n) FILTER (WHERE phase = 'fork') - sum(n) FILTER (WHERE phase = 'fork.empty')
FROM page_alloc JOIN task USING (task)
WHERE role = 'parent' AND use = 'page_table' AND syscall = 'clone';

-- claim E c.phases: the child went through all its phases
-- expect: 3
SELECT count(*) FROM phase JOIN task USING (task)
WHERE role = 'child' AND name IN ('c.read', 'c.write', 'c.rewrite');

-- claim E c.read: reading shared pages costs nothing: no fault at all
-- phase: c.read
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'c.read';

-- claim E c.write: each small page is copied by itself; the first write to a huge page splits the entry
-- phase: c.write
-- inconclusive: told('damon') > 0 && observed > huge * (page_size / 8)   DAMON watches the memory (kdamond): a copy is made again when it touches the entry meanwhile
-- expect: huge * (page_size / 8)
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'child' AND phase = 'c.write' AND region = 'heap' AND kind = 'copy';

-- claim E c.write.only: and there is no other fault
-- phase: c.write
-- inconclusive: told('damon') > 0 && observed > huge * (page_size / 8)   DAMON watches the memory (kdamond): a copy is made again when it touches the entry meanwhile
-- expect: huge * (page_size / 8)
SELECT sum(n) FROM fault_count WHERE phase = 'c.write';

-- claim E c.write.pages: each copy takes one small page
-- phase: c.write
-- inconclusive: told('damon') > 0 && observed > huge * (page_size / 8)   DAMON watches the memory (kdamond): a copy is made again when it touches the entry meanwhile
-- expect: huge * (page_size / 8)
SELECT sum(n) FROM page_alloc WHERE phase = 'c.write' AND use = 'user' AND page_order = 0 AND zeroed = 0;

-- claim E c.write.huge: and none a huge one
-- phase: c.write
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'c.write' AND use = 'user' AND page_order > 0;

-- claim E c.write.tables: the tables are those that were put aside
-- phase: c.write
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'c.write' AND use = 'page_table';

-- claim E c.rewrite: the second write to a page is free
-- phase: c.rewrite
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'c.rewrite';

-- claim E p.write: the parent's entries are still whole: one fault for each huge page changes its entry, and keeps the page
-- phase: p.write
-- expect: huge
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'parent' AND phase = 'p.write' AND region = 'heap' AND kind = 'huge_reuse';

-- Where the host of a virtual machine gives memory in small pages, the CPU keeps what it reads
-- from the entry of a huge page as translations of small ones.  Stores run ahead of the fault of
-- the one before them, and fetch translations that still forbid to write; those of other small
-- pages stay when the entry has been made writable.  Each is used once: a page fault removes the
-- translation of the address that it is for.  The first page of each huge page has had its fault.
-- claim B p.write.stale: a store that ran ahead finds an old translation: at most one fault more for each further small page, and none where the CPU keeps huge translations
-- phase: p.write
-- expect: 0 .. huge * (page_size / 8 - 1)
SELECT coalesce(sum(n), 0) FROM fault_count JOIN task USING (task)
WHERE role = 'parent' AND phase = 'p.write' AND region = 'heap' AND kind = 'stale';

-- claim E p.write.only: and there is no other fault
-- phase: p.write
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count
WHERE phase = 'p.write' AND (region IS NOT 'heap' OR kind NOT IN ('huge_reuse', 'stale'));

-- claim E p.write.pages: nor any new page
-- phase: p.write
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'p.write' AND use = 'user';

-- claim E p.rewrite: from now on the parent writes for free, too
-- phase: p.rewrite
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'p.rewrite';

-- claim E p.phases: the parent went through these two phases
-- expect: 2
SELECT count(*) FROM phase JOIN task USING (task)
WHERE role = 'parent' AND name IN ('p.write', 'p.rewrite');
