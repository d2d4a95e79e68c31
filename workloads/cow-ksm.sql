-- SPDX-License-Identifier: GPL-2.0
-- title: copy-on-write without fork()
-- chapter: A
-- question: Two pages of one process have the same content. Can they be one page?
-- root: it switches on ksmd, the kernel thread that merges equal pages (/sys/kernel/mm/ksm), and puts the settings back
-- param: pages = 4096   2..65536   pages in the region
-- memory: pages * page_size + 32M
-- needs: told('no.ksm') == 0   this kernel has no KSM, or it cannot be switched on, or the kernel does not tell how many pages of a mapping are merged (KSM in /proc/PID/smaps)
-- needs: told('not.merged') == 0   ksmd did not merge all pages in 5 seconds
-- lesson: Copy-on-write is not about fork(): wherever one page stands behind several entries, the first write copies it. A page that was merged by content is copied even by the last one that has it.

-- claim E fill: each page is filled, one fault each
-- phase: fill
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'fill' AND region = 'heap' AND kind = 'zero_fill';

-- claim E merged: ksmd merged all of them
-- phase: merged
-- expect: pages
SELECT value FROM value WHERE phase = 'merged' AND name = 'merged';

-- Nobody else has these pages, so a frame with two entries and more is a merged one.  The flag
-- "ksm" would say the same, but in 6.12 the kernel has it for each anonymous page.
-- claim E merged.frames: into one frame for each 128 pages, those with the same content
-- phase: merged
-- expect: (pages - 2) / 128 + 1
SELECT count(DISTINCT pfn) FROM frame WHERE phase = 'merged' AND region = 'heap' AND mapcount > 1;

-- claim E merged.present: one of these is behind each page
-- phase: merged
-- expect: pages
SELECT count(*) FROM frame WHERE phase = 'merged' AND region = 'heap' AND mapcount > 1;

-- claim E read: reading a merged page costs nothing
-- phase: read
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'read';

-- claim E write: each first write copies the page, though nobody forked
-- phase: write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'write' AND region = 'heap' AND kind = 'copy' AND via = 'user';

-- claim E write.only: also the last one: there is no reuse, nor any other fault
-- phase: write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'write';

-- claim E write.pages: each copy takes one page
-- phase: write
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'write' AND use = 'user' AND zeroed = 0 AND page_order = 0;

-- claim E alone: all this time there was one process (and the keeper, who sleeps)
-- expect: 0
SELECT count(*) FROM task WHERE role IS NULL OR role NOT IN ('process', 'keeper');

-- claim E rewrite: the second write is free
-- phase: rewrite
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'rewrite';

-- claim E unmerged: in the end no page is merged any more: all are unmerged
-- expect: pages
SELECT (SELECT value FROM value WHERE phase = 'merged' AND name = 'merged') -
       (SELECT value FROM value WHERE phase = 'written' AND name = 'merged');

-- claim E written.frames: each page has a frame of its own
-- phase: written
-- expect: pages
SELECT count(DISTINCT pfn) FROM frame
WHERE phase = 'written' AND region = 'heap' AND mapcount = 1 AND flags = 'present anon exclusive';
