/* A race: what is given, a column of operations for each actor, and what is looked at when all are done; round after round, each in a
 * fresh process, so that nothing is left of the one before. */
#include "stages.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_LINES 64
#define LINE 256
/* Of the buffer, before a round: as many as operations are about. */
#define TOUCHED_PAGES 20
#define ROUND_SECONDS 30
/* A probe waits at most this long. */
#define WAIT_NS 1000000000UL
/* Pages that are taken again after a round, and the value that they get; no program writes it (src/kernel/judge.ts). */
#define RECYCLED_PAGES 64UL
#define FOREIGN 0x7b000000UL

/* Who does a line: an actor, what is given, what is looked at. */
enum { GIVEN = MOST_ACTORS, LOOK };
static struct {
	int who;
	char text[LINE];
} lines[MOST_LINES];
static int line_count, actor_count;
static struct actor *actors[MOST_ACTORS];

enum mode { AIMED, FREE, SERIAL };
static enum mode mode;
/* Why a stage cannot be taken. */
static const char *refused;
static pthread_barrier_t start;
static pthread_mutex_t serial = PTHREAD_MUTEX_INITIALIZER;
/* Answers of the actors, joined. */
static char *collected[MOST_ACTORS];

static void add_line(int who, const char *text)
{
	if (line_count == MOST_LINES) return;
	lines[line_count].who = who;
	snprintf(lines[line_count++].text, LINE, "%s", text);
}

/* Does the lines of somebody. The answers, with commas between them, go to `to` if it is not NULL. */
static void perform_all(int who, FILE *to)
{
	const char *comma = "";
	for (int i = 0; i < line_count; i++) {
		char copy[LINE];
		struct operation op;
		if (lines[i].who != who) continue;
		strcpy(copy, lines[i].text);
		if (words_split(copy, &op) != 0) continue;
		perform(&op);
		if (to != NULL) fprintf(to, "%s%s", comma, self->answer);
		comma = ",";
	}
}

static void pin_to(int actor)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(actor % sysconf(_SC_NPROCESSORS_ONLN), &one);
	sched_setaffinity(0, sizeof one, &one);
}

/* New pages wait in a list of their CPU, and a migration asks each CPU to empty its own. One that holds a thread cannot, so it does it before. */
static void drain(void)
{
	static unsigned char spare[PAGE] __attribute__((aligned(PAGE)));
	madvise(spare, PAGE, MADV_DONTNEED);
}

/* Takes the pages that were given back last, on the CPU of each actor, and writes on them: who goes on using one of them reads this. */
static void recycle(void)
{
	for (int actor = 0; actor < actor_count; actor++) {
		pin_to(actor);
		u64 *pages = mmap(NULL, RECYCLED_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages == MAP_FAILED) continue;
		for (u64 i = 0; i < RECYCLED_PAGES * PAGE / sizeof *pages; i++) pages[i] = FOREIGN;
	}
}

static void *run_actor(void *number)
{
	int actor = (int)(intptr_t)number;
	size_t length;
	pin_to(actor);
	self = actors[actor];
	actor_catch_signals();
	actor_warm_few();
	buffer_touch(TOUCHED_PAGES);
	drain();
	FILE *to = open_memstream(&collected[actor], &length);
	pthread_barrier_wait(&start);
	if (mode == AIMED) stage_wait_first(actor);
	if (mode == SERIAL) pthread_mutex_lock(&serial);
	perform_all(actor, to);
	if (mode == SERIAL) pthread_mutex_unlock(&serial);
	if (mode == AIMED) stage_done(actor);
	fclose(to);
	return NULL;
}

/* look SLOT ADDRESS; SLOT is `-` where no device is to look. */
static void say_looks(void)
{
	const char *comma = "";
	u64 mark = (u64)getpid() << 16;
	for (int i = 0; i < line_count; i++) {
		char *at;
		if (lines[i].who != LOOK) continue;
		int slot = *lines[i].text == '-' ? -1 : (int)strtoul(lines[i].text, NULL, 10) % SLOTS;
		at = strchr(lines[i].text, ' ');
		look_at_page(slot, at == NULL ? ARENA : strtoull(at, NULL, 0), mark += 2);
		printf("%s%s", comma, self->answer);
		comma = ",";
	}
}

