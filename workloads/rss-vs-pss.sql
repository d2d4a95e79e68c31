-- SPDX-License-Identifier: GPL-2.0
-- title: RSS counts a shared page in each process that has it
-- chapter: A
-- question: A process with 16 MiB forks four children. How much memory do the five use, and what does ps say?
-- param: pages = 4096   1..262144   pages in the region
-- param: readers = 4   2..32   children
-- memory: 2 * pages * page_size + 32M
-- lesson: RSS counts page table entries, and fork() copies these. So the sum over all processes can be many times the memory that is there. PSS gives each process its share; the sum of that is what is used.

-- claim E fill: the region takes one page for each page
-- phase: fill
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'fill' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- claim E forked: then there are the children
-- expect: readers
SELECT count(*) FROM phase WHERE name = 'read';

-- claim E read: each child reads all pages, without any fault
-- phase: read
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'read';

-- claim E read.pages: no page is taken for that
-- phase: read
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'read' AND use = 'user';

-- claim E fork.pages: nor was one when they were made
-- phase: fork
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc JOIN task USING (task)
WHERE role = 'parent' AND phase = 'fork' AND use = 'user' AND syscall = 'clone';

-- The kernel's own counter of an address space, MM_ANONPAGES, as fork() left it.
-- claim E rss.copied: fork() copies the resident size as well: each child has that of its parent
-- expect: readers
SELECT count(*) FROM task AS child
JOIN phase AS fork ON fork.task = child.parent_task AND fork.name = 'fork'
	AND child.start_ns BETWEEN fork.start_ns AND fork.end_ns
JOIN phase AS start ON start.task = child.task AND start.name = 'start'
JOIN rss AS parents ON parents.task = fork.task AND parents.t_ns = (
	SELECT max(t_ns) FROM rss WHERE task = fork.task AND t_ns <= fork.start_ns)
JOIN rss AS childs ON childs.task = child.task AND childs.t_ns = (
	SELECT max(t_ns) FROM rss WHERE task = child.task AND t_ns <= start.start_ns)
WHERE childs.anon = parents.anon;

-- claim E rss.least: every process says that the whole region is resident
-- phase: shared
-- expect: pages * page_size / 1024
SELECT min(value) FROM value WHERE phase = 'shared' AND name = 'rss.kb';

-- claim E rss.sum: and together they say that it is there once for each process
-- phase: shared
-- expect: (readers + 1) * (pages * page_size / 1024)
SELECT sum(value) FROM value WHERE phase = 'shared' AND name = 'rss.kb';

-- claim E present: their page tables agree
-- phase: shared
-- expect: (readers + 1) * pages
SELECT count(pfn) FROM frame WHERE phase = 'shared' AND region = 'heap';

-- claim E frames: but behind these entries there are no more frames than the region has pages
-- phase: shared
-- expect: pages
SELECT count(DISTINCT pfn) FROM frame WHERE phase = 'shared' AND region = 'heap';

-- claim E mapped: each of which all processes have
-- phase: shared
-- expect: pages
SELECT count(DISTINCT pfn) FROM frame
WHERE phase = 'shared' AND region = 'heap'
AND mapcount = (SELECT count(*) FROM task WHERE role IS NOT NULL);

-- The kernel adds size * 4096 / entries for each page and cuts off twice: there, and
-- in the end to whole kB.
-- claim E pss.each: a process is given its share of each page
-- phase: shared
-- expect: (readers + 1) * (pages * (page_size * 4096 / (readers + 1)) / (4096 * 1024))
SELECT sum(value) FROM value WHERE phase = 'shared' AND name = 'pss.kb';

-- claim E pss.equal: the same to each
-- phase: shared
-- expect: pages * (page_size * 4096 / (readers + 1)) / (4096 * 1024)
SELECT max(value) FROM value WHERE phase = 'shared' AND name = 'pss.kb';

-- claim E write: one child writes everything, and copies it
-- phase: write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'write' AND region = 'heap' AND kind = 'copy';

-- claim E written.rss: which moves no resident size
-- phase: written
-- expect: (readers + 1) * (pages * page_size / 1024)
SELECT sum(value) FROM value WHERE phase = 'written' AND name = 'rss.kb';

-- claim E written.frames: but now there are two frames for each page
-- phase: written
-- expect: 2 * pages
SELECT count(DISTINCT pfn) FROM frame WHERE phase = 'written' AND region = 'heap';

-- claim E written.own: of which one is the writer's alone
-- phase: written
-- expect: pages
SELECT count(DISTINCT pfn) FROM frame JOIN task USING (task)
WHERE role = 'writer' AND phase = 'written' AND region = 'heap' AND mapcount = 1;

-- claim E written.pss: the writer's share is all of its own pages, the others share the rest
-- phase: written
-- expect: pages * page_size / 1024 + readers * (pages * (page_size * 4096 / readers) / (4096 * 1024))
SELECT sum(value) FROM value WHERE phase = 'written' AND name = 'pss.kb';
