// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "launch/profile.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define RSEQ_OFF "glibc.pthread.rseq=0"

void profile_cpus(int *workload, int *tracer)
{
	cpu_set_t allowed;

	*workload = *tracer = -1;
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		*tracer = *workload;
		*workload = cpu;
	}
}

char *profile_list_cpus(void)
{
	cpu_set_t allowed;
	char *list = NULL;
	size_t size;
	FILE *out;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return NULL;
	out = open_memstream(&list, &size);
	if (!out)
		return NULL;
	for (int cpu = 0, n = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			fprintf(out, "%s%d", n++ ? "," : "", cpu);
	if (!fclose(out))
		return list;
	free(list);
	return NULL;
}

static bool pin(int cpu)
{
	cpu_set_t one;

	if (cpu < 0)
		return true;
	if (cpu >= CPU_SETSIZE)
		return false;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) == 0;
}

static bool no_core_file(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit))
		return false;
	limit.rlim_cur = 0;
	return setrlimit(RLIMIT_CORE, &limit) == 0;
}

static bool fix_addresses(void)
{
	int now = personality(0xffffffff);

	return now != -1 && personality((unsigned int)now | ADDR_NO_RANDOMIZE) != -1;
}

unsigned int profile_apply(unsigned int profile, int cpu)
{
	unsigned int missing = 0;

	if (profile & PROFILE_PIN && !pin(cpu))
		missing |= PROFILE_PIN;
	if (profile & PROFILE_THP && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		missing |= PROFILE_THP;
	/* Who started us may have switched them off. */
	if (profile & PROFILE_HUGE && prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0))
		missing |= PROFILE_HUGE;
	if (profile & PROFILE_CORE && !no_core_file())
		missing |= PROFILE_CORE;
	if (profile & PROFILE_FIXED && !fix_addresses())
		missing |= PROFILE_FIXED;
	return missing;
}

char *profile_tunables(const char *old)
{
	char *value;

	/* The last setting of a tunable counts. */
	if (asprintf(&value, "%s%s" RSEQ_OFF, old ? old : "", old && *old ? ":" : "") < 0)
		return NULL;
	return value;
}

char *profile_describe(char *buf, size_t size, unsigned int profile, int cpu, unsigned int missing)
{
	char pinned[32];
	const struct {
		unsigned int part;
		const char *text;
	} parts[] = {
		{ PROFILE_PIN, pinned },
		{ PROFILE_THP, "no huge pages" },
		{ PROFILE_CORE, "no core file" },
		{ PROFILE_RSEQ, "no rseq" },
		{ PROFILE_FIXED, "fixed addresses" },
		{ PROFILE_HUGE, "huge pages asked for" },
		{ PROFILE_MOVE, "moved from CPU to CPU" },
	};

	profile |= PROFILE_PIN; /* whether it is pinned is said in every case */
	if (cpu < 0)
		snprintf(pinned, sizeof(pinned), "not pinned");
	else
		snprintf(pinned, sizeof(pinned), "pinned to CPU %d", cpu);
	buf[0] = '\0';
	for (int failed = 0; failed < 2; failed++) {
		const char *before = failed ? "; could not be set: " : "";

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			size_t length = strlen(buf);

			if (!(profile & parts[i].part) || !(missing & parts[i].part) != !failed)
				continue;
			snprintf(buf + length, size - length, "%s%s", before, parts[i].text);
			before = ", ";
		}
	}
	return buf;
}
