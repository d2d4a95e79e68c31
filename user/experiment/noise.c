// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "experiment/noise.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/message.h"
#include "launch/profile.h"
#include "base/text.h"

static const struct source {
	unsigned int bit;
	const char *name, *what;
	/* of the profile: taken away, and put in place of it */
	unsigned int without, with;
} sources[] = {
	{ NOISE_THP, "thp", "huge pages are allowed, and asked for in each region", PROFILE_THP,
	  PROFILE_HUGE },
	{ NOISE_MIGRATE, "migrate", "the tasks are moved from CPU to CPU while they run",
	  PROFILE_PIN, PROFILE_MOVE },
	{ NOISE_DYNAMIC, "dynamic", "the same program, dynamically linked", 0, 0 },
	{ NOISE_RSEQ, "rseq", "glibc registers restartable sequences for each thread", PROFILE_RSEQ,
	  0 },
	{ NOISE_NO_PIN, "no-pin", "the scheduler chooses the CPU", PROFILE_PIN, 0 },
	{ NOISE_ASLR, "aslr", "addresses differ from run to run; in the clean run they are fixed",
	  PROFILE_FIXED, 0 },
};

enum { NR_SOURCES = sizeof(sources) / sizeof(sources[0]) };

/*
 * For a claim whose query has WORD in it; the first that fits counts, so the
 * last of a source, which asks for no word, is for all others.
 */
static const struct rule {
	unsigned int source;
	const char *word, *text;
} rules[] = {
	{ NOISE_THP, "huge",
	  "What a huge page costs depends on how many the kernel has free in one piece: where it has "
	  "none, it falls back to small pages without a word." },
	{ NOISE_THP, "'page_table'",
	  "A huge page needs no table, but the kernel puts one aside for the day when it is split: "
	  "tables are then taken at other moments." },
	{ NOISE_THP, "'zero_fill'",
	  "One fault fills a whole huge page: 512 small ones with pages of 4 KiB. The faults are "
	  "huge_zero_fill, and so many times fewer." },
	{ NOISE_THP, "'zero_page'",
	  "The first read maps the huge zero page: one fault for 512 pages with pages of 4 KiB, of "
	  "kind huge_zero_page." },
	{ NOISE_THP, "'reuse'",
	  "An entry for a huge page that is still whole is made writable in one fault, for all of "
	  "its pages." },
	{ NOISE_THP, "frame",
	  "Frames of a huge page lie in one piece and carry the flag thp; the whole of it is mapped "
	  "by one entry." },
	{ NOISE_THP, "syscall.end_ns",
	  "One entry stands for 512 pages of 4 KiB: what is done for each entry takes a fraction of the "
	  "time, and the number of pages no longer tells how long." },
	{ NOISE_THP, NULL,
	  "A fault is then for a huge page and not for a small one, so that counts of faults, pages "
	  "and tables shrink, and resident memory grows in steps of 2 MiB." },

	{ NOISE_MIGRATE, "'copy'",
	  "A page that was just filled waits in a batch of the CPU that filled it, and the batch "
	  "holds a reference. From another CPU its owner does not look alone: the page is copied, "
	  "not reused, up to 30 for one batch (14 on older kernels), and once for each move." },
	{ NOISE_MIGRATE, "'reuse'",
	  "A page that was just filled waits in a batch of the CPU that filled it, and the batch "
	  "holds a reference. From another CPU its owner does not look alone: the page is copied, "
	  "not reused, up to 30 for one batch (14 on older kernels), and once for each move." },
	{ NOISE_MIGRATE, "mapcount",
	  "Pages that are copied where they could be reused get another frame, and the old frame "
	  "goes." },
	{ NOISE_MIGRATE, "page_alloc",
	  "A page copied where it could be reused is one more page taken: batches of pages on the CPU "
	  "left behind hold references." },
	{ NOISE_MIGRATE, "state",
	  "A move takes the task off its CPU and makes it wait for another one: there are more "
	  "switches, and at other moments." },
	{ NOISE_MIGRATE, NULL,
	  "Each move takes the task off its CPU; what it left in lists of that CPU is not seen from "
	  "the other one." },

	{ NOISE_DYNAMIC, "page_alloc",
	  "The loader relocates: it writes to private pages of libraries, and takes a page for each. "
	  "More mappings need more page tables." },
	{ NOISE_DYNAMIC, "frame",
	  "Text, data and libraries lie in mappings of their own, at addresses that differ from run "
	  "to run." },
	{ NOISE_DYNAMIC, "FROM region",
	  "Text, data and libraries lie in mappings of their own, at addresses that differ from run "
	  "to run." },
	{ NOISE_DYNAMIC, "exec_ns",
	  "The first instruction of a dynamically linked program is its loader's, not the one at its "
	  "own entry point, and the loader takes faults until main() runs." },
	{ NOISE_DYNAMIC, "syscall",
	  "The loader opens and maps each library before main() runs: system calls that the static "
	  "program has not." },
	{ NOISE_DYNAMIC, NULL,
	  "A function of a library is looked up at its first call, and its code comes from a file "
	  "that may not be mapped yet: faults on text, on the table of addresses (written, so "
	  "copied) and on the library's data, in the phase of that first call." },

	{ NOISE_RSEQ, NULL,
	  "With restartable sequences the kernel writes to an area of each thread whenever it was "
	  "interrupted or moved. After fork() that page is shared, so the kernel's write faults: a "
	  "copy or a reuse more, in kernel mode, outside of every region." },

	{ NOISE_NO_PIN, "state",
	  "Without a CPU of their own, tasks that would take turns run at the same time, and are "
	  "moved when the balance asks for it." },
	{ NOISE_NO_PIN, NULL,
	  "Once the scheduler moves the task, pages that it just filled wait in a batch of the old "
	  "CPU, which holds a reference: up to 30 are copied where they could be reused. A child "
	  "often starts on another CPU." },

	{ NOISE_ASLR, "'execve'",
	  "Where the stack starts within its page is drawn by lot: the arguments that execve() "
	  "copies reach into none, one or two pages more." },
	{ NOISE_ASLR, NULL,
	  "Where stack, heap and mappings start is drawn by lot, so that what fits into one page "
	  "or one page table in one run needs two in the next." },
};

