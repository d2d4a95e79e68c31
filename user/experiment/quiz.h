/* SPDX-License-Identifier: GPL-2.0 */
/* The reader predicts first: numbers asked before a run, and shown beside the others after it. */
#ifndef QUIZ_H
#define QUIZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct claims;

struct quiz {
	char **guesses; /* by index into claims->claims; NULL: not asked or left */
	size_t nr_guesses;
};

/*
 * Ask on OUT for the value of each claim that applies and can be checked, and
 * read the answers, a line each, from IN.  What cannot be an answer ("abc" where a
 * number is asked for) is asked again.  An empty line or the end of IN leaves the
 * quiz; what was answered before is kept.  0 or -ENOMEM.  The caller frees with quiz_free().
 */
int quiz_ask(struct quiz *quiz, const struct claims *claims, FILE *in, FILE *out);

/* Was a question answered? */
bool quiz_was_asked(const struct quiz *quiz);

/* Guess, prediction and measurement of each question that was answered, and how many were right. */
void quiz_show(const struct quiz *quiz, const struct claims *claims, FILE *out);

void quiz_free(struct quiz *quiz);

/*
 * Is GUESS what EXPECTED is about?  A number may have separators ("25,600") or
 * be an expression over the parameters ("2 * pages"); where the prediction is a
 * range each number in it is right, and so are bounds that are no wider and hold
 * what was measured, if anything was.
 */
struct claim;
bool quiz_is_right(const struct claims *claims, const struct claim *claim, const char *guess);

#endif
