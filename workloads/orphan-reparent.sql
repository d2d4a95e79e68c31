-- SPDX-License-Identifier: GPL-2.0
-- title: a process always has a parent
-- chapter: C
-- question: A process ends before its child. Who is the child's parent now?
-- param: status = 9   0..255   with which the orphan ends
-- lesson: Not the grandparent: the nearest ancestor that asked for it (a subreaper), or else the first process of all. It waits for the orphan, so that no zombie stays.
-- notes: a process becomes a zombie when its parent has ended | | it gets another parent: {tree.before} becomes
--   {tree.after}, and the new one is told when it ends ({sigchld})

-- It is often said that init waits for such children from time to time, and that a
-- process is a zombie because its parent has died. init waits when SIGCHLD tells it,
-- as everybody may, and a zombie is one whose parent lives and does not wait.

-- Nodes of the tree as the processes themselves told: who, and whose child.
-- claim E tree.before: before, each is the child of the one that made it
-- phase: before
-- expect: 'top<reaper middle<top orphan<middle'
SELECT group_concat(child || '<' || parent, ' ') FROM (
	SELECT DISTINCT one.role AS child, other.role AS parent FROM value AS told
	JOIN task AS one ON one.task = told.task
	JOIN value AS pid ON pid.name = 'pid' AND pid.value = told.value
	JOIN task AS other ON other.task = pid.task
	WHERE told.name = 'parent' AND told.phase = 'before' ORDER BY one.task
);

-- claim E tree.after: when middle has ended, the orphan is the child of the reaper, past its grandparent, which lives
-- phase: after
-- expect: 'top<reaper orphan<reaper'
SELECT group_concat(child || '<' || parent, ' ') FROM (
	SELECT DISTINCT one.role AS child, other.role AS parent FROM value AS told
	JOIN task AS one ON one.task = told.task
	JOIN value AS pid ON pid.name = 'pid' AND pid.value = told.value
	JOIN task AS other ON other.task = pid.task
	WHERE told.name = 'parent' AND told.phase = 'after' ORDER BY one.task
);

-- forget_original_parent(), between the last that middle does and its last switch.
-- claim E reparent: the kernel's own pointer to its parent goes from middle to the reaper, once
-- expect: 'middle reaper'
SELECT old.role || ' ' || new.role FROM reparent
JOIN task ON task.task = reparent.task AND task.role = 'orphan'
JOIN task AS old ON old.task = old_parent_task
JOIN task AS new ON new.task = new_parent_task;

-- claim E reparent.time: after middle began to end, and before its grandparent had waited for that
-- expect: 1
SELECT count(*) FROM reparent JOIN task AS old ON old.task = old_parent_task AND old.role = 'middle'
WHERE t_ns = old.exit_ns AND seen_ns > old.exit_ns
AND NOT EXISTS (SELECT 1 FROM card WHERE card.task = reparent.task AND t_ns > old.reaped_ns
	AND card.parent_task <> new_parent_task);

-- claim E real_parent: so says the field in its task_struct, before and after
-- expect: 'before middle, after reaper'
SELECT group_concat(phase || ' ' || other.role, ', ') FROM (
	SELECT phase, card.parent_task AS parent FROM card JOIN task USING (task)
	WHERE role = 'orphan' AND moment = 'phase' AND phase IS NOT NULL ORDER BY t_ns
) JOIN task AS other ON other.task = parent;

-- The children that it has made are not those that it has.
-- claim E children: the reaper has made one child, top; when it waits for the second time, it has the orphan
-- phase: inherit
-- expect: 1
SELECT children FROM card JOIN task USING (task)
WHERE role = 'reaper' AND phase = 'inherit' AND moment = 'phase';

-- claim E made.by: it was made by middle, as the kernel saw it
-- expect: 'middle'
SELECT parent.role FROM task JOIN task AS parent ON parent.task = task.parent_task
WHERE task.role = 'orphan' AND task.creator_task = parent.task;

-- claim E grandparent: for that grandparent ends later than the orphan looks
-- phase: after
-- expect: 1
SELECT count(*) FROM task AS top JOIN phase ON phase.name = 'after'
JOIN task AS orphan ON orphan.task = phase.task AND orphan.role = 'orphan'
WHERE top.role = 'top' AND top.exit_ns > phase.end_ns;

-- claim E outlives: it outlives middle, which ended by itself
-- expect: 'middle orphan'
SELECT group_concat(role, ' ') FROM (
	SELECT role FROM task WHERE role IN ('middle', 'orphan') AND exit_signal IS NULL ORDER BY exit_ns
);

-- SIGCHLD is 17.  It goes to the parent of the moment.
-- claim E sigchld: the kernel tells the reaper when the orphan ends
-- expect: 'reaper'
SELECT parent.role FROM signal
JOIN task AS child ON child.task = sender_task AND child.role = 'orphan'
JOIN task AS parent ON parent.task = receiver_task
WHERE signo = 17;

-- claim E wait: and it is the reaper's wait that returns the orphan, which it did not make
-- phase: inherit
-- expect: 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'reaper' AND phase = 'inherit' AND name = 'wait4'
AND ret = (SELECT DISTINCT value FROM value JOIN task USING (task) WHERE role = 'orphan' AND name = 'pid')
AND end_ns = (SELECT reaped_ns FROM task WHERE role = 'orphan');

-- claim E status: with its status
-- phase: inherit
-- expect: status
SELECT value FROM value WHERE phase = 'inherit' AND name = 'status';

-- claim E once: each of the three is waited for once
-- expect: 3
SELECT count(*) FROM task JOIN syscall ON syscall.end_ns = reaped_ns AND name = 'wait4'
WHERE role IN ('top', 'middle', 'orphan');
