// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "experiment/quiz.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"
#include "base/text.h"

#define GUESS_COLUMNS 24
#define ID_COLUMNS 24

static bool is_asked(const struct claim *claim)
{
	return claim->applies && claim->verdict != VERDICT_SKIP;
}

static const char *kind_of_answer(const struct claim *claim)
{
	switch (claim->class) {
	case 'E':
		return claim->expect_value.form == EXPECT_WORD ? " (a word)" : "";
	case 'B':
		return " (a number within the bounds, or closer bounds)";
	default:
		return " (a number within the tolerance, or closer bounds)";
	}
}

/* "25,600" -> "25600"; other commas stay. */
static void drop_separators(char *to, size_t size, const char *from)
{
	const char *start = from;
	size_t n = 0;

	for (; *from && n + 1 < size; from++) {
		bool separates =
			*from == ',' && from > start && isdigit((unsigned char)from[-1]) &&
			isdigit((unsigned char)from[1]) && isdigit((unsigned char)from[2]) &&
			isdigit((unsigned char)from[3]) && !isdigit((unsigned char)from[4]);

		if (!separates)
			to[n++] = *from;
	}
	to[n] = '\0';
}

static int evaluate(const struct claims *claims, const char *guess, struct expect *value, char *why,
		    size_t why_size)
{
	char plain[256];

	drop_separators(plain, sizeof(plain), guess);
	return claims_evaluate(claims, plain, value, why, why_size);
}

/* Can GUESS be right at all?  Else WHY says why not.  A word may be any. */
static bool is_answer(const struct claims *claims, const struct claim *claim, const char *guess,
		      char *why, size_t why_size)
{
	enum expect_form asked = claim->expect_value.form;
	struct expect given;

	if (asked == EXPECT_WORD)
		return true;
	if (evaluate(claims, guess, &given, why, why_size))
		return false;
	if (given.form == EXPECT_EQUAL || (asked != EXPECT_EQUAL && given.form != EXPECT_WORD))
		return true;
	snprintf(why, why_size, "%s",
		 given.form == EXPECT_WORD ? "a number is asked for" : "one number is asked for");
	return false;
}

/*
 * Ask until there is an answer that can be right.  NULL: the quiz is left.  The
 * caller frees.
 */
static char *read_guess(const struct claims *claims, const struct claim *claim, FILE *in, FILE *out)
{
	char why[256], safe[1024], *answer = NULL, *guess;
	size_t room = 0;
	ssize_t length;

	for (;;) {
		fprintf(out, "  %s = ? ", claim->id);
		fflush(out);
		length = getline(&answer, &room, in);
		while (length > 0 && isspace((unsigned char)answer[length - 1]))
			answer[--length] = '\0';
		if (length < 0)
			fputc('\n', out);
		if (length <= 0)
			break;
		guess = answer + strspn(answer, " \t");
		if (is_answer(claims, claim, guess, why, sizeof(why))) {
			memmove(answer, guess, strlen(guess) + 1);
			return answer;
		}
		fprintf(out, "  no answer: %s\n", text_escape(safe, sizeof(safe), why, 0));
	}
	free(answer);
	return NULL;
}

int quiz_ask(struct quiz *quiz, const struct claims *claims, FILE *in, FILE *out)
{
	size_t asked = 0, n = 0;
	char safe[1024];

	quiz->guesses = calloc(claims->nr_claims + 1, sizeof(*quiz->guesses));
	if (!quiz->guesses)
		return -ENOMEM;
	quiz->nr_guesses = claims->nr_claims;
	for (size_t i = 0; i < claims->nr_claims; i++)
		n += is_asked(&claims->claims[i]);
	fprintf(out, "Your prediction? A number, or an expression such as 2 * pages. "
		     "Enter alone leaves the quiz.\n");
	for (size_t i = 0; i < claims->nr_claims; i++) {
		const struct claim *claim = &claims->claims[i];

		if (!is_asked(claim))
			continue;
		text_escape(safe, sizeof(safe), claim->text, 0);
		fprintf(out, "%zu of %zu  %s%s\n", ++asked, n, safe, kind_of_answer(claim));
		quiz->guesses[i] = read_guess(claims, claim, in, out);
		if (!quiz->guesses[i])
			break;
	}
	return 0;
}

bool quiz_was_asked(const struct quiz *quiz)
{
	for (size_t i = 0; i < quiz->nr_guesses; i++)
		if (quiz->guesses[i])
			return true;
	return false;
}

