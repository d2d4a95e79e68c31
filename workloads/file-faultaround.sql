-- SPDX-License-Identifier: GPL-2.0
-- title: one fault maps up to 16 pages that are in the cache
-- chapter: B
-- question: A file of 1,024 pages is in the page cache. How many faults does it take to read all of it through mmap()?
-- param: pages = 1024   1..1048576   pages of the file
-- param: shift = 1   1..15   pages between the start of a window and that of the shifted mapping
-- memory: 3 * pages * page_size + 32M
-- lesson: A read fault on a page of a file maps all cached pages of its window of 64 KiB. A write to a private mapping copies, and that is done page by page.

-- The number of faults counts windows that the mapping cuts, not pages.
-- claim E phases: the file was read four times in three mappings, and written in two more; a new one was read once
-- expect: 8
SELECT count(*) FROM phase
WHERE name IN ('read', 'reread', 'random', 'shifted', 'private.read', 'private.write', 'direct.write',
               'fresh');

-- claim E read: one fault for each window of 64 KiB that the mapping cuts
-- phase: read
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: ceil_div(pages * page_size, 64K)
SELECT sum(n) FROM fault_count
WHERE phase = 'read' AND region = 'file' AND kind IN ('shmem', 'file') AND via = 'user' AND major = 0;

-- claim E read.only: and there is no other fault
-- phase: read
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: ceil_div(pages * page_size, 64K)
SELECT sum(n) FROM fault_count WHERE phase = 'read';

-- claim E read.rss: but all pages are mapped
-- phase: read
-- expect: pages
SELECT max(file + shmem) - min(file + shmem) FROM rss JOIN phase USING (task)
WHERE name = 'read' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E read.pages: and no page is taken: they are those of the page cache
-- phase: read
-- expect: 0
SELECT sum(n) FROM page_alloc WHERE phase = 'read' AND use <> 'page_table';

-- claim E reread: reading again is free
-- phase: reread
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'reread';

-- claim E random: MADV_RANDOM changes nothing: it is about reading ahead from a disk
-- phase: random
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: ceil_div(pages * page_size, 64K)
SELECT sum(n) FROM fault_count WHERE phase = 'random';

-- claim E shifted: where the mapping starts after the start of a window, the windows are those of the addresses
-- phase: shifted
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: ceil_div((pages + shift) * page_size, 64K)
SELECT sum(n) FROM fault_count
WHERE phase = 'shifted' AND region = 'file' AND kind IN ('shmem', 'file') AND via = 'user' AND major = 0;

-- claim E shifted.only: and there is no other fault
-- phase: shifted
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: ceil_div((pages + shift) * page_size, 64K)
SELECT sum(n) FROM fault_count WHERE phase = 'shifted';

-- claim E private.read: a private mapping is read in the same way
-- phase: private.read
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: ceil_div(pages * page_size, 64K)
SELECT sum(n) FROM fault_count WHERE phase = 'private.read';

-- claim E private.write: then each first write copies the page
-- phase: private.write
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'private.write' AND region = 'file' AND kind = 'file_copy' AND via = 'user' AND major = 0;

-- claim E private.write.only: and there is no other fault
-- phase: private.write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'private.write';

-- claim E private.write.error: each of these faults finds the page of the file there, read-only
-- phase: private.write
-- expect: pages
SELECT sum(n) FROM fault WHERE phase = 'private.write' AND error & 1;

-- claim E private.write.pages: and takes one page that nobody needs to clear
-- phase: private.write
-- expect: pages
SELECT sum(n) FROM page_alloc
WHERE phase = 'private.write' AND use = 'user' AND zeroed = 0 AND page_order = 0;

-- claim E private.write.anon: so the process has that much more memory of its own
-- phase: private.write
-- expect: pages
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'private.write' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E private.write.file: and that much less of the file's
-- phase: private.write
-- expect: pages
SELECT max(file + shmem) - min(file + shmem) FROM rss JOIN phase USING (task)
WHERE name = 'private.write' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E direct.write: without reading first, each write copies its page as well, with no window around it
-- phase: direct.write
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'direct.write' AND region = 'file' AND kind = 'file_copy' AND via = 'user' AND major = 0;

-- claim E direct.write.only: and there is no other fault
-- phase: direct.write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'direct.write';

-- claim E direct.write.error: these faults find no page there
-- phase: direct.write
-- expect: pages
SELECT sum(n) FROM fault WHERE phase = 'direct.write' AND error & 1 = 0;

-- claim E direct.write.file: and the file's pages are never mapped
-- phase: direct.write
-- expect: 0
SELECT max(file + shmem) - min(file + shmem) FROM rss JOIN phase USING (task)
WHERE name = 'direct.write' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E fresh: of a new file in memory nothing is in the cache, so each page takes a fault
-- phase: fresh
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'fresh' AND region = 'file' AND kind = 'shmem' AND via = 'user' AND major = 0;

-- claim E fresh.only: and there is no other fault
-- phase: fresh
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'fresh';

-- claim E fresh.pages: which also takes a page for the cache
-- phase: fresh
-- needs: told('window') == 64K   one fault maps more or less than 64 KiB here (fault_around_bytes, or large folios)
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'fresh' AND use = 'user' AND page_order = 0;
