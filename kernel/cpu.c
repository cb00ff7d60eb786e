/* Accesses of a CPU: the first word of each page, one by one, and the signals they end in. */
#include "agent.h"
#include <signal.h>
#include <string.h>

int cpu_word(u64 at, u64 *value, int writes)
{
	volatile u64 *word = (volatile u64 *)at;
	volatile int number = 0;
	if (sigsetjmp(self->jump, 1) == 0) {
		self->in_access = 1;
		if (writes) *word = *value;
		else *value = *word;
	} else number = self->signal_number;
	self->in_access = 0;
	return number;
}

static void access_pages(u64 at, u64 count, u64 stride, int writes, u64 value)
{
	for (u64 i = 0; i < count; i++) {
		u64 word = value + i;
		self->signals[i] = cpu_word(at + i * stride * PAGE, &word, writes);
		self->codes[i] = self->signals[i] ? self->signal_code : 0;
		if (!writes && !self->signals[i]) self->values[i] = word;
	}
}

/* `SEGV1` (nothing is mapped), `SEGV2` (not allowed), `BUS2` (behind the end of a file) in place of a value. */
static void say_outcomes(u64 count, int writes)
{
	for (u64 i = 0; i < count; i++) {
		if (i) say(",");
		if (self->signals[i]) say("\"%s%d\"", self->signals[i] == SIGSEGV ? "SEGV" : "BUS", self->codes[i]);
		else if (writes) say("\"ok\"");
		else say("%llu", (unsigned long long)self->values[i]);
	}
}

int cpu_operation(const struct operation *op)
{
	int writes = strcmp(op->name, "cw") == 0;
	if (!writes && strcmp(op->name, "cr") != 0) return 0;
	u64 count = word_number(op, 1, 1);
	if (count > MOST_PAGES) count = MOST_PAGES;
	memset(self->values, 0, count * sizeof self->values[0]);
	u64 value = writes ? word_number(op, 2, 0) : 0;
	long before = page_faults();
	access_pages(word_number(op, 0, ARENA), count, word_number(op, writes ? 3 : 2, 1), writes, value);
	long after = page_faults();
	int refused = 0;
	for (u64 i = 0; i < count; i++) refused |= self->signals[i] != 0;
	say("{\"e\":0,\"flt\":%ld,\"v\":[", after - before);
	if (!writes || refused) say_outcomes(count, writes);
	say("]}");
	return 1;
}
