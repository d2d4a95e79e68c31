// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "claims/claims.h"
#include "claims_file.h"

static char folder[] = "/tmp/faultline-claims-XXXXXX";

int claims_file_enter(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

int claims_file_leave(void **state)
{
	(void)state;
	unlink(CLAIMS_FILE);
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

void claims_file_write(const void *data, size_t size)
{
	FILE *file = fopen(CLAIMS_FILE, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

struct claims *claims_file_load(const char *text)
{
	struct claims *claims;
	char why[600] = "";

	claims_file_write(text, strlen(text));
	if (claims_load(&claims, CLAIMS_FILE, why, sizeof(why)))
		fail_msg("%s", why);
	claims->cpus = 3;
	claims->page_size = 4096;
	if (claims_predict(claims, why, sizeof(why)))
		fail_msg("%s", why);
	return claims;
}
