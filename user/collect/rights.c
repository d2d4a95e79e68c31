// SPDX-License-Identifier: GPL-2.0
#include "collect/rights.h"

#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#define INITIAL_USER_NAMESPACE 0xEFFFFFFDu /* PROC_USER_INIT_INO */

static bool has(cap_value_t capability)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t now = cap_get_proc();

	if (now)
		cap_get_flag(now, capability, CAP_EFFECTIVE, &value);
	cap_free(now);
	return value == CAP_SET;
}

bool rights_of_namespace(void)
{
	struct stat st;

	return !stat("/proc/self/ns/user", &st) && st.st_ino != INITIAL_USER_NAMESPACE;
}

const char *rights_lacking(void)
{
	bool all = has(CAP_SYS_ADMIN), bpf = all || has(CAP_BPF), perfmon = all || has(CAP_PERFMON);

	if (!bpf)
		return perfmon ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON";
	if (!perfmon)
		return "CAP_PERFMON";
	return rights_of_namespace() ? "rights outside of its user namespace" : NULL;
}

const char *rights_held(void)
{
	return has(CAP_SYS_ADMIN) ? "root" : "CAP_BPF and CAP_PERFMON";
}

char *rights_remedy(char *buf, size_t size)
{
	char self[128];
	ssize_t length;

	if (rights_of_namespace()) {
		snprintf(buf, size, "start it outside of the container, or in a privileged one");
		return buf;
	}
	length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[length < 0 ? 0 : length] = '\0';
	snprintf(
		buf, size,
		"start it with sudo, or give it the rights once: sudo setcap cap_bpf,cap_perfmon+ep %s",
		length > 0 ? self : "FAULTLINE");
	return buf;
}

/* True if a line of the file at PATH begins with KEY and has WORD behind it. */
static bool says(const char *path, const char *key, const char *word)
{
	FILE *file = fopen(path, "re");
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, key, strlen(key)) && strstr(line + strlen(key), word);
	if (file)
		fclose(file);
	return found;
}

bool rights_locked_down(void)
{
	return says("/sys/kernel/security/lockdown", "", "[confidentiality]");
}

bool rights_filtered(void)
{
	return says("/proc/self/status", "Seccomp:", "2"); /* SECCOMP_MODE_FILTER */
}
