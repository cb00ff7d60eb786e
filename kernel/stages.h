/* A schedule as stages: who runs until where. Stage i belongs to one actor, which runs until it comes to a place in the kernel for the
 * n-th time while it is its turn; then the turn is that of stage i + 1, and the actor waits until it is that of its own next stage. */
#ifndef STAGES_H
#define STAGES_H
#include "agent.h"

#define MOST_STAGES 24
#define MOST_ACTORS 4
/* A turn at which nobody waits any more. */
#define EVERYBODY 1000u

enum place { ENTRY, RETURN, AFTER, DONE };

struct stage {
	int actor;
	enum place place;
	char symbol[96];	/* with the suffix that the compiler gave it */
	u64 offset;		/* of the probe in the symbol */
	u64 from, to;		/* only calls made from here; 0: any */
	u32 times;
};

/* What probes and threads share: the value of a map that both can write. */
struct turns {
	u32 turn, unused;
	u32 tid[MOST_ACTORS];	/* of the thread that does an operation; 0: none */
	u32 count[MOST_STAGES], late[MOST_STAGES];
	u64 hit[MOST_STAGES];
};

extern struct stage stages[MOST_STAGES];
extern int stage_count;
extern struct turns *turns;

/* symbols.c. 0, or -1 if there is no such symbol. `full` is its name with a suffix, of 96 characters. */
int symbol_find(const char *name, char *full, u64 *start, u64 *end);
/* Where in `from` the instruction after a call of `callee` is; 0 if there is none that can be seen. */
u64 symbol_after_call(const char *from, const char *callee);

/* probes.c */
int next_stage(int i);
int probes_can(const struct stage *stage);
const char *probes_attach(u64 wait_ns);
void probes_detach(void);

/* stages.c */
const char *stage_add(const struct operation *words);
void stages_clear(void);
void stages_begin_round(int aimed);
void stage_wait_first(int actor);
void stage_done(int actor);
int stages_taken(void);
#endif
