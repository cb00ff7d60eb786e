/* What the files of the agent share. The agent does the operations of a program (docs/programs.md) with the system calls of the kernel
 * that it runs on, and answers each with a line of JSON. It is one static program, of libc and pthread alone. */
#ifndef AGENT_H
#define AGENT_H
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint64_t u64;
typedef uint32_t u32;

#define PAGE 4096UL
/* Where the pages of a program begin; the arena of all recordings. */
#define ARENA 0x100000000000UL
#define ARENA_END (ARENA + (1UL << 36))
/* Open devices, files and pipes of a process, each with slots of their own. */
#define SLOTS 64
/* Pages of the buffer that a device delivers to; it takes more, and answers with what fits. */
#define BUFFER_PAGES 2100UL
#define MOST_WORDS 12
#define MOST_PAGES 8192UL
#define ANSWER_BYTES (512 * 1024)

/* One operation: its name, and its words as the host wrote them out. Addresses are bytes, numbers have a value. */
struct operation {
	const char *name;
	const char *words[MOST_WORDS];
	int count;
	int bad_buffer;
};

/* Who does operations: a process, or a thread of one. All of it is in memory before an operation begins, so that page faults are those
 * of the operation. */
struct actor {
	unsigned char *buffer;
	sigjmp_buf jump;
	volatile sig_atomic_t in_access;
	volatile int signal_number, signal_code;
	u64 values[MOST_PAGES];
	u64 flags[MOST_PAGES];
	int signals[MOST_PAGES], codes[MOST_PAGES];
	unsigned char signal_stack[64 * 1024];
	size_t length;
	char answer[ANSWER_BYTES];
};

extern _Thread_local struct actor *self;

/* Slots of the process. */
extern int devices[SLOTS], files[SLOTS], pipes[SLOTS][2];

/* actor.c */
struct actor *actor_new(void *buffer_at);
void actor_warm(void);
void actor_warm_few(void);
void actor_catch_signals(void);
void buffer_touch(u64 pages);
long page_faults(void);

/* answer.c */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_values(const char *name, const u64 *values, u64 count);
void say_text(const char *text);
void answer_result(long result);
void answer_counted(int error, long faults);

/* words.c */
u64 word_number(const struct operation *op, int place, u64 otherwise);
const char *word_text(const struct operation *op, int place);
int word_slot(const struct operation *op, int place);
int words_split(char *line, struct operation *op);
int write_text(const char *path, const char *text);

/* The operations, by what they are about. Each returns 0 if the operation is none of its own. */
int cpu_operation(const struct operation *op);
int memory_operation(const struct operation *op);
int device_operation(const struct operation *op);
int file_operation(const struct operation *op);
int pin_operation(const struct operation *op);
int system_operation(const struct operation *op);
int view_operation(const struct operation *op);
void perform(const struct operation *op);

/* cpu.c: one word; 0, or the signal that it ends in. */
int cpu_word(u64 at, u64 *value, int writes);

/* device.c: reads or writes a page, from or to the buffer of the actor. 0, or an errno. */
int device_page(int slot, u64 at, int writes);

/* look.c: a page when all are done. The device is that of a slot; -1 if there is none. Nobody has written the mark, nor the number after it. */
void look_at_page(int slot, u64 at, u64 mark);

/* process.c: processes of a script, and who is told what to do. */
void script_begin(void);
void script_operation(int process, char *line);
void script_end(void);

/* race.c: a race of threads. 0 for a line that is about none. */
int race_line(char *line);

/* klog.c: what the kernel complains of. */
void klog_open(void);
void klog_skip(void);
void klog_say(void);

/* views.c: how entries of this kernel look in pagemap. */
void views_learn(void);

/* check.c */
void check_say(void);

/* init.c: what a virtual machine does before the agent serves. */
void module_load(const char *path);
void init_machine(void);
void init_end(void);

#endif
