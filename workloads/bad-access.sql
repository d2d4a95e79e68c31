-- SPDX-License-Identifier: GPL-2.0
-- title: how the kernel answers wrong addresses
-- chapter: B
-- question: Which signal does a wrong access get, and how does the program learn what was wrong?
-- lesson: The processor reports, the kernel decides. No mapping: SIGSEGV with code MAPERR. A mapping that forbids it: SIGSEGV with ACCERR. A mapping with nothing behind it: SIGBUS. A refused fault gives no memory and is not counted.

-- claim E phases: seven processes, each with one wrong access
-- expect: 7
SELECT count(*) FROM phase WHERE name = 'act';

-- Bits of the error code: 1 a page was there, 2 a write, 4 in user mode, 16 an instruction.
-- claim E null.read: reading page 0: no page there, a read, in user mode
-- phase: act
-- expect: 4
SELECT error FROM fault JOIN task USING (task) WHERE phase = 'act' AND role = 'null.read' AND kind = 'segv';

-- claim E null.write: writing to page 0: the same, a write
-- phase: act
-- expect: 6
SELECT error FROM fault JOIN task USING (task) WHERE phase = 'act' AND role = 'null.write' AND kind = 'segv';

-- claim E none: reading memory without rights: the page table has no entry, so for the processor no page is there
-- phase: act
-- expect: 4
SELECT error FROM fault JOIN task USING (task) WHERE phase = 'act' AND role = 'none' AND kind = 'segv';

-- claim E text: writing to the program's code: a page is there, a write, in user mode
-- phase: act
-- expect: 7
SELECT error FROM fault JOIN task USING (task) WHERE phase = 'act' AND role = 'text' AND kind = 'segv';

-- claim E data: executing data: a page is there, in user mode, an instruction
-- phase: act
-- expect: 21
SELECT error FROM fault JOIN task USING (task) WHERE phase = 'act' AND role = 'data' AND kind = 'segv';

-- claim E beyond: reading past the end of a file: no page there, a read, in user mode
-- phase: act
-- expect: 4
SELECT error FROM fault JOIN task USING (task) WHERE phase = 'act' AND role = 'beyond' AND kind = 'bus';

-- claim E wild: an address that is not canonical raises another exception, and no page fault
-- phase: act
-- expect: 0
SELECT sum(n) FROM fault_count JOIN task USING (task) WHERE phase = 'act' AND role = 'wild';

-- claim E where: each of the other six exceptions is at the address that was meant
-- phase: act
-- expect: 6
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE phase = 'act' AND via = 'user' AND region = CASE WHEN role LIKE 'null.%' THEN 'null' ELSE role END;

-- claim E segv: five of them are answered with SIGSEGV
-- phase: act
-- expect: 5
SELECT sum(n) FROM fault_count WHERE phase = 'act' AND kind = 'segv';

-- claim E bus: one is answered with SIGBUS
-- phase: act
-- expect: 1
SELECT sum(n) FROM fault_count WHERE phase = 'act' AND kind = 'bus';

-- claim E only: and there is no other fault: none of these is counted by the kernel
-- phase: act
-- expect: 6
SELECT sum(n) FROM fault_count WHERE phase = 'act';

-- claim E not.counted: the kernel's own counters agree: they lack exactly these
-- expect: 0
SELECT sum(abs(difference)) FROM reconcile JOIN task USING (task) WHERE role <> 'parent';

-- claim E pages: no page of memory is given
-- phase: act
-- expect: 0
SELECT sum(n) FROM page_alloc WHERE phase = 'act' AND use = 'user' AND coalesce(syscall, '') <> 'exit';

-- Codes of SIGSEGV: 1 MAPERR, nothing is mapped; 2 ACCERR, it is, but forbids this; 128 SI_KERNEL,
-- the kernel does not know the address.  Of SIGBUS: 2 ADRERR, nothing is behind the mapping.
-- claim E maperr: where nothing is mapped the code of the signal is SEGV_MAPERR
-- expect: 2
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role IN ('null.read', 'null.write') AND signo = 11 AND code = 1 AND result = 'delivered';

-- claim E accerr: where a mapping forbids the access it is SEGV_ACCERR
-- expect: 3
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role IN ('none', 'text', 'data') AND signo = 11 AND code = 2 AND result = 'delivered';

-- claim E adrerr: past the end of a file it is SIGBUS with BUS_ADRERR
-- expect: 1
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'beyond' AND signo = 7 AND code = 2 AND result = 'delivered';

-- claim E si_kernel: for the address that is not canonical it is SI_KERNEL
-- expect: 1
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'wild' AND signo = 11 AND code = 128 AND result = 'delivered';

-- claim E signals: each process gets this signal and no other
-- expect: 7
SELECT count(*) FROM signal JOIN task ON task = receiver_task WHERE role <> 'parent';

-- claim E order: first the exception, then the signal is generated, then delivered, then the process exits
-- expect: 6
SELECT count(*) FROM fault JOIN task USING (task) JOIN signal ON receiver_task = task
WHERE phase = 'act' AND kind IN ('segv', 'bus') AND action = 'default'
AND fault.start_ns <= generated_ns AND generated_ns <= delivered_ns AND delivered_ns <= exit_ns;

-- claim E killed: the parent learns of six children that died of SIGSEGV
-- expect: 6
SELECT count(*) FROM task WHERE exit_signal = 11 AND role <> 'parent';

-- claim E killed.bus: and of one that died of SIGBUS
-- expect: 1
SELECT count(*) FROM task WHERE exit_signal = 7 AND role = 'beyond';
