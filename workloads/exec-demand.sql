-- SPDX-License-Identifier: GPL-2.0
-- title: execve() loads nothing; the first instruction is the first fault
-- chapter: B
-- question: How much of a program is in memory when its first instruction is about to run?
-- lesson: Nothing but its arguments. execve() promises addresses, and the first fault is the fetch of the first instruction. What a start costs is what it touches, so that of a dynamic program costs more.
-- notes: execve() creates the page table entries of the new program | | it creates mappings: {tiny.nothing} pages of
--   the file are mapped before the first fault, which is the fetch of the first instruction. Only the page of the
--   arguments is there before (faults without an exception, over all programs: {arguments})

-- It is often said that execve() creates the page table entries of the new program. It creates
-- VMAs; the entries come with the faults, apart from that of the page with the arguments.

-- claim E ends: every program that was started ended well
-- expect: 0
SELECT count(*) FROM task WHERE role <> 'parent' AND (exec_ns IS NULL OR exit_code IS NOT 0);

-- claim E tiny: a program that only ends takes one fault, and not one more
-- needs: told('tiny') > 0   files in memory may not be executed here (vm.memfd_noexec)
-- expect: 1
SELECT sum(n) FROM fault JOIN task USING (task)
WHERE role = 'tiny' AND fault.start_ns > exec_ns AND via <> 'gup';

-- Bits of the error code: 1 a page was there, 2 a write, 4 in user mode, 16 an instruction.
-- claim E tiny.fetch: no page is there, an instruction is fetched, in user mode
-- needs: told('tiny') > 0   files in memory may not be executed here (vm.memfd_noexec)
-- expect: 20
SELECT error FROM fault JOIN task USING (task)
WHERE role = 'tiny' AND fault.start_ns > exec_ns AND via = 'user';

-- claim E tiny.entry: it is the one at the entry point that the file names, 0 bytes from it
-- needs: told('tiny') > 0   files in memory may not be executed here (vm.memfd_noexec)
-- expect: 0
SELECT address - (SELECT value FROM value WHERE name = 'tiny') FROM fault JOIN task USING (task)
WHERE role = 'tiny' AND fault.start_ns > exec_ns AND via = 'user';

-- claim E tiny.nothing: before it no page of the file is mapped
-- needs: told('tiny') > 0   files in memory may not be executed here (vm.memfd_noexec)
-- expect: 0
SELECT sum(n) FROM fault JOIN task USING (task)
WHERE role = 'tiny' AND fault.start_ns < exec_ns AND object IN (
	SELECT object FROM fault JOIN task USING (task) WHERE role = 'tiny' AND fault.start_ns > exec_ns
);

-- claim B arguments: execve() itself puts the arguments into memory, without an exception
-- expect: >= 1
SELECT min(pages) FROM (
	SELECT coalesce(sum(n), 0) AS pages FROM task LEFT JOIN fault_count
	ON fault_count.task = task.task AND via = 'gup' AND syscall LIKE 'execve%'
	WHERE role <> 'parent' GROUP BY task.task
);

-- A VMA that grows down is a stack: VM_GROWSDOWN is 256.
-- claim B stack: and then takes up to two faults in kernel mode, where the new stack begins in another page
-- needs: told('tiny') > 0   files in memory may not be executed here (vm.memfd_noexec)
-- expect: <= 2
SELECT sum(n) FROM fault JOIN task USING (task)
WHERE role = 'tiny' AND via = 'kernel' AND syscall LIKE 'execve%' AND vma_flags & 256;

-- claim E stack.fixed: where the stack always begins at the same place, it is the page of the arguments: none
-- needs: told('tiny') > 0   files in memory may not be executed here (vm.memfd_noexec)
-- expect: 0
SELECT sum(n) FROM fault JOIN task USING (task)
WHERE role = 'fixed' AND via = 'kernel' AND syscall LIKE 'execve%' AND vma_flags & 256;

-- claim E fixed: the rest is as before: one fault
-- needs: told('tiny') > 0   files in memory may not be executed here (vm.memfd_noexec)
-- expect: 1
SELECT sum(n) FROM fault JOIN task USING (task)
WHERE role = 'fixed' AND fault.start_ns > exec_ns AND via <> 'gup';

-- claim E static: the first fault of a static program is at its entry point, 0 bytes from it
-- expect: 0
SELECT address - (SELECT value FROM value WHERE name = 'static') FROM fault JOIN task USING (task)
WHERE role = 'static' AND fault.start_ns > exec_ns AND via = 'user' ORDER BY fault.start_ns LIMIT 1;

-- claim E static.fetch: the fetch of an instruction
-- expect: 20
SELECT error FROM fault JOIN task USING (task)
WHERE role = 'static' AND fault.start_ns > exec_ns AND via = 'user' ORDER BY fault.start_ns LIMIT 1;

-- Where the loader lies is random; how far into its file its entry point is, is not.
-- claim E dynamic: the first fault of a dynamic program is at the entry point of its loader
-- needs: told('loader') > 0   there is no dynamic program /bin/true of 64 bits
-- expect: 0
SELECT address - vma_start + vma_offset - (SELECT value FROM value WHERE name = 'loader')
FROM fault JOIN task USING (task)
WHERE role = 'dynamic' AND fault.start_ns > exec_ns AND via = 'user' ORDER BY fault.start_ns LIMIT 1;

-- claim E dynamic.fetch: again the fetch of an instruction
-- needs: told('loader') > 0   there is no dynamic program /bin/true of 64 bits
-- expect: 20
SELECT error FROM fault JOIN task USING (task)
WHERE role = 'dynamic' AND fault.start_ns > exec_ns AND via = 'user' ORDER BY fault.start_ns LIMIT 1;

-- claim B static.total: until its end a static program takes more faults than the tiny one
-- needs: told('tiny') > 0   files in memory may not be executed here (vm.memfd_noexec)
-- expect: > 0
SELECT sum(CASE role WHEN 'static' THEN n ELSE -n END) FROM fault JOIN task USING (task)
WHERE role IN ('static', 'tiny') AND fault.start_ns > exec_ns AND via <> 'gup';

-- claim B dynamic.total: and a dynamic one more than the static one
-- needs: told('loader') > 0   there is no dynamic program /bin/true of 64 bits
-- expect: > 0
SELECT sum(CASE role WHEN 'dynamic' THEN n ELSE -n END) FROM fault JOIN task USING (task)
WHERE role IN ('dynamic', 'static') AND fault.start_ns > exec_ns AND via <> 'gup';
