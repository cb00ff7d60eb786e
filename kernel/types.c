/* Types of the running kernel (BTF): which one is that of a function. A module has its own, whose numbers and names go on after those of
 * the kernel. */
#include "stages.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/sys/kernel/btf"

/* The types of the kernel or of a module, as one file has them. */
struct types {
	unsigned char *bytes;
	const unsigned char *first, *end;
	const char *names;
	u32 name_bytes, first_id, first_name;
};

/* Bytes of a type after its head. */
static size_t rest_of(const struct btf_type *type)
{
	static const unsigned char each[] = {[BTF_KIND_STRUCT] = 12, [BTF_KIND_UNION] = 12, [BTF_KIND_ENUM] = 8, [BTF_KIND_FUNC_PROTO] = 8,
		[BTF_KIND_DATASEC] = 12, [BTF_KIND_ENUM64] = 12};
	u32 kind = BTF_INFO_KIND(type->info);
	size_t rest = kind < sizeof each ? each[kind] * BTF_INFO_VLEN(type->info) : 0;
	if (kind == BTF_KIND_INT || kind == BTF_KIND_VAR || kind == BTF_KIND_DECL_TAG) rest = 4;
	return kind == BTF_KIND_ARRAY ? sizeof(struct btf_array) : rest;
}

/* 0, or -1 where there is no such file. */
static int read_types(const char *name, struct types *types)
{
	char path[320];
	struct stat stat;
	memset(types, 0, sizeof *types);
	snprintf(path, sizeof path, FOLDER "/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return -1;
	size_t size = fstat(fd, &stat) == 0 ? stat.st_size : 0, length = 0;
	types->bytes = size < sizeof(struct btf_header) ? NULL : malloc(size);
	for (ssize_t got = 1; types->bytes != NULL && got > 0 && length < size; length += got > 0 ? got : 0)
		got = read(fd, types->bytes + length, size - length);
	close(fd);
	const struct btf_header *head = (const void *)types->bytes;
	if (head == NULL || length < size || head->magic != BTF_MAGIC) {
		free(types->bytes);
		return -1;
	}
	types->first = types->bytes + head->hdr_len + head->type_off, types->end = types->first + head->type_len;
	types->names = (const char *)types->bytes + head->hdr_len + head->str_off, types->name_bytes = head->str_len;
	types->first_id = 1;
	return 0;
}

/* The number of a function; 0 if it is not among them. `count`, if it is not NULL, is how many types there are. */
static u32 find(const struct types *types, const char *name, u32 *count)
{
	u32 id = types->first_id, found = 0;
	for (const unsigned char *at = types->first; at < types->end; id++) {
		const struct btf_type *type = (const void *)at;
		int is_function = BTF_INFO_KIND(type->info) == BTF_KIND_FUNC && type->name_off >= types->first_name;
		if (found == 0 && is_function && strcmp(types->names + (type->name_off - types->first_name), name) == 0) found = id;
		at += sizeof *type + rest_of(type);
	}
	if (count != NULL) *count = id;
	return found;
}

/* A descriptor of the types of a module; -1 if it has none. */
static int open_module(const char *name)
{
	union bpf_attr attr;
	for (u32 last = 0;;) {
		memset(&attr, 0, sizeof attr);
		attr.start_id = last;
		if (bpf(BPF_BTF_GET_NEXT_ID, &attr) != 0) return -1;
		last = attr.next_id;
		memset(&attr, 0, sizeof attr);
		attr.btf_id = last;
		int fd = bpf(BPF_BTF_GET_FD_BY_ID, &attr);
		if (fd < 0) continue;
		char found[64] = "";
		struct bpf_btf_info info;
		memset(&info, 0, sizeof info);
		info.name = (u64)found, info.name_len = sizeof found;
		memset(&attr, 0, sizeof attr);
		attr.info.bpf_fd = fd, attr.info.info_len = sizeof info, attr.info.info = (u64)&info;
		if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 && strcmp(found, name) == 0) return fd;
		close(fd);
	}
}

struct type type_of_function(const char *name)
{
	static struct types kernel;
	static u32 kernel_count;
	if (kernel.bytes == NULL && read_types("vmlinux", &kernel) != 0) return (struct type){0, 0};
	u32 id = find(&kernel, name, kernel_count == 0 ? &kernel_count : NULL);
	if (id != 0) return (struct type){id, 0};
	DIR *folder = opendir(FOLDER);
	struct type found = {0, 0};
	for (struct dirent *entry; folder != NULL && found.id == 0 && (entry = readdir(folder)) != NULL;) {
		struct types module;
		if (*entry->d_name == '.' || strcmp(entry->d_name, "vmlinux") == 0 || read_types(entry->d_name, &module) != 0) continue;
		module.first_id = kernel_count, module.first_name = kernel.name_bytes;
		id = find(&module, name, NULL);
		int fd = id == 0 ? -1 : open_module(entry->d_name);
		if (fd >= 0) found = (struct type){id, fd};
		free(module.bytes);
	}
	if (folder != NULL) closedir(folder);
	return found;
}
