/* The program of a stage, in the instructions of BPF, so that neither a compiler for them nor a library is needed: is it this thread, its
 * turn, the right caller and the right time? Then the turn goes on, and the thread stays until it is that of its own next stage. */
#include "stages.h"
#include <linux/bpf.h>

/* Where the registers of x86-64 are in what a probe is given. */
enum { REGISTER_IP = 128, REGISTER_SP = 152 };
/* As many looks at the turn as a loop can have, and as many loops as take longer than any thread is held. */
#define MOST_LOOKS (1 << 23)
#define LOOPS 16

static struct bpf_insn code[320];
static int length, turns_map;
/* Jumps to the end, which is not known while they are written. */
static int exits[16], exit_count;

static void put(int op, int to, int from, int offset, int value)
{
	code[length++] = (struct bpf_insn){.code = op, .dst_reg = to, .src_reg = from, .off = offset, .imm = value};
}

static void put_wide(int to, int kind, u64 value)
{
	put(BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, (u32)value);
	put(0, 0, 0, 0, value >> 32);
}

static void put_call(int function)
{
	put(BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

/* Ends the program if a comparison holds. */
static void put_exit_if(int comparison, int to, int from, int value)
{
	exits[exit_count++] = length;
	put(comparison, to, from, 0, value);
}

#define WORD(field) ((int)offsetof(struct turns, field))

/* The map value goes into r7. */
static void put_turns(void)
{
	put_wide(7, BPF_PSEUDO_MAP_VALUE, turns_map);
}

/* The caller of a function that a kprobe has stopped goes into r8. r6: registers of the thread. */
static void put_caller(const struct stage *stage)
{
	if (stage->place == RETURN) put(BPF_LDX | BPF_MEM | BPF_DW, 8, 6, REGISTER_IP, 0);
	else {
		put(BPF_LDX | BPF_MEM | BPF_DW, 3, 6, REGISTER_SP, 0);
		put(BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
		put(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, -8);
		put(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 8);
		put_call(BPF_FUNC_probe_read_kernel);
		put_exit_if(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0);
		put(BPF_LDX | BPF_MEM | BPF_DW, 8, 10, -8, 0);
	}
}

/* The same where the function itself calls the program: the stack has the program, what called it, the function, and then its caller. */
static void put_caller_on_stack(const struct stage *stage)
{
	enum { FRAMES = 8, BYTES = 8 * FRAMES };
	int found[FRAMES];
	put(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
	put(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -BYTES);
	put(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, BYTES);
	put(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 0);
	put_call(BPF_FUNC_get_stack);
	put_wide(2, 0, stage->start);
	put_wide(3, 0, stage->end);
	for (int k = 0; k + 1 < FRAMES; k++) {
		put(BPF_LDX | BPF_MEM | BPF_DW, 1, 10, 8 * k - BYTES, 0);
		put(BPF_LDX | BPF_MEM | BPF_DW, 8, 10, 8 * (k + 1) - BYTES, 0);
		put(BPF_JMP | BPF_JLT | BPF_X, 1, 2, 1, 0);
		found[k] = length;
		put(BPF_JMP | BPF_JLT | BPF_X, 1, 3, 0, 0);
	}
	put_exit_if(BPF_JMP | BPF_JA, 0, 0, 0);
	for (int k = 0; k + 1 < FRAMES; k++) code[found[k]].off = length - found[k] - 1;
}

/* Goes on only for calls that were made between two addresses. */
static void put_caller_check(const struct stage *stage, int traced)
{
	if (traced) put_caller_on_stack(stage);
	else put_caller(stage);
	put_wide(1, 0, stage->from);
	put_exit_if(BPF_JMP | BPF_JLT | BPF_X, 8, 1, 0);
	put_wide(1, 0, stage->to);
	put_exit_if(BPF_JMP | BPF_JGE | BPF_X, 8, 1, 0);
}

/* Whose turn it was, and one more: 0 stands for in time. Then everybody runs free. */
static void put_giving_up(int i)
{
	put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(turn), 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1);
	put(BPF_STX | BPF_MEM | BPF_W, 7, 1, WORD(late) + 4 * i, 0);
	put(BPF_ST | BPF_MEM | BPF_W, 7, 0, WORD(turn), EVERYBODY);
}

/* One look: is it the turn of `next`, or has this taken too long? Returns 1 to end the loop. */
static void put_look(int i, int next, u64 wait_ns)
{
	put_turns();
	put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(turn), 0);
	int come = length;
	put(BPF_JMP32 | BPF_JGE | BPF_K, 1, 0, 0, next);
	put_call(BPF_FUNC_ktime_get_ns);
	put(BPF_LDX | BPF_MEM | BPF_DW, 1, 7, WORD(hit) + 8 * i, 0);
	put(BPF_ALU64 | BPF_SUB | BPF_X, 0, 1, 0, 0);
	int early = length;
	put(BPF_JMP | BPF_JLT | BPF_K, 0, 0, 0, (int)wait_ns);
	put_giving_up(i);
	code[come].off = length - come - 1;
	put(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	code[early].off = length - early - 1;
	put(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

struct program program_of(int i, int traced, int map_fd, u64 wait_ns)
{
	const struct stage *stage = &stages[i];
	int next = next_stage(i), loops[LOOPS], loop_count = 0;
	length = exit_count = 0, turns_map = map_fd;
	put(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	put_call(BPF_FUNC_get_current_pid_tgid);
	put_turns();
	put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(turn), 0);
	put_exit_if(BPF_JMP32 | BPF_JNE | BPF_K, 1, 0, i);
	put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(tid) + 4 * stage->actor, 0);
	put_exit_if(BPF_JMP32 | BPF_JNE | BPF_X, 0, 1, 0);
	if (stage->to != 0) put_caller_check(stage, traced);
	put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(count) + 4 * i, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1);
	put(BPF_STX | BPF_MEM | BPF_W, 7, 1, WORD(count) + 4 * i, 0);
	put_exit_if(BPF_JMP32 | BPF_JNE | BPF_K, 1, 0, stage->times);
	put_call(BPF_FUNC_ktime_get_ns);
	put(BPF_STX | BPF_MEM | BPF_DW, 7, 0, WORD(hit) + 8 * i, 0);
	put(BPF_ST | BPF_MEM | BPF_W, 7, 0, WORD(turn), i + 1);
	while (next != i + 1 && loop_count < LOOPS) {
		put(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, MOST_LOOKS);
		loops[loop_count++] = length;
		put_wide(2, BPF_PSEUDO_FUNC, 0);
		put(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 0);
		put(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 0);
		put_call(BPF_FUNC_loop);
	}
	if (loop_count > 0) {
		/* Whoever runs out of looks is not in time, either. */
		put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(turn), 0);
		put_exit_if(BPF_JMP32 | BPF_JGE | BPF_K, 1, 0, next);
		put_giving_up(i);
	}
	for (int k = 0; k < exit_count; k++) code[exits[k]].off = length - exits[k] - 1;
	put(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	if (loop_count == 0) return (struct program){code, length, 0};
	int callback = length;
	for (int k = 0; k < loop_count; k++) code[loops[k]].imm = callback - loops[k] - 1;
	put_look(i, next, wait_ns);
	return (struct program){code, length, callback};
}
