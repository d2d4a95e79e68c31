-- SPDX-License-Identifier: GPL-2.0
-- title: reading untouched memory maps one page of zeros, again and again
-- chapter: B
-- question: How much memory does it take to read 16 MiB that nobody has written?
-- param: pages = 4096   1..1048576   pages in each region
-- memory: pages * page_size + 32M
-- lesson: Reading takes a fault a page and no memory: every address shows the same page of zeros. The first write takes another fault, and the memory. Who means to write should write at once.

-- claim E phases: the process read twice and wrote twice, and then wrote a second region at once
-- expect: 5
SELECT count(*) FROM phase WHERE name IN ('read', 'reread', 'write', 'rewrite', 'direct');

-- claim E read: each first read takes a fault, which maps the shared zero page
-- phase: read
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'read' AND region = 'heap' AND kind = 'zero_page' AND via = 'user' AND major = 0;

-- claim E read.only: and there is no other fault while the region is read
-- phase: read
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'read';

-- claim E read.pages: these faults take no page of memory
-- phase: read
-- expect: 0
SELECT sum(n) FROM page_alloc WHERE phase = 'read' AND use = 'user';

-- A table holds page_size / 8 entries.  The last term counts tables of the next
-- level: none more than there was, below 1 GiB with pages of 4 KiB.
-- claim E read.tables: only page tables: one for each slot (2 MiB with pages of 4 KiB) that the region cuts
-- phase: read
-- expect: ceil_div(pages, page_size / 8) + ceil_div(ceil_div(pages, page_size / 8) + 1, page_size / 8) - 1
SELECT sum(n) FROM page_alloc WHERE phase = 'read' AND use = 'page_table';

-- claim E read.rss: the resident size does not move: the zero page is nobody's
-- phase: read
-- expect: 0
SELECT max(anon + file + shmem) - min(anon + file + shmem) FROM rss JOIN phase USING (task)
WHERE name = 'read' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E read.frames: the zero page is behind each page of the region
-- phase: read
-- expect: pages
SELECT count(*) FROM frame WHERE phase = 'read' AND region = 'heap' AND flags = 'present zero';

-- claim E read.frame: and that is one frame of memory for all of them
-- phase: read
-- expect: 1
SELECT count(DISTINCT pfn) FROM frame WHERE phase = 'read' AND region = 'heap';

-- claim E reread: reading again is free
-- phase: reread
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'reread';

-- claim E write: each first write takes a second fault, which puts a page in the place of the zero page
-- phase: write
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'write' AND region = 'heap' AND kind = 'copy_zero' AND via = 'user' AND major = 0;

-- claim E write.only: and there is no other fault while the region is written
-- phase: write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'write';

-- claim E write.pages: each of these takes one zeroed page: nothing needs to be copied
-- phase: write
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'write' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- claim E write.tables: the page tables are there already
-- phase: write
-- expect: 0
SELECT sum(n) FROM page_alloc WHERE phase = 'write' AND use = 'page_table';

-- claim E write.rss: now the resident size grows, by every page
-- phase: write
-- expect: pages
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'write' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E write.frames: each page has a frame of its own
-- phase: write
-- expect: pages
SELECT count(DISTINCT pfn) FROM frame
WHERE phase = 'write' AND region = 'heap' AND flags = 'present anon exclusive' AND mapcount = 1;

-- claim E rewrite: writing again is free
-- phase: rewrite
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'rewrite';

-- claim E direct: who writes at once takes one fault a page and not two: it is filled with zeros
-- phase: direct
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'direct' AND region = 'heap' AND kind = 'zero_fill' AND via = 'user' AND major = 0;

-- claim E direct.only: and there is no other fault
-- phase: direct
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'direct';

-- The region is rounded up to whole huge pages.
-- claim E huge.read: with huge pages one fault maps the huge zero page for a whole slot
-- phase: huge.read
-- needs: told('huge') == 1   this kernel has no huge pages, or no huge zero page
-- expect: ceil_div(pages, page_size / 8)
SELECT sum(n) FROM fault_count
WHERE phase = 'huge.read' AND region = 'huge' AND kind = 'huge_zero_page' AND via = 'user';

-- claim E huge.read.only: and there is no other fault
-- phase: huge.read
-- needs: told('huge') == 1   this kernel has no huge pages, or no huge zero page
-- expect: ceil_div(pages, page_size / 8)
SELECT sum(n) FROM fault_count WHERE phase = 'huge.read';

-- claim E huge.read.rss: still the resident size does not move
-- phase: huge.read
-- needs: told('huge') == 1   this kernel has no huge pages, or no huge zero page
-- expect: 0
SELECT max(anon + file + shmem) - min(anon + file + shmem) FROM rss JOIN phase USING (task)
WHERE name = 'huge.read' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E huge.write: the first write to a slot puts a huge page there, with one fault
-- phase: huge.write
-- needs: told('huge') == 1   this kernel has no huge pages, or no huge zero page
-- needs: told('granted') == ceil_div(pages, page_size / 8)   there are not enough free huge pages
-- expect: ceil_div(pages, page_size / 8)
SELECT sum(n) FROM fault_count
WHERE phase = 'huge.write' AND region = 'huge' AND kind = 'huge_copy' AND via = 'user';

-- claim E huge.write.only: and there is no other fault
-- phase: huge.write
-- needs: told('huge') == 1   this kernel has no huge pages, or no huge zero page
-- needs: told('granted') == ceil_div(pages, page_size / 8)   there are not enough free huge pages
-- expect: ceil_div(pages, page_size / 8)
SELECT sum(n) FROM fault_count WHERE phase = 'huge.write';