/* The whole numbers that EXPECT, which is no word, stands for: from LEAST to MOST. */
static void bounds_of(const struct expect *expect, __int128 *least, __int128 *most)
{
	const __int128 far = (__int128)1 << 100;
	__int128 room = (__int128)expect->a * expect->b / 100;

	*least = *most = expect->a;
	switch (expect->form) {
	case EXPECT_AT_MOST:
		*least = -far;
		break;
	case EXPECT_AT_LEAST:
		*most = far;
		break;
	case EXPECT_BELOW:
		*least = -far;
		*most -= 1;
		break;
	case EXPECT_ABOVE:
		*least += 1;
		*most = far;
		break;
	case EXPECT_RANGE:
		*most = expect->b;
		break;
	case EXPECT_NEAR:
		*least -= room < 0 ? -room : room;
		*most += room < 0 ? -room : room;
		break;
	default:
		break;
	}
}

bool quiz_is_right(const struct claims *claims, const struct claim *claim, const char *guess)
{
	const struct expect *expected = &claim->expect_value;
	__int128 least, most, low, high;
	char why[256];
	struct expect given;

	if (expected->form == EXPECT_WORD && !strcmp(guess, expected->word))
		return true;
	if (evaluate(claims, guess, &given, why, sizeof(why)))
		return false;
	if (given.form == EXPECT_WORD)
		return expected->form == EXPECT_WORD && !strcmp(given.word, expected->word);
	if (expected->form == EXPECT_WORD)
		return false;
	bounds_of(expected, &least, &most);
	bounds_of(&given, &low, &high);
	if (low < least || high > most)
		return false;
	/* Bounds that are closer than the prediction's must hold what came. */
	return given.form == EXPECT_EQUAL || !claim->observed ||
	       expect_holds_real(&given, strtod(claim->observed, NULL));
}

static int widen(int width, const char *text)
{
	int w = text_width(text);

	return w > width ? w : width;
}

static void number(char *buf, size_t size, const char *text)
{
	char safe[4 * GUESS_COLUMNS + 1];

	text_counts_in(buf, size, text_escape(safe, sizeof(safe), text ? text : "", GUESS_COLUMNS));
}

void quiz_show(const struct quiz *quiz, const struct claims *claims, FILE *out)
{
	int id = 4, guess = 10, predicted = 10, measured = 8;
	size_t right = 0, answered = 0;
	char cell[160];

	for (size_t i = 0; i < quiz->nr_guesses; i++) {
		const struct claim *claim = &claims->claims[i];

		if (!quiz->guesses[i])
			continue;
		id = widen(id, text_escape(cell, sizeof(cell), claim->id, ID_COLUMNS));
		number(cell, sizeof(cell), quiz->guesses[i]);
		guess = widen(guess, cell);
		number(cell, sizeof(cell), claim->expected);
		predicted = widen(predicted, cell);
		number(cell, sizeof(cell), claim->observed);
		measured = widen(measured, cell);
	}
	fputc('\n', out);
	text_pad(out, "quiz", id);
	fputs("  ", out);
	text_pad(out, "your guess", -guess);
	fputs("  ", out);
	text_pad(out, "prediction", -predicted);
	fputs("  ", out);
	text_pad(out, "measured", -measured);
	fputc('\n', out);
	for (size_t i = 0; i < quiz->nr_guesses; i++) {
		const struct claim *claim = &claims->claims[i];
		bool good;

		if (!quiz->guesses[i])
			continue;
		good = quiz_is_right(claims, claim, quiz->guesses[i]);
		right += good;
		answered++;
		text_pad(out, text_escape(cell, sizeof(cell), claim->id, ID_COLUMNS), id);
		fputs("  ", out);
		number(cell, sizeof(cell), quiz->guesses[i]);
		text_pad(out, cell, -guess);
		fputs("  ", out);
		number(cell, sizeof(cell), claim->expected);
		text_pad(out, cell, -predicted);
		fputs("  ", out);
		number(cell, sizeof(cell), claim->observed ? claim->observed : "-");
		text_pad(out, cell, -measured);
		fprintf(out, "  %s\n", good ? "right" : "not so");
	}
	fprintf(out, "%zu of %zu right\n", right, answered);
}

void quiz_free(struct quiz *quiz)
{
	for (size_t i = 0; i < quiz->nr_guesses; i++)
		free(quiz->guesses[i]);
	free(quiz->guesses);
	*quiz = (struct quiz){ 0 };
}
