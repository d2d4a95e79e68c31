// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "cli/doctor.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collect/collect.h"
#include "base/identity.h"
#include "collect/kernel_types.h"
#include "collect/refusal.h"
#include "collect/rights.h"
#include "record/subjects.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCu /* PROC_PID_INIT_INO */
#define TRIED_RING_BYTES (16u << 20)

struct list {
	struct doctor_check *checks;
	size_t n;
	int error;
};

static struct doctor_check *add(struct list *list, const char *name, enum doctor_level level,
				const char *remedy)
{
	static struct doctor_check nowhere;
	struct doctor_check *checks, *check;

	checks = realloc(list->checks, (list->n + 1) * sizeof(*checks));
	if (!checks) {
		list->error = -ENOMEM;
		return &nowhere;
	}
	list->checks = checks;
	check = &checks[list->n++];
	*check = (struct doctor_check){ .name = name, .level = level };
	snprintf(check->remedy, sizeof(check->remedy), "%s", remedy);
	return check;
}

static void __attribute__((format(printf, 5, 6)))
note(struct list *list, const char *name, enum doctor_level level, const char *remedy,
     const char *format, ...)
{
	struct doctor_check *check = add(list, name, level, remedy);
	va_list ap;

	va_start(ap, format);
	vsnprintf(check->found, sizeof(check->found), format, ap);
	va_end(ap);
}

/* The first line of a small file, without its newline; false where there is none. */
static bool first_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got = file && fgets(line, size, file);

	if (file)
		fclose(file);
	if (!got)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* The word in brackets of "always [madvise] never", in place. */
static const char *chosen(char *line)
{
	char *open = strchr(line, '['), *close = open ? strchr(open, ']') : NULL;

	if (!close)
		return line;
	*close = '\0';
	return open + 1;
}

static void note_refusal(struct list *list, const char *name, enum doctor_level level,
			 const struct refusal *refusal)
{
	struct refusal_place place = { 0 };
	struct refusal_words words;

	refusal_look(&place, collect_compiler());
	refusal_explain(refusal, &place, &words);
	note(list, name, level, words.remedy, "%s", words.found);
}

/* What nothing can be traced without. */
struct needed_file {
	const char *path, *found, *remedy;
};

static const struct needed_file needed_proc = {
	"/proc/self/stat",
	"/proc is not mounted here",
	"mount it: mount -t proc proc /proc",
};
static const struct needed_file needed_sys = {
	"/sys/kernel",
	"/sys is not mounted here",
	"mount it: mount -t sysfs sysfs /sys",
};
static const struct needed_file needed_types = {
	BTF_FILE,
	"this kernel has no description of its types in " BTF_FILE,
	"boot a kernel that is built with CONFIG_DEBUG_INFO_BTF=y",
};

/* A file below a file system that is not mounted tells nothing of the kernel. */
static const struct needed_file *missing_file(void)
{
	if (access(needed_proc.path, R_OK))
		return &needed_proc;
	if (access(needed_sys.path, F_OK))
		return &needed_sys;
	return access(needed_types.path, R_OK) ? &needed_types : NULL;
}

int doctor_ready(char *why, size_t why_size)
{
	const char *lacking = rights_lacking();
	const struct needed_file *missing = missing_file();
	char remedy[240];

	if (missing) {
		snprintf(why, why_size, "%s; %s", missing->found, missing->remedy);
		return -ENOENT;
	}
	if (!lacking)
		return 0;
	snprintf(why, why_size, "this user lacks %s; %s", lacking,
		 rights_remedy(remedy, sizeof(remedy)));
	return -EPERM;
}

static void check_rights(struct list *list)
{
	const char *lacking = rights_lacking();
	char remedy[240];

	if (lacking)
		note(list, "rights", DOCTOR_MISSING, rights_remedy(remedy, sizeof(remedy)),
		     "this user lacks %s", lacking);
	else
		note(list, "rights", DOCTOR_OK, "", "%s", rights_held());
}

static void check_identity(struct list *list)
{
	struct identity_caller caller = identity_caller();
	struct identity *id;
	char why[256];

	if (identity_invoker(&id, &caller, why, sizeof(why)))
		note(list, "commands run as", DOCTOR_WARN, "give trace -u USER or --as-root",
		     "nobody: sudo's environment contradicts the password database");
	else if (id)
		note(list, "commands run as", DOCTOR_INFO, "", "%s, who called sudo", id->name);
	else
		note(list, "commands run as", DOCTOR_INFO, "", "user id %u, as faultline itself",
		     geteuid());
	identity_free(id);
}

struct hooks {
	struct list *list;
	int found, absent;
};

