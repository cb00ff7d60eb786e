/* The first process of a virtual machine: file systems, modules, device nodes, quiet surroundings, and the port to the host. */
#include "agent.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void mount_all(void)
{
	static const char *const systems[][2] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"},
		{"debugfs", "/sys/kernel/debug"}, {"tracefs", "/sys/kernel/tracing"}, {"securityfs", "/sys/kernel/security"}};
	for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
		mkdir(systems[i][1], 0755);
		mount(systems[i][0], systems[i][1], systems[i][0], 0, NULL);
	}
}

static int by_name(const struct dirent *entry)
{
	return strstr(entry->d_name, ".ko") != NULL;
}

/* What a module is refused with is seen by what is missing, and here. One that is loaded already is. */
void module_load(const char *path)
{
	const char *name = strrchr(path, '/');
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST) printf("{\"module\":\"%s\",\"e\":%d}\n", name ? name + 1 : path, errno);
	close(fd);
}

/* Their names begin with a number, which says what comes first. */
static void load_modules(void)
{
	struct dirent **entries;
	int count = scandir("/modules", &entries, by_name, alphasort);
	for (int i = 0; i < count; i++) {
		char path[300];
		snprintf(path, sizeof path, "/modules/%s", entries[i]->d_name);
		module_load(path);
	}
}

/* The driver only takes a number for its devices; whoever loads it makes the nodes. */
static void make_nodes(void)
{
	FILE *file = fopen("/proc/devices", "re");
	char line[128], name[64];
	int major;
	while (file != NULL && fgets(line, sizeof line, file)) {
		if (sscanf(line, "%d %63s", &major, name) != 2 || strcmp(name, "HMM_DMIRROR") != 0) continue;
		for (int minor = 0; minor < 4; minor++) {
			char path[32];
			snprintf(path, sizeof path, "/dev/hmm_dmirror%d", minor);
			mknod(path, S_IFCHR | 0600, makedev(major, minor));
		}
	}
	if (file != NULL) fclose(file);
}

/* Nothing else may collapse or map huge pages while an answer is made. */
static void keep_quiet(void)
{
	static const char *const sizes[] = {"16", "32", "64", "128", "256", "512", "1024"};
	write_text("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs", "4294967295");
	write_text("/sys/kernel/mm/transparent_hugepage/khugepaged/alloc_sleep_millisecs", "4294967295");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char path[128];
		snprintf(path, sizeof path, "/sys/kernel/mm/transparent_hugepage/hugepages-%skB/enabled", sizes[i]);
		write_text(path, "never");
	}
}

/* The virtual port becomes standard input and output; it may take a moment until it is there. */
static void open_port(void)
{
	int fd = -1;
	for (int i = 0; i < 200 && (fd = open("/dev/vport0p1", O_RDWR)) < 0; i++) usleep(50000);
	if (fd < 0) {
		fprintf(stderr, "agent: there is no virtio port to the host\n");
		return;
	}
	dup2(fd, 0);
	dup2(fd, 1);
	close(fd);
}

void init_machine(void)
{
	mount_all();
	open_port();
	load_modules();
	make_nodes();
	keep_quiet();
}

void init_end(void)
{
	sync();
	reboot(RB_POWER_OFF);
	exit(0);
}
