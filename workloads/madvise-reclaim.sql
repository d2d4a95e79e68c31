-- SPDX-License-Identifier: GPL-2.0
-- title: giving pages back, and what the next write pays
-- chapter: B
-- question: After madvise(), mprotect() or mremap(), which pages fault again?
-- param: pages = 4096   1..1048576   pages in the region
-- memory: 2 * pages * page_size + 32M
-- lesson: MADV_DONTNEED takes pages away at once: the next write to each takes a fault and a new page. MADV_FREE only permits it: without need of memory nothing happens. Moving memory or changing its protection for a while takes nothing away.

-- claim E phases: the region was filled, and written after each of the four calls
-- expect: 11
SELECT count(*) FROM phase
WHERE name IN ('fill', 'dontneed', 'dontneed.write', 'free', 'free.look', 'free.write',
               'protect', 'protect.write', 'grow', 'grow.write', 'grow.more');

-- claim E fill: each first write fills a page with zeros
-- phase: fill
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'fill' AND region = 'heap' AND kind = 'zero_fill' AND via = 'user';

-- claim E dontneed.rss: MADV_DONTNEED takes every page away, at once
-- phase: dontneed
-- expect: pages
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'dontneed' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E dontneed.write: so the next write to each fills a new page with zeros
-- phase: dontneed.write
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'dontneed.write' AND region = 'heap' AND kind = 'zero_fill' AND via = 'user';

-- claim E dontneed.write.only: and there is no other fault
-- phase: dontneed.write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'dontneed.write';

-- claim E dontneed.pages: with as many new pages
-- phase: dontneed.write
-- expect: pages
SELECT sum(n) FROM page_alloc
WHERE phase = 'dontneed.write' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- A table holds page_size / 8 entries; one that the region fills is given back with its pages.
-- claim E dontneed.tables: and as many new page tables as were left empty, since those are taken away as well
-- phase: dontneed.write
-- needs: told('tables_freed') == 1 || pages < page_size / 8   this kernel keeps empty page tables (Linux frees them since 6.14)
-- expect: pages / (page_size / 8)
SELECT sum(n) FROM page_alloc WHERE phase = 'dontneed.write' AND use = 'page_table';

-- claim E free: MADV_FREE takes nothing away while memory is plenty: the resident size does not move
-- phase: free
-- inconclusive: told('kept') < pages   memory was short, and the kernel took pages away
-- expect: 0
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'free' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E free.look: each page can still be read without a fault
-- phase: free.look
-- inconclusive: told('kept') < pages   memory was short, and the kernel took pages away
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'free.look';

-- claim E free.kept: and still has what was written into it
-- phase: free.look
-- inconclusive: told('kept') < pages   memory was short, and the kernel took pages away
-- expect: pages
SELECT value FROM value WHERE name = 'kept';

-- claim E free.write: writing it is free as well
-- phase: free.write
-- inconclusive: told('kept') < pages   memory was short, and the kernel took pages away
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'free.write';

-- claim E protect.write: memory that was read-only for a while is written without a fault
-- phase: protect.write
-- needs: told('release') >= 600   before Linux 6.0 the entries stay read-only: a fault each, which keeps the page
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'protect.write';

-- claim E protect.pages: in any case without a new page
-- phase: protect.write
-- expect: 0
SELECT sum(n) FROM page_alloc WHERE phase = 'protect.write' AND use = 'user';

-- claim E grow.write: after mremap() to a larger and other place, the old pages are there without a fault
-- phase: grow.write
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'grow.write';

-- claim E grow.place: although their addresses have changed
-- expect: 2
SELECT count(DISTINCT start) FROM region WHERE name = 'heap';

-- claim E grow.more: the new ones are filled with zeros, a fault each
-- phase: grow.more
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'grow.more' AND region = 'more' AND kind = 'zero_fill' AND via = 'user';

-- claim E grow.more.only: and there is no other fault
-- phase: grow.more
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'grow.more';
