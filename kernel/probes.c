/* Probes: a small BPF program for each stage, in the kernel's own instructions, so that neither a compiler for them nor a library is
 * needed. It is attached as a kprobe, and holds the thread there until its turn comes or the time is over. */
#include "stages.h"
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the registers of x86-64 are in what a probe is given. */
enum { REGISTER_IP = 128, REGISTER_SP = 152 };
/* More looks at the turn than fit into any time. */
#define MOST_LOOKS (1 << 23)

static int map_fd = -1, btf_fd = -1;
static int events[MOST_STAGES], event_count;

static struct bpf_insn code[128];
static int length;
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

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof *attr);
}

#define WORD(field) ((int)offsetof(struct turns, field))

/* The map value goes into r7. */
static void put_turns(void)
{
	put_wide(7, BPF_PSEUDO_MAP_VALUE, map_fd);
	/* The kernel wants the offset in the second half, and that is 0. */
	code[length - 1].imm = 0;
}

/* Goes on only for calls that were made between two addresses. r6: registers of the thread. */
static void put_caller_check(const struct stage *stage)
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
	put_wide(1, 0, stage->from);
	put_exit_if(BPF_JMP | BPF_JLT | BPF_X, 8, 1, 0);
	put_wide(1, 0, stage->to);
	put_exit_if(BPF_JMP | BPF_JGE | BPF_X, 8, 1, 0);
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
	put(BPF_ST | BPF_MEM | BPF_W, 7, 0, WORD(late) + 4 * i, 1);
	put(BPF_ST | BPF_MEM | BPF_W, 7, 0, WORD(turn), EVERYBODY);
	code[come].off = length - come - 1;
	put(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	code[early].off = length - early - 1;
	put(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The next stage of the same actor, or the end. */
int next_stage(int i)
{
	for (int k = i + 1; k < stage_count; k++)
		if (stages[k].actor == stages[i].actor) return k;
	return stage_count;
}

/* Assembles the program of a stage. @returns where the callback begins, 0 if it has none. */
static int assemble(int i, u64 wait_ns)
{
	const struct stage *stage = &stages[i];
	int next = next_stage(i), loop = -1;
	length = exit_count = 0;
	put(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	put_call(BPF_FUNC_get_current_pid_tgid);
	put_turns();
	put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(turn), 0);
	put_exit_if(BPF_JMP32 | BPF_JNE | BPF_K, 1, 0, i);
	put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(tid) + 4 * stage->actor, 0);
	put_exit_if(BPF_JMP32 | BPF_JNE | BPF_X, 0, 1, 0);
	if (stage->to != 0) put_caller_check(stage);
	put(BPF_LDX | BPF_MEM | BPF_W, 1, 7, WORD(count) + 4 * i, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1);
	put(BPF_STX | BPF_MEM | BPF_W, 7, 1, WORD(count) + 4 * i, 0);
	put_exit_if(BPF_JMP32 | BPF_JNE | BPF_K, 1, 0, stage->times);
	put_call(BPF_FUNC_ktime_get_ns);
	put(BPF_STX | BPF_MEM | BPF_DW, 7, 0, WORD(hit) + 8 * i, 0);
	put(BPF_ST | BPF_MEM | BPF_W, 7, 0, WORD(turn), i + 1);
	if (next != i + 1) {
		put(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, MOST_LOOKS);
		loop = length;
		put_wide(2, BPF_PSEUDO_FUNC, 0);
		put(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 0);
		put(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 0);
		put_call(BPF_FUNC_loop);
	}
	for (int k = 0; k < exit_count; k++) code[exits[k]].off = length - exits[k] - 1;
	put(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	if (loop < 0) return 0;
	int callback = length;
	code[loop].imm = callback - loop - 1;
	put_look(i, next, wait_ns);
	return callback;
}

/* A program with a callback has to say what its functions are: int main(), int cb(). The kinds are those of BTF. */
static int load_types(void)
{
	enum { INT = 1, FUNCTION = 12, PROTOTYPE = 13, HEADER_BYTES = 24 };
	static const char names[] = "\0int\0main\0cb";
	const u32 types[] = {1, INT << 24, 4, 32 | 1 << 24, 0, PROTOTYPE << 24, 1, 5, FUNCTION << 24, 2, 10, FUNCTION << 24, 2};
	const u32 header[] = {0xeb9f | 1 << 16, HEADER_BYTES, 0, sizeof types, sizeof types, sizeof names};
	static unsigned char all[HEADER_BYTES + sizeof types + sizeof names];
	memcpy(all, header, sizeof header);
	memcpy(all + sizeof header, types, sizeof types);
	memcpy(all + sizeof header + sizeof types, names, sizeof names);
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.btf = (u64)all, attr.btf_size = sizeof all;
	return bpf(BPF_BTF_LOAD, &attr);
}

static int load(int callback)
{
	static char log[65536];
	/* Types 3 and 4 are the two functions. */
	struct bpf_func_info functions[2] = {{0, 3}, {callback, 4}};
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_KPROBE, attr.insns = (u64)code, attr.insn_cnt = length, attr.license = (u64)"GPL";
	attr.log_buf = (u64)log, attr.log_size = sizeof log, attr.log_level = 1;
	attr.prog_btf_fd = btf_fd, attr.func_info = (u64)functions;
	attr.func_info_rec_size = sizeof functions[0], attr.func_info_cnt = callback ? 2 : 1;
	int fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0) fprintf(stderr, "agent: the kernel refuses a probe: %s\n%s\n", strerror(errno), log);
	return fd;
}

/* A probe that does nothing yet. */
static int open_probe(const struct stage *stage)
{
	struct perf_event_attr attr;
	int type = -1;
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	if (file == NULL || fscanf(file, "%d", &type) != 1) return -1;
	fclose(file);
	memset(&attr, 0, sizeof attr);
	attr.size = sizeof attr, attr.type = type, attr.config = stage->place == RETURN;
	attr.config1 = (u64)stage->symbol, attr.config2 = stage->offset;
	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

int probes_can(const struct stage *stage)
{
	int fd = open_probe(stage);
	if (fd >= 0) close(fd);
	return fd >= 0;
}

static int attach(const struct stage *stage, int program)
{
	int fd = open_probe(stage);
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) != 0 || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) != 0) return -1;
	return fd;
}

