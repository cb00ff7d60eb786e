/* Looks at page tables and mappings: pagemap, maps, smaps. */
#include "agent.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Types of entries that are no pages for a CPU, as pagemap numbers them. Their numbers depend on the kernel's configuration, but not
 * their order: three for migration, then device write, device read, exclusive, and in older kernels exclusive read; 31 is a marker. */
static int device_write = -1;
#define MARKER 31
#define BIT(entry, number) ((entry) >> (number) & 1)

/* Bits of pagemap, then those of kpageflags. */
enum { SOLE = 56, GUARD = 58, OF_FILE = 61, SWAPPED = 62, PRESENT = 63 };
enum { HUGETLB = 17, THP = 22, ZERO = 24 };

static u64 read_word(int fd, u64 index)
{
	u64 word = 0;
	return pread(fd, &word, sizeof word, index * sizeof word) == sizeof word ? word : 0;
}

/* Sends a page to the device and looks what its entry is. Without a device, nothing is known of such entries. */
void views_learn(void)
{
	struct {
		u64 addr, ptr, npages, cpages, faults;
	} command = {0};
	int device = open("/dev/hmm_dmirror0", O_RDWR | O_CLOEXEC), pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	u64 *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (device >= 0 && pagemap >= 0 && page != MAP_FAILED) {
		page[0] = page[PAGE / sizeof *page] = 1;
		command.addr = (u64)page, command.ptr = (u64)page + PAGE, command.npages = 1;
		/* MIGRATE_TO_DEV */
		if (ioctl(device, _IOWR('H', 2, command), &command) == 0) {
			u64 entry = read_word(pagemap, (u64)page / PAGE);
			if (BIT(entry, SWAPPED)) device_write = entry & 31;
		}
	}
	munmap(page, 2 * PAGE);
	close(device);
	close(pagemap);
}

/* Which coherent device a frame is of; 0 for none. Where their memory is, the module was told: that of node 3 first. */
static char coherent_device(u64 pfn)
{
	for (int i = 0; i < 2; i++) {
		char path[80], text[32] = "";
		snprintf(path, sizeof path, "/sys/module/test_hmm/parameters/spm_addr_dev%d", i);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) return 0;
		ssize_t length = read(fd, text, sizeof text - 1);
		close(fd);
		u64 first = length > 0 ? strtoull(text, NULL, 0) : 0;
		if (first != 0 && pfn * PAGE >= first && pfn * PAGE < first + (256UL << 20)) return '3' - i;
	}
	return 0;
}

/* The letters of a recording for an entry of pagemap, and the frame it is of. */
static u64 describe(u64 entry, int flags_fd, char *letters)
{
	u64 pfn = 0;
	if (BIT(entry, PRESENT)) {
		pfn = entry & ((1UL << 55) - 1);
		u64 flags = read_word(flags_fd, pfn);
		if (BIT(flags, ZERO)) {
			strcpy(letters, BIT(flags, THP) ? "zh" : "z");
			return pfn;
		}
		char device = coherent_device(pfn);
		*letters++ = device ? 'c' : 's';
		if (device) *letters++ = device;
		if (BIT(flags, THP)) *letters++ = 'h';
		if (BIT(flags, HUGETLB)) *letters++ = 'H';
	} else if (BIT(entry, SWAPPED)) {
		int type = entry & 31, place = device_write < 0 || type == MARKER ? -10 : type - device_write;
		int named = place >= 0 && place <= 3;
		if (named) {
			static const char *const names[] = {"dw", "dr", "ew", "er"};
			pfn = entry >> 5 & ((1UL << 50) - 1);
			*letters++ = names[place][0], *letters++ = names[place][1];
			char device = coherent_device(pfn);
			if (device) *letters++ = 'c', *letters++ = device;
			if (BIT(read_word(flags_fd, pfn), THP)) *letters++ = 'h';
		} else if (place >= -3 && place < 0) *letters++ = 'm', pfn = entry >> 5 & ((1UL << 50) - 1);
		else *letters++ = BIT(entry, GUARD) ? 'g' : 'S';
	} else {
		*letters++ = BIT(entry, GUARD) ? 'g' : '-';
		*letters = 0;
		return 0;
	}
	if (BIT(entry, OF_FILE)) *letters++ = 'f';
	if (BIT(entry, SOLE)) *letters++ = 'x';
	*letters = 0;
	return pfn;
}

