// SPDX-License-Identifier: GPL-2.0
/*
 * The tool behind `make vmlinux` and `make check-vmlinux`:
 *
 *   vmlinux trim BTF WHOLE OBJECT... < SOURCES   the trimmed header; SOURCES: what clang -E
 *                                                makes of the objects' sources
 *   vmlinux check BTF OBJECT...                  does this kernel have each field?
 *   vmlinux dump OBJECT...                       see object_dump()
 */
#include "uses.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	array = realloc(array, (nr ? 2 * nr : 1) * size);
	if (!array) {
		fputs("vmlinux: out of memory\n", stderr);
		exit(1);
	}
	return array;
}

static void add_word(struct words *words, const char *word)
{
	words->word = grow(words->word, words->nr, sizeof(*words->word));
	words->word[words->nr] = strdup(word);
	if (!words->word[words->nr++]) {
		fputs("vmlinux: out of memory\n", stderr);
		exit(1);
	}
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_words(struct words *words)
{
	if (words->nr)
		qsort(words->word, words->nr, sizeof(*words->word), compare_words);
}

static void free_words(struct words *words)
{
	for (size_t i = 0; i < words->nr; i++)
		free(words->word[i]);
	free(words->word);
}

static void add_token(struct words *tokens, const char *before, const char *word, size_t len)
{
	char buf[256];

	snprintf(buf, sizeof(buf), "%s%.*s", before, (int)len, word);
	add_word(tokens, buf);
}

/*
 * The identifiers of preprocessed C that may be the kernel's: not those of
 * vmlinux.h, and no members.  In the program's own files those behind struct,
 * union and enum also with that word; libbpf's headers declare what they name.
 */
static void read_tokens(FILE *in, struct words *tokens)
{
	char *line = NULL, tag[16] = "";
	bool skip = false, system = false;
	size_t size = 0;

	while (getline(&line, &size, in) > 0) {
		if (line[0] == '#' && line[1] == ' ') {
			skip = strstr(line, "vmlinux.h\"");
			system = strstr(line, "\" ") && strchr(strstr(line, "\" "), '3');
		}
		for (char *p = line; *line != '#' && !skip && *p;) {
			char *word = p;
			size_t len;

			while (isalnum((unsigned char)*p) || *p == '_')
				p++;
			len = p - word;
			if (!len) {
				if (!isspace((unsigned char)*p++))
					*tag = '\0';
				continue;
			}
			if (word > line && (word[-1] == '.' || word[-1] == '>'))
				continue;
			add_token(tokens, "", word, len);
			if (*tag && !system)
				add_token(tokens, tag, word, len);
			snprintf(tag, sizeof(tag), "%.*s ", (int)len, word);
			if (strcmp(tag, "struct ") && strcmp(tag, "union ") && strcmp(tag, "enum "))
				*tag = '\0';
		}
	}
	free(line);
	sort_words(tokens);
}

/* One name a line; # starts a comment. */
static int read_names(const char *path, struct words *names)
{
	FILE *in = fopen(path, "re");
	char line[256];

	if (!in) {
		fprintf(stderr, "vmlinux: %s: %s\n", path, strerror(errno));
		return -errno;
	}
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "# \t\n")] = '\0';
		if (*line)
			add_word(names, line);
	}
	fclose(in);
	sort_words(names);
	return 0;
}

struct check {
	const struct btf *kernel;
	const struct object *object;
	struct words *optional; /* "type.field" that a program asks for before it uses it */
	struct words *seen;     /* ... that have been reported */
	size_t missing, checked;
};

static void use_name(const struct use *use, char *buf, size_t size)
{
	size_t len = snprintf(buf, size, "%s", use->type_name);

	for (size_t i = 0; i < use->nr_path && len < size; i++)
		len += snprintf(buf + len, size - len, ".%s", use->path[i]);
}

static int note_question(const struct use *use, void *arg)
{
	struct check *check = arg;
	char name[512];

	use_name(use, name, sizeof(name));
	if (use->kind == BPF_CORE_FIELD_EXISTS || use->kind == BPF_CORE_TYPE_EXISTS ||
	    use->kind == BPF_CORE_ENUMVAL_EXISTS)
		add_word(check->optional, name);
	return 0;
}

static bool has_enumerator(const struct btf *btf, const struct btf_type *t, const char *name)
{
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		__u32 off = btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off;

		if (!strcmp(btf__name_by_offset(btf, off), name))
			return true;
	}
	return false;
}

