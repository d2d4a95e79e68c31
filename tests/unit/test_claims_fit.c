// SPDX-License-Identifier: GPL-2.0
/* Whether a run has the memory that it needs, and which size would fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "claims/claims.h"
#include "claims_file.h"

#define HEAD                                                                                       \
	"-- title: t\n-- param: mode = a   a|b   which\n-- param: rounds = 3   1..9   how often\n" \
	"-- param: pages = 1000   7..5000   how many\n"
#define TAIL "-- claim E c: t\n-- expect: pages\nSELECT 1;\n"

static void fits_or_not(void **state)
{
	struct claims *claims =
		claims_file_load(HEAD "-- memory: 2 * pages * page_size + 1M\n" TAIL);
	char why[300] = "";

	(void)state;
	/* 1000 pages: 8,192,000 bytes and 1 MiB */
	assert_int_equal(claims_fit(claims, 9240576, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	assert_int_equal(claims_fit(claims, 9240575, why, sizeof(why)), -ENOMEM);
	assert_string_equal(why, "it needs 8.81 MiB of memory, and 8.81 MiB are available; "
				 "--set pages=999 fits");
	/* the least is 7 */
	assert_int_equal(claims_fit(claims, 1048576 + 7 * 8192, why, sizeof(why)), -ENOMEM);
	assert_non_null(strstr(why, "; --set pages=7 fits"));
	assert_int_equal(claims_fit(claims, 1048576 + 7 * 8192 - 1, why, sizeof(why)), -ENOMEM);
	assert_null(strstr(why, "--set"));
	/* what was set is as it was */
	assert_int_equal(claims->params[2].value, 1000);
	assert_int_equal(claims->params[1].value, 3);
	assert_int_equal(claims_set(claims, "pages=5000", why, sizeof(why)), 0);
	assert_int_equal(claims_fit(claims, 9240576, why, sizeof(why)), -ENOMEM);
	assert_non_null(strstr(why, "--set pages=1000 fits"));
	claims_free(claims);
}

static void little_is_needed(void **state)
{
	struct claims *claims = claims_file_load(HEAD TAIL);
	char why[300];

	(void)state;
	assert_int_equal(claims_fit(claims, 0, why, sizeof(why)), 0);
	claims_free(claims);
}

static void wrong_expressions(void **state)
{
	static const char text[] = HEAD "-- memory: pags * 4\n" TAIL;
	struct claims *claims;
	char why[600] = "";

	(void)state;
	claims_file_write(text, strlen(text));
	assert_int_equal(claims_load(&claims, CLAIMS_FILE, why, sizeof(why)), -EINVAL);
	assert_memory_equal(why, CLAIMS_FILE ":5: memory: ", strlen(CLAIMS_FILE ":5: memory: "));
	claims_free(claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_or_not),
		cmocka_unit_test(little_is_needed),
		cmocka_unit_test(wrong_expressions),
	};

	return cmocka_run_group_tests(tests, claims_file_enter, claims_file_leave);
}
