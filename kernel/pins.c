/* Accesses through pins and references: process_vm_readv, vmsplice, and the kernel's own test of get_user_pages. */
#include "agent.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

/* pvr and pvw: another way to the own memory. */
static void through_pins(void *at, u64 count, int writes, u64 value)
{
	if (count > BUFFER_PAGES) count = BUFFER_PAGES;
	buffer_touch(count);
	for (u64 i = 0; writes && i < count; i++) {
		memset(self->buffer + i * PAGE, 0, PAGE);
		*(u64 *)(self->buffer + i * PAGE) = value + i;
	}
	struct iovec own = {self->buffer, count * PAGE}, there = {at, count * PAGE};
	pid_t pid = getpid();
	long before = page_faults();
	ssize_t done = writes ? process_vm_writev(pid, &own, 1, &there, 1, 0) : process_vm_readv(pid, &own, 1, &there, 1, 0);
	int error = done < 0 ? errno : 0;
	long faults = page_faults() - before;
	u64 pages = done < 0 ? 0 : done / PAGE;
	for (u64 i = 0; i < pages; i++) self->values[i] = *(u64 *)(self->buffer + i * PAGE);
	say("{\"e\":%d,\"flt\":%ld,\"n\":%llu", error, faults, (unsigned long long)pages);
	say_values("v", self->values, writes ? 0 : pages);
	say("}");
}

static void close_pipe(int slot)
{
	if (pipes[slot][0] < 0) return;
	close(pipes[slot][0]);
	close(pipes[slot][1]);
	pipes[slot][0] = pipes[slot][1] = -1;
}

/* A pipe holds a reference to each page that is spliced into it. */
static void splice_pages(int slot, void *at, u64 count)
{
	close_pipe(slot);
	if (pipe2(pipes[slot], O_CLOEXEC) != 0) {
		pipes[slot][0] = -1;
		answer_result(-1);
		return;
	}
	struct iovec pages = {at, count * PAGE};
	long before = page_faults();
	ssize_t done = vmsplice(pipes[slot][1], &pages, 1, SPLICE_F_NONBLOCK);
	int error = done < 0 ? errno : 0;
	say("{\"e\":%d,\"flt\":%ld,\"n\":%ld}", error, page_faults() - before, done < 0 ? 0L : (long)(done / PAGE));
}

#define GUP_TEST "/sys/kernel/debug/gup_test"
struct gup_request {
	u64 get_delta, put_delta, addr, size;
	u32 pages_per_call, flags, test_flags, which[8];
};

/* FOLL_LONGTERM had another value before 6.3. */
static u32 longterm_flag(void)
{
	struct utsname name;
	int major = 0, minor = 0;
	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 3) ? 0x100 : 0x10000;
}

static void gup(const char *mode, u64 at, u64 count, int writes)
{
	static const struct {
		const char *mode;
		int number, longterm;
	} modes[] = {{"getfast", 1, 0}, {"pinfast", 2, 0}, {"longfast", 2, 1}, {"longterm", 3, 0}, {"get", 4, 0}, {"pin", 5, 0}};
	size_t i = 0;
	while (i < 5 && strcmp(mode, modes[i].mode) != 0) i++;
	int fd = open(GUP_TEST, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		answer_result(-1);
		return;
	}
	struct gup_request request = {.addr = at, .size = count * PAGE, .pages_per_call = 1};
	request.flags = (writes ? 1 : 0) | (modes[i].longterm ? longterm_flag() : 0);
	long before = page_faults();
	int error = ioctl(fd, _IOWR('g', modes[i].number, struct gup_request), &request) ? errno : 0;
	say("{\"e\":%d,\"flt\":%ld,\"n\":%llu}", error, page_faults() - before, error ? 0ULL : (unsigned long long)(request.size / PAGE));
	close(fd);
}

/* A pin that lasts until it is given back, or the process ends. */
static int longterm_fd = -1;
struct longterm_request {
	u64 addr, size;
	u32 flags;
};

static void longterm_pin(u64 at, u64 count, int writes)
{
	struct longterm_request request = {at, count * PAGE, writes ? 1 : 0};
	if (longterm_fd < 0) longterm_fd = open(GUP_TEST, O_RDWR | O_CLOEXEC);
	long before = page_faults();
	int error = ioctl(longterm_fd, _IOW('g', 7, struct longterm_request), &request) ? errno : 0;
	answer_counted(error, page_faults() - before);
}

static void longterm_unpin(void)
{
	int error = ioctl(longterm_fd, _IO('g', 8)) ? errno : 0;
	close(longterm_fd);
	longterm_fd = -1;
	say("{\"e\":%d}", error);
}

int pin_operation(const struct operation *op)
{
	const char *name = op->name;
	if (strcmp(name, "pvr") == 0) through_pins((void *)word_number(op, 0, 0), word_number(op, 1, 1), 0, 0);
	else if (strcmp(name, "pvw") == 0) through_pins((void *)word_number(op, 0, 0), word_number(op, 1, 1), 1, word_number(op, 2, 0));
	else if (strcmp(name, "pin") == 0) splice_pages(word_slot(op, 0), (void *)word_number(op, 1, 0), word_number(op, 2, 1));
	else if (strcmp(name, "unpin") == 0) {
		int slot = word_slot(op, 0);
		say("{\"e\":%d}", pipes[slot][0] < 0 ? EBADF : 0);
		close_pipe(slot);
	} else if (strcmp(name, "gup") == 0) gup(word_text(op, 0), word_number(op, 1, 0), word_number(op, 2, 1), op->count > 3);
	else if (strcmp(name, "ltpin") == 0) longterm_pin(word_number(op, 0, 0), word_number(op, 1, 1), op->count > 2);
	else if (strcmp(name, "ltunpin") == 0) longterm_unpin();
	else return 0;
	return 1;
}
