/* Files in memory. */
#include "agent.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Page I of a new file begins with the word 0xf00000 + 0x10000 * SLOT + I. */
static long create(int slot, u64 pages)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) return -1;
	files[slot] = fd;
	for (u64 i = 0; i < pages; i++) {
		u64 word = 0xF00000 + slot * 0x10000UL + i;
		if (pwrite(fd, &word, sizeof word, i * PAGE) != sizeof word) return -1;
	}
	return ftruncate(fd, pages * PAGE);
}

static void read_words(int fd, u64 first, u64 count)
{
	say("{\"e\":0,\"v\":[");
	for (u64 i = 0; i < count; i++) {
		u64 word = 0;
		if (pread(fd, &word, sizeof word, (first + i) * PAGE) == sizeof word) say("%s%llu", i ? "," : "", (unsigned long long)word);
		else say("%s\"eof\"", i ? "," : "");
	}
	say("]}");
}

int file_operation(const struct operation *op)
{
	const char *name = op->name;
	int slot = word_slot(op, 0), fd = files[slot];
	u64 first = word_number(op, 1, 0), second = word_number(op, 2, 0);
	if (strcmp(name, "file") == 0) answer_result(create(slot, first));
	else if (strcmp(name, "ftrunc") == 0) answer_result(ftruncate(fd, first * PAGE));
	else if (strcmp(name, "fpunch") == 0)
		answer_result(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, first * PAGE, second * PAGE));
	else if (strcmp(name, "fwrite") == 0) answer_result(pwrite(fd, &second, sizeof second, first * PAGE) == sizeof second ? 0 : -1);
	else if (strcmp(name, "fread") == 0) read_words(fd, first, second);
	else return 0;
	return 1;
}