/* The memory that probes and threads share. */
static int make_turns(void)
{
	union bpf_attr attr;
	if (turns != NULL) return 0;
	memset(&attr, 0, sizeof attr);
	attr.map_type = BPF_MAP_TYPE_ARRAY, attr.key_size = 4, attr.value_size = PAGE, attr.max_entries = 1, attr.map_flags = BPF_F_MMAPABLE;
	map_fd = bpf(BPF_MAP_CREATE, &attr);
	btf_fd = load_types();
	if (map_fd < 0 || btf_fd < 0) return -1;
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (memory == MAP_FAILED) return -1;
	turns = memory;
	return 0;
}

/* NULL, or what did not work. */
const char *probes_attach(u64 wait_ns)
{
	static char why[160];
	event_count = 0;
	if (make_turns() != 0) return "this kernel takes no BPF programs";
	turns->turn = EVERYBODY;
	for (int i = 0; i < stage_count; i++) {
		if (stages[i].place == DONE) continue;
		int program = load(assemble(i, wait_ns));
		int event = program < 0 ? -1 : attach(&stages[i], program);
		if (program >= 0) close(program);
		if (event < 0) {
			snprintf(why, sizeof why, "no probe at %s+%lu: %s", stages[i].symbol, stages[i].offset, strerror(errno));
			probes_detach();
			return why;
		}
		events[event_count++] = event;
	}
	/* A probe in the middle of a function is a trap until it has been made a jump, and a trap keeps interrupts off. */
	if (event_count > 0) sleep(1);
	return NULL;
}

void probes_detach(void)
{
	while (event_count > 0) close(events[--event_count]);
}