static void note_hook(void *arg, const char *name, bool there, bool needed)
{
	struct hooks *hooks = arg;

	hooks->found += there;
	hooks->absent += !there;
	if (!there)
		note(hooks->list, "tracepoint", needed ? DOCTOR_MISSING : DOCTOR_WARN,
		     "boot a kernel that has it", "%s is not in this kernel", name);
}

/* What the programs attach to is read from the programs, so that it cannot go stale. */
static void check_tracepoints(struct list *list)
{
	struct hooks hooks = { .list = list };
	int err = collect_hooks(note_hook, &hooks);

	if (err)
		note(list, "tracepoints", DOCTOR_MISSING, "build faultline again with this libbpf",
		     "the BPF programs cannot be read: %s", strerror(-err));
	else if (!hooks.absent)
		note(list, "tracepoints", DOCTOR_OK, "", "all %d that are needed", hooks.found);
}

/* Linux 6.1 brought the tree; before it, a process's mappings were in another one. */
static void check_mappings(struct list *list, const struct kernel_types *types)
{
	if (kernel_types_has(types, BTF_KIND_STRUCT, "maple_node"))
		note(list, "mappings", DOCTOR_OK, "", "in a maple tree");
	else
		note(list, "mappings", DOCTOR_MISSING, "boot Linux 6.1 or later",
		     "not in a maple tree (struct maple_node is not in this kernel)");
}

static void check_types(struct list *list)
{
	struct kernel_types types;
	int err = kernel_types_open(&types);

	if (err == -ENOENT) {
		const struct needed_file *file = access(needed_sys.path, F_OK) ? &needed_sys :
										 &needed_types;

		note(list, "kernel types", DOCTOR_MISSING, file->remedy, "%s", file->found);
	} else if (err) {
		struct refusal refusal = { .step = REFUSAL_TYPES, .err = err };

		note_refusal(list, "kernel types", DOCTOR_MISSING, &refusal);
	} else {
		note(list, "kernel types", DOCTOR_OK, "", "%s, %u types", BTF_FILE, types.nr);
		check_mappings(list, &types);
		check_tracepoints(list);
	}
	kernel_types_close(&types);
}

static void note_refused(void *list, const struct refusal *refusal, bool needed)
{
	note_refusal(list, "program", needed ? DOCTOR_MISSING : DOCTOR_WARN, refusal);
}

/* Some kinds of faults are told apart by the entry that maps the address. */
static void note_page_tables(struct list *list, const char *why_not)
{
	if (why_not)
		note(list, "page tables", DOCTOR_WARN,
		     "take huge_reuse and stale for parts of reuse, and huge_zero_page for one of "
		     "zero_page: claims that name these kinds are skipped",
		     "cannot be read: %s", why_not);
	else
		note(list, "page tables", DOCTOR_OK, "", "can be read");
}

/* Load and attach as a trace would, and undo it.  NO_PAGE_TABLES: why they cannot be read, or NULL. */
static int try(const struct collect_options *options, struct refusal *why,
	       const char **no_page_tables)
{
	struct collect *c;
	int err = collect_open(&c, options, NULL);

	if (!err)
		err = collect_arm(c, why);
	if (!err)
		*no_page_tables = collect_no_page_tables(c);
	collect_close(c);
	return err;
}

/* What is said to be there was there: all programs, as "trace" and as "run" configures them. */
static void check_programs(struct list *list)
{
	static const struct collect_options ways[] = {
		{ .subjects = SUBJECT_DEFAULT },
		{ .subjects = SUBJECT_ALL, .every_fault = true, .every_end = true },
	};
	struct refusal why = { 0 };
	const char *no_page_tables = NULL;
	size_t before = list->n;
	int err = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->checks[i].level == DOCTOR_MISSING) {
			note(list, "programs", DOCTOR_INFO, "",
			     "built by %s; not tried, for something is missing",
			     collect_compiler());
			return;
		}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && !err; i++)
		err = try(&ways[i], &why, &no_page_tables);
	if (why.step == REFUSAL_PROGRAM)
		collect_try(note_refused, list);
	if (!err)
		note(list, "programs", DOCTOR_OK, "", "built by %s; the kernel takes them all",
		     collect_compiler());
	else if (list->n == before)
		note_refusal(list, "programs", DOCTOR_MISSING, &why);
	if (!err)
		note_page_tables(list, no_page_tables);
}

static void check_events(struct list *list)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS_MIN,
		.disabled = 1,
	};
	char paranoid[32] = "?";
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	first_line("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
	if (fd >= 0) {
		note(list, "software events", DOCTOR_OK, "", "page faults (perf_event_paranoid %s)",
		     paranoid);
		close(fd);
	} else if (errno == EACCES || errno == EPERM) {
		note(list, "software events", DOCTOR_MISSING,
		     "see rights; inside a container allow perf_event_open",
		     "not allowed to this user (perf_event_paranoid %s)", paranoid);
	} else {
		note(list, "software events", DOCTOR_MISSING,
		     "boot a kernel that is built with CONFIG_PERF_EVENTS=y", "not there: %s",
		     strerror(errno));
	}
}

