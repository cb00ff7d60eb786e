/* The table of stages, and how threads keep to it outside of the kernel: where they begin, and where they are done. */
#include "stages.h"
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct stage stages[MOST_STAGES];
int stage_count;
struct turns *turns;

/* Longest time for a thread to wait in user space; a probe has given up before. */
#define PATIENCE_NS 4000000000UL
/* Between two looks at the turn. Whoever waits leaves its CPU to the machine that runs this one. */
#define LOOK_US 50

void stages_clear(void)
{
	stage_count = 0;
}

int is_end(const struct stage *stage)
{
	return stage->place == DONE || stage->place == ENDS;
}

/* The next stage of the same actor, or the end. */
int next_stage(int i)
{
	for (int k = i + 1; k < stage_count; k++)
		if (stages[k].actor == stages[i].actor) return k;
	return stage_count;
}

static int place_named(const char *name)
{
	static const char *const names[] = {"entry", "return", "after", "done", "ends"};
	for (int i = 0; i < 5; i++)
		if (strcmp(name, names[i]) == 0) return i;
	return -1;
}

/* stage ACTOR PLACE [SYMBOL FROM TIMES]; FROM is `-` for calls from anywhere. NULL, or what is wrong. */
const char *stage_add(const struct operation *words)
{
	static char why[256];
	struct stage *stage = &stages[stage_count];
	const char *symbol = word_text(words, 2), *from = word_text(words, 3);
	int place = place_named(word_text(words, 1));
	if (stage_count == MOST_STAGES || place < 0) return "too many stages, or an unknown place";
	memset(stage, 0, sizeof *stage);
	stage->actor = word_number(words, 0, 0) % MOST_ACTORS;
	stage->place = place;
	stage->times = word_number(words, 4, 1);
	stage_count++;
	if (is_end(stage)) return NULL;
	stage->site_count = 1;
	const char *missing = symbol_find(symbol, stage->symbol, &stage->start, &stage->end) != 0 ? symbol : NULL;
	if (missing == NULL && strcmp(from, "-") != 0) {
		char full[96];
		if (symbol_find(from, full, &stage->from, &stage->to) != 0) missing = from;
		else if (place == AFTER) {
			stage->site_count = symbol_after_calls(from, symbol, stage->sites);
			strcpy(stage->symbol, full);
			stage->start = stage->from, stage->end = stage->to;
			stage->from = stage->to = 0;
			if (stage->site_count == 0) {
				snprintf(why, sizeof why, "%s does not call %s in a way that can be seen", from, symbol);
				return why;
			}
		}
	}
	if (missing == NULL) return NULL;
	snprintf(why, sizeof why, "this kernel has no function %s", missing);
	return why;
}

void stages_begin_round(int aimed)
{
	if (turns == NULL) return;
	memset(turns, 0, sizeof *turns);
	/* Pairs with the loads in stage_wait_first and in the probes: what the table was before is over for whoever sees this turn. */
	__atomic_store_n(&turns->turn, aimed ? 0 : EVERYBODY, __ATOMIC_SEQ_CST);
}

static u64 now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000UL + now.tv_nsec;
}

static u32 turn_now(void)
{
	/* Pairs with the stores of the turn, in probes and here. */
	return __atomic_load_n(&turns->turn, __ATOMIC_SEQ_CST);
}

static void give_turn(u32 turn)
{
	__atomic_store_n(&turns->turn, turn, __ATOMIC_SEQ_CST);
}

/* Before the first operation of an actor: until it is the turn of its first stage. */
void stage_wait_first(int actor)
{
	int first = 0;
	while (first < stage_count && stages[first].actor != actor) first++;
	turns->tid[actor] = syscall(SYS_gettid);
	for (u64 began = now_ns(); turn_now() < (u32)first; usleep(LOOK_US))
		if (now_ns() - began > PATIENCE_NS) give_turn(EVERYBODY);
}

/* After the last one: the turn goes on once it has come to the stage that says so. A place that was not reached sets everybody free. */
void stage_done(int actor)
{
	int last = stage_count - 1;
	turns->tid[actor] = 0;
	while (last >= 0 && (stages[last].actor != actor || !is_end(&stages[last]))) last--;
	for (u64 began = now_ns(); last >= 0 && turn_now() < (u32)last; usleep(LOOK_US)) {
		u32 turn = turn_now();
		if (turn < (u32)stage_count && stages[turn].actor == actor) break;
		if (now_ns() - began > PATIENCE_NS) break;
	}
	u32 turn = turn_now();
	if (turn >= (u32)stage_count || stages[turn].actor != actor) return;
	if (is_end(&stages[turn])) turns->hit[turn] = now_ns();
	give_turn(is_end(&stages[turn]) ? turn + 1 : EVERYBODY);
}

/* The first stage that nobody has to wait for. */
static int first_of_ends(void)
{
	int i = 0;
	while (i < stage_count && stages[i].place != ENDS) i++;
	return i;
}

/* Was every stage reached, in order, and did nobody have to give up before the others only had to end? */
int stages_taken(void)
{
	int ends = first_of_ends();
	if (ends == stage_count && turn_now() != (u32)stage_count) return 0;
	for (int i = 0; i < ends; i++)
		if (turns->hit[i] == 0 || (turns->late[i] != 0 && turns->late[i] <= (u32)ends)) return 0;
	return 1;
}

/* Did one that was to come first in the end wait for one that was held? */
int stages_waited(void)
{
	int ends = first_of_ends();
	for (int i = 0; i < ends; i++)
		if (turns->late[i] > (u32)ends) return 1;
	return 0;
}
