/* Operations through files of the system, and userfaultfd. */
#include "agent.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int missing_fd = -1;
static u64 missing_at, missing_value;

/* Fills each page that is missed. */
static void *fill_missing(void *unused)
{
	(void)unused;
	u64 *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct uffd_msg message;
	while (read(missing_fd, &message, sizeof message) == sizeof message) {
		if (message.event != UFFD_EVENT_PAGEFAULT) continue;
		u64 at = message.arg.pagefault.address & ~(PAGE - 1);
		*page = missing_value + (at - missing_at) / PAGE;
		struct uffdio_copy copy = {.dst = at, .src = (u64)page, .len = PAGE};
		ioctl(missing_fd, UFFDIO_COPY, &copy);
	}
	return NULL;
}

static long watch_missing(u64 at, u64 count, u64 value)
{
	missing_at = at, missing_value = value;
	if (missing_fd < 0) {
		pthread_t thread;
		struct uffdio_api api = {.api = UFFD_API};
		missing_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
		if (missing_fd < 0 || ioctl(missing_fd, UFFDIO_API, &api) != 0) return -1;
		pthread_create(&thread, NULL, fill_missing, NULL);
	}
	struct uffdio_register range = {.range = {at, count * PAGE}, .mode = UFFDIO_REGISTER_MODE_MISSING};
	return ioctl(missing_fd, UFFDIO_REGISTER, &range);
}

static long split_huge(u64 at, u64 count, u64 order)
{
	char text[128];
	snprintf(text, sizeof text, "%d,0x%llx,0x%llx,%llu", getpid(), (unsigned long long)at, (unsigned long long)(at + count * PAGE),
		(unsigned long long)order);
	return write_text("/sys/kernel/debug/split_huge_pages", text);
}

int system_operation(const struct operation *op)
{
	if (strcmp(op->name, "uffd") == 0)
		answer_result(watch_missing(word_number(op, 0, ARENA), word_number(op, 1, 1), word_number(op, 2, 0)));
	else if (strcmp(op->name, "split") == 0)
		answer_result(split_huge(word_number(op, 0, ARENA), word_number(op, 1, 1), word_number(op, 2, 0)));
	else if (strcmp(op->name, "clearrefs") == 0) {
		answer_result(write_text("/proc/self/clear_refs", word_text(op, 0)));
		/* That was about the memory of the agent as well. */
		actor_warm();
	} else if (strcmp(op->name, "mthp") == 0) {
		char path[128];
		snprintf(path, sizeof path, "/sys/kernel/mm/transparent_hugepage/hugepages-%skB/enabled", word_text(op, 0));
		answer_result(write_text(path, word_text(op, 1)));
	} else return 0;
	return 1;
}

/* Does an operation, whatever it is about, and leaves its answer in the memory of the actor. */
void perform(const struct operation *op)
{
	self->length = 0;
	errno = 0;
	if (cpu_operation(op) || device_operation(op) || memory_operation(op) || file_operation(op) || pin_operation(op) ||
		view_operation(op) || system_operation(op))
		return;
	say("{\"e\":%d,\"unknown\":", EINVAL);
	say_text(op->name);
	say("}");
}
