/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A folder of the experiment's own, for what must have a name.  Include it after
 * workload.h.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include "workload.h"

static struct {
	char path[4096];
	const char *const *names;
} own_folder;

/* Remove the folder and what may be in it. */
HELPER void leave_folder(void)
{
	for (const char *const *name = own_folder.names; *name; name++)
		unlink(*name);
	if (chdir("/") || rmdir(own_folder.path))
		fail("remove the folder %s", own_folder.path);
}

/* Also where the deadline, or somebody at the terminal, ends us. */
HELPER void leave_folder_and_die(int signo)
{
	for (const char *const *name = own_folder.names; *name; name++)
		unlink(*name);
	if (!chdir("/"))
		rmdir(own_folder.path);
	signal(signo, SIG_DFL);
	raise(signo);
}

/*
 * Go to a new folder in TMPDIR or /tmp, in which there will be nothing but files of
 * NAMES, which end with NULL.  0: nobody can write there.
 */
HELPER int enter_folder(const char *const *names)
{
	static const int signals[] = { SIGALRM, SIGINT, SIGTERM, SIGHUP };
	const char *temporary = getenv("TMPDIR");

	snprintf(own_folder.path, sizeof(own_folder.path), "%s/faultline.XXXXXX",
		 temporary ? temporary : "/tmp");
	own_folder.names = names;
	if (!mkdtemp(own_folder.path))
		return 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], leave_folder_and_die);
	if (chdir(own_folder.path))
		fail("go to the folder %s", own_folder.path);
	return 1;
}

#endif /* FOLDER_H */
