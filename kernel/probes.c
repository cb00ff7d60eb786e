/* Probes: how each stage is held at its place. By a program that the function itself calls, where it can; else by the module, where it is
 * loaded; else by a kprobe, which keeps the CPU. */
#include "stages.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Longest time for traps to become jumps, in tenths of a second. */
#define MOST_JUMP_TENTHS 50

static const char *const way_names[] = {"auto", "fentry", "kprobe", "module"};
static enum way asked = ANY_WAY, ways[MOST_STAGES];

int probes_choose(const char *name)
{
	for (int i = ANY_WAY; i <= MODULE; i++)
		if (strcmp(way_names[i], name) == 0) {
			asked = i;
			return 0;
		}
	return -1;
}

const char *probe_way(int i)
{
	return is_end(&stages[i]) ? "" : way_names[ways[i]];
}

static int is_asked(enum way way)
{
	return asked == ANY_WAY || asked == way;
}

/* A kprobe keeps the CPU of whoever it holds. */
static int may_keep_cpu(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

int probes_can(const struct stage *stage)
{
	if (is_asked(FENTRY) && fentry_can(stage)) return 1;
	int by_probe = (is_asked(MODULE) && hold_is_there()) || (is_asked(KPROBE) && may_keep_cpu());
	return by_probe && kprobe_can(stage);
}

/* Attaches a stage in one of the ways that were asked for. NULL, or what does not work. */
static const char *attach(int i, u64 wait_ns)
{
	if (is_asked(FENTRY) && fentry_attach(i, wait_ns) == 0) {
		ways[i] = FENTRY;
		return NULL;
	}
	if (asked == FENTRY) return "no program can be called by the function itself (fentry)";
	if (is_asked(MODULE) && hold_is_there()) {
		ways[i] = MODULE;
		return hold_attach(i, wait_ns) == 0 ? NULL : strerror(errno);
	}
	if (asked == MODULE) return "the module hmm_lab_hold is not loaded";
	if (!may_keep_cpu()) return "one CPU is online, and a thread that a kprobe holds keeps it";
	ways[i] = KPROBE;
	return kprobes_attach(i, wait_ns) == 0 ? NULL : strerror(errno);
}

/* Is each probe in the middle of a function a jump by now? Where that cannot be known, it is taken for one after a while. */
static int all_are_jumps(void)
{
	char line[512];
	int traps = 0;
	FILE *file = fopen("/sys/kernel/debug/kprobes/list", "re");
	if (file == NULL) return 0;
	while (fgets(line, sizeof line, file))
		for (int i = 0; i < stage_count; i++)
			for (int site = 0; stages[i].place == AFTER && ways[i] == KPROBE && site < stages[i].site_count; site++) {
				char place[128];
				snprintf(place, sizeof place, "%s+0x%lx ", stages[i].symbol, stages[i].sites[site]);
				if (strstr(line, place) != NULL && strstr(line, "[OPTIMIZED]") == NULL) traps++;
			}
	fclose(file);
	return traps == 0;
}

/* A probe in the middle of a function is a trap until the kernel has made it a jump, and a trap keeps interrupts off: then whoever asks the
 * CPU to flush its TLB waits. */
static void wait_for_jumps(void)
{
	int is_inside = 0;
	for (int i = 0; i < stage_count; i++) is_inside |= stages[i].place == AFTER && ways[i] == KPROBE;
	for (int i = 0; is_inside && i < MOST_JUMP_TENTHS && !all_are_jumps(); i++) usleep(100000);
}

/* NULL, or what did not work. */
const char *probes_attach(u64 wait_ns)
{
	static char why[160];
	int is_probed = 0;
	for (int i = 0; i < stage_count; i++) is_probed |= !is_end(&stages[i]);
	if (make_turns(is_probed && asked != MODULE) != 0 && (!hold_is_there() || make_turns(0) != 0)) return "this kernel takes no BPF programs";
	turns->turn = EVERYBODY;
	for (int i = 0; i < stage_count; i++) {
		const char *wrong = is_end(&stages[i]) ? NULL : attach(i, wait_ns);
		if (wrong == NULL) continue;
		snprintf(why, sizeof why, "no probe at %s+%lu: %s", stages[i].symbol, stages[i].sites[0], wrong);
		probes_detach();
		return why;
	}
	wait_for_jumps();
	return NULL;
}

void probes_detach(void)
{
	bpf_detach();
	hold_detach();
}
