/* Places by BPF programs: called by the function itself (fentry, fexit), or by a kprobe. */
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

static int map_fd = -1, btf_fd = -1;
static int events[MOST_STAGES * MOST_SITES], event_count;

long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof *attr);
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

/* Loads a program, for the function of this type if it is to be called by that function. -1 if the kernel refuses it. */
static int load(struct program program, enum place place, struct type of)
{
	static char log[65536];
	/* Types 3 and 4 are the two functions. */
	struct bpf_func_info functions[2] = {{0, 3}, {program.callback, 4}};
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_KPROBE, attr.insns = (u64)program.code, attr.insn_cnt = program.length, attr.license = (u64)"GPL";
	attr.log_buf = (u64)log, attr.log_size = sizeof log, attr.log_level = 1;
	attr.prog_btf_fd = btf_fd, attr.func_info = (u64)functions;
	attr.func_info_rec_size = sizeof functions[0], attr.func_info_cnt = program.callback ? 2 : 1;
	if (of.id != 0) {
		attr.prog_type = BPF_PROG_TYPE_TRACING, attr.attach_btf_id = of.id;
		attr.expected_attach_type = place == RETURN ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY;
		if (of.module_fd > 0) attr.attach_btf_obj_fd = of.module_fd;
	}
	int fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0 && of.id == 0) fprintf(stderr, "agent: the kernel refuses a probe: %s\n%s\n", strerror(errno), log);
	return fd;
}

/* A kprobe that does nothing yet. */
static int open_probe(const struct stage *stage, int site)
{
	struct perf_event_attr attr;
	int type = -1;
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	if (file == NULL) return -1;
	if (fscanf(file, "%d", &type) != 1) type = -1;
	fclose(file);
	if (type < 0) return -1;
	memset(&attr, 0, sizeof attr);
	attr.size = sizeof attr, attr.type = type, attr.config = stage->place == RETURN;
	attr.config1 = (u64)stage->symbol, attr.config2 = stage->sites[site];
	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

int kprobe_can(const struct stage *stage)
{
	int fd = open_probe(stage, 0);
	if (fd >= 0) close(fd);
	return fd >= 0;
}

int fentry_can(const struct stage *stage)
{
	struct type type = stage->place == AFTER ? (struct type){0, 0} : type_of_function(stage->symbol);
	if (type.module_fd > 0) close(type.module_fd);
	return type.id != 0;
}

/* The function itself calls the program (fentry, fexit): then the thread that is held can be preempted, and keeps no CPU from what
 * others want of it. It takes types, and the beginning or the end of a function. -1 where that cannot be. */
int fentry_attach(int i, u64 wait_ns)
{
	union bpf_attr attr;
	struct type type = stages[i].place == AFTER ? (struct type){0, 0} : type_of_function(stages[i].symbol);
	int program = type.id == 0 ? -1 : load(program_of(i, 1, map_fd, wait_ns), stages[i].place, type);
	if (type.module_fd > 0) close(type.module_fd);
	if (program < 0) return -1;
	memset(&attr, 0, sizeof attr);
	attr.raw_tracepoint.prog_fd = program;
	int fd = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	close(program);
	if (fd < 0) return -1;
	events[event_count++] = fd;
	return 0;
}

static int attach_kprobe(int i, int site, int program)
{
	int fd = open_probe(&stages[i], site);
	if (fd >= 0 && ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) == 0 && ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) == 0) return fd;
	if (fd >= 0) close(fd);
	return -1;
}

/* A kprobe at each site of a stage. 0, or -1 with errno. */
int kprobes_attach(int i, u64 wait_ns)
{
	int program = load(program_of(i, 0, map_fd, wait_ns), stages[i].place, (struct type){0, 0}), done = program < 0 ? -1 : 0;
	for (int site = 0; done == 0 && site < stages[i].site_count; site++) {
		int fd = attach_kprobe(i, site, program);
		if (fd < 0) done = -1;
		else events[event_count++] = fd;
	}
	if (program >= 0) close(program);
	return done;
}

/* A map of one page that user space can map. */
static int make_map(void)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.map_type = BPF_MAP_TYPE_ARRAY, attr.key_size = 4, attr.value_size = PAGE, attr.max_entries = 1, attr.map_flags = BPF_F_MMAPABLE;
	return bpf(BPF_MAP_CREATE, &attr);
}

/* The page of turns. Where no program is to look at it, it need not be that of a map. */
int make_turns(int is_of_map)
{
	if (turns != NULL && (map_fd >= 0 || !is_of_map)) return 0;
	int map = is_of_map ? make_map() : -1, types = is_of_map ? load_types() : -1;
	if (is_of_map && (map < 0 || types < 0)) return -1;
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | (is_of_map ? 0 : MAP_ANONYMOUS), map, 0);
	if (memory == MAP_FAILED) return -1;
	turns = memory, map_fd = map, btf_fd = types;
	return 0;
}

void bpf_detach(void)
{
	while (event_count > 0) close(events[--event_count]);
}