/* The whole of a round, in a process of its own. */
static void run_round(void)
{
	pthread_t threads[MOST_ACTORS];
	alarm(ROUND_SECONDS);
	actor_catch_signals();
	actor_warm_few();
	perform_all(GIVEN, NULL);
	drain();
	pthread_barrier_init(&start, NULL, actor_count);
	for (int i = 0; i < actor_count; i++) pthread_create(&threads[i], NULL, run_actor, (void *)(intptr_t)i);
	for (int i = 0; i < actor_count; i++) pthread_join(threads[i], NULL);
	printf("{\"round\":1,\"taken\":%d,\"waited\":%d,\"reached\":[", mode == AIMED && stages_taken(), mode == AIMED && stages_waited());
	for (int i = 0; i < stage_count; i++) printf("%s%d", i ? "," : "", mode == AIMED && turns->hit[i] != 0);
	printf("],\"answers\":[");
	for (int i = 0; i < actor_count; i++) printf("%s[%s]", i ? "," : "", collected[i]);
	printf("],\"looks\":[");
	recycle();
	say_looks();
	printf("]}\n");
	fflush(stdout);
	_exit(0);
}

/* Actors have their memory before any round begins. */
static void make_actors(void)
{
	for (int i = 0; i < actor_count; i++)
		if (actors[i] == NULL) actors[i] = actor_new((void *)(0x210000000000UL + i * 0x1000000000UL));
}

static void run_rounds(int rounds)
{
	const char *why = refused != NULL ? refused : mode == AIMED ? probes_attach(WAIT_NS) : NULL;
	if (why != NULL) {
		printf("{\"refused\":\"%s\"}\n", why);
		return;
	}
	printf("{\"probed\":[");
	for (int i = 0; i < stage_count; i++) printf("%s\"%s\"", i ? "," : "", mode == AIMED ? probe_way(i) : "");
	printf("]}\n");
	make_actors();
	for (int i = 0; i < rounds; i++) {
		int status;
		stages_begin_round(mode == AIMED);
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0) run_round();
		if (waitpid(pid, &status, 0) != pid || status != 0) printf("{\"round\":0,\"status\":%d}\n", status);
		fflush(stdout);
	}
	probes_detach();
	printf("{\"rounds\":%d}\n", rounds);
}

static int number_of(const char *text)
{
	int number = atoi(text);
	if (number >= actor_count && number < MOST_ACTORS) actor_count = number + 1;
	return number;
}

/* Can a stage be probed, and does FROM call its function? */
static void say_place(char *line)
{
	struct operation words;
	words_split(line, &words);
	stages_clear();
	int can = stage_add(&words) == NULL && probes_can(&stages[0]);
	u64 sites[MOST_SITES];
	const char *from = word_text(&words, 3);
	if (can && strcmp(from, "-") != 0 && symbol_after_calls(from, word_text(&words, 2), sites) == 0) can = 0;
	stages_clear();
	printf("{\"place\":%d}\n", can);
}

/* place N PLACE SYMBOL FROM TIMES | race | given OPERATION | actor N OPERATION | look SLOT ADDRESS | stages | stage N PLACE ... | probes WAY | rounds MODE COUNT
 * @returns 0 for what is none of these. */
int race_line(char *line)
{
	if (strcmp(line, "race") == 0) {
		line_count = actor_count = 0;
	} else if (strncmp(line, "given ", 6) == 0) add_line(GIVEN, line + 6);
	else if (strncmp(line, "look ", 5) == 0) add_line(LOOK, line + 5);
	else if (strncmp(line, "actor ", 6) == 0) {
		char *text = strchr(line + 6, ' ');
		if (text != NULL) add_line(number_of(line + 6), text + 1);
	} else if (strcmp(line, "stages") == 0) {
		stages_clear();
		refused = NULL;
	} else if (strncmp(line, "stage ", 6) == 0) {
		struct operation words;
		words_split(line, &words);
		const char *why = stage_add(&words);
		if (refused == NULL) refused = why;
	} else if (strncmp(line, "probes ", 7) == 0) {
		if (probes_choose(line + 7) != 0) refused = "there is no such way to probe";
	} else if (strncmp(line, "place ", 6) == 0) say_place(line);
	else if (strncmp(line, "rounds ", 7) == 0) {
		char *count = strchr(line + 7, ' ');
		mode = line[7] == 'a' ? AIMED : line[7] == 's' ? SERIAL : FREE;
		run_rounds(count == NULL ? 1 : atoi(count));
	} else return 0;
	return 1;
}
