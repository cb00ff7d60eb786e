/* A schedule as stages: who runs until where. Stage i belongs to one actor, which runs until it comes to a place in the kernel for the
 * n-th time while it is its turn; then the turn is that of stage i + 1, and the actor waits until it is that of its own next stage.
 * The last stage of an actor is that it is DONE. It ENDS where nobody has to wait for that: the others come after it, but go on when it
 * waits for one of them. */
#ifndef STAGES_H
#define STAGES_H
#include "agent.h"
#include "hold/hold.h"

/* Calls of one function in another. */
#define MOST_SITES 8
enum place { ENTRY, RETURN, AFTER, DONE, ENDS };

struct stage {
	int actor;
	enum place place;
	char symbol[96];	/* with the suffix that the compiler gave it */
	u64 start, end;		/* of the symbol */
	u64 sites[MOST_SITES];	/* offsets of the probes in it */
	int site_count;
	u64 from, to;		/* only calls made from here; 0: any */
	u32 times;
};

extern struct stage stages[MOST_STAGES];
extern int stage_count;
extern struct turns *turns;

/* symbols.c. 0, or -1 if there is no such symbol. `full` is its name with a suffix, of 96 characters. */
int symbol_find(const char *name, char *full, u64 *start, u64 *end);
/* Where in `from` the instructions after calls of `callee` are. @returns how many, at most MOST_SITES. */
int symbol_after_calls(const char *from, const char *callee, u64 *sites);

/* types.c: the type of a function, which a program needs that this function calls. 0: it has none. */
struct type {
	u32 id;
	int module_fd;	/* of the module that it is of; 0 for the kernel */
};
struct type type_of_function(const char *name);

/* program.c: the program of a stage; of one that the function calls if it is traced. */
struct program {
	const void *code;
	int length, callback;	/* where the callback begins; 0 if there is none */
};
struct program program_of(int i, int traced, int map_fd, u64 wait_ns);

/* holds.c: the module that holds threads, where it is loaded. */
int hold_is_there(void);
int hold_attach(int i, u64 wait_ns);
void hold_detach(void);

/* bpf.c. What can be attached is attached: 0, or -1 with errno. */
union bpf_attr;
long bpf(int command, union bpf_attr *attr);
int make_turns(int is_of_map);
int fentry_can(const struct stage *stage);
int fentry_attach(int i, u64 wait_ns);
int kprobe_can(const struct stage *stage);
int kprobes_attach(int i, u64 wait_ns);
void bpf_detach(void);

/* probes.c */
/* How places are probed; in any way that there is. */
enum way { ANY_WAY, FENTRY, KPROBE, MODULE };
/* -1 for a name of none. */
int probes_choose(const char *name);
/* How a stage is probed; "" where it is not. */
const char *probe_way(int i);
int probes_can(const struct stage *stage);
const char *probes_attach(u64 wait_ns);
void probes_detach(void);

/* stages.c */
int is_end(const struct stage *stage);
int next_stage(int i);
const char *stage_add(const struct operation *words);
void stages_clear(void);
void stages_begin_round(int aimed);
void stage_wait_first(int actor);
void stage_done(int actor);
int stages_taken(void);
int stages_waited(void);
#endif
