/* Answers: JSON, written into the memory of the actor, so that nothing is allocated while an operation is under way. */
#include "agent.h"
#include <stdarg.h>
#include <stdio.h>

void say(const char *format, ...)
{
	va_list words;
	va_start(words, format);
	int written = vsnprintf(self->answer + self->length, ANSWER_BYTES - self->length, format, words);
	va_end(words);
	if (written > 0) self->length += written;
	/* Room for the end of a line; what is cut off is no JSON any more, and the host says so. */
	if (self->length > ANSWER_BYTES - 64) self->length = ANSWER_BYTES - 64;
}

/* `,"NAME":[1,2,3]` */
void say_values(const char *name, const u64 *values, u64 count)
{
	say(",\"%s\":[", name);
	for (u64 i = 0; i < count; i++) say("%s%llu", i ? "," : "", (unsigned long long)values[i]);
	say("]");
}

/* A string, with what JSON must not have in one replaced. */
void say_text(const char *text)
{
	say("\"");
	for (; *text; text++) say("%c", *text == '"' || *text == '\\' || (unsigned char)*text < ' ' || (unsigned char)*text > '~' ? '\'' : *text);
	say("\"");
}

/* The answer of a system call: its errno, or 0. */
void answer_result(long result)
{
	say("{\"e\":%d}", result == -1 ? errno : 0);
}

void answer_counted(int error, long faults)
{
	say("{\"e\":%d,\"flt\":%ld}", error, faults);
}
