/* Commands of the test driver: ioctls on /dev/hmm_dmirrorN. */
#include "agent.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The argument of each command: where, what for, how much; and what came of it. */
struct command {
	u64 addr, ptr, npages, cpages, faults;
};
#define COMMAND(number) _IOWR('H', number, struct command)

enum { READ, WRITE, MIGRATE_TO_DEV, MIGRATE_TO_SYS, SNAPSHOT, EXCLUSIVE, CHECK_EXCLUSIVE, RELEASE, FLAGS, READ_UNLOCKED };

static const struct {
	const char *name;
	int number, delivers;
} commands[] = {{"dread", READ, 1}, {"dwrite", WRITE, 0}, {"dmig", MIGRATE_TO_DEV, 1}, {"dsys", MIGRATE_TO_SYS, 0}, {"snap", SNAPSHOT, 0},
	{"excl", EXCLUSIVE, 1}, {"chk", CHECK_EXCLUSIVE, 0}, {"rel", RELEASE, 0}, {"dunl", READ_UNLOCKED, 1}};

/* Counts that no command answers with: if they are still there, the kernel has not written any. */
#define UNWRITTEN 0xABCD

/* What the buffer has before a command: the words to write, or what no read may leave. */
static void fill_buffer(int number, u64 pages, u64 value)
{
	buffer_touch(pages + 1);
	for (u64 i = 0; i < pages; i++) {
		if (number == WRITE) memset(self->buffer + i * PAGE, 0, PAGE);
		*(u64 *)(self->buffer + i * PAGE) = number == WRITE ? value + i : 0xEEEEEEEEUL;
	}
	if (number == SNAPSHOT) memset(self->buffer, 0xEE, pages < BUFFER_PAGES ? pages + 1 : pages);
}

static void command(const struct operation *op, int number, int delivers)
{
	u64 pages = word_number(op, 2, 1), shown = pages > BUFFER_PAGES ? BUFFER_PAGES : pages;
	fill_buffer(number, shown, word_number(op, 3, 0));
	struct command argument = {.addr = word_number(op, 1, 0), .ptr = op->bad_buffer ? 8 : (u64)self->buffer, .npages = pages,
		.cpages = UNWRITTEN, .faults = UNWRITTEN};
	long before = page_faults();
	int error = ioctl(devices[word_slot(op, 0)], COMMAND(number), &argument) ? errno : 0;
	long faults = page_faults() - before;
	say("{\"e\":%d,\"flt\":%ld", error, faults);
	if (error == 0) {
		say(",\"c\":%llu,\"f\":%llu", (unsigned long long)argument.cpages, (unsigned long long)argument.faults);
		for (u64 i = 0; i < shown; i++) self->values[i] = number == SNAPSHOT ? self->buffer[i] : *(u64 *)(self->buffer + i * PAGE);
		if (delivers) say_values("v", self->values, shown);
		if (number == SNAPSHOT) say_values("s", self->values, shown);
	} else if (argument.cpages != UNWRITTEN || argument.faults != UNWRITTEN) say(",\"wb\":1");
	say("}");
}

int device_page(int slot, u64 at, int writes)
{
	struct command argument = {.addr = at, .ptr = (u64)self->buffer, .npages = 1};
	return ioctl(devices[slot], writes ? COMMAND(WRITE) : COMMAND(READ), &argument) == 0 ? 0 : errno;
}

static void open_device(const struct operation *op)
{
	char path[64];
	int slot = word_slot(op, 0);
	if (devices[slot] >= 0) {
		say("{\"e\":%d,\"busy\":1}", EBUSY);
		return;
	}
	snprintf(path, sizeof path, "/dev/hmm_dmirror%s", word_text(op, 1));
	answer_result(devices[slot] = open(path, O_RDWR | O_CLOEXEC));
}

static void close_device(const struct operation *op)
{
	int slot = word_slot(op, 0);
	answer_result(close(devices[slot]));
	devices[slot] = -1;
}

int device_operation(const struct operation *op)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(op->name, commands[i].name) == 0) {
			command(op, commands[i].number, commands[i].delivers);
			return 1;
		}
	int fd = devices[word_slot(op, 0)];
	u64 number = word_number(op, 1, 0);
	if (strcmp(op->name, "open") == 0) open_device(op);
	else if (strcmp(op->name, "close") == 0) close_device(op);
	else if (strcmp(op->name, "flags") == 0) {
		/* The flags stand where other commands have a number of pages. */
		struct command argument = {.addr = ARENA, .ptr = (u64)self->buffer, .npages = number};
		answer_result(ioctl(fd, COMMAND(FLAGS), &argument));
	} else if (strcmp(op->name, "badioctl") == 0) {
		struct command argument = {.addr = ARENA, .ptr = (u64)self->buffer, .npages = 1};
		buffer_touch(1);
		answer_result(ioctl(fd, COMMAND(number), &argument));
	} else if (strcmp(op->name, "nullcmd") == 0) answer_result(ioctl(fd, COMMAND(number), NULL));
	else return 0;
	return 1;
}
