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

/* The next line of /proc/kallsyms that is code. */
static int next_symbol(FILE *file, u64 *at, char *symbol)
{
	char line[512], type;
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "%lx %c %95s", at, &type, symbol) == 3 && is_code(type)) return 1;
	return 0;
}

int symbol_find(const char *name, char *full, u64 *start, u64 *end)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char symbol[96];
	u64 at;
	*start = 0, *end = ~0UL;
	if (file == NULL) return -1;
	while (*start == 0 && next_symbol(file, &at, symbol))
		if (is_named(symbol, name)) *start = at, strcpy(full, symbol);
	rewind(file);
	/* It ends where the next one begins; what only pads a function is no function. */
	while (*start != 0 && next_symbol(file, &at, symbol))
		if (at > *start && at < *end && strncmp(symbol, "__pfx_", 6) != 0) *end = at;
	fclose(file);
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

u64 symbol_after_call(const char *from, const char *callee)
{
	static unsigned char code[65536];
	char full[96];
	u64 start, end, target, unused;
	if (symbol_find(callee, full, &target, &unused) != 0 || symbol_find(from, full, &start, &end) != 0) return 0;
	if (end - start > sizeof code || read_kernel(start, code, end - start) != 0) return 0;
	for (u64 i = 0; i + CALL_BYTES <= end - start; i++) {
		int32_t distance;
		memcpy(&distance, code + i + 1, sizeof distance);
		if (code[i] == 0xe8 && start + i + CALL_BYTES + (int64_t)distance == target) return i + CALL_BYTES;
	}
	return 0;
}
