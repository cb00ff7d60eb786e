/* System calls about mappings. */
#include "agent.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static int protection(const char *letters)
{
	return (strchr(letters, 'r') ? PROT_READ : 0) | (strchr(letters, 'w') ? PROT_WRITE : 0) | (strchr(letters, 'x') ? PROT_EXEC : 0);
}

/* Advice by name; a number stands for itself. Numbers are those of the kernel, as older libraries lack some names. */
static int advice(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} known[] = {{"willneed", 3}, {"dontneed", 4}, {"free", 8}, {"remove", 9}, {"dontfork", 10}, {"dofork", 11}, {"hugepage", 14},
		{"nohugepage", 15}, {"wipeonfork", 18}, {"keeponfork", 19}, {"cold", 20}, {"pageout", 21}, {"popread", 22}, {"popwrite", 23},
		{"dontneedlocked", 24}, {"collapse", 25}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(name, known[i].name) == 0) return known[i].number;
	return strtol(name, NULL, 0);
}

/* mmap PAGE COUNT ACCESS KIND [SLOT OFFSET] */
static long map(const struct operation *op, int fixed)
{
	const char *kind = word_text(op, 3);
	int slot = word_slot(op, 4), fd = -1, flags = fixed | MAP_PRIVATE;
	u64 offset = word_number(op, 5, 0) * PAGE;
	if (strcmp(kind, "anon") == 0) flags |= MAP_ANONYMOUS;
	else if (strcmp(kind, "huge") == 0) flags |= MAP_ANONYMOUS | MAP_HUGETLB;
	else if (strcmp(kind, "sanon") == 0) flags = fixed | MAP_SHARED | MAP_ANONYMOUS;
	else if (strcmp(kind, "fpriv") == 0) fd = files[slot];
	else if (strcmp(kind, "fshared") == 0) flags = fixed | MAP_SHARED, fd = files[slot];
	else fd = devices[slot];
	void *at = (void *)word_number(op, 0, 0);
	return mmap(at, word_number(op, 1, 0) * PAGE, protection(word_text(op, 2)), flags, fd, fd < 0 ? 0 : offset) == MAP_FAILED ? -1 : 0;
}

static long remap(void *at, u64 size, const struct operation *op)
{
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED | (strcmp(word_text(op, 4), "keep") == 0 ? MREMAP_DONTUNMAP : 0);
	return mremap(at, size, word_number(op, 3, 0) * PAGE, flags, (void *)word_number(op, 2, 0)) == MAP_FAILED ? -1 : 0;
}

/* Those whose page faults are of interest. */
static int counted(const struct operation *op, void *at, u64 size)
{
	int locks = strcmp(op->name, "mlock") == 0, result;
	if (!locks && strcmp(op->name, "madvise") != 0) return 0;
	int what = advice(word_text(op, 2));
	long before = page_faults();
	result = locks ? mlock(at, size) : madvise(at, size, what);
	int error = result ? errno : 0;
	answer_counted(error, page_faults() - before);
	return 1;
}

int memory_operation(const struct operation *op)
{
	const char *name = op->name;
	void *at = (void *)word_number(op, 0, 0);
	u64 size = word_number(op, 1, 0) * PAGE;
	if (counted(op, at, size)) return 1;
	if (strcmp(name, "mmap") == 0) answer_result(map(op, MAP_FIXED));
	else if (strcmp(name, "mmapx") == 0) answer_result(map(op, MAP_FIXED_NOREPLACE));
	else if (strcmp(name, "munmap") == 0) answer_result(munmap(at, size));
	else if (strcmp(name, "mprotect") == 0) answer_result(mprotect(at, size, protection(word_text(op, 2))));
	else if (strcmp(name, "munlock") == 0) answer_result(munlock(at, size));
	else if (strcmp(name, "mremap") == 0) answer_result(remap(at, size, op));
	else if (strcmp(name, "mresize") == 0) answer_result(mremap(at, size, word_number(op, 2, 0) * PAGE, 0) == MAP_FAILED ? -1 : 0);
	else return 0;
	return 1;
}