/* The kinds of all pages, and in a list of its own their frames: the host makes numbers of them that mean the same in each run. */
static void pagemap(u64 at, u64 count)
{
	if (count > MOST_PAGES) count = MOST_PAGES;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), flags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	memset(self->values, 0, count * sizeof self->values[0]);
	if (pread(fd, self->values, count * sizeof(u64), at / PAGE * sizeof(u64)) < 0) count = 0;
	say("{\"e\":0,\"k\":[");
	for (u64 i = 0; i < count; i++) {
		char letters[16];
		self->flags[i] = describe(self->values[i], flags_fd, letters);
		say("%s\"%s\"", i ? "," : "", letters);
	}
	say("]");
	say_values("frames", self->flags, count);
	say("}");
	close(fd);
	close(flags_fd);
}

static int in_arena(u64 at)
{
	return at >= ARENA && at < ARENA_END;
}

static u64 page_of(u64 at)
{
	return (at - ARENA) / PAGE;
}

struct mapping {
	u64 start, end, offset, inode;
	char access[8];
};

/* Other lines leave the mapping as it is, though the first letter of "Anonymous" is a number, too. */
static int is_mapping(const char *line, struct mapping *map)
{
	struct mapping read;
	char device[16];
	int fields = sscanf(line, "%lx-%lx %7s %lx %15s %lu", &read.start, &read.end, read.access, &read.offset, device, &read.inode);
	if (fields != 6) return 0;
	*map = read;
	return 1;
}

static void maps(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	const char *comma = "";
	struct mapping map;
	say("{\"e\":0,\"m\":[");
	while (file != NULL && fgets(line, sizeof line, file)) {
		if (!is_mapping(line, &map) || !in_arena(map.start)) continue;
		say("%s[%lu,%lu,\"%s\",%lu,%d]", comma, page_of(map.start), page_of(map.end), map.access, map.inode ? map.offset / PAGE : 0, map.inode != 0);
		comma = ",";
	}
	say("]}");
	if (file != NULL) fclose(file);
}

/* Of each mapping: what is there in pages, huge pages that are mapped as one, advice about them, and private pages. */
static void smaps(void)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	char line[512];
	const char *comma = "";
	struct mapping map = {0};
	u64 resident = 0, anonymous = 0, huge = 0, value;
	say("{\"e\":0,\"sm\":[");
	while (file != NULL && fgets(line, sizeof line, file)) {
		if (is_mapping(line, &map) || !in_arena(map.start)) continue;
		if (sscanf(line, "Rss: %lu", &value) == 1) resident = value / 4;
		else if (sscanf(line, "Anonymous: %lu", &value) == 1) anonymous = value / 4;
		else if (sscanf(line, "AnonHugePages: %lu", &value) == 1) huge = value / 2048;
		else if (strncmp(line, "VmFlags:", 8) == 0) {
			const char *advised = strstr(line, " hg") ? "hg" : strstr(line, " nh") ? "nh" : "";
			say("%s[%lu,%lu,\"%s\",%lu,%lu,\"%s\",%lu]", comma, page_of(map.start), page_of(map.end), map.access, resident, huge, advised, anonymous);
			comma = ",";
		}
	}
	say("]}");
	if (file != NULL) fclose(file);
}

int view_operation(const struct operation *op)
{
	if (strcmp(op->name, "pm") == 0) pagemap(word_number(op, 0, ARENA), word_number(op, 1, 1));
	else if (strcmp(op->name, "maps") == 0) maps();
	else if (strcmp(op->name, "smaps") == 0) smaps();
	else return 0;
	return 1;
}