static const struct source *find(unsigned int bit)
{
	for (size_t i = 0; i < NR_SOURCES; i++)
		if (sources[i].bit == bit)
			return &sources[i];
	return NULL;
}

static int refuse(const char *word, char *why, size_t why_size)
{
	const char *names[NR_SOURCES + 1] = { NULL }, *nearest;
	char all[128] = "", shown[4 * 24 + 1];
	size_t used = 0;

	for (size_t i = 0; i < NR_SOURCES; i++) {
		names[i] = sources[i].name;
		used += snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", names[i]);
	}
	nearest = message_nearest(word, names);
	snprintf(why, why_size, "--noise: no source of noise is named \"%s\"%s%s%s; there are %s",
		 text_escape(shown, sizeof(shown), word, 24), nearest ? ", did you mean \"" : "",
		 nearest ? nearest : "", nearest ? "\"?" : "", all);
	return -EINVAL;
}

int noise_parse(const char *list, unsigned int *bits, char *why, size_t why_size)
{
	char word[64];

	*bits = 0;
	for (;;) {
		size_t length = strcspn(list, ","), i = 0;

		snprintf(word, sizeof(word), "%.*s",
			 (int)(length < sizeof(word) ? length : sizeof(word) - 1), list);
		while (i < NR_SOURCES && strcmp(word, sources[i].name) != 0)
			i++;
		if (i == NR_SOURCES)
			return refuse(word, why, why_size);
		*bits |= sources[i].bit;
		if (!list[length])
			return 0;
		list += length + 1;
	}
}

unsigned int noise_next(unsigned int bits, unsigned int source)
{
	bool behind = !source;

	for (size_t i = 0; i < NR_SOURCES; i++) {
		if (behind && bits & sources[i].bit)
			return sources[i].bit;
		behind |= sources[i].bit == source;
	}
	return 0;
}

const char *noise_name(unsigned int source)
{
	const struct source *s = find(source);

	return s ? s->name : "clean";
}

const char *noise_what(unsigned int source)
{
	const struct source *s = find(source);

	return s ? s->what : "the clean profile";
}

unsigned int noise_profile(unsigned int source, unsigned int compared)
{
	const struct source *s = find(source);
	unsigned int profile = PROFILE_CLEAN;

	if (compared & NOISE_ASLR)
		profile |= PROFILE_FIXED;
	return s ? (profile & ~s->without) | s->with : profile;
}

bool noise_has_huge_pages(const char *enabled)
{
	return *enabled && !strstr(enabled, "[never]");
}

static bool huge_pages_are_on(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	char line[128] = "";

	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return noise_has_huge_pages(line);
}

static bool has_dynamic_build(const char *program, char *other, size_t other_size, char *why,
			      size_t why_size)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	int folder = slash ? (int)(slash + 1 - program) : 0, n;
	struct stat st;

	n = snprintf(other, other_size, "%.*sdynamic/%s", folder, program, name);
	if (n < 0 || (size_t)n >= other_size || stat(other, &st) || !S_ISREG(st.st_mode)) {
		snprintf(
			why, why_size,
			"there is no dynamically linked build of it in the folder \"dynamic\" beside "
			"it");
		return false;
	}
	return true;
}

bool noise_possible(unsigned int source, const char *program, char *other, size_t other_size,
		    char *why, size_t why_size)
{
	cpu_set_t allowed;

	snprintf(other, other_size, "%s", program);
	switch (source) {
	case NOISE_THP:
		if (huge_pages_are_on())
			return true;
		snprintf(why, why_size,
			 "this kernel gives no huge pages "
			 "(/sys/kernel/mm/transparent_hugepage/enabled)");
		return false;
	case NOISE_MIGRATE:
	case NOISE_NO_PIN:
		if (sched_getaffinity(0, sizeof(allowed), &allowed) || CPU_COUNT(&allowed) > 1)
			return true;
		snprintf(why, why_size, "there is one CPU only that faultline may use");
		return false;
	case NOISE_DYNAMIC:
		return has_dynamic_build(program, other, other_size, why, why_size);
	}
	return true;
}

const char *noise_rule(unsigned int source, const char *sql)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].source == source && (!rules[i].word || strstr(sql, rules[i].word)))
			return rules[i].text;
	return "No rule is known for this source of noise.";
}