static void check_ring(struct list *list)
{
	int fd;

	if (rights_lacking())
		return;
	fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "doctor", 0, 0, TRIED_RING_BYTES, NULL);
	if (fd >= 0) {
		note(list, "ring buffer", DOCTOR_OK, "", "%u MiB can be had",
		     TRIED_RING_BYTES >> 20);
		close(fd);
		return;
	}
	note(list, "ring buffer", DOCTOR_MISSING,
	     errno == EINVAL ?
		     "boot Linux 5.8 or later" :
	     errno == ENOSYS ?
		     "boot a kernel that is built with CONFIG_BPF_SYSCALL=y" :
		     "free some memory, raise the limit of its control group, or give a smaller "
		     "--ring-size",
	     "%u MiB cannot be had: %s", TRIED_RING_BYTES >> 20, strerror(errno));
}

static void check_lockdown(struct list *list)
{
	char line[64];
	const char *level;

	if (!first_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		return;
	level = chosen(line);
	if (!strcmp(level, "confidentiality"))
		note(list, "lockdown", DOCTOR_MISSING,
		     "boot without lockdown=confidentiality: it forbids BPF to read kernel memory",
		     "%s", level);
	else
		note(list, "lockdown", DOCTOR_OK, "", "%s", level);
}

static void check_namespace(struct list *list)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st))
		note(list, "process ids", DOCTOR_MISSING, needed_proc.remedy, "%s",
		     needed_proc.found);
	else if (st.st_ino == INITIAL_PID_NAMESPACE)
		note(list, "process ids", DOCTOR_OK, "", "the initial namespace");
	else
		note(list, "process ids", DOCTOR_INFO,
		     "ids in recordings are those of the host; run faultline there to see them match",
		     "a namespace of their own (a container)");
}

static void check_huge_pages(struct list *list)
{
	char line[64];

	if (first_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof(line)))
		note(list, "huge pages", DOCTOR_INFO, "", "%s; experiments switch them off",
		     chosen(line));
	else
		note(list, "huge pages", DOCTOR_INFO, "",
		     "not known: nothing in /sys tells of them");
}

/* A setting that adds faults or changes their kind unless it is one of OFF. */
static void check_off(struct list *list, const char *name, const char *path, const char *off,
		      const char *remedy)
{
	char line[64];

	if (!first_line(path, line, sizeof(line)))
		note(list, name, DOCTOR_OK, "", "not in this kernel");
	else if (strspn(line, off) == strlen(line))
		note(list, name, DOCTOR_OK, "", "off");
	else
		note(list, name, DOCTOR_WARN, remedy, "on: it adds faults of its own");
}

static void check_swap(struct list *list)
{
	FILE *file = fopen("/proc/swaps", "re");
	char line[256];
	int n = -1;

	while (file && fgets(line, sizeof(line), file))
		n++;
	if (file)
		fclose(file);
	if (n > 0)
		note(list, "swap", DOCTOR_INFO,
		     "for experiments under memory pressure: sudo swapoff -a", "%d area%s", n,
		     n > 1 ? "s" : "");
	else
		note(list, "swap", DOCTOR_OK, "", "none");
}

static void check_cpus(struct list *list)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	if (n > 1)
		note(list, "processors", DOCTOR_OK, "", "%d: an experiment has one of its own", n);
	else
		note(list, "processors", DOCTOR_WARN,
		     "allow faultline a second one (taskset, cpuset)",
		     "one: faultline and the experiment share it");
}

static void check_clock(struct list *list)
{
	char line[64];

	if (first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", line,
		       sizeof(line)))
		note(list, "clock", DOCTOR_INFO, "", "%s", line);
}

int doctor_examine(struct doctor_check **checks, size_t *n)
{
	struct list list = { 0 };
	struct utsname name;

	uname(&name);
	note(&list, "kernel", DOCTOR_INFO, "", "%.100s, %.40s", name.release, name.machine);
	check_rights(&list);
	check_identity(&list);
	check_namespace(&list);
	check_types(&list);
	check_programs(&list);
	check_events(&list);
	check_ring(&list);
	check_lockdown(&list);
	check_cpus(&list);
	check_huge_pages(&list);
	check_off(&list, "page merging", "/sys/kernel/mm/ksm/run", "02",
		  "echo 2 | sudo tee /sys/kernel/mm/ksm/run");
	check_off(&list, "NUMA balancing", "/proc/sys/kernel/numa_balancing", "0",
		  "sudo sysctl kernel.numa_balancing=0");
	check_swap(&list);
	check_clock(&list);
	*checks = list.checks;
	*n = list.n;
	return list.error;
}