/* NULL, or what is wrong with KERNEL's type ID for this use. */
static const char *judge(const struct check *check, const struct use *use, __u32 id)
{
	const struct btf *local = object_btf(check->object);
	const struct btf_type *t;
	struct place place;

	id = type_bare(check->kernel, id);
	t = btf__type_by_id(check->kernel, id);
	if (btf_is_any_enum(t))
		return !use->nr_path || has_enumerator(check->kernel, t, use->path[0]) ?
			       NULL :
			       "this kernel has no such value";
	if (!use->by_field)
		return NULL;
	if (place_find(check->kernel, id, use->path, use->nr_path, &place))
		return "this kernel has no such field";
	if (strcmp(type_kind_name(local, use->leaf), type_kind_name(check->kernel, place.leaf)))
		return "it is of another kind in this kernel";
	return NULL;
}

static int check_use(const struct use *use, void *arg)
{
	struct check *check = arg;
	const struct btf *local = object_btf(check->object);
	const struct btf_type *t = btf__type_by_id(local, use->type);
	const char *wrong = "this kernel has no such type";
	size_t len = strlen(use->type_name);
	const char *flavour = strstr(use->type_name, "___");
	char name[512];

	if (use->kind == BPF_CORE_TYPE_ID_LOCAL)
		return 0;
	use_name(use, name, sizeof(name));
	if (flavour)
		len = flavour - use->type_name;
	for (__u32 id = 1; wrong && id < btf__type_cnt(check->kernel); id++) {
		const struct btf_type *k = btf__type_by_id(check->kernel, id);
		const char *other = btf__name_by_offset(check->kernel, k->name_off);

		if (btf_kind(k) == btf_kind(t) && strlen(other) == len &&
		    !strncmp(other, use->type_name, len))
			wrong = judge(check, use, id);
	}
	check->checked++;
	for (size_t i = 0; i < check->seen->nr; i++) {
		if (!strcmp(check->seen->word[i], name))
			return 0;
	}
	if (!wrong)
		return 0;
	add_word(check->seen, name);
	if (flavour || words_have(check->optional, "", name)) {
		printf("%s: %s; its program asks first\n", name, wrong);
	} else {
		printf("%s: %s\n", name, wrong);
		check->missing++;
	}
	return 0;
}

static int check(const struct btf *kernel, struct object *const *objects, size_t nr)
{
	struct words optional = {}, seen = {};
	struct check check = { .kernel = kernel, .optional = &optional, .seen = &seen };
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = object_each_use(objects[i], note_question, &check);
	sort_words(&optional);
	for (size_t i = 0; i < nr && !err; i++) {
		check.object = objects[i];
		err = object_each_use(objects[i], check_use, &check);
	}
	if (!err)
		printf("%zu uses checked, %zu fields or types missing\n", check.checked,
		       check.missing);
	free_words(&optional);
	free_words(&seen);
	return err || check.missing;
}

static int run(int argc, char **argv)
{
	bool trims = argc > 4 && !strcmp(argv[1], "trim");
	bool checks = argc > 3 && !strcmp(argv[1], "check");
	bool dumps = argc > 2 && !strcmp(argv[1], "dump");
	int first = trims ? 4 : checks ? 3 : 2;
	struct words tokens = {}, whole = {};
	struct object **objects = NULL;
	struct btf *kernel = NULL;
	size_t nr = 0;
	int err = 1;

	if (!trims && !checks && !dumps) {
		fputs("usage: vmlinux trim BTF WHOLE OBJECT... | check BTF OBJECT... | dump OBJECT...\n",
		      stderr);
		return 2;
	}
	if (!dumps) {
		kernel = btf__parse(argv[2], NULL);
		if (!kernel) {
			fprintf(stderr, "vmlinux: %s: no BTF: %s\n", argv[2], strerror(errno));
			return 1;
		}
	}
	for (int i = first; i < argc; i++) {
		objects = grow(objects, nr, sizeof(*objects));
		objects[nr] = object_open(argv[i]);
		if (!objects[nr])
			goto out;
		nr++;
	}
	if (trims) {
		if (read_names(argv[3], &whole))
			goto out;
		read_tokens(stdin, &tokens);
		err = trim(kernel, objects, nr, &tokens, &whole, stdout);
	} else if (checks) {
		err = check(kernel, objects, nr);
	} else {
		err = 0;
		for (size_t i = 0; i < nr && !err; i++)
			err = object_dump(objects[i], stdout);
	}
out:
	while (nr)
		object_close(objects[--nr]);
	free(objects);
	free_words(&tokens);
	free_words(&whole);
	btf__free(kernel);
	return err != 0;
}

int main(int argc, char **argv)
{
	int err = run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		fputs("vmlinux: the output could not be written\n", stderr);
		return 1;
	}
	return err;
}
