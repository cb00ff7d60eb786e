/* Words of an operation. The host has checked them, so what is odd here is only kept from doing harm. */
#include "agent.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

u64 word_number(const struct operation *op, int place, u64 otherwise)
{
	return place < op->count ? strtoull(op->words[place], NULL, 0) : otherwise;
}

const char *word_text(const struct operation *op, int place)
{
	return place < op->count ? op->words[place] : "";
}

int word_slot(const struct operation *op, int place)
{
	return word_number(op, place, 0) % SLOTS;
}

/* Splits a line in place. A `!` after the name of a command stands for a bad buffer. */
int words_split(char *line, struct operation *op)
{
	char *rest;
	memset(op, 0, sizeof *op);
	op->name = strtok_r(line, " ", &rest);
	if (op->name == NULL) return -1;
	char *mark = strchr(op->name, '!');
	if (mark != NULL) *mark = 0, op->bad_buffer = 1;
	for (char *word; op->count < MOST_WORDS && (word = strtok_r(NULL, " ", &rest)) != NULL;) op->words[op->count++] = word;
	return 0;
}

/* Writes a file of sysfs or the like. -1 with errno if that fails. */
int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) return -1;
	ssize_t written = write(fd, text, strlen(text));
	int error = errno;
	close(fd);
	errno = error;
	return written < 0 ? -1 : 0;
}
