/* Actors: their memory, which is there before an operation begins, and their signals. */
#include "agent.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

_Thread_local struct actor *self;
int devices[SLOTS], files[SLOTS], pipes[SLOTS][2];

/* The memory of an actor. Its buffer is shared, because pages of a private one would be copied after a fork. */
struct actor *actor_new(void *buffer_at)
{
	const int usual = MAP_ANONYMOUS | MAP_POPULATE;
	struct actor *actor = mmap(NULL, sizeof *actor, PROT_READ | PROT_WRITE, MAP_PRIVATE | usual, -1, 0);
	void *buffer = mmap(buffer_at, BUFFER_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | usual, -1, 0);
	if (actor == MAP_FAILED || buffer == MAP_FAILED) return NULL;
	actor->buffer = buffer;
	return actor;
}

static void touch(uintptr_t from, uintptr_t to)
{
	for (; from < to; from += PAGE) *(volatile char *)from = *(volatile char *)from;
}

static void warm_stack(void)
{
	volatile char stack[96 * 1024];
	for (size_t i = 0; i < sizeof stack; i += 1024) stack[i] = 0;
}

/* Of the memory of an actor, what operations on a few pages need; of its signal stack the end, where it begins. */
void actor_warm_few(void)
{
	const void *parts[] = {self, self->values, self->flags, self->signals, self->codes, self->signal_stack + sizeof self->signal_stack - 2 * PAGE, self->answer};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) touch((uintptr_t)parts[i], (uintptr_t)parts[i] + 2 * PAGE);
	warm_stack();
	errno = 0;
}

/* Own pages that a fork has made read-only are copied now, and not in the middle of an operation that counts its faults. */
void actor_warm(void)
{
	extern char __data_start[], _end[];
	touch((uintptr_t)__data_start, (uintptr_t)_end);
	touch((uintptr_t)_end - 1, (uintptr_t)_end);
	touch((uintptr_t)self, (uintptr_t)(self + 1));
	warm_stack();
	errno = 0;
}

void buffer_touch(u64 pages)
{
	for (u64 i = 0; i < pages && i < BUFFER_PAGES; i++) *(volatile unsigned char *)(self->buffer + i * PAGE) = 0;
}

/* Page faults of this thread so far: its own, and those that the kernel took on its behalf. */
long page_faults(void)
{
	struct rusage usage;
	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static void caught(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (self == NULL || !self->in_access) {
		static const char text[] = "agent: a signal outside of an access\n";
		if (write(2, text, sizeof text - 1)) {}
		_exit(99);
	}
	self->signal_number = number;
	self->signal_code = info->si_code;
	siglongjmp(self->jump, 1);
}

/* An access that is refused ends in a signal; it is an answer as any other. */
void actor_catch_signals(void)
{
	struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t where = {.ss_sp = self->signal_stack, .ss_size = sizeof self->signal_stack};
	sigaltstack(&where, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	/* The way into a signal and out of it is in memory before an operation counts its faults: nothing is mapped at 0. */
	u64 nothing;
	cpu_word(0, &nothing, 0);
}
