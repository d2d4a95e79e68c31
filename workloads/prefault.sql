-- SPDX-License-Identifier: GPL-2.0
-- title: MAP_POPULATE, MADV_POPULATE_*, mlock() and O_DIRECT: faults without an exception
-- chapter: B
-- question: Can a process take minor faults without ever touching a page?
-- param: pages = 2000   1..1048576   pages in each region
-- memory: pages * page_size + 32M
-- lesson: Asked to prepare pages, the kernel does the work of a fault for each, and counts it, but nothing was interrupted. A count of exceptions misses these, the process's own count has them.

-- claim E phases: the process mapped with MAP_POPULATE, and then touched what it got
-- expect: 2
SELECT count(*) FROM phase WHERE name IN ('populate', 'populate.touch');

-- claim E populate.exceptions: mmap() with MAP_POPULATE raises no exception
-- phase: populate
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'populate' AND via <> 'gup';

-- claim E populate: but each page takes a fault all the same, inside the call: it is filled with zeros
-- phase: populate
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'populate' AND via = 'gup' AND kind = 'zero_fill' AND syscall = 'mmap' AND major = 0;

-- claim E populate.kernel: the process's own count has risen by as much
-- phase: populate
-- expect: pages
SELECT value FROM value WHERE name = 'populate';

-- claim E populate.pages: and as many zeroed pages were taken
-- phase: populate
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'populate' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- claim E populate.touch: touching them afterwards is free
-- phase: populate.touch
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'populate.touch';

-- claim E write.exceptions: MADV_POPULATE_WRITE raises no exception
-- phase: write
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_WRITE (it came with 5.14)
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'write' AND via <> 'gup';

-- claim E write: but each page takes a fault all the same, inside the call: it is filled with zeros
-- phase: write
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_WRITE (it came with 5.14)
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'write' AND via = 'gup' AND kind = 'zero_fill' AND syscall = 'madvise' AND major = 0;

-- claim E write.kernel: the process's own count has risen by as much
-- phase: write
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_WRITE (it came with 5.14)
-- expect: pages
SELECT value FROM value WHERE name = 'write';

-- claim E write.pages: and as many zeroed pages were taken
-- phase: write
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_WRITE (it came with 5.14)
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'write' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- claim E write.touch: touching them afterwards is free
-- phase: write.touch
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_WRITE (it came with 5.14)
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'write.touch';

-- claim E read.exceptions: MADV_POPULATE_READ raises no exception
-- phase: read
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_READ (it came with 5.14)
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'read' AND via <> 'gup';

-- claim E read: each page takes a fault, which maps the zero page
-- phase: read
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_READ (it came with 5.14)
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'read' AND via = 'gup' AND kind = 'zero_page' AND syscall = 'madvise' AND major = 0;

-- claim E read.kernel: the process's own count has risen by as much
-- phase: read
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_READ (it came with 5.14)
-- expect: pages
SELECT value FROM value WHERE name = 'read';

-- claim E read.pages: but no page was taken
-- phase: read
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_READ (it came with 5.14)
-- expect: 0
SELECT sum(n) FROM page_alloc WHERE phase = 'read' AND use = 'user';

-- claim E read.touch: so the first write takes a fault each, with an exception, and puts a page there
-- phase: read.touch
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_READ (it came with 5.14)
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'read.touch' AND via = 'user' AND kind = 'copy_zero' AND region = 'heap';

-- claim E read.touch.only: and there is no other fault
-- phase: read.touch
-- needs: told('advice') == 1   this kernel has no MADV_POPULATE_READ (it came with 5.14)
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'read.touch';

-- claim E mlock.exceptions: mlock() raises no exception
-- phase: mlock
-- needs: told('locked') == 1   the region is larger than what this user may lock (ulimit -l); choose fewer pages
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'mlock' AND via <> 'gup';

-- claim E mlock: but each page takes a fault all the same, inside the call: it is filled with zeros
-- phase: mlock
-- needs: told('locked') == 1   the region is larger than what this user may lock (ulimit -l); choose fewer pages
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'mlock' AND via = 'gup' AND kind = 'zero_fill' AND syscall = 'mlock' AND major = 0;

-- claim E mlock.kernel: the process's own count has risen by as much
-- phase: mlock
-- needs: told('locked') == 1   the region is larger than what this user may lock (ulimit -l); choose fewer pages
-- expect: pages
SELECT value FROM value WHERE name = 'mlock';

-- claim E mlock.pages: and as many zeroed pages were taken
-- phase: mlock
-- needs: told('locked') == 1   the region is larger than what this user may lock (ulimit -l); choose fewer pages
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'mlock' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- claim E mlock.touch: touching them afterwards is free
-- phase: mlock.touch
-- needs: told('locked') == 1   the region is larger than what this user may lock (ulimit -l); choose fewer pages
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'mlock.touch';

-- claim E direct.exceptions: a read() past the page cache raises no exception
-- phase: direct
-- needs: told('disk') == 1   the folder for temporary files is in memory or refuses O_DIRECT; set TMPDIR to one on a disk
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'direct' AND via <> 'gup';

-- claim E direct: but each page takes a fault all the same, inside the call: it is filled with zeros
-- phase: direct
-- needs: told('disk') == 1   the folder for temporary files is in memory or refuses O_DIRECT; set TMPDIR to one on a disk
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'direct' AND via = 'gup' AND kind = 'zero_fill' AND syscall = 'read' AND major = 0;

-- claim E direct.kernel: the process's own count has risen by as much
-- phase: direct
-- needs: told('disk') == 1   the folder for temporary files is in memory or refuses O_DIRECT; set TMPDIR to one on a disk
-- expect: pages
SELECT value FROM value WHERE name = 'direct';

-- claim E direct.pages: and as many zeroed pages were taken
-- phase: direct
-- needs: told('disk') == 1   the folder for temporary files is in memory or refuses O_DIRECT; set TMPDIR to one on a disk
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'direct' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- claim E direct.touch: touching them afterwards is free
-- phase: direct.touch
-- needs: told('disk') == 1   the folder for temporary files is in memory or refuses O_DIRECT; set TMPDIR to one on a disk
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'direct.touch';
