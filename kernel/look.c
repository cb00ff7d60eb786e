/* A page when all are done: what the device and a CPU find on it, and whether each sees what the other one writes there. A device that has
 * kept what it should have lost does not. */
#include "agent.h"

/* Operations write the first word of a page. */
#define MARKED 1

/* What one side wrote and the other one then read. -1 where they are not the same. */
static int say_mark(const char *side, u64 wrote, u64 read)
{
	const char *comma = self->answer[self->length - 1] == '[' ? "" : ",";
	say("%s[\"%s\",%llu,%llu]", comma, side, (unsigned long long)wrote, (unsigned long long)read);
	return wrote == read ? 0 : -1;
}

/* A CPU writes, the device reads. -1 where that does not fit, or could not be. */
static int cpu_marks(int slot, u64 at, u64 mark)
{
	u64 *words = (u64 *)self->buffer;
	if (cpu_word(at + MARKED * sizeof mark, &mark, 1) != 0 || device_page(slot, at, 0) != 0) return -1;
	return say_mark("cpu", mark, words[MARKED]);
}

/* The device writes, what it has just read and a mark; a CPU reads. */
static void device_marks(int slot, u64 at, u64 mark)
{
	u64 read = 0;
	if (device_page(slot, at, 0) != 0) return;
	((u64 *)self->buffer)[MARKED] = mark;
	if (device_page(slot, at, 1) == 0 && cpu_word(at + MARKED * sizeof mark, &read, 0) == 0) say_mark("device", mark, read);
}

static void say_value(const char *name, int refused, u64 value)
{
	if (refused) say("\"%s\":null,", name);
	else say("\"%s\":%llu,", name, (unsigned long long)value);
}

/*
 * Answers with what both sides find, and the marks. The device is the first to look, as a page that a CPU touches may be taken from it. Then
 * the CPU writes, before it reads: a page of zeroes that it has read is another one once it is written, and the device is told of that. The
 * device writes last, to a page that is at home: in-tree it is lost if it faults on one of its own.
 */
void look_at_page(int slot, u64 at, u64 mark)
{
	u64 value = 0;
	self->length = 0;
	buffer_touch(1);
	say("{");
	int refused = slot < 0 || device_page(slot, at, 0) != 0;
	say_value("device", refused, *(u64 *)self->buffer);
	say("\"marks\":[");
	int is_whole = slot >= 0 && cpu_marks(slot, at, mark) == 0;
	refused = cpu_word(at, &value, 0) != 0;
	if (is_whole && !refused) device_marks(slot, at, mark + 1);
	say("],");
	say_value("cpu", refused, value);
	/* The last comma is one too many. */
	self->length--;
	say("}");
}
