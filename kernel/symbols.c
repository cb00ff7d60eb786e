/* Functions of the running kernel: their addresses, and calls in their code. */
#include "stages.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_code(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* `name`, or `name.isra.0` and the like; not the cold part of it. */
static int is_named(const char *symbol, const char *name)
{
	size_t length = strlen(name);
	return strncmp(symbol, name, length) == 0 && (symbol[length] == 0 || (symbol[length] == '.' && strstr(symbol, ".cold") == NULL));
}

/* What only pads a function is no function. */
static int is_padding(const char *symbol)
{
	return strncmp(symbol, "__pfx_", 6) == 0;
}

static struct symbol {
	u64 at;
	char *name;
} *symbols;
static size_t symbol_count;

/* All code of /proc/kallsyms, which takes a kernel a second to write: read once. */
static void read_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], type, name[96];
	size_t room = 0;
	u64 at;
	if (file == NULL) return;
	while (fgets(line, sizeof line, file)) {
		if (sscanf(line, "%lx %c %95s", &at, &type, name) != 3 || !is_code(type) || is_padding(name)) continue;
		if (symbol_count == room) {
			room = room ? 2 * room : 1 << 16;
			symbols = realloc(symbols, room * sizeof *symbols);
			if (symbols == NULL) abort();
		}
		symbols[symbol_count++] = (struct symbol){at, strdup(name)};
	}
	fclose(file);
}

int symbol_find(const char *name, char *full, u64 *start, u64 *end)
{
	if (symbols == NULL) read_symbols();
	*start = 0, *end = ~0UL;
	for (size_t i = 0; i < symbol_count && *start == 0; i++)
		if (is_named(symbols[i].name, name)) *start = symbols[i].at, strcpy(full, symbols[i].name);
	/* It ends where the next one begins. */
	for (size_t i = 0; i < symbol_count && *start != 0; i++)
		if (symbols[i].at > *start && symbols[i].at < *end) *end = symbols[i].at;
	return *start == 0 ? -1 : 0;
}

/* Reads memory of the kernel through the core file: its program headers say where which addresses are. */
static int read_kernel(u64 at, void *to, u64 length)
{
	static unsigned char head[65536];
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC), done = -1;
	if (fd >= 0 && pread(fd, head, sizeof head, 0) >= 64) {
		u64 table = *(u64 *)(head + 32);
		int count = *(uint16_t *)(head + 56);
		for (int i = 0; i < count && done != 0 && table + (i + 1) * 56 <= sizeof head; i++) {
			const u64 *entry = (const u64 *)(head + table + i * 56);
			u64 offset = entry[1], address = entry[2], size = entry[5];
			int loads = (u32)entry[0] == 1;
			if (loads && at >= address && at + length <= address + size)
				done = pread(fd, to, length, offset + (at - address)) == (ssize_t)length ? 0 : -1;
		}
	}
	close(fd);
	return done;
}

/* A direct call is e8 and the distance from the next instruction. */
#define CALL_BYTES 5

int symbol_after_calls(const char *from, const char *callee, u64 *sites)
{
	static unsigned char code[65536];
	char full[96];
	int count = 0;
	u64 start, end, target, unused;
	if (symbol_find(callee, full, &target, &unused) != 0 || symbol_find(from, full, &start, &end) != 0) return 0;
	if (end - start > sizeof code || read_kernel(start, code, end - start) != 0) return 0;
	for (u64 i = 0; i + CALL_BYTES <= end - start && count < MOST_SITES; i++) {
		int32_t distance;
		memcpy(&distance, code + i + 1, sizeof distance);
		if (code[i] == 0xe8 && start + i + CALL_BYTES + (int64_t)distance == target) sites[count++] = i + CALL_BYTES;
	}
	return count;
}
