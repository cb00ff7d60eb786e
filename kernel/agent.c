/* The agent: reads what to do, line by line, and answers in JSON lines.
 *
 *     check              what this kernel has
 *     script ID          a script begins, in a fresh process 0
 *     N OPERATION        process N does an operation
 *     end                the script ends, and all its processes
 *     race, given, actor, look, stage, rounds    a race (race.c)
 *     quit
 *
 * It is process 1 of a virtual machine, or a program on a machine as any other, which is given modules to load. */
#include "agent.h"
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BUFFER_AT ((void *)0x200000000000UL)

static void say_end(const char *id)
{
	self->length = 0;
	say("{\"end\":");
	say_text(id);
	say(",\"log\":");
	klog_say();
	say("}");
	printf("%s\n", self->answer);
}

/* @returns 0 when there is nothing more to do. */
static int obey(char *line)
{
	static char id[128];
	static int running;
	if (strcmp(line, "quit") == 0) return 0;
	if (strcmp(line, "check") == 0) {
		self->length = 0;
		check_say();
		printf("%s\n", self->answer);
	} else if (strncmp(line, "script ", 7) == 0) {
		snprintf(id, sizeof id, "%.127s", line + 7);
		script_begin();
		running = 1;
	} else if (running && strcmp(line, "end") == 0) {
		script_end();
		say_end(id);
		running = 0;
	} else if (!running && race_line(line)) {
		/* It has answered for itself. */
	} else if (running) {
		char *text;
		int number = strtol(line, &text, 10);
		script_operation(number, text + strspn(text, " "));
	}
	fflush(stdout);
	return 1;
}

int main(int count, char **words)
{
	static char line[4096];
	cpu_set_t first;
	int is_init = getpid() == 1;
	if (is_init) init_machine();
	for (int i = 1; i < count && !is_init; i++) module_load(words[i]);
	/* Answers do not depend on which CPU has what in its lists. */
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof first, &first);
	self = actor_new(BUFFER_AT);
	if (self == NULL) {
		perror("agent: memory");
		return 1;
	}
	for (int i = 0; i < SLOTS; i++) devices[i] = files[i] = pipes[i][0] = pipes[i][1] = -1;
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	klog_open();
	views_learn();
	puts("{\"agent\":1}");
	fflush(stdout);
	while (fgets(line, sizeof line - 1, stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (*line && !obey(line)) break;
	}
	if (is_init) init_end();
	return 0;
}
