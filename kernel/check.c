/* What this kernel has of all that the lab can use. Facts; the host makes sentences of them. */
#include "stages.h"
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static void say_file(const char *name, const char *path)
{
	char text[256] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0) close(fd);
	if (length < 0) return;
	text[length] = 0;
	text[strcspn(text, "\n")] = 0;
	say(",\"%s\":", name);
	say_text(text);
}

static void say_flag(const char *name, int is)
{
	say(",\"%s\":%s", name, is ? "true" : "false");
}

static int can_read(const char *path)
{
	return access(path, R_OK) == 0;
}

/* The smallest map there is. */
static int has_bpf(void)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.map_type = BPF_MAP_TYPE_ARRAY, attr.key_size = 4, attr.value_size = 4096, attr.max_entries = 1, attr.map_flags = BPF_F_MMAPABLE;
	int fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
	if (fd >= 0) close(fd);
	return fd >= 0;
}

/* Addresses of symbols are zeros for whom they are kept from. */
static int has_symbols(void)
{
	unsigned long long first = 0;
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[256];
	for (int i = 0; file != NULL && first == 0 && i < 100 && fgets(line, sizeof line, file); i++) sscanf(line, "%llx", &first);
	if (file != NULL) fclose(file);
	return first != 0;
}

void check_say(void)
{
	struct utsname name;
	uname(&name);
	say("{\"check\":1,\"release\":");
	say_text(name.release);
	say(",\"machine\":");
	say_text(name.machine);
	say(",\"cpus\":%ld,\"pageBytes\":%ld,\"devices\":[", sysconf(_SC_NPROCESSORS_ONLN), sysconf(_SC_PAGESIZE));
	const char *comma = "";
	for (int i = 0; i < 4; i++) {
		char path[32];
		snprintf(path, sizeof path, "/dev/hmm_dmirror%d", i);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0) continue;
		close(fd);
		say("%s%d", comma, i);
		comma = ",";
	}
	say("]");
	say_flag("root", geteuid() == 0);
	say_flag("frames", can_read("/proc/kpageflags"));
	say_flag("gupTest", can_read("/sys/kernel/debug/gup_test"));
	say_flag("bpf", has_bpf());
	say_flag("btf", can_read("/sys/kernel/btf/vmlinux"));
	say_flag("driverBtf", can_read("/sys/kernel/btf/test_hmm"));
	say_flag("kprobes", can_read("/sys/bus/event_source/devices/kprobe/type"));
	say_flag("hold", hold_is_there());
	say_flag("symbols", has_symbols());
	say_flag("text", can_read("/proc/kcore"));
	say_file("hugePages", "/sys/kernel/mm/transparent_hugepage/enabled");
	say_file("hugetlbPages", "/proc/sys/vm/nr_hugepages");
	say_file("preemption", "/sys/kernel/debug/sched/preempt");
	say_file("lockdown", "/sys/kernel/security/lockdown");
	say_file("driverVersion", "/sys/module/test_hmm/srcversion");
	say("}");
}
